"""The submissions of an extract while they are checked: staged, refused where unknown, pivoted."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.declarations.achievement.domain import Field, Fields, Format, Kind, Submission

_STAGED = (
    *("load_id", "line", "numerator_line", "rows", "service_code", "provider"),
    *("achievement_date", "indicator", "fields", "submitted_by", "submitted_at"),
    "default_values_used",
)


async def fields(reader: Reader) -> Fields:
    """What reading rows needs of the catalogue."""
    rows = await reader.fetch(_FIELDS)
    return Fields.of({field: kind for row in rows for field, kind in _kinds(row)})


def _kinds(row: Record) -> Iterable[tuple[Field, Kind]]:
    """The fields of an indicator; the one that it is counted by last, whatever else it is."""
    about, numerator = (row["code"], row["indicator"]), row["numerator"]
    for name in row["others"]:
        yield (*about, name), Kind.OTHER
    if numerator is not None:
        yield (*about, numerator), Kind.ANSWER if row["yes_no"] else Kind.NUMERATOR


# Of the newest version of each line that has been heard, by which the rows are kept.
_FIELDS = """
select q.code, i ->> 'code' as indicator, i ->> 'numerator' as numerator,
    i ->> 'formula' like 'yes-no@%' as yes_no,
    array_remove(array[i ->> 'denominator', i ->> 'register'], null) || array(
        select jsonb_array_elements_text(coalesce(i -> 'adjustments', '[]'))) as others
from (
    select distinct on (code) code, specification from quality_service
    order by code, version desc, id desc
) q
cross join jsonb_path_query(q.specification, '$.domains[*].groups[*].indicators[*]') i
"""


async def look_at_what_grew(tx: Tx) -> None:
    """Have PostgreSQL know what a load is checked against.

    Autovacuum looks once a minute: what an earlier load opened and calculated a moment ago would
    be unknown, and read once for each value.
    """
    await tx.execute("analyze declaration, calculation, achievement_value")


async def start_again(tx: Tx, load: UUID) -> None:
    """Forget what an interrupted run of this load left, and loads that were given up."""
    await clear(tx, load)
    await tx.execute(_GIVEN_UP)
    await tx.execute("delete from achievement_load_error where load_id = $1", load)


_GIVEN_UP = """
delete from achievement_staging
where load_id in (select id from chassis.job where status in ('DONE', 'FAILED'))
"""


async def clear(tx: Tx, load: UUID) -> None:
    """Leave nothing staged of a load that has ended, well or badly."""
    await tx.execute("delete from achievement_staging where load_id = $1", load)


async def stage(tx: Tx, load: UUID, submissions: Sequence[Submission]) -> None:
    records = [
        (
            *(load, one.line, one.numerator_line, one.rows, one.service, one.provider),
            *(one.achieved_on, one.indicator, one.values, one.submitted_by, one.submitted_at),
            one.default_values_used,
        )
        for one in submissions
    ]
    await tx.copy("achievement_staging", columns=_STAGED, records=records)


async def prepare(tx: Tx, load: UUID) -> None:
    """Sorting a national collection takes memory, and its plan takes numbers."""
    await tx.execute("set local work_mem = '256MB'")
    await tx.execute("analyze achievement_staging")
    await tx.execute(_SUBJECTS, load)


# What the extract speaks of: services and days are few, and each is looked up once.
_SUBJECTS = """
create temporary table subject on commit drop as
select s.service_code, s.achievement_date, q.id as quality_service, q.values_of,
    min(s.line) as line, sum(s.rows) as rows
from achievement_staging s
left join lateral (
    select id, values_of from quality_service q
    where q.code = s.service_code order by q.version desc, q.id desc limit 1
) q on true
where s.load_id = $1
group by s.service_code, s.achievement_date, q.id, q.values_of
"""

# Each set-wise check takes its rows out of staging and says so once for each cause.
_UNKNOWN_SERVICE = """
with refused as (
    delete from achievement_staging s
    where load_id = $1 and exists (
        select from subject t where t.quality_service is null
        and t.service_code = s.service_code and t.achievement_date = s.achievement_date)
    returning line, rows, service_code
)
insert into achievement_load_error (load_id, line, code, field, message)
select $1, min(line), 'UNKNOWN_SERVICE', $2::text, format(
    'No published quality service %s is known (%s rows)', service_code, sum(rows))
