"""What the catalogue publishes is kept, whether it can be calculated yet or not."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chassis import wire
from tests.services.declarations.period import Period, offer, row
from tests.services.declarations.test_working import hear

SHIPPED = Path(__file__).resolve().parents[3] / "services/participation/catalogue/shipped"
CODES = sorted(file.stem for file in SHIPPED.glob("*.json"))
MUCH_LATER = datetime(2027, 4, 1, 9, tzinfo=UTC)


def published(code: str, version: int = 1, **changes: Any) -> dict[str, Any]:
    document = wire.decode((SHIPPED / f"{code}.json").read_bytes())
    about = {"id": f"{code}/{version}", "version": version, "published_at": "2025-03-01T09:00:00Z"}
    return {**document, **about, **changes}


def accepted(code: str, **changes: Any) -> dict[str, Any]:
    service = published(code)
    return (
        offer(
            "A81003",
            quality_service=f"{code}/1",
            service_code=code,
            payment_type=service["payment_type"],
            starts_on=service["starts_on"],
            ends_on=service["ends_on"],
        )
        | changes
    )


async def test_every_shipped_service_is_kept_and_breaks_no_reader(period: Period) -> None:
    """What is claimed or only taken part in is declared by nobody."""
    period.now = MUCH_LATER
    await hear(period, "quality-service.published.v1", *map(published, CODES))
    await hear(period, "offer.accepted.v1", *map(accepted, CODES))
    await period.settle()
    async with period.db.reader() as reader:
        kept = await reader.fetch("select id, specification from quality_service")
        opened = await reader.fetch(
            "select distinct service_code from declaration where provider = 'A81003'"
        )
    assert {r["id"] for r in kept} >= {f"{code}/1" for code in CODES}
    scheme = next(r["specification"]["scheme"] for r in kept if r["id"] == "LESPW2526/1")
    assert scheme["budget"] == "750000.00"
    unopened = {"LESPW2526", "LISMO2526", "CVDP2526", "NCDP2425"}
    assert {r["service_code"] for r in opened} == set(CODES) - unopened
    assert {d["status"] for d in await period.declarations(provider="A81003")} == {
        "INCOMPLETE",
        "AWAITING_NETWORK_ACHIEVEMENT",  # a practice has no members to be paid by
    }


FLU = ("FLU2526", "FLU001", "20250930")
HEALTH_CHECKS = ("LDHC2526", "LD002", "20250630")


@pytest.mark.parametrize(
    ("service", "values", "pounds"),
    [
        (FLU, {"Influenza Vaccinations": 137}, "1378.22"),
        (
            HEALTH_CHECKS,
            {
                "Learning Disability Health Checks": 30,
                "Learning Disability Health Check Register": 12,
            },
            "1680.00",
        ),
    ],
)
async def test_what_is_paid_by_the_item_is_calculated(
    period: Period, service: tuple[str, str, str], values: dict[str, int], pounds: str
) -> None:
    code, indicator, achieved_on = service
    period.now = MUCH_LATER
    await hear(period, "quality-service.published.v1", published(code))
    await hear(period, "offer.accepted.v1", accepted(code, provider="A81001"))
    named = {"QUALITY_SERVICE": code, "ACH_DATE": achieved_on}
    await period.settle()
    await period.load(
        [row("A81001", indicator, field, str(value), **named) for field, value in values.items()]
    )
    await period.settle()
    found = await period.declarations(provider="A81001", service=code)
    assert [d["pounds"] for d in found if d["pounds"]] == [pounds]


async def test_an_offer_that_moved_to_a_corrected_version_is_paid_by_it(period: Period) -> None:
    await period.calculated("A81001")
    before = await period.of("A81001")
    document = published("QOF2526", 2)
    document["constants"][0]["value"] = "450.98"
    await hear(period, "quality-service.published.v1", document)
    async with period.db.reader() as reader:
        (offered,) = await reader.fetch("select id from offer where provider = 'A81001'")
    moved = offer("A81001", id=str(offered["id"]), version=3, quality_service="QOF2526/2")
    await hear(period, "offer.moved.v1", moved)
    await period.settle()
    after = await period.of("A81001")
    # Twice the pounds for a point, but for the rounding of each of the twelve lines that pay.
    assert before["pounds"] == "37227.05"
    assert abs(Decimal(after["pounds"]) - 2 * Decimal(before["pounds"])) < Decimal("0.12")
    async with period.db.reader() as reader:
        versions = await reader.fetch(
            "select provider, quality_service from declaration order by 1"
        )
    assert [r["quality_service"] for r in versions] == ["QOF2526/2", "QOF2526/1"]
