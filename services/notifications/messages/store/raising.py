"""Telling people, and completing the tasks of those who were told before."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from services.notifications.messages.domain import Kind, Notice, Occurrence

# Whoever holds the role at the organisation now, or at one that took over from it. Left out is who
# was told of this thing by this action already, and, once, who still has the same task open.
# `offset 0` keeps the planner at the few who hold the role there, whatever its statistics say.
_RECIPIENTS = """
with recursive place (organisation) as (
    select $1::text
    union
    select heir.source
    from place
    cross join lateral (
        select r.source
        from directory.relationship r
        where r.target = place.organisation and r.kind = 'SUCCESSOR_OF'
        offset 0
    ) heir
)
select held.person_id, held.organisation
from (
    select place.organisation, at_place.person_id, at_place.payment_types
    from place
    cross join lateral (
        select r.person_id, r.payment_types
        from directory.person_role r
        where r.organisation = place.organisation and r.role = $2
        offset 0
    ) at_place
    offset 0
) held
join directory.person p on p.id = held.person_id and p.status = 'ACTIVE'
where ($3::text is null or held.payment_types is null or $3 = any (held.payment_types))
    and not exists (
        select
        from (select * from message_about where about_id = $4 offset 0) a
        join message m on m.id = a.message_id
        where m.person_id = held.person_id
            and m.organisation = held.organisation
            and m.subject_code = $5
            and (m.action = $6 or ($7 and not a.done and m.status <> 'DONE'))
    )
order by held.person_id, held.organisation
"""


async def recipients(
    reader: Reader, notice: Notice, occurrence: Occurrence
) -> list[tuple[UUID, str]]:
    rows = await reader.fetch(
        _RECIPIENTS,
        occurrence.told(notice.side),
        notice.role.value,
        occurrence.payment_type,
        occurrence.id,
        occurrence.subject_code,
        occurrence.action,
        notice.once,
    )
    return [(row["person_id"], row["organisation"]) for row in rows]


# What the same action tells the same person of the same service is added to the row there is.
_RAISE = """
with raised as (
    insert into message as m (
        id, version, kind, subject_code, person_id, organisation, action, quality_service,
        payment_type, commissioner, due_on, reason, count, outstanding, status, raised_at
    )
    select
        told.id, 1, $4, $5, told.person_id, told.organisation, $6, $7, $8, $9, $10, $11, 1,
        case when $4 = 'TASK' then 1 else 0 end, 'UNREAD', $12
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as told (id, person_id, organisation)
    on conflict on constraint message_once_an_action do update set
        version = m.version + 1, count = m.count + 1, status = 'UNREAD',
        outstanding = m.outstanding + excluded.outstanding, raised_at = excluded.raised_at
    returning id, version, kind, subject_code, person_id, organisation, count, raised_at
),
about as (
    insert into message_about (message_id, kind, about_id, provider, done)
    select raised.id, $13, $14, $15, $4 <> 'TASK' from raised
)
select
    raised.*,
    array (
        select a.about_id from message_about a
        where a.message_id = raised.id order by a.about_id limit $16 - 1
    ) as about_before
from raised
"""


async def raise_to(
    tx: Tx, people: Sequence[tuple[UUID, str]], kind: Kind, occurrence: Occurrence, most: int
) -> list[Record]:
    """Tell the people; answers each one's message, with the things it was about before."""
    return await tx.fetch(
        _RAISE,
        [new_id() for _ in people],
        [person for person, _ in people],
        [organisation for _, organisation in people],
        kind.value,
        occurrence.subject_code,
        occurrence.action,
        occurrence.quality_service,
        occurrence.payment_type,
        occurrence.commissioner,
        occurrence.due_on,
        occurrence.reason,
        occurrence.at,
        occurrence.thing.value,
        occurrence.id,
        occurrence.provider,
        most,
    )


_COMPLETE = """
with step as (
    update message_about a set done = true
    from message m
    where a.about_id = $1
        and not a.done
        and m.id = a.message_id
        and m.subject_code = any ($2)
    returning a.message_id
)
update message m set
    version = m.version + 1,
    outstanding = m.outstanding - 1,
    status = case when m.outstanding = 1 then 'DONE' else m.status end
from step
where m.id = step.message_id and m.outstanding > 0
"""


async def complete(tx: Tx, about: UUID, subject_codes: Sequence[str]) -> None:
    """The step was taken for one thing: its tasks are done when nothing they are about waits."""
    await tx.execute(_COMPLETE, about, subject_codes)
