"""Every SQL statement about what people chose to be mailed about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from services.notifications.preferences.domain import Choice, Chosen, Kind

_CHOSEN: Final = "select * from email_preference where person_id = any ($1)"


async def chosen(reader: Reader, people: Sequence[UUID]) -> Mapping[UUID, Chosen]:
    """What each of the people chose; nothing for those who never did."""
    found: dict[UUID, dict[Kind, Choice]] = defaultdict(dict)
    for row in await reader.fetch(_CHOSEN, people):
        found[row["person_id"]][Kind(row["kind"])] = Choice(row["choice"])
    return found


_LISTED: Final = "select * from email_preference where person_id = $1"


async def listed(reader: Reader, person: UUID) -> list[Record]:
    return await reader.fetch(_LISTED, person)


# What stays as it was is no change.
_CHOOSE: Final = """
with asked as (
    select * from unnest($2::uuid[], $3::text[], $4::text[]) as asked (id, kind, choice)
),
before as (select kind, choice from email_preference where person_id = $1),
kept as (
    insert into email_preference as kept (person_id, kind, choice, chosen_at)
    select $1, kind, choice, $5 from asked order by kind
    on conflict (person_id, kind) do update set
        choice = excluded.choice, chosen_at = excluded.chosen_at
    where kept.choice <> excluded.choice
    returning kind
)
insert into email_preference_change
    (id, person_id, kind, choice_before, choice_after, by_link, at)
select asked.id, $1, asked.kind, before.choice, asked.choice, $6, $5
from asked
join kept using (kind)
left join before using (kind)
"""


async def choose(
    tx: Tx, person: UUID, choices: Chosen, at: datetime, *, by_link: bool = False
) -> None:
    """Keep what the person chose, and that it was chosen."""
    ids = [new_id() for _ in choices]
    await tx.execute(_CHOOSE, person, ids, list(choices), list(choices.values()), at, by_link)


_CHANGES: Final = """
select * from email_preference_change where person_id = $1 order by id desc limit $2
"""


async def changes(reader: Reader, person: UUID, most: int) -> list[Record]:
    """What the person changed, the newest first."""
    return await reader.fetch(_CHANGES, person, most)
