"""What became of the messages of a mailbox, from a number on."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.notifications.messages.store.lists import ROW

Mailbox = tuple[UUID, str]
"""A person's, at an organisation."""

_NUMBERS: Final = """
select b.person_id, b.organisation, b.number
from unnest($1::uuid[], $2::text[]) as asked (person_id, organisation)
join mailbox b using (person_id, organisation)
"""


async def numbers(reader: Reader, mailboxes: Sequence[Mailbox]) -> Mapping[Mailbox, int]:
    rows = await reader.fetch(
        _NUMBERS, [person for person, _ in mailboxes], [place for _, place in mailboxes]
    )
    return {(row["person_id"], row["organisation"]): row["number"] for row in rows}


# Each entry with its message as it is now.
_SINCE: Final = f"""
select e.number, e.change, shown.*
from (
    select * from mailbox_entry
    where person_id = $1 and organisation = $2 and number > $3
    order by number
    limit $4
) e
join lateral ({ROW} where m.id = e.message_id) shown on true
order by e.number
"""  # noqa: S608 - put together from constants


async def since(reader: Reader, mailbox: Mailbox, number: int, limit: int) -> list[Record]:
    return await reader.fetch(_SINCE, *mailbox, number, limit)
