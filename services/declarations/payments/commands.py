"""Approval for payment becomes payments: entry and event in the approval's own transaction."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
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


async def authorise(tx: Tx, approved: Sequence[Authorisation], *, now: datetime) -> None:
    """Authorise each payment once; a second time breaks its constraint."""
    if not approved:
        return
    day = now.astimezone(ENGLAND).date()
    payees = await store.payees_of(tx, [what.provider for what in approved], day)
    entries = [
        (authorised(new_id(), new_id(), payees[what.provider], what, now), what)
        for what in approved
    ]
    rows = [entry.model_dump(mode="json") | {"status": what.status} for entry, what in entries]
    await store.keep(tx, rows)
    await outbox.record(tx, [event(entry) for entry, _ in entries], at=now)


async def adjust(
    tx: Tx, payment: Record, *, amount: Decimal, adjusts: UUID, reason: str, now: datetime
) -> UUID:
    """Put a payment right by another entry; what it pays is locked, and somebody agreed."""
    service = " ".join(filter(None, (payment["service_code"], payment["indicator"])))
    what = f"{service} {payment['provider']}"
    when = f"{payment['period_start']} to {payment['period_end']}"
    given = {name: payment[name] for name in PaymentAuthorised.model_fields.keys() & payment.keys()}
    entry = PaymentAdjusted.model_validate(
        given
        | {
            "entry_id": new_id(),
            "payment_id": payment["id"],
            "declaration_id": payment["declaration_id"] or payment["claim_id"],
            "version": payment["version"] + 1,
            "amount": amount,
            "points": Decimal("0.00"),
            "authorised_at": now,
            "narrative": f"{what} {when}: adjustment",
            "adjusts": adjusts,
            "reason": reason,
        }
    )
    await store.add(tx, entry.model_dump(mode="json"))
    await outbox.record(tx, [event(entry)], at=now)
    return entry.entry_id


async def republish(tx: Tx) -> AsyncIterator[Event]:
    """The whole ledger again, entry by entry: readers know them by `entry_id`."""
    async for row in store.every_entry(tx):
        entry = PaymentAdjusted if row["adjusts"] else PaymentAuthorised
        yield event(entry.model_validate(row))
