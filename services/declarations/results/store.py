"""Achievement Results: values with what they earned, a provider and indicator a row.

A page is chosen from the values alone, in the order of their key; only what is on it is looked up
in calculations, and compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from chassis.db import Reader
from services.declarations.sight import SCOPE, Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsFilter:
    service: str
    achievement_date: date
    provider: str | None = None
    indicator: str | None = None
    group: str | None = None
    reached: str | None = None
    before: date | None = None
    """The last day that may count as before, where that is compared."""

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $11."""
        named = (self.service, self.achievement_date, self.provider)
        return *named, self.indicator, self.group, self.reached, self.before


# What is compared with may be of another line, which an allocated report may not be about.
_OWN_SCOPE = "directory.scope($1, $4::date)"


def _expanded(sight: Sight, sql: str) -> str:
    """Over what the report shows, where it is expanded: of this line of services."""
    if sight.report is None:
        return sql
    expanded = f"""(select * from directory.report_scope($1, $4, '{sight.report.value}') r
        where r.service_code is null or r.service_code = $5)"""  # noqa: S608 (our own words)
    return sql.replace(SCOPE, expanded)


# What is known of the indicators of each version of the line; and which provider was calculated by
# another version than the newest, where there is one: how far its values came is judged by that.
_INDICATORS = """
indicator as materialized (
    select q.id as quality_service, q.payment_type, g ->> 'code' as group_code,
        i ->> 'code' as code, i ->> 'name' as name, (i ->> 'points')::numeric(12, 2) as most,
        (i ->> 'lower')::numeric as lower, (i ->> 'upper')::numeric as upper,
        coalesce(i ->> 'prevalence_group', '') as prevalence_group,
        q.id = (select n.id from quality_service n where n.code = q.code
            order by n.version desc, n.id desc limit 1) as newest
    from quality_service q
    cross join jsonb_path_query(q.specification, '$.domains[*].groups[*]') g
    cross join jsonb_path_query(g, '$.indicators[*]') i
    where q.code = $5
), newest as materialized (
    select quality_service from indicator where newest limit 1
), earlier_rules as materialized (
    select distinct on (d.provider, d.indicator) d.provider, d.indicator, d.quality_service
    from declaration d
    where exists (select from indicator where not newest)
    and d.service_code = $5 and d.achievement_date = $6 and d.points is not null
    and d.status <> 'CLOSED'
    and d.quality_service <> (select quality_service from newest)
    order by d.provider, d.indicator, d.id desc
)
"""

# Practices' own values, by the order of their key.
_OWN = """(
    select provider, indicator, numerator, denominator, register, marked
    from achievement_value where service_code = $5 and achievement_date = $6
) v"""

# What networks have in sum.
_SUMMED = """(
    select d.provider, l.indicator, l.numerator, l.denominator, l.register, null::text as marked
    from declaration d
    join quality_service q on q.id = d.quality_service and q.values_from = 'MEMBERS'
    join calculation_line l on l.declaration_id = d.id and l.version = d.calculation_version
    where d.service_code = $5 and d.achievement_date = $6
    and d.points is not null and d.status <> 'CLOSED'
) v"""

_REACHED = """
case
    when v.denominator = 0 then 'NOTHING_TO_MEASURE'
    when i.lower is null or v.denominator is null or v.numerator is null then null
    when v.numerator * 100 <= i.lower * v.denominator then 'BELOW_LOWER'
    when v.numerator * 100 < i.upper * v.denominator then 'BETWEEN'
    else 'UPPER'
end
"""

_SEES_POUNDS = "s.pounds and ('*' = any($3) or i.payment_type = any($3))"


def _in_sight(values: str) -> str:
    return f"""
select v.*, {_REACHED} as reached, {_SEES_POUNDS} as sees_pounds, i.quality_service as rules
from {values}
join {SCOPE} s on s.provider = v.provider and $6 between s.valid_from and s.valid_to
left join earlier_rules r
    on r.provider = v.provider and coalesce(r.indicator, v.indicator) = v.indicator
join indicator i on i.code = v.indicator
    and i.quality_service = coalesce(r.quality_service, (select quality_service from newest))
where $3::text[] is not null and ('*' = any($2::text[]) or i.payment_type = any($2))
and ($7::text is null or v.provider = $7) and ($8::text is null or v.indicator = $8)
and ($9::text is null or i.group_code = $9)
and ($10::text is null or {_REACHED} = $10) and $11::date is not distinct from $11
"""  # noqa: S608 - nothing but our own words


_FOUND = f"{_in_sight(_OWN)} union all {_in_sight(_SUMMED)}"


def _declared(on: str, provider: str, service: str, day: str) -> str:
    """The declaration that stands on an indicator's values, and what it earned there."""
    return f"""
left join lateral (
    select d.id, d.status, d.quality_service, l.points, l.pounds, l.earnable, c.list_size,
        r.prevalences
    from declaration d
    join calculation c on c.declaration_id = d.id and c.version = d.calculation_version
    join calculation_run r on r.id = c.run_id
    join calculation_line l on l.declaration_id = d.id and l.version = c.version
        and l.indicator = v.indicator
    where d.provider = {provider} and d.service_code = {service} and d.achievement_date = {day}
    and d.points is not null and d.status <> 'CLOSED'
    and coalesce(d.indicator, v.indicator) = v.indicator
    order by d.id desc limit 1
) {on} on true
"""  # noqa: S608 - nothing but our own words


# The achievement date before, of the same indicator: of the same line of services if it has one.
_EARLIER = """
earlier as materialized (
    select distinct on (f.indicator) f.indicator, q.code as service_code, p.achievement_date
    from indicator_field f
    join quality_service q on q.id = f.quality_service
    join service_period p on p.quality_service = q.id and p.achievement_date <= $11
    order by f.indicator, p.achievement_date desc, (q.code = $5) desc, q.code
)
"""

