"""What became of messages in a transaction, counted in the mailboxes they lie in."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.notifications.messages.domain import Change
from services.notifications.messages.store.lists import ROW

# The mailboxes are locked in the order of their keys, by whichever process changes them.
_COUNT: Final = """
with touched as (
    select
        m.id, m.person_id, m.organisation, noted.change,
        row_number() over mailbox as place,
        count(*) over (partition by m.person_id, m.organisation) as together
    from unnest($1::uuid[], $2::text[]) as noted (id, change)
    join message m on m.id = noted.id
    window mailbox as (partition by m.person_id, m.organisation order by m.raised_at, m.id)
),
box as (
    insert into mailbox as kept (person_id, organisation, number)
    select person_id, organisation, count(*)
    from touched
    group by person_id, organisation
    order by person_id, organisation
    on conflict (person_id, organisation) do update set number = kept.number + excluded.number
    returning person_id, organisation, number
)
insert into mailbox_entry (person_id, organisation, number, message_id, change)
select t.person_id, t.organisation, box.number - t.together + t.place, t.id, t.change
from touched t
join box using (person_id, organisation)
"""


async def count(tx: Tx, touched: Mapping[UUID, Change]) -> None:
    """Give each changed message the next number of its mailbox."""
    await tx.execute(_COUNT, list(touched), [str(change) for change in touched.values()])


_AS_TOLD: Final = f"""
select
    shown.*,
    array (
        select a.about_id from message_about a
        where a.message_id = shown.id order by a.about_id limit $2
    ) as about,
    (select a.kind from message_about a where a.message_id = shown.id limit 1) as thing,
    array (
        select distinct a.provider from message_about a where a.message_id = shown.id limit $2
    ) as providers
from ({ROW} where m.id = any ($1)) shown
order by shown.raised_at, shown.id
"""  # noqa: S608 - put together from constants


async def as_told(reader: Reader, ids: Sequence[UUID], most: int) -> list[Record]:
    """Messages with the first things they are about, in the order in which they were raised."""
    return await reader.fetch(_AS_TOLD, ids, most)


_KEEP: Final = """
insert into message_said (message_id, subject, body, words)
select
    said.message_id, said.subject, said.body,
    to_tsvector('english', concat_ws(' ', said.subject, said.body, said.codes))
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
    as said (message_id, subject, body, codes)
on conflict (message_id) do update set
    subject = excluded.subject, body = excluded.body, words = excluded.words
"""


async def keep_what_was_said(tx: Tx, said: Sequence[tuple[UUID, str, str, str]]) -> None:
    """Of each message its subject, its body, and codes by which it is found as well."""
    await tx.execute(_KEEP, *([one[n] for one in said] for n in range(4)))