from refused group by service_code
"""
_REFUSALS = (
    """
        with refused as (
            delete from achievement_staging s
            using subject t
            where load_id = $1 and t.service_code = s.service_code
            and t.achievement_date = s.achievement_date and not exists (
                select from service_period p where p.quality_service = t.quality_service
                and p.achievement_date = t.achievement_date)
            returning s.line, s.rows, s.service_code, s.achievement_date
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'ACHIEVEMENT_DATE_UNKNOWN', 'ACH_DATE', format(
            '%s has no payment period that ends on %s (%s rows)',
            service_code, achievement_date, sum(rows))
        from refused group by service_code, achievement_date
    """,
    """
        with refused as (
            delete from achievement_staging s
            using subject t
            where load_id = $1 and t.service_code = s.service_code
            and t.achievement_date = s.achievement_date and not exists (
                select from directory.organisation o
                where o.ods_code = s.provider and o.kind = t.values_of)
            returning s.line, s.rows, s.provider, s.service_code, t.values_of
        ), unknown as (
            select r.* from refused r
            where not exists (select from directory.organisation o where o.ods_code = r.provider)
        ), listed as (
            insert into achievement_load_error (load_id, line, code, field, message)
            select $1, min(line), 'UNKNOWN_PRACTICE', 'ORG_CODE', format(
                'No organisation %s is known (%s rows)', provider, sum(rows))
            from unknown group by provider
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(r.line), 'PROVIDER_KIND', 'ORG_CODE', format(
            '%s takes values of a %s; %s is a %s (%s rows)',
            r.service_code, r.values_of, r.provider, o.kind, sum(r.rows))
        from refused r join directory.organisation o on o.ods_code = r.provider
        group by r.service_code, r.values_of, r.provider, o.kind
    """,
    """
        with refused as (
            delete from achievement_staging s
            using subject t
            where load_id = $1 and t.service_code = s.service_code
            and t.achievement_date = s.achievement_date and not exists (
                select from indicator_field f
                where f.quality_service = t.quality_service and f.indicator = s.indicator)
            returning s.line, s.rows, s.service_code, s.indicator
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_INDICATOR', 'IND_CODE', format(
            '%s has no indicator %s (%s rows)', service_code, indicator, sum(rows))
        from refused group by service_code, indicator
    """,
)


async def refuse_unknown(tx: Tx, load: UUID, form: Format) -> None:
    """List and drop rows about services, days, practices and indicators nobody knows.

    And of providers whose values do not count: a network's own, where its members' do.
    """
    await tx.execute(_UNKNOWN_SERVICE, load, form.service)
    for statement in _REFUSALS:
        await tx.execute(statement, load)


async def pivot(tx: Tx, load: UUID, written_at: datetime) -> None:
    """One row an indicator, as it will be: what the extract says over what was known.

    What does not say when it was submitted was so when it is loaded.
    """
    await tx.execute(_PIVOT, load, written_at)
    await tx.execute("analyze pivoted")


# Of several submissions of one field the latest counts, of equal ones that which begins last.
_PIVOT = """
create temporary table pivoted on commit drop as
with latest as (
    select s.service_code, s.achievement_date, s.provider, s.indicator,
        jsonb_merged(s.fields order by s.submitted_at, s.line) as fields,
        coalesce(max(s.numerator_line), min(s.line)) as line, sum(s.rows) as rows,
        max(s.submitted_by) as submitted_by, max(s.submitted_at) as submitted_at,
        max(s.default_values_used) as word
    from achievement_staging s where s.load_id = $1
    group by s.service_code, s.achievement_date, s.provider, s.indicator
), named as (
    select quality_service, indicator,
        max(field) filter (where part = 'numerator') as numerator,
        max(field) filter (where part = 'denominator') as denominator,
        max(field) filter (where part = 'register') as register
    from indicator_field group by quality_service, indicator
), paired as (
    select l.service_code, l.achievement_date, l.provider, l.indicator,
        (l.fields ->> f.numerator)::integer as numerator,
        (l.fields ->> f.denominator)::integer as denominator,
        (l.fields ->> f.register)::integer as register,
        nullif(l.fields - array[f.numerator, f.denominator, f.register], '{}') as others,
        l.line, l.rows, l.submitted_by, l.submitted_at, l.word
    from latest l
    join subject t
        on t.service_code = l.service_code and t.achievement_date = l.achievement_date
    join named f on f.quality_service = t.quality_service and f.indicator = l.indicator
), merged as (
    select p.*, v.provider is not null as known, v.numerator as n, v.denominator as d,
        v.register as r, v.others as o, v.how as known_how, v.submitted_by as known_by,
        v.submitted_at as known_at, coalesce(v.extracted, false) as known_extracted,
        v.default_values_used as known_word, p.submitted_at is null as undated,
        -- What was submitted later stands, and over what has no date what a person submitted; the
        -- extract only fills in what it left open.
        coalesce(p.submitted_at < v.submitted_at, v.how = 'MANUAL', false) as older
    from paired p
    left join achievement_value v using (service_code, achievement_date, provider, indicator)
), decided as (
    select m.service_code, m.achievement_date, m.provider, m.indicator, m.line, m.rows, m.older,
        m.known, m.n, m.d, m.r, m.o, m.undated, m.word, m.known_word,
        case when older then coalesce(n, numerator) else coalesce(numerator, n) end as numerator,
        case when older then coalesce(d, denominator) else coalesce(denominator, d) end
            as denominator,
        case when older then coalesce(r, register) else coalesce(register, r) end as register,
        case when older then coalesce(others || o, o, others) else coalesce(o || others, others, o)
            end as others,
        case when older then known_by else submitted_by end as submitted_by,
        case when older then known_at else coalesce(submitted_at, $2::timestamp) end
            as submitted_at,
        case when older then known_how
            when submitted_by in ('AUTOMATED', 'cro-processor') then 'AUTOMATIC'
            else 'MANUAL' end as how,
        known_extracted or submitted_by in ('AUTOMATED', 'cro-processor') as extracted,
        older and (numerator <> n or denominator <> d or register <> r) as stands
    from merged m
), compared as (
    select *, not known or (numerator, denominator, register, others) is distinct from (n, d, r, o)
        as differs
    from decided
)
select service_code, achievement_date, provider, indicator, numerator, denominator, register,
    others, line, rows, submitted_by, submitted_at, how, extracted, null::uuid as submission_id,
    coalesce(stands, false) as stands,
    case when older then coalesce(known_word, case when differs then word end) else word end
        as default_values_used,
    -- An extract that says nothing of defaults says nothing new by it.
    differs or (not older and not undated and word is distinct from known_word) as changed
from compared
"""
