"""Which lines a declaration touches when it ends: those it stands under, and the advances on it.

An advance and the payment that recovers it are of one provider, but of two declarations. So that
the sum is right in whatever order they are approved, who authorises the final payment first locks
the advances, and lets none be opened; who approves an advance asks, once it is locked, whether the
final payment is there (`store.recovered`). What is not approved by then closes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.db import Tx
from services.declarations import due
from services.declarations.approval import store
from services.declarations.approval.domain import Declaration, Status

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
