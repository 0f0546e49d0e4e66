"""The digests of a day, all of them made in one transaction."""

from datetime import date, datetime
from typing import Final

from chassis.db import Tx
from chassis.ids import new_id

_BEGIN: Final = """
insert into email_digest_day (day, made_at) values ($1, $2) on conflict do nothing returning true
"""


async def begin(tx: Tx, day: date, now: datetime) -> bool:
    """Whether the day's digests are ours to make; another worker's are waited for."""
    return bool(await tx.fetchval(_BEGIN, day, now))


# What is told of in the day's digest, if it still asks for attention: what comes later is for the
# next one.
_TAKE_ITEMS: Final = """
update email_item set digest_on = $1 where choice = 'DAILY' and digest_on is null
"""
_TAKE_ACCEPTANCES: Final = "update email_acceptance set digest_on = $1 where digest_on is null"
# Told of is what is unread or still to be done, unless the person has chosen to hear no more of it.
_ITEMS: Final = """
select i.message_id, i.event_id, i.person_id
from email_item i
join message m on m.id = i.message_id
left join email_preference p on p.person_id = i.person_id and p.kind = i.kind
where i.choice = 'DAILY' and i.digest_on = $1
    and (m.status = 'UNREAD' or m.outstanding > 0)
    and p.choice is distinct from 'NEVER'
"""
_ACCEPTANCES: Final = """
select a.event_id, a.person_id
from email_acceptance a
join email_preference p on p.person_id = a.person_id and p.kind = 'ACCEPTANCES'
where a.digest_on = $1 and p.choice <> 'NEVER'
"""
_PEOPLE: Final = f"""
select person_id from ({_ITEMS}) item union select person_id from ({_ACCEPTANCES}) acceptance
order by person_id
"""  # noqa: S608 - put together from constants
_MAKE: Final = """
insert into email_delivery (id, person_id, digest_on, status, made_at, due_at)
select id, person_id, $3, 'WAITING', $4, $4
from unnest($1::uuid[], $2::uuid[]) as made (id, person_id)
"""
_FILL: Final = f"""
update email_item i set delivery_id = d.id
from ({_ITEMS}) item
join email_delivery d on d.person_id = item.person_id and d.digest_on = $1
where i.message_id = item.message_id and i.event_id = item.event_id
"""  # noqa: S608 - put together from constants
_FILL_WITH_ACCEPTANCES: Final = f"""
update email_acceptance a set delivery_id = d.id
from ({_ACCEPTANCES}) acceptance
join email_delivery d on d.person_id = acceptance.person_id and d.digest_on = $1
where a.event_id = acceptance.event_id and a.person_id = acceptance.person_id
"""  # noqa: S608 - put together from constants


async def make(tx: Tx, day: date, now: datetime) -> int:
    """A digest for everybody who has something in it; answers how many."""
    await tx.execute(_TAKE_ITEMS, day)
    await tx.execute(_TAKE_ACCEPTANCES, day)
    people = [row["person_id"] for row in await tx.fetch(_PEOPLE, day)]
    await tx.execute(_MAKE, [new_id() for _ in people], people, day, now)
    await tx.execute(_FILL, day)
    await tx.execute(_FILL_WITH_ACCEPTANCES, day)
    return len(people)
