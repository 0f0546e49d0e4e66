"""Payments to act on: declared, approved, and what a finance system says of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from chassis.consumer import Received
from chassis.handling import take
from chassis.ids import new_id
from services.declarations.app import SUBSCRIPTION
from tests.services.declarations.period import PRACTICES, Period

SETTLED_AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
POUNDS = "37227.05"
"""What the worked values are worth to each practice."""

_PAYMENTS = """{ payments { edges { node { id version status amount provider { odsCode }
    declaration { id version history { action notes } }
    entries { id kind amount status statusAt reference failure narrative } } } } }"""


async def finance_approved(period: Period, *providers: str) -> list[Any]:
    """The payments of these, finance-approved."""
    await period.calculated(*providers)
    for code in providers:
        who = "practice" if code == PRACTICES[0] else "other practice"
        await period.declare(who, [await period.of(code)])
    for who in ("approver", "finance"):
        await period.approve(who, [await period.of(code) for code in providers])
    return await payments(period)


async def payments(period: Period, who: str = "finance") -> list[Any]:
    data = await period.ask(who, _PAYMENTS)
    return [edge["node"] for edge in data["payments"]["edges"]]


def report(kind: str, entry: str | None, **more: Any) -> Received:
    """`payment.<kind>.v1` as a finance system writes it."""
    payload = {"entry_id": entry, "at": SETTLED_AT.isoformat(), "another": "field"} | more
    topic, key = "finance.payment-status", str(entry)
    time = SETTLED_AT
    return Received(new_id(), f"payment.{kind}.v1", "finance", time, topic, 0, 0, key, payload)


async def hear(period: Period, events: Sequence[Received]) -> None:
    """As the reader does: each event once, all in one transaction."""
    async with period.db.transaction() as tx:
        await take(tx, SUBSCRIPTION, events)
