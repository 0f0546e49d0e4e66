"""What recipients do to their messages, many at once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.notifications.messages.domain import Status
from services.notifications.messages.store.scope import MATCHES, SEEN, MessageFilter, Sight

_MATCHING: Final = f"""
select m.id, m.version from message m
where {SEEN} and {MATCHES}
order by m.id
limit $13
"""  # noqa: S608 - put together from constants
_HELD: Final = f"""
select
    m.id, m.version, m.kind, m.status, m.person_id = $1 as mine,
    m.person_id = $1 or $1 = any (m.covers) or m.person_id = any ($7::uuid[]) as mine_to_do
from message m
where {SEEN} and m.id = any ($8)
order by m.id
"""  # noqa: S608 - put together from constants
# With a task everything it is about is done: nothing of it asks for anything any more.
_SET: Final = """
with about as (
    update message_about set done = true
    where $2 = 'DONE' and message_id = any ($1) and not done
)
update message set status = $2, version = version + 1, outstanding = case
    when $2 = 'DONE' then 0 else outstanding end
where id = any ($1)
"""


async def matching(
    reader: Reader, sight: Sight, chosen: MessageFilter, most: int
) -> list[tuple[UUID, int]]:
    rows = await reader.fetch(_MATCHING, *sight.arguments(), *chosen.arguments(), most)
    return [(row["id"], row["version"]) for row in rows]


async def held(tx: Tx, sight: Sight, ids: Sequence[UUID], *, lock: bool) -> dict[UUID, Record]:
    """The messages in sight; locked in the order of their ids where they are to change."""
    rows = await tx.fetch(f"{_HELD} for update" if lock else _HELD, *sight.arguments(), ids)
    return {row["id"]: row for row in rows}


async def set_status(tx: Tx, ids: Sequence[UUID], status: Status) -> None:
    await tx.execute(_SET, ids, status)
