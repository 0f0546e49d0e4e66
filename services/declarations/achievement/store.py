"""Values of achievement: one row for each provider, service, achievement date and indicator."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.declarations.achievement.domain import Problem, Staged, YesNo

NO_ERRORS = ("NOT_PARTICIPATING", "SUPERSEDED_BY_MANUAL")
"""What is listed, and yet no error: values kept unpaid, and those a later person's stand over."""

STAGED = (
    "line",
    "service_code",
    "provider",
    "achievement_date",
    "indicator",
    "field",
    "value",
    "submitted_by",
    "submitted_at",
)


async def open_load(
    tx: Tx, job: UUID, file_name: str, *, person: UUID, organisation: str, now: datetime
) -> None:
    await tx.execute(_OPEN, job, file_name, person, organisation, now)


_OPEN = """
insert into achievement_load (id, file_name, asked_by, asked_for, asked_at)
values ($1, $2, $3, $4, $5)
"""


async def start_again(tx: Tx, load: UUID) -> None:
    """Forget what an interrupted run of this load left, and loads that were given up."""
    await clear_staged(tx, load)
    await tx.execute(_GIVEN_UP)
    await tx.execute("delete from achievement_load_error where load_id = $1", load)


_GIVEN_UP = """
delete from achievement_staging
where load_id in (select id from chassis.job where status in ('DONE', 'FAILED'))
"""


async def stage(tx: Tx, load: UUID, rows: Sequence[Staged]) -> None:
    records = [(load, *row) for row in rows]
    await tx.copy("achievement_staging", columns=("load_id", *STAGED), records=records)


async def keep_problems(tx: Tx, load: UUID, problems: Sequence[Problem]) -> None:
    columns = ("load_id", "line", "code", "field", "message")
    records = [(load, p.line, p.code, p.field, p.message) for p in problems]
    await tx.copy("achievement_load_error", columns=columns, records=records)


async def prepare(tx: Tx, load: UUID) -> None:
    """Sorting a national collection takes memory, and its plan takes numbers."""
    await tx.execute("set local work_mem = '256MB'")
    await tx.execute("analyze achievement_staging")
    await tx.execute(_SUBJECTS, load)


# What the extract speaks of: services and days are few, and each is looked up once.
_SUBJECTS = """
create temporary table subject on commit drop as
select s.service_code, s.achievement_date, q.id as quality_service,
    min(s.line) as line, count(*) as rows
from achievement_staging s
left join lateral (
    select id from quality_service q
    where q.code = s.service_code order by q.version desc, q.id desc limit 1
) q on true
where s.load_id = $1
group by s.service_code, s.achievement_date, q.id
"""

# Each set-wise check takes its rows out of staging and says so once for each cause.
_REFUSALS = (
    """
        with refused as (
            delete from achievement_staging s
            where load_id = $1 and exists (
                select from subject t where t.quality_service is null
                and t.service_code = s.service_code and t.achievement_date = s.achievement_date)
            returning line, service_code
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_SERVICE', 'QUALITY_SERVICE', format(
            'No published quality service %s is known (%s rows)', service_code, count(*))
        from refused group by service_code
    """,
    """
        with refused as (
            delete from achievement_staging s
            using subject t
            where load_id = $1 and t.service_code = s.service_code
            and t.achievement_date = s.achievement_date and not exists (
                select from service_period p where p.quality_service = t.quality_service
                and p.achievement_date = t.achievement_date)
            returning s.line, s.service_code, s.achievement_date
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'ACHIEVEMENT_DATE_UNKNOWN', 'ACH_DATE', format(
            '%s has no payment period that ends on %s (%s rows)',
            service_code, achievement_date, count(*))
        from refused group by service_code, achievement_date
    """,
    """
        with refused as (
            delete from achievement_staging s
            where load_id = $1
            and not exists (select from directory.organisation o where o.ods_code = s.provider)
            returning line, provider
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_PRACTICE', 'ORG_CODE', format(
            'No organisation %s is known (%s rows)', provider, count(*))
        from refused group by provider
    """,
    """
        with refused as (
            delete from achievement_staging s
            using subject t
            where load_id = $1 and t.service_code = s.service_code
            and t.achievement_date = s.achievement_date and not exists (
                select from indicator_field f
                where f.quality_service = t.quality_service and f.indicator = s.indicator)
            returning s.line, s.service_code, s.indicator
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_INDICATOR', 'IND_CODE', format(
            '%s has no indicator %s (%s rows)', service_code, indicator, count(*))
        from refused group by service_code, indicator
    """,
)