_AFTER = """
and ($12::text is null or (v.provider, v.indicator) > ($12, $13::text))
order by v.provider, v.indicator limit $14
"""

_PAGE = f"""
with {_INDICATORS}, {_EARLIER}, chosen as materialized (
    ({_in_sight(_OWN)} {_AFTER}) union all ({_in_sight(_SUMMED)} {_AFTER})
    order by provider, indicator limit $14
)
select v.*, $5::text as service_code, $6::date as achievement_date,
    round(100.0 * v.numerator / nullif(v.denominator, 0), 2) as achievement,
    (select o.name from directory.organisation o where o.ods_code = v.provider) as provider_name,
    i.name, i.group_code, i.most, i.lower, i.upper,
    d.id as declaration_id, d.status, d.points, d.earnable, d.list_size,
    case when v.sees_pounds then d.pounds end as pounds,
    d.prevalences ->> i.prevalence_group as national_prevalence,
    e.service_code as before_service, e.achievement_date as before_date,
    b.numerator as before_numerator, b.denominator as before_denominator,
    b.register as before_register, bd.points as before_points,
    case when s.pounds and v.sees_pounds then bd.pounds end as before_pounds
from chosen v
{_declared("d", "v.provider", "$5", "$6")}
join indicator i on i.code = v.indicator and i.quality_service = v.rules
left join earlier e on e.indicator = v.indicator
left join {_OWN_SCOPE} s
    on s.provider = v.provider and e.achievement_date between s.valid_from and s.valid_to
left join achievement_value b
    on b.service_code = e.service_code and b.achievement_date = e.achievement_date
    and b.provider = s.provider and b.indicator = v.indicator
{_declared("bd", "b.provider", "e.service_code", "e.achievement_date")}
order by v.provider, v.indicator
"""  # noqa: S608 - nothing but our own words


async def page(
    reader: Reader, sight: Sight, wanted: ResultsFilter, after: Sequence[object], limit: int | None
) -> list[Record]:
    """By provider and indicator."""
    return await reader.fetch(
        _expanded(sight, _PAGE), *sight.arguments, *wanted.arguments, *after, limit
    )


def whole(sight: Sight, wanted: ResultsFilter) -> tuple[str, tuple[object, ...]]:
    """The statement of all rows, to be streamed."""
    return _expanded(sight, _PAGE), (*sight.arguments, *wanted.arguments, None, None, None)


async def count(reader: Reader, sight: Sight, wanted: ResultsFilter) -> int:
    sql = f"with {_INDICATORS} select count(*) from ({_FOUND}) v"  # noqa: S608 (our own words)
    sql = _expanded(sight, sql)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


# Lines are read whole, a calculation at a time: one look-up a row would be half a million.
_BY_INDICATOR = f"""
with {_INDICATORS}, chosen as materialized ({_FOUND}), earned as (
    select d.provider, l.indicator, l.points, l.pounds
    from declaration d
    join calculation_line l on l.declaration_id = d.id and l.version = d.calculation_version
    where d.service_code = $5 and d.achievement_date = $6
    and d.points is not null and d.status <> 'CLOSED'
)
select $5::text as service_code, $6::date as achievement_date, v.indicator,
    min(i.name) as name, min(i.group_code) as group_code, min(i.most) as most,
    min(i.lower) as lower, min(i.upper) as upper, count(*) as providers,
    sum(v.numerator)::bigint as numerator, sum(v.denominator)::bigint as denominator,
    round(100.0 * sum(v.numerator) / nullif(sum(v.denominator), 0), 2) as achievement,
    count(*) filter (where v.reached = 'BELOW_LOWER') as below_lower,
    count(*) filter (where v.reached = 'BETWEEN') as between_thresholds,
    count(*) filter (where v.reached = 'UPPER') as upper_reached,
    coalesce(sum(e.points), 0)::numeric(14, 2) as points,
    case when bool_and(v.sees_pounds)
        then coalesce(sum(e.pounds), 0)::numeric(14, 2) end as pounds
from chosen v
join indicator i on i.code = v.indicator and i.newest
left join earned e on e.provider = v.provider and e.indicator = v.indicator
where $12::text is null or v.indicator > $12
group by v.indicator order by v.indicator limit $13
"""  # noqa: S608 - nothing but our own words


async def by_indicator(
    reader: Reader, sight: Sight, wanted: ResultsFilter, after: Sequence[object], limit: int | None
) -> list[Record]:
    """All providers together, an indicator a row."""
    sql = _expanded(sight, _BY_INDICATOR)
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, *after, limit)


async def count_indicators(reader: Reader, sight: Sight, wanted: ResultsFilter) -> int:
    sql = f"with {_INDICATORS} select count(distinct v.indicator) from ({_FOUND}) v"  # noqa: S608 (our own words)
    sql = _expanded(sight, sql)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


_DATES = f"""
select p.achievement_date, exists (
    select from achievement_value v
    join {SCOPE} s
        on s.provider = v.provider and v.achievement_date between s.valid_from and s.valid_to
    where v.service_code = $5 and v.achievement_date = p.achievement_date) as has_values
from (
    select distinct p.achievement_date from service_period p
    join quality_service q on q.id = p.quality_service
    where q.code = $5 and $3::text[] is not null
    and ('*' = any($2::text[]) or q.payment_type = any($2))
) p
order by p.achievement_date desc
"""  # noqa: S608 - nothing but our own words


async def dates(reader: Reader, sight: Sight, service: str) -> list[Record]:
    """The achievement dates of a line, newest first, and for which there are values in sight."""
    return await reader.fetch(_expanded(sight, _DATES), *sight.arguments, service)
