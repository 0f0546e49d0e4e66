"""Asking what if, proposing it and deciding on it, as the tests of re-rating do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nhs.roles import Role
from tests.services.declarations.paying import work
from tests.services.declarations.period import Period
from tests.support.directory import have_person
from tests.support.matrix import rows

_SUMS = "count changed before after difference"
WHAT_IF = f"""query ($service: String!, $start: Date!, $change: PaymentChangeInput!, $first: Int,
    $after: String) {{
    whatIf(service: $service, periodStart: $start, change: $change, first: $first, after: $after) {{
        fingerprint blocked paid {{ {_SUMS} }} open {{ {_SUMS} }}
        byPayee {{ code sums {{ {_SUMS} }} }} byCommissioner {{ code sums {{ {_SUMS} }} }}
        payments {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{
            provider payee before after difference byHand pointsBefore pointsAfter
            listBefore listAfter payment {{ id amount }} declaration {{ status }}
            blockers {{ code indicator }}
            lines {{ indicator pointsBefore pointsAfter poundsBefore poundsAfter }} }} }} }}
        declarations {{ edges {{ node {{ provider difference payment {{ id }} }} }} }} }} }}"""
_RERATING = """id status failure count proposed approved refused before after difference reason
    change serviceCode proposedFor"""
REASON = "The average list of the wrong year was used"


async def what_if(period: Period, change: Mapping[str, Any], who: str = "finance", **more: Any):
    """The answer, or the codes of the errors under `errors`."""
    given = {"service": "QOF2526", "start": "2025-04-01", "first": None, "after": None} | more
    data = await period.ask(who, WHAT_IF, change=change, **given)
    return data if "errors" in data else data["whatIf"]


def nodes(found: Any, which: str = "payments") -> list[Any]:
    return [edge["node"] for edge in found[which]["edges"]]


async def propose(
    period: Period,
    change: Mapping[str, Any],
    fingerprint: str,
    who: str = "finance",
    *,
    working: bool = True,
    **more: Any,
):
    """Ask for it, and let the worker do it; the re-rating as it then is."""
    given = {"service": "QOF2526", "start": "2025-04-01", "reason": REASON, "key": None} | more
    data = await period.ask(
        who,
        f"""mutation ($service: String!, $start: Date!, $change: PaymentChangeInput!,
            $fingerprint: String!, $reason: String!, $key: String) {{
            proposeRerating(service: $service, periodStart: $start, change: $change,
            fingerprint: $fingerprint, reason: $reason, idempotencyKey: $key) {{
            {_RERATING} }} }}""",
        change=change,
        fingerprint=fingerprint,
        **given,
    )
    if "errors" in data:
        return data
    if working:
        await work(period)
    return await rerating(period, data["proposeRerating"]["id"], who)


async def rerating(period: Period, identity: str, who: str = "finance"):
    query = f"query ($id: ID!) {{ rerating(id: $id) {{ {_RERATING} }} }}"
    data = await period.ask(who, query, id=identity)
    return data if "errors" in data else data["rerating"]


async def decide(
    period: Period, of: Any, who: str = "both", *, verb: str = "approve", dry_run: bool = False
):
    reason = ', reason: "not so"' if verb == "refuse" else f", dryRun: {str(dry_run).lower()}"
    data = await period.ask(
        who,
        f"""mutation ($id: ID!) {{ {verb}Rerating(id: $id{reason}) {{
            done refused {{ id code message }} counts {{ name value }} message }} }}""",
        id=of["id"],
    )
    return data if "errors" in data else data[f"{verb}Rerating"]


async def rated(period: Period, change: Mapping[str, Any], **more: Any):
    """Looked at, proposed and approved."""
    found = await what_if(period, change)
    proposed = await propose(period, change, found["fingerprint"], **more)
    await decide(period, proposed)
    return found


async def counted(period: Period) -> Mapping[str, int]:
    """How many rows every table holds, the outbox among them."""
    return await rows(period.db)


async def adjustments(period: Period, of: Any, who: str = "finance") -> list[Any]:
    data = await period.ask(
        who,
        """query ($of: ID!) { adjustments(rerating: $of, first: 1000) { edges { node {
            id status amount points paid adjusts entry receipt payment { provider { odsCode } }
            changes { inputs { name before after } lines { indicator poundsAfter } } } } } }""",
        of=of["id"],
    )
    return [edge["node"] for edge in data["adjustments"]["edges"]]


async def england_looks_on(period: Period) -> None:
    """Somebody of England's who sees pounds."""
    async with period.db.transaction() as tx:
        await have_person(tx, "england", {"ENG": [Role.FINANCE_VIEW]})


def total(found: list[Any], field: str = "difference") -> Decimal:
    return sum((Decimal(one[field]) for one in found), Decimal("0.00"))