async def refuse_unknown(tx: Tx, load: UUID) -> None:
    """List and drop rows about services, days, practices and indicators nobody knows."""
    for statement in _REFUSALS:
        await tx.execute(statement, load)


async def pivot(tx: Tx, load: UUID) -> None:
    """One row an indicator, as it will be: what the extract says over what was known."""
    await tx.execute(_PIVOT, load)
    await tx.execute("analyze pivoted")


# Of several submissions of one field the latest counts, of equal ones the last in the file.
_PIVOT = """
create temporary table pivoted on commit drop as
with latest as (
    select distinct on (s.service_code, s.achievement_date, s.provider, s.indicator, s.field)
        s.*, f.part
    from achievement_staging s
    join subject t
        on t.service_code = s.service_code and t.achievement_date = s.achievement_date
    left join indicator_field f
        on f.quality_service = t.quality_service
        and f.indicator = s.indicator and f.field = s.field
    where s.load_id = $1
    order by s.service_code, s.achievement_date, s.provider, s.indicator, s.field,
        s.submitted_at desc, s.line desc
), paired as (
    select service_code, achievement_date, provider, indicator,
        max(value) filter (where part = 'numerator') as numerator,
        max(value) filter (where part = 'denominator') as denominator,
        max(value) filter (where part = 'register') as register,
        jsonb_object_agg(field, value) filter (where part is null) as others,
        coalesce(max(line) filter (where part = 'numerator'), min(line)) as line,
        count(*) as rows,
        max(submitted_by) as submitted_by, max(submitted_at) as submitted_at
    from latest
    group by service_code, achievement_date, provider, indicator
), merged as (
    select p.*, v.provider is not null as known, v.numerator as n, v.denominator as d,
        v.register as r, v.others as o, v.how as known_how, v.submitted_by as known_by,
        v.submitted_at as known_at, coalesce(v.extracted, false) as known_extracted,
        -- What a person submitted later stands; the extract only fills in what it left open.
        coalesce(v.how = 'MANUAL' and p.submitted_at < v.submitted_at, false) as older
    from paired p
    left join achievement_value v using (service_code, achievement_date, provider, indicator)
), decided as (
    select m.service_code, m.achievement_date, m.provider, m.indicator, m.line, m.rows, m.older,
        m.known, m.n, m.d, m.r, m.o,
        case when older then coalesce(n, numerator) else coalesce(numerator, n) end as numerator,
        case when older then coalesce(d, denominator) else coalesce(denominator, d) end
            as denominator,
        case when older then coalesce(r, register) else coalesce(register, r) end as register,
        case when older then coalesce(others || o, o, others) else coalesce(o || others, others, o)
            end as others,
        case when older then known_by else submitted_by end as submitted_by,
        case when older then known_at else submitted_at end as submitted_at,
        case when older or submitted_by not in ('AUTOMATED', 'cro-processor')
            then 'MANUAL' else 'AUTOMATIC' end as how,
        known_extracted or submitted_by in ('AUTOMATED', 'cro-processor') as extracted,
        older and (numerator <> n or denominator <> d or register <> r) as stands
    from merged m
)
select service_code, achievement_date, provider, indicator, numerator, denominator, register,
    others, line, rows, submitted_by, submitted_at, how, extracted, null::uuid as submission_id,
    coalesce(stands, false) as stands,
    not known or (numerator, denominator, register, others) is distinct from (n, d, r, o)
        as changed
from decided
"""


async def list_superseded(tx: Tx, load: UUID) -> None:
    """List the providers whose own values, submitted later, stand over the extract's."""
    await tx.execute(_SUPERSEDED, load)


_SUPERSEDED = """
insert into achievement_load_error (load_id, line, code, field, message)
select $1, min(line), 'SUPERSEDED_BY_MANUAL', 'SUBMIT_DATE', format(
    '%s: what was submitted by hand after this extract stands (%s indicators)',
    provider, count(*))
from pivoted where stands group by provider
"""


async def refuse_out_of_proportion(tx: Tx, load: UUID) -> None:
    """List and drop indicators whose numerator is above their denominator."""
    await tx.execute(_OUT_OF_PROPORTION, load)


_OUT_OF_PROPORTION = """
with refused as (
    delete from pivoted where numerator > denominator
    returning line, provider, indicator, numerator, denominator
)
insert into achievement_load_error (load_id, line, code, field, message)
select $1, line, 'NUMERATOR_ABOVE_DENOMINATOR', 'VALUE', format(
    '%s of %s: the numerator %s is above the denominator %s',
    indicator, provider, numerator, denominator)
from refused
"""


async def refuse_locked(tx: Tx, load: UUID) -> None:
    """List and drop changes to what finance has approved; what is the same is no change."""
    await tx.execute(_LOCKED, load)


