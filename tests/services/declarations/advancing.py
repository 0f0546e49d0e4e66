"""Services that stand on more than values: advances, funding by head, income protection."""

from collections.abc import Sequence
from typing import Any

from chassis import wire
from tests.nhs.formulas.shipped import FOLDER
from tests.services.declarations.period import Period, offer
from tests.services.declarations.test_working import hear

LAST_YEAR = "100000.00"
MONTHS = ["6666.67"] * 11 + ["6666.63"]
"""Of £100,000.00 (DOMAIN.md 3.9)."""


def document(code: str, **changes: Any) -> dict[str, Any]:
    """A shipped service, as it is published."""
    shipped = wire.decode((FOLDER / f"{code}.json").read_bytes())
    about = {"id": f"{code}/1", "version": 1, "published_at": "2025-03-01T09:00:00Z"}
    return {**shipped, **about, **changes}


async def publish(period: Period, published: dict[str, Any], *providers: str) -> None:
    """A service that providers take part in."""
    code = published["code"]
    offered = [
        offer(
            provider,
            quality_service=published["id"],
            service_code=code,
            payment_type=published["payment_type"],
            starts_on=published["starts_on"],
            ends_on=published["ends_on"],
        )
        for provider in providers
    ]
    await hear(period, "quality-service.published.v1", published)
    await hear(period, "offer.accepted.v1", *offered)


async def figures(
    period: Period, figure: str, values: Sequence[dict[str, Any]], who: str = "data load", **of: Any
) -> Any:
    given = {"figure": figure, "name": "Agreed", "source": "made up", "values": values} | of
    return await period.ask(
        who,
        """mutation ($input: ProviderFiguresInput!) {
            loadProviderFigures(input: $input) { name count } }""",
        input=given,
    )


async def agree(period: Period, provider: str, pounds: str = LAST_YEAR) -> Any:
    values = [{"provider": provider, "value": pounds}]
    return await figures(period, "AGREED_PAYMENT", values, service="QOF2425")


async def advanced(period: Period, *providers: str) -> None:
    """Aspiration of 2025/26 by an agreed figure of the year before; the year is over."""
    await publish(period, document("QOFA2526"), *providers)
    for provider in providers:
        assert await agree(period, provider) == {
            "loadProviderFigures": {"name": "Agreed", "count": 1}
        }
    await period.settle()


async def of_line(period: Period, line: str, provider: str) -> list[Any]:
    """The declarations of a line, oldest period first."""
    data = await period.ask(
        "approver",
        """query ($filter: DeclarationFilter) { declarations(filter: $filter, first: 100) {
            edges { node { id version status points pounds periodEnd
            blockers { code message indicator } } } } }""",
        filter={"service": line, "provider": provider},
    )
    nodes = [edge["node"] for edge in data["declarations"]["edges"]]
    return sorted(nodes, key=lambda node: node["periodEnd"])
