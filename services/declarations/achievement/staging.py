"""The submissions of an extract while they are checked: staged, refused where unknown, pivoted."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import Reader, Tx
from services.declarations.achievement.domain import Fields, Submission

_STAGED = (
    *("load_id", "line", "numerator_line", "rows", "service_code", "provider"),
    *("achievement_date", "indicator", "fields", "submitted_by", "submitted_at"),
)


async def fields(reader: Reader) -> Fields:
    """What reading rows needs of the catalogue."""
    answered = {tuple(row) for row in await reader.fetch(_YES_NO)}
    return Fields(answered, {tuple(row) for row in await reader.fetch(_NUMERATORS)})


_YES_NO = """
select distinct q.code, i ->> 'code', i ->> 'numerator'
from quality_service q
cross join jsonb_path_query(q.specification, '$.domains[*].groups[*].indicators[*]') i
where i ->> 'formula' like 'yes-no@%'
"""
_NUMERATORS = """
select distinct q.code, f.indicator, f.field
from indicator_field f join quality_service q on q.id = f.quality_service
where f.part = 'numerator'
"""


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
select s.service_code, s.achievement_date, q.id as quality_service,
    min(s.line) as line, sum(s.rows) as rows
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
            returning line, rows, service_code
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_SERVICE', 'QUALITY_SERVICE', format(
            'No published quality service %s is known (%s rows)', service_code, sum(rows))
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
            where load_id = $1
            and not exists (select from directory.organisation o where o.ods_code = s.provider)
            returning line, rows, provider
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_PRACTICE', 'ORG_CODE', format(
            'No organisation %s is known (%s rows)', provider, sum(rows))
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
            returning s.line, s.rows, s.service_code, s.indicator
        )
        insert into achievement_load_error (load_id, line, code, field, message)
        select $1, min(line), 'UNKNOWN_INDICATOR', 'IND_CODE', format(
            '%s has no indicator %s (%s rows)', service_code, indicator, sum(rows))
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


# Of several submissions of one field the latest counts, of equal ones that which begins last.
_PIVOT = """
create temporary table pivoted on commit drop as
with latest as (
    select s.service_code, s.achievement_date, s.provider, s.indicator,
        jsonb_merged(s.fields order by s.submitted_at, s.line) as fields,
        coalesce(max(s.numerator_line), min(s.line)) as line, sum(s.rows) as rows,
        max(s.submitted_by) as submitted_by, max(s.submitted_at) as submitted_at
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
        l.line, l.rows, l.submitted_by, l.submitted_at
    from latest l
    join subject t
        on t.service_code = l.service_code and t.achievement_date = l.achievement_date
    join named f on f.quality_service = t.quality_service and f.indicator = l.indicator
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
