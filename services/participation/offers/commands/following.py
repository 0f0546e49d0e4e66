"""What ODS, the clock, and a look at its details bring about."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import ENGLAND
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from chassis.outbox import Event
from services.participation.offers import events
from services.participation.offers.commands.asking import Ask, commit
from services.participation.offers.domain.looking import MAY_SEE
from services.participation.offers.domain.offer import REMINDER_DAYS, Happening, Offer, What
from services.participation.offers.store import changes, history
from services.participation.offers.store.changes import TakingPart


async def open_offer(db: Database, ask: Ask, identity: UUID) -> Offer:
    """Note that somebody at the provider looks at the details; the first time is what counts."""
    who = ask.principal
    who.require_any(*MAY_SEE)
    async with db.transaction() as tx:
        offer = await changes.mark_opened(tx, who.acting, identity, at=ask.now, by=who.person_id)
        if offer is None:
            raise DomainError("OFFER_NOT_FOUND", "No such offer was made to you.", field="id")
        who.require_any(*MAY_SEE, payment_type=offer.payment_type)
    return offer


async def follow_ods(tx: Tx, provider: str, *, at: datetime, action: UUID) -> None:
    """Let the provider take part for as long as ODS lets it: shorter, or longer, than was told."""
    followed = [_followed(held) for held in await changes.taking_part(tx, provider)]
    for what in (What.ENDED, What.RESUMED):
        changed = [found[1] for found in followed if found and found[0] is what]
        await commit(tx, changed, Happening(what, at, action))


def _followed(held: TakingPart) -> tuple[What, Offer] | None:
    standing, requires_pcn = held.standing, held.requires_pcn
    found = held.offer.follow(standing.takes_part_until(requires_pcn=requires_pcn))
    if found and found[0] is What.RESUMED and standing.lacks_a_pcn(requires_pcn=requires_pcn):
        return None
    return found


async def remind(db: Database, now: datetime) -> int:
    """Say of offers that wait for an answer that it is due soon: 7 days before, and 1 day."""
    today = now.astimezone(ENGLAND).date()
    told = 0
    for days in REMINDER_DAYS:
        async with db.transaction() as tx:
            due = await changes.due_within(tx, days, today)
            reminder = Happening(What.RESPONSE_DUE, now, new_id())
            await outbox.record(tx, events.happened(due, reminder), at=now)
            told += len(due)
    return told


async def restate(tx: Tx) -> AsyncIterator[Event]:
    """Every offer as it stands, with what happened to it last."""
    async for offer, last in history.standing(tx):
        for event in events.happened([offer], replace(last, what=What.RESTATED)):
            yield event
