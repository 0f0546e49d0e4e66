"""What becomes of a mail. Its row says that it is being sent before it is."""

from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.notifications.email.domain import LEASE, Outcome, Status

_WAITS: Final = """
select exists (
    select from email_delivery where status in ('WAITING', 'RETRYING') and due_at <= $1
)
"""


async def anything_due(reader: Reader, now: datetime) -> bool:
    return bool(await reader.fetchval(_WAITS, now))


# With the mail comes what is known of its recipient now.
_CLAIM: Final = """
with claimed as (
    update email_delivery set
        status = 'SENDING', attempts = attempts + 1, claimed_until = $1::timestamptz + $2::interval
    where id = (
        select id from email_delivery
        where status in ('WAITING', 'RETRYING') and due_at <= $1
        order by due_at
        limit 1
        for update skip locked
    )
    returning *
)
select
    claimed.*, c.name, c.email, p.status = 'ACTIVE' as active,
    b.address_hash is not null and b.address_hash = sha256(convert_to(lower(c.email), 'UTF8'))
        as bounces
from claimed
left join contact c on c.person_id = claimed.person_id
left join directory.person p on p.id = claimed.person_id
left join email_bounce b on b.person_id = claimed.person_id
"""


async def claim(tx: Tx, now: datetime) -> Record | None:
    """The mail that has waited longest, if any: nobody else will send it from now on."""
    return await tx.fetchrow(_CLAIM, now, LEASE)


# A claim that ran out belongs to nobody any more, unless word comes after all that it was sent.
_END: Final = """
update email_delivery set
    status = $3, problem_code = nullif($4, ''), problem = nullif($5, ''),
    due_at = coalesce($6, due_at), claimed_until = null,
    ended_at = case when $3 in ('WAITING', 'RETRYING') then null else $7::timestamptz end
where id = $1 and attempts = $2
    and (status = 'SENDING' or (status = 'UNCERTAIN' and $3 = 'SENT'))
returning *
"""


async def end(
    tx: Tx,
    claimed: Record,
    outcome: Outcome,
    *,
    status: Status,
    due_at: datetime | None,
    now: datetime,
) -> Record | None:
    """Keep what came of an attempt; None if somebody has decided otherwise since."""
    said = (outcome.code, outcome.text)
    return await tx.fetchrow(_END, claimed["id"], claimed["attempts"], status, *said, due_at, now)


_ABANDONED: Final = """
update email_delivery set
    status = 'UNCERTAIN', problem_code = 'UNCERTAIN', ended_at = $1, claimed_until = null,
    problem = 'Whoever was sending it ended before saying whether it went.'
where id in (
    select id from email_delivery
    where status = 'SENDING' and claimed_until < $1
    order by id
    for update skip locked
)
returning *
"""


async def give_up_claims(tx: Tx, now: datetime) -> list[Record]:
    """Mails that nobody knows to have been sent or not: they are not sent again."""
    return await tx.fetch(_ABANDONED, now)


_BOUNCE: Final = """
insert into email_bounce (person_id, address_hash, delivery_id, since)
values ($1, sha256(convert_to(lower($2), 'UTF8')), $3, $4)
on conflict (person_id) do update set
    address_hash = excluded.address_hash, delivery_id = excluded.delivery_id, since = excluded.since
where email_bounce.address_hash <> excluded.address_hash
returning true
"""


async def note_bounce(tx: Tx, person: UUID, address: str, delivery: UUID, now: datetime) -> bool:
    """Keep that the address takes no mail; answers whether that is news."""
    return bool(await tx.fetchval(_BOUNCE, person, address, delivery, now))
