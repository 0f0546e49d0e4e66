"""What reactions have heard already."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import Tx


async def first_time(tx: Tx, reader: str, events: Sequence[UUID]) -> set[UUID]:
    """Note that the reader has heard the events; answers those it had not heard before.

    Several readers of the same event wait for one another here, until one of them has committed.
    """
    if not events:
        return set()
    return {row["event"] for row in await tx.fetch(_HEAR, reader, events)}


# In the order of the ids, so that two readers of the same events cannot wait for each other.
_HEAR = """
insert into chassis.inbox (reader, event)
select $1, event from unnest($2::uuid[]) as event order by event
on conflict do nothing
returning event
"""
