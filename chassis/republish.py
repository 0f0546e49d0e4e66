"""Telling everybody the current state again."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from chassis import outbox
from chassis.db import Database, Tx
from chassis.outbox import Event

_AT_ONCE = 500


async def republish(
    db: Database, current: Callable[[Tx], AsyncIterator[Event]], *, at: datetime
) -> int:
    """Record the events of the current state; answers how many.

    `current` reads its rows `for share`: a change that overtook it would leave the older state as
    the newest record of its key, which is the one that compaction keeps.
    """
    count = 0
    async with db.transaction() as tx:
        waiting: list[Event] = []
        async for event in current(tx):
            waiting.append(event)
            if len(waiting) == _AT_ONCE:
                await outbox.record(tx, waiting, at=at)
                count, waiting = count + len(waiting), []
        await outbox.record(tx, waiting, at=at)
    return count + len(waiting)