_LOCKED = """
with refused as (
    delete from pivoted p using locked_period l
    where p.changed and l.provider = p.provider and l.service_code = p.service_code
    and l.achievement_date = p.achievement_date
    and (l.indicator is null or l.indicator = p.indicator)
    returning p.line, p.provider, p.rows
)
insert into achievement_load_error (load_id, line, code, field, message)
select $1, min(line), 'PERIOD_LOCKED', 'ORG_CODE', format(
    'The declaration that stands on %s has been finance-approved: its values stay (%s rows)',
    provider, sum(rows))
from refused group by provider
"""


async def list_not_participating(tx: Tx, load: UUID) -> int:
    """List the providers without an Approved offer on the day; their values are kept, unpaid."""
    return int(await tx.fetchval(_NOT_PARTICIPATING, load))


_NOT_PARTICIPATING = """
with outside as (
    select p.provider, p.service_code, p.achievement_date, min(p.line) as line,
        sum(p.rows) as rows
    from pivoted p
    left join (
        select distinct q.code, q.members_take_part_in from quality_service q
        where q.members_take_part_in is not null
    ) line on line.code = p.service_code
    where not exists (
        select from offer o
        where o.provider = p.provider
        and o.service_code in (p.service_code, line.members_take_part_in)
        and o.starts_on <= p.achievement_date and o.participates_until >= p.achievement_date)
    group by p.provider, p.service_code, p.achievement_date
), listed as (
    insert into achievement_load_error (load_id, line, code, field, message)
    select $1, line, 'NOT_PARTICIPATING', 'ORG_CODE', format(
        '%s does not participate in %s on %s: kept, not paid (%s rows)',
        provider, service_code, achievement_date, rows)
    from outside
)
select count(*) from outside
"""


async def yes_no_fields(reader: Reader) -> YesNo:
    """Service code, indicator and field of all that is answered Y or N."""
    return {tuple(row) for row in await reader.fetch(_YES_NO)}


_YES_NO = """
select distinct q.code, i ->> 'code', i ->> 'numerator'
from quality_service q
cross join jsonb_path_query(q.specification, '$.domains[*].groups[*].indicators[*]') i
where i ->> 'formula' like 'yes-no@%'
"""


async def clear_staged(tx: Tx, load: UUID) -> None:
    """Leave nothing staged of a load that has ended, well or badly."""
    await tx.execute("delete from achievement_staging where load_id = $1", load)


async def finish_load(tx: Tx, load: UUID, counted: dict[str, int]) -> dict[str, int]:
    """Add up what came of the load, and forget the staged rows."""
    unchanged = await tx.fetchval("select count(*) from pivoted where not changed")
    errors = await tx.fetch(_ERRORS_BY_CODE, load)
    by_code = {row["code"]: row["count"] for row in errors}
    counts = counted | {
        "unchanged": unchanged,
        "unknown": by_code.get("UNKNOWN_PRACTICE", 0),
        "errors": sum(n for code, n in by_code.items() if code not in NO_ERRORS),
    }
    await tx.execute(_COUNTS, load, counts, counts["errors"])
    await clear_staged(tx, load)
    return counts


_ERRORS_BY_CODE = """
select code, count(*) from achievement_load_error where load_id = $1 group by code
"""
_COUNTS = "update achievement_load set counts = $2, error_count = $3 where id = $1"


async def find_load(reader: Reader, load: UUID, organisation: str) -> Record | None:
    """A load, for the organisation that asked for it."""
    return await reader.fetchrow(_FIND, load, organisation)


_FIND = """
select l.id, l.file_name, l.counts, l.error_count, l.asked_at, j.status, j.done, j.total, j.error
from achievement_load l join chassis.job j on j.id = l.id
where l.id = $1 and l.asked_for = $2
"""


async def find_problems(reader: Reader, load: UUID, first: int) -> list[Problem]:
    rows = await reader.fetch(_PROBLEMS, load, first)
    return [Problem(row["line"], row["code"], row["field"], row["message"]) for row in rows]


_PROBLEMS = """
select line, code, field, message from achievement_load_error
where load_id = $1 order by line, position limit $2
"""


async def values_of(reader: Reader, subjects: Sequence[tuple[str, date, str]]) -> list[Record]:
    """Every value of these services, dates and providers."""
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    return await reader.fetch(_VALUES, list(codes), list(days), list(providers))


_VALUES = """
select service_code, achievement_date, provider, indicator, numerator, denominator, register
from achievement_value
join unnest($1::text[], $2::date[], $3::text[])
    as subject (service_code, achievement_date, provider)
    using (service_code, achievement_date, provider)
"""
