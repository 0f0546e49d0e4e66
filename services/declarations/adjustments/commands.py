"""Putting a payment right after finance approval: one person proposes, another approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Tx
from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.notes import reason_given
from nhs.roles import Role
from services.declarations import paid
from services.declarations.adjustments import domain, store
from services.declarations.paid import Subject
from services.declarations.payments import commands as payments
from services.declarations.payments import store as ledger
from services.declarations.sight import not_found


async def propose(
    tx: Tx,
    principal: Principal,
    payment: UUID,
    *,
    amount: Decimal,
    reason: str,
    adjusts: UUID | None,
    now: datetime,
) -> UUID:
    """Propose another entry, which adjusts the one that is named, or the one first authorised."""
    principal.require(Role.FINANCE_MANAGEMENT)
    words = reason_given(reason)
    row = await _commissioned(tx, principal, payment)
    domain.check(amount, row["amount"], row["least"])
    await _not_recovered(tx, row)
    entry = adjusts or row["entry_id"]
    if not await store.is_entry_of(tx, entry, payment):
        message = f"The payment {payment} has no entry {entry}."
        raise DomainError("ENTRY_NOT_OF_PAYMENT", message, field="adjusts")
    return await store.propose(
        tx,
        payment,
        adjusts=entry,
        amount=amount,
        reason=words,
        person=principal.person_id,
        organisation=principal.organisation,
        now=now,
    )


async def approve(tx: Tx, principal: Principal, adjustment: UUID, *, now: datetime) -> UUID:
    """Another person agrees: it becomes an entry, and the old one stays as it is."""
    locked = await _locked(tx, principal, adjustment)
    proposed = locked.adjustment
    if proposed["rerating"] is not None:
        message = "It is part of a re-rating: approve that, and it is entered with the others."
        raise DomainError("PART_OF_RERATING", message, rerating=str(proposed["rerating"]))
    joined = await paid.duties_joined(tx, locked.subject, principal.today)
    same = domain.check_duties(proposed["proposed_by"], principal.person_id, joined=joined)
    domain.check(proposed["amount"], locked.payment["amount"], locked.payment["least"])
    await _not_recovered(tx, locked.payment)
    entry = await payments.adjust(
        tx,
        locked.payment,
        amount=proposed["amount"],
        adjusts=proposed["adjusts"],
        reason=proposed["reason"],
        now=now,
    )
    decision = _decision(principal, "APPROVED", now)
    await store.decide(tx, decision, [adjustment], entries=[entry])
    await paid.adjust(
        tx,
        locked.subject,
        principal.person_id,
        acting_for=principal.organisation,
        reason=proposed["reason"],
        joined=same,
        now=now,
    )
    return adjustment


MOST: Final = 100
"""Adjustments that are approved together: each is decided and told of by itself."""


async def approve_all(
    tx: Tx, principal: Principal, adjustments: Sequence[UUID], *, now: datetime
) -> list[UUID]:
    """Agree to several: to all of them or, where one is refused, to none."""
    principal.require(Role.FINANCE_MANAGEMENT)
    chosen = sorted(set(adjustments))
    if len(chosen) > MOST:
        message = f"At most {MOST} adjustments are approved together, not {len(chosen)}."
        raise DomainError("TOO_MANY_ROWS", message, field="ids", most=MOST)
    return [await approve(tx, principal, one, now=now) for one in chosen]


async def _not_recovered(tx: Tx, payment: Record) -> None:
    """An advance that was deducted from its final payment is settled: that one is put right."""
    if await ledger.is_recovered(tx, payment["service_code"], payment["provider"]):
        message = (
            "It was an advance, and has been deducted: adjust the payment it was deducted from."
        )
        raise DomainError("ADVANCE_RECOVERED", message)


async def refuse(
    tx: Tx, principal: Principal, adjustment: UUID, *, reason: str, now: datetime
) -> UUID:
    """It is not to be; whoever proposed it may say so too."""
    words = reason_given(reason)
    await _locked(tx, principal, adjustment)
    await store.decide(tx, _decision(principal, "REFUSED", now), [adjustment], reason=words)
    return adjustment


def _decision(principal: Principal, status: str, now: datetime) -> store.Decision:
    return store.Decision(status, principal.person_id, principal.organisation, now)


@dataclass(frozen=True, slots=True)
class _Locked:
    adjustment: Record
    payment: Record
    subject: Subject
    """What is paid."""


async def _locked(tx: Tx, principal: Principal, adjustment: UUID) -> _Locked:
    """What is paid first, as everybody locks; what is read after that holds."""
    principal.require(Role.FINANCE_MANAGEMENT)
    payment = await store.payment_of(tx, adjustment)
    if payment is None:
        raise not_found("adjustment", adjustment)
    seen = await _commissioned(tx, principal, payment, adjustment)
    subject = await paid.lock(tx, seen)
    row = await store.lock(tx, adjustment)
    if row["status"] != "PROPOSED":
        message = f"It has been decided: it is {row['status']}."
        raise DomainError("ALREADY_DECIDED", message, status=row["status"])
    return _Locked(row, await _commissioned(tx, principal, payment, adjustment), subject)


async def _commissioned(
    tx: Tx, principal: Principal, payment: UUID, adjustment: UUID | None = None
) -> Record:
    row = await ledger.to_adjust(tx, payment, principal.acting)
    if row is None:
        raise not_found("adjustment" if adjustment else "payment", adjustment or payment)
    principal.require(Role.FINANCE_MANAGEMENT, payment_type=row["payment_type"])
    return row
