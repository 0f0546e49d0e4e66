"""What happened to claims is written: rows, histories, events, and the payments it brings."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis import outbox
from chassis.db import Tx
from chassis.ids import new_id
from services.declarations.claims import domain, store
from services.declarations.claims.domain import Claim, Happening
from services.declarations.claims.events import events_of
from services.declarations.claims.history import Written, write
from services.declarations.payments import commands as payments
from services.declarations.payments.domain import Authorisation


async def create(
    tx: Tx, claims: Sequence[Claim], by: UUID, *, acting_for: str, now: datetime
) -> list[Claim]:
    """Keep new drafts; answers each as it knows the head of its history."""
    happened = [domain.create(claim, by) for claim in claims]
    written = [one for made in happened for one in write(made, acting_for=acting_for, at=now)]
    created = [one.claim for one in written]
    await store.insert(tx, created, by, now)
    await store.keep_entries(tx, [one.entry for one in written])
    return created


async def save(
    tx: Tx, happened: Sequence[Sequence[Happening]], *, acting_for: str | None, now: datetime
) -> list[Claim]:
    """Write what happened to locked claims; answers each as it then is."""
    written = [write(one, acting_for=acting_for, at=now) for one in happened if one]
    claims = [entries[-1].claim for entries in written]
    await store.save(tx, claims, now)
    everything = [entry for entries in written for entry in entries]
    await store.keep_entries(tx, [one.entry for one in everything])
    action = new_id()
    events = [event for one in everything for event in events_of(one, action)]
    await outbox.record(tx, events, at=now)
    await payments.authorise(tx, _approved(everything), now=now)
    return claims


def _approved(written: Sequence[Written]) -> list[Authorisation]:
    """A payment for each service of what has just been approved."""
    return [
        authorisation
        for one in written
        if one.is_last_approval
        for authorisation in _authorisations(one.claim)
    ]


def _authorisations(claim: Claim) -> list[Authorisation]:
    return [
        Authorisation(
            declaration_id=None,
            claim_id=claim.id,
            quality_service=one.quality_service,
            service_code=one.service_code,
            payment_type=one.payment_type,
            period_start=claim.period_start,
            period_end=claim.period_end,
            provider=claim.provider,
            commissioner=claim.commissioner,
            amount=one.amount,
            points=Decimal("0.00"),
            calculation_version=claim.content_version,
            provisional=claim.provisional,
        )
        for one in claim.claimed
    ]
