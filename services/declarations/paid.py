"""What a payment pays for, a declaration or a claim: each knows what becomes of its payments."""

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.declarations.approval import domain as approval
from services.declarations.approval import paid as declarations
from services.declarations.approval import store as declaration_store
from services.declarations.approval.domain import Declaration
from services.declarations.claims import domain as claiming
from services.declarations.claims import paid as claims
from services.declarations.claims import store as claim_store
from services.declarations.claims.domain import Claim
from services.declarations.payments.domain import State

Subject: TypeAlias = Declaration | Claim


async def lock(tx: Tx, payment: Record) -> Subject:
    """What the payment is of, locked before anything of the payment is."""
    if payment["claim_id"]:
        return await claims.lock(tx, payment["claim_id"])
    return await declarations.lock(tx, payment["declaration_id"])


async def duties_joined(reader: Reader, subject: Subject, today: date) -> bool:
    """Whether its commissioner does without the separation of duties on the day."""
    store = claim_store if isinstance(subject, Claim) else declaration_store
    return subject.commissioner in await store.duties_joined(reader, today)


async def report(
    tx: Tx, locked: Subject, state: State, *, reason: str | None, at: datetime
) -> None:
    """A finance system said that a payment is sent, settled or failed."""
    name = f"PAYMENT_{state.value}"
    if isinstance(locked, Claim):
        await claims.report(tx, locked, claiming.Action(name), reason=reason, at=at)
    else:
        await declarations.report(tx, locked, approval.Action(name), reason=reason, at=at)


async def adjust(
    tx: Tx,
    locked: Subject,
    by: UUID,
    *,
    acting_for: str,
    reason: str,
    joined: bool,
    now: datetime,
) -> None:
    """A person approved an adjustment; `joined`: one that they had proposed themselves."""
    given = {"acting_for": acting_for, "reason": reason}
    if isinstance(locked, Claim):
        await claims.adjust(tx, locked, by, **given, joined=joined, now=now)
    else:
        await declarations.adjust(tx, locked, by, **given, joined=joined, now=now)
