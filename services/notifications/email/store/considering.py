"""Deciding, once for each event that told somebody something, whether there is a mail for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from services.notifications.email.domain import GATHERING, LONGEST_GATHERING
from services.notifications.preferences.domain import Choice, Kind

# What another worker is considering is left to it.
_NEW: Final = """
select i.message_id, i.event_id, m.person_id, m.subject_code
from email_item i
join message m on m.id = i.message_id
where i.choice is null
order by i.message_id, i.event_id
limit $1
for update of i skip locked
"""


async def new(reader: Reader, most: int) -> list[Record]:
    """Lock what has not been considered yet."""
    return await reader.fetch(_NEW, most)


@dataclass(frozen=True, slots=True)
class Considered:
    message_id: UUID
    event_id: UUID
    person_id: UUID
    kind: Kind
    choice: Choice


# A mail that has not been tried yet takes in what is added to its message, and waits a little for
# more of it. The claim of a mail locks it, so an item finds it before or not at all.
_CONSIDER: Final = """
with considered as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
        as considered (message_id, event_id, person_id, kind, choice)
),
gathering as (
    insert into email_delivery as kept (id, person_id, message_id, status, made_at, due_at)
    select id, person_id, message_id, 'WAITING', $9::timestamptz, $9::timestamptz + $10::interval
    from unnest($6::uuid[], $7::uuid[], $8::uuid[]) as made (id, message_id, person_id)
    order by message_id
    on conflict (message_id) where status = 'WAITING' do update set
        due_at = least(kept.made_at + $11::interval, excluded.due_at)
    returning id, message_id
)
update email_item i set
    person_id = considered.person_id, kind = considered.kind, choice = considered.choice,
    delivery_id = gathering.id
from considered
left join gathering
    on considered.choice = 'AT_ONCE' and gathering.message_id = considered.message_id
where i.message_id = considered.message_id and i.event_id = considered.event_id
"""


async def consider(tx: Tx, considered: Sequence[Considered], now: datetime) -> None:
    """Keep what was decided; a mail for each message whose recipient wants one at once."""
    at_once = {one.message_id: one.person_id for one in considered if one.choice is Choice.AT_ONCE}
    await tx.execute(
        _CONSIDER,
        [one.message_id for one in considered],
        [one.event_id for one in considered],
        [one.person_id for one in considered],
        [one.kind for one in considered],
        [one.choice for one in considered],
        [new_id() for _ in at_once],
        list(at_once),
        list(at_once.values()),
        now,
        GATHERING,
        LONGEST_GATHERING,
    )
