"""Approval for payment becomes payments: entry and event in the approval's own transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis import outbox
from chassis.clock import ENGLAND
from chassis.db import Tx
from chassis.ids import new_id
from chassis.outbox import Event
from services.declarations.payments import store
from services.declarations.payments.domain import Authorisation
from services.declarations.payments.events import (
    PaymentAdjusted,
    PaymentAuthorised,
    authorised,
    event,
)


async def authorise(
    tx: Tx,
    approved: Sequence[Authorisation],
    recovers: Mapping[str, str] | None = None,
    *,
    now: datetime,
) -> Decimal:
    """Authorise each payment once; a second time breaks its constraint.

    `recovers`: of published versions, the line whose payments were advances on it. Advances come
    first, so that those approved together with the final payment are deducted from it. Answers what
    is deducted.
    """
    lines = recovers or {}
    await _enter(tx, [what for what in approved if what.quality_service not in lines], now)
    final = [what for what in approved if what.quality_service in lines]
    remaining = await _less_advances(tx, final, lines)
    await _enter(tx, remaining, now)
    return sum((one.advanced or Decimal(0) for one in remaining), start=Decimal("0.00"))


async def _less_advances(
    tx: Tx, final: Sequence[Authorisation], recovers: Mapping[str, str]
) -> list[Authorisation]:
    """Each with what was advanced on it deducted: all of it from the first of a provider."""
    advances = [(recovers[one.quality_service], one.provider) for one in final]
    left = await store.advanced_of(tx, advances) if advances else {}
    told = zip(final, advances, strict=True)
    return [one.less(left.pop(advance, Decimal("0.00"))) for one, advance in told]


async def _enter(tx: Tx, approved: Sequence[Authorisation], now: datetime) -> None:
    if not approved:
        return
    day = now.astimezone(ENGLAND).date()
    payees = await store.payees_of(tx, [what.provider for what in approved], day)
    events = [
        event(authorised(new_id(), new_id(), payees[what.provider], what, now)) for what in approved
    ]
    told = zip(events, approved, strict=True)
    await store.keep(tx, [{**one.payload, "status": what.status} for one, what in told])
    await outbox.record(tx, events, at=now)


@dataclass(frozen=True, slots=True)
class Agreed:
    """An adjustment that somebody agreed to."""

    payment: Record | Mapping[str, Any]
    """As it is, with the calculation it is paid by; what it pays is locked."""
    amount: Decimal
    adjusts: UUID
    reason: str
    points: Decimal = Decimal("0.00")


async def adjust(
    tx: Tx, payment: Record, *, amount: Decimal, adjusts: UUID, reason: str, now: datetime
) -> UUID:
    """Put a payment right by another entry; what it pays is locked, and somebody agreed."""
    (entry,) = await adjust_all(tx, [Agreed(payment, amount, adjusts, reason)], now=now)
    return entry


async def adjust_all(tx: Tx, agreed: Sequence[Agreed], *, now: datetime) -> list[UUID]:
    """Put payments right by another entry each; answers the entries, in the same order."""
    entries = [_adjusted(one, now) for one in agreed]
    await store.add(tx, [entry.model_dump(mode="json") for entry in entries])
    await outbox.record(tx, [event(entry) for entry in entries], at=now)
    return [entry.entry_id for entry in entries]


def _adjusted(agreed: Agreed, now: datetime) -> PaymentAdjusted:
    payment = agreed.payment
    service = " ".join(filter(None, (payment["service_code"], payment["indicator"])))
    what = f"{service} {payment['provider']}"
    when = f"{payment['period_start']} to {payment['period_end']}"
    given = {name: payment[name] for name in PaymentAuthorised.model_fields.keys() & payment.keys()}
    return PaymentAdjusted.model_validate(
        given
        | {
            "entry_id": new_id(),
            "payment_id": payment["id"],
            "declaration_id": payment["declaration_id"] or payment["claim_id"],
            "version": payment["version"] + 1,
            "amount": agreed.amount,
            "points": agreed.points,
            "authorised_at": now,
            "narrative": f"{what} {when}: adjustment",
            "adjusts": agreed.adjusts,
            "reason": agreed.reason,
        }
    )


async def republish(tx: Tx) -> AsyncIterator[Event]:
    """The whole ledger again, entry by entry: readers know them by `entry_id`."""
    async for row in store.every_entry(tx):
        entry = PaymentAdjusted if row["adjusts"] else PaymentAuthorised
        yield event(entry.model_validate(row))
