"""Which lines a declaration touches when it ends: those it stands under, and the advances on it.

An advance and the payment that recovers it are of one provider, but of two declarations. So that
the sum is right in whatever order they are approved, who authorises the final payment first locks
the advances, and lets none be opened; who approves an advance asks, once it is locked, whether the
final payment is there (`store.recovered`). What is not approved by then closes.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from chassis.db import Reader, Tx
from services.declarations import due
from services.declarations.approval import store
from services.declarations.approval.domain import Declaration, Status
from services.declarations.payments import store as ledger

SETTLED: Final = "What it advances on has been authorised for payment"


async def prepare(tx: Tx, ended: Sequence[Declaration]) -> Mapping[str, str]:
    """Make ready for the payments of what is finance-approved, or closes.

    Answers the line each published version recovers, if it does.
    """
    if not ended:
        return {}
    touched = await store.lines_of(tx, sorted({one.quality_service for one in ended}))
    stood_on = {row["id"] for row in touched if row["stood_on"]}
    settled = [(x.service_code, x.provider) for x in ended if x.quality_service in stood_on]
    if settled:
        await due.mark_standing_on(tx, settled, "what it stands on was approved or closed")
    recovers = {row["id"]: row["recovers"] for row in touched if row["recovers"]}
    advances = [
        (recovers[one.quality_service], one.provider)
        for one in ended
        if one.quality_service in recovers and one.status is Status.FINANCE_APPROVED
    ]
    if advances:
        await due.keep_closed(tx)
        open_ones = await store.lock_lines(tx, advances)
        if open_ones:
            await due.mark_declarations(tx, open_ones, SETTLED)
    return recovers


async def advanced_on(reader: Reader, declarations: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What is deducted from each, or would be now; none of those that recover nothing."""
    rows = await store.recovering(reader, declarations)
    lines = [(row["recovers"], row["provider"]) for row in rows if row["deducted"] is None]
    left = await ledger.advanced_of(reader, lines) if lines else {}
    return {
        row["id"]: left.get((row["recovers"], row["provider"]), Decimal("0.00"))
        if row["deducted"] is None
        else row["deducted"]
        for row in rows
    }


async def deducted_from(reader: Reader, approved: Sequence[Declaration]) -> Decimal:
    """What is paid less when all these are approved in one step, advances among them."""
    rows = await store.recovering(reader, [one.id for one in approved]) if approved else []
    lines = {(row["recovers"], row["provider"]) for row in rows}
    left = await ledger.advanced_of(reader, sorted(lines)) if lines else {}
    together = [one.pounds for one in approved if (one.service_code, one.provider) in lines]
    return sum(filter(None, (*left.values(), *together)), start=Decimal("0.00"))
