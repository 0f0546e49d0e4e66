"""What a published correction makes happen to offers."""

from datetime import datetime

from chassis.db import Database
from chassis.ids import new_id
from services.participation.corrections import store
from services.participation.corrections.domain import Correction, Impact
from services.participation.offers.commands.asking import commit
from services.participation.offers.domain.offer import Happening, What


async def move_offers(db: Database, now: datetime) -> int:
    """Move the offers that published corrections move, once each; answers how many."""
    async with db.reader() as reader:
        corrections = await store.waiting(reader)
    return sum([await _moved(db, correction, now) for correction in corrections])


async def _moved(db: Database, correction: Correction, now: datetime) -> int:
    async with db.transaction() as tx:
        if not await store.begin(tx, correction, now):
            return 0
        impact = Impact.of(correction, await store.touched(tx, correction, lock=True))
        moved = impact.moved
        await commit(tx, moved, Happening(What.MOVED, now, new_id()))
        await store.end(tx, correction, moved=len(moved), stayed=len(impact.touched) - len(moved))
    return len(moved)
