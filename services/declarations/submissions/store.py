"""Submissions by hand, and everything that counts for one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from nhs.directory import Acting
from services.declarations.achievement.keeping import Subject
from services.declarations.submissions.domain import (
    Given,
    GroupStatus,
    Known,
    Standing,
    Submission,
)


def columns(subjects: Sequence[Subject]) -> tuple[list[Any], list[Any], list[Any]]:
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    return list(codes), list(days), list(providers)


_GIVEN = (
    "unnest($1::text[], $2::date[], $3::text[]) as s (service_code, achievement_date, provider)"
)

# Whoever approves its declaration enters for a provider: the commissioner of its offer.
_SUBJECTS = f"""
select s.service_code, s.achievement_date, s.provider, line.code is not null as service_known,
    q.id as quality_service, q.payment_type, q.starts_on, q.values_of,
    (select p.kind from directory.organisation p where p.ods_code = s.provider) as kind,
    o.id is not null as participates,
    s.provider in (select i.organisation from directory.inherited($4, $5) i) as own,
    o.commissioner in (
        select b.organisation from directory.self_and_below($4, $5) b
        where s.achievement_date between b.valid_from and b.valid_to) as commissioned,
    exists (
        select from directory.scope($4, $5) c
        where c.provider = s.provider
        and s.achievement_date between c.valid_from and c.valid_to) as visible
from {_GIVEN}
left join lateral (
    select q.code, q.specification ->> 'members_take_part_in' as members_take_part_in
    from quality_service q where q.code = s.service_code order by q.version desc limit 1
) line on true
left join lateral (
    select o.id, o.quality_service, o.commissioner from offer o
    where o.provider = s.provider and o.service_code in (line.code, line.members_take_part_in)
    and o.starts_on <= s.achievement_date and o.participates_until >= s.achievement_date
    order by o.id desc limit 1
) o on true
left join lateral (
    select q.id, q.payment_type, q.values_of, p.starts_on from quality_service q
    join service_period p on p.quality_service = q.id and p.achievement_date = s.achievement_date
    where q.code = s.service_code
    order by (q.id = o.quality_service) desc nulls last, q.version desc limit 1
) q on true
"""  # noqa: S608 - nothing but our own words


async def subjects_of(
    reader: Reader, subjects: Sequence[Subject], acting: Acting
) -> dict[Subject, Record]:
    """What is known of each subject, and whether it is the caller's or within their sight."""
    rows = await reader.fetch(_SUBJECTS, *columns(subjects), *acting)
    return {subject_of(row): row for row in rows}


def subject_of(row: Record) -> Subject:
    return row["service_code"], row["achievement_date"], row["provider"]


_VALUES = f"""
select v.* from achievement_value v
join {_GIVEN} using (service_code, achievement_date, provider)
order by v.provider, v.indicator
"""  # noqa: S608 - nothing but our own words


async def values_of(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, list[Record]]:
    """The current values, with where they came from."""
    found: dict[Subject, list[Record]] = {}
    for row in await reader.fetch(_VALUES, *columns(subjects)):
        found.setdefault(subject_of(row), []).append(row)
    return found


def known(row: Record) -> Known:
    names = ("numerator", "denominator", "register", "others", "extracted")
    return Known(**{name: row[name] for name in names})


_SUBMISSIONS = f"""
select a.* from achievement_submission a
join {_GIVEN} using (service_code, achievement_date, provider)
where a.last_submission
"""  # noqa: S608 - nothing but our own words


async def submissions_of(
    reader: Reader, subjects: Sequence[Subject]
) -> dict[Subject, list[Submission]]:
    """What was submitted last of each group, and what is work in progress."""
    found: dict[Subject, list[Submission]] = {}
    for row in await reader.fetch(_SUBMISSIONS, *columns(subjects)):
        found.setdefault(subject_of(row), []).append(_submission(row))
    return found


def _submission(row: Record) -> Submission:
    given = tuple(Given(0, one["indicator"], one["field"], one["value"]) for one in row["given"])
    return Submission(
        row["id"],
        row["group_code"],
        GroupStatus(row["status"]),
        given,
        row["notes"],
        row["person"],
        row["acting_for"],
        row["at"],
    )


async def supersede(tx: Tx, standing: Standing, group: str, status: GroupStatus) -> None:
    """A submission takes the place of the one before; what was in progress ends with it."""
    await tx.execute(_FORGET_DRAFT, *standing.subject, group)
    if status is GroupStatus.SUBMITTED:
        await tx.execute(_SUPERSEDE, *standing.subject, group)


_FORGET_DRAFT = """
delete from achievement_submission
where service_code = $1 and achievement_date = $2 and provider = $3 and group_code = $4
and status = 'WORK_IN_PROGRESS'
"""
_SUPERSEDE = """
update achievement_submission set last_submission = false
where service_code = $1 and achievement_date = $2 and provider = $3 and group_code = $4
and status = 'SUBMITTED' and last_submission
"""


async def keep_submission(
    tx: Tx,
    standing: Standing,
    group: str,
    status: GroupStatus,
    given: Sequence[Given],
    *,
    notes: str | None,
    person: UUID,
    acting_for: str,
    now: datetime,
) -> UUID:
    """Keep what was submitted, as it was written."""
    await supersede(tx, standing, group, status)
    identity = new_id()
    written = [{"indicator": g.indicator, "field": g.field, "value": g.value} for g in given]
    whose = (person, acting_for, now)
    await tx.execute(_KEEP, identity, *standing.subject, group, status, written, notes, *whose)
    return identity


_KEEP = """
insert into achievement_submission (id, service_code, achievement_date, provider, group_code,
    status, given, notes, person, acting_for, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def pivot(
    tx: Tx, rows: Sequence[Mapping[str, object]], *, submitted_by: str, submitted_at: datetime
) -> None:
    """The values as keeping.keep_values takes them: one row an indicator, all of them changed."""
    await tx.execute(_PIVOT, rows, submitted_by, submitted_at)


_PIVOT = """
create temporary table pivoted on commit drop as
select n.*, 'MANUAL' as how, $2::text as submitted_by, $3::timestamp as submitted_at,
    true as changed, null::text as default_values_used
from jsonb_to_recordset($1) as n (
    service_code text, achievement_date date, provider text, indicator text, numerator integer,
    denominator integer, register integer, others jsonb, extracted boolean, submission_id uuid
)
"""


async def past_of(reader: Reader, subject: Subject, indicator: str) -> list[Record]:
    """What a value was before, the last first."""
    return await reader.fetch(_PAST, *subject, indicator)


_PAST = """
select * from achievement_value_past
where service_code = $1 and achievement_date = $2 and provider = $3 and indicator = $4
order by position desc limit 200
"""


async def providers_of(reader: Reader, service: str, day: date, acting: Acting) -> list[str]:
    """The providers that take part on the day, and whose values the organisation enters."""
    rows = await reader.fetch(_PROVIDERS, service, day, *acting)
    return [row["provider"] for row in rows]


_PROVIDERS = """
select distinct o.provider from offer o
where o.service_code in (
    select unnest(array[q.code, q.specification ->> 'members_take_part_in'])
    from quality_service q where q.code = $1)
and o.starts_on <= $2 and o.participates_until >= $2
and (
    o.provider in (select i.organisation from directory.inherited($3, $4) i)
    or o.commissioner in (
        select b.organisation from directory.self_and_below($3, $4) b
        where $2 between b.valid_from and b.valid_to))
order by o.provider
"""
