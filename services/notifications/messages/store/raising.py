"""Telling people, and completing the tasks of those who were told before."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.db import Reader, Tx
from chassis.ids import new_id
from services.notifications.messages.domain import Notice, Occurrence

Recipient = tuple[UUID, str]
"""A person, at the organisation where they are told."""

# Whoever holds the role at the organisations on that day, or at those that had taken over from them
# by then, in their place. Left out is who was told of this thing by this action already, and, once,
# who still has the same task open.
# `offset 0` keeps the planner at the few who hold the role there, whatever its statistics say.
_RECIPIENTS: Final = """
with recursive place (organisation) as (
    select unnest($1::text[])
    union
    select heir.source
    from place
    cross join lateral (
        select r.source
        from directory.relationship r
        where r.target = place.organisation and r.kind = 'SUCCESSOR_OF' and r.valid_from <= $8
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
    where not exists (
        select from directory.relationship r
        where r.target = place.organisation and r.kind = 'SUCCESSOR_OF' and r.valid_from <= $8
    )
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
        occurrence.told.get(notice.side, ()),
        notice.role,
        occurrence.payment_type,
        occurrence.id,
        occurrence.subject_code,
        occurrence.action,
        notice.once,
        occurrence.day,
    )
    return [(row["person_id"], row["organisation"]) for row in rows]


# Colleagues who cover that day for those people, where they hold the role themselves.
_COVERED: Final = """
select told.person_id, told.organisation, c.colleague_id
from unnest($1::uuid[], $2::text[]) as told (person_id, organisation)
join cover c
    on c.person_id = told.person_id
    and c.organisation = told.organisation
    and c.ended_at is null
    and $5 between c.starts_on and c.ends_on
join directory.person_role r
    on r.person_id = c.colleague_id and r.organisation = told.organisation and r.role = $3
join directory.person p on p.id = c.colleague_id and p.status = 'ACTIVE'
where $4::text is null or r.payment_types is null or $4 = any (r.payment_types)
"""


async def covered(
    reader: Reader, people: Sequence[Recipient], notice: Notice, what: Occurrence
) -> Mapping[Recipient, Recipient]:
    """Of these people, those who are covered, and by whom."""
    rows = await reader.fetch(
        _COVERED,
        [person for person, _ in people],
        [organisation for _, organisation in people],
        notice.role,
        what.payment_type,
        what.day,
    )
    return {
        (row["person_id"], row["organisation"]): (row["colleague_id"], row["organisation"])
        for row in rows
    }


_IS_ACTIVE: Final = """
select exists (select from directory.person where id = $1 and status = 'ACTIVE')
"""


async def is_active(reader: Reader, person: UUID) -> bool:
    return bool(await reader.fetchval(_IS_ACTIVE, person))


# What the same action tells the same person of the same service is added to the row there is.
_RAISE: Final = """
with raised as (
    insert into message as m (
        id, version, kind, subject_code, role, person_id, organisation, action, quality_service,
        payment_type, commissioner, due_on, effective_on, reason, names, count, outstanding,
        status, raised_at, covers
    )
    select
        told.id, 1, $4, $5, $6, told.person_id, told.organisation, $7, $8,
        $9, $10, $11, $12, $13, $14, 1, case when $4 = 'TASK' then 1 else 0 end,
        'UNREAD', $15, string_to_array(told.covers, ',')::uuid[]
    from unnest($1::uuid[], $2::uuid[], $3::text[], $21::text[])
        as told (id, person_id, organisation, covers)
    on conflict on constraint message_once_an_action do update set
        version = m.version + 1, count = m.count + 1, status = 'UNREAD',
        outstanding = m.outstanding + excluded.outstanding, raised_at = excluded.raised_at,
        covers = array (select unnest(m.covers) union select unnest(excluded.covers))
    returning id, person_id, organisation
),
about as (
    insert into message_about (message_id, kind, about_id, provider, done)
    select raised.id, $16, $17, $18, $4 <> 'TASK' from raised
),
why as (
    insert into message_event (
        message_id, event_id, event_type, about_id, at, person_id, organisation, subject_code
    )
    select raised.id, $19, $20, $17, $15, raised.person_id, raised.organisation, $5 from raised
)
select id from raised
"""


async def raise_to(
    tx: Tx, people: Mapping[Recipient, Sequence[UUID]], notice: Notice, what: Occurrence
) -> list[UUID]:
    """Tell the people, some in the place of others too; answers each one's message."""
    rows = await tx.fetch(
        _RAISE,
        [new_id() for _ in people],
        [person for person, _ in people],
        [organisation for _, organisation in people],
        notice.kind,
        what.subject_code,
        notice.role,
        what.action,
        what.quality_service,
        what.payment_type,
        what.commissioner,
        what.due_on,
        what.effective_on,
        what.reason,
        what.names,
        what.at,
        what.thing,
        what.id,
        what.provider,
        what.event_id,
        what.event_type,
        [",".join(map(str, covers)) for covers in people.values()],
    )
    return [row["id"] for row in rows]


_COMPLETE: Final = """
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
returning m.id
"""


async def complete(tx: Tx, about: str, subject_codes: Sequence[str]) -> list[UUID]:
    """The step was taken for one thing: its tasks are done when nothing they are about waits.

    Answers the messages of which something is done now.
    """
    return [row["id"] for row in await tx.fetch(_COMPLETE, about, subject_codes)]


_STEP: Final = """
insert into step_heard as heard (about_id, event, version) values ($1, $2, $3)
on conflict (about_id, event) do update set version = greatest(heard.version, excluded.version)
"""
_STEPS: Final = "select event, version from step_heard where about_id = $1"


async def note_step(tx: Tx, occurrence: Occurrence) -> None:
    await tx.execute(_STEP, occurrence.id, occurrence.event, occurrence.version)


async def steps(reader: Reader, about: str) -> Mapping[str, int]:
    """The steps that were taken for a thing, each with the version after it."""
    return {row["event"]: row["version"] for row in await reader.fetch(_STEPS, about)}
