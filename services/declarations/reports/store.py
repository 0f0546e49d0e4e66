"""The rows of the reports (DOMAIN 1.11), read as they are written."""

from services.declarations.approval.domain import FINAL
from services.declarations.sight import SCOPE, Sight

# Parameters $1 to $4 are the caller's sight, $5 to $9 which rows are asked for.
_WANTED = """
$2::text[] is not null and $3::text[] is not null
and ($5::text is null or {0}.service_code = $5)
and ($6::date is null or {0}.achievement_date = $6)
and ($7::text is null or {0}.provider = $7)
and ($8::date is null or {0}.achievement_date between $8 and $9::date)
"""
_IN_SIGHT = f"""
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
left join directory.organisation o on o.ods_code = d.provider
"""
_OF_TYPE = "and ('*' = any($2::text[]) or d.payment_type = any($2))"
_SEES = "s.pounds and ('*' = any($3) or d.payment_type = any($3))"
_DAYS = "greatest($4 - (d.step_since at time zone 'Europe/London')::date, 0)"
_OPEN = ", ".join(f"'{status}'" for status in sorted(FINAL))
_PERSON = "case when length({0}) = 36 then right({0}, 12) else {0} end"

MISSING_DATA = f"""
select d.service_code, d.provider, o.name, d.commissioner, d.period_start, d.period_end,
    d.achievement_date, coalesce(b ->> 'provider', d.provider) as waits_for,
    coalesce(w.name, o.name) as waits_for_name, b ->> 'indicator' as indicator,
    b ->> 'code' as code, b ->> 'message' as message, {_DAYS} as days
from declaration d {_IN_SIGHT}
cross join jsonb_array_elements(d.blockers) b
left join directory.organisation w on w.ods_code = b ->> 'provider'
where {_WANTED.format("d")} {_OF_TYPE}
and d.status in ('INCOMPLETE', 'AWAITING_NETWORK_ACHIEVEMENT')
order by d.service_code, d.achievement_date, d.provider, b ->> 'indicator', b ->> 'provider'
"""  # noqa: S608 - nothing but our own words

_DECLARATIONS = f"""
select d.service_code, d.indicator, d.provider, o.name, d.commissioner, d.period_start,
    d.period_end, d.achievement_date, d.status,
    case when d.held then 'Yes' else 'No' end as held, d.hold_reason, d.return_reason, d.step_since,
    case when d.status not in ({_OPEN}) then {_DAYS} end as days, d.points,
    case when {_SEES} then d.pounds end as pounds
from declaration d {_IN_SIGHT}
where {_WANTED.format("d")} {_OF_TYPE}
"""  # noqa: S608 - nothing but our own words


def declarations(sight: Sight) -> str:
    """Where declarations stand, as the caller sees them."""
    order = "order by d.service_code, d.achievement_date, d.provider, d.indicator"
    return f"{sight.over(_DECLARATIONS, 'd')} {order}"


HISTORY = f"""
select d.service_code, d.indicator, d.provider, o.name, d.period_start, d.period_end, h.position,
    h.at, h.action, h.status, {_PERSON.format("h.by::text")} as by, h.acting_for,
    h.calculation_version, h.points, case when {_SEES} then h.pounds end as pounds, h.notes, h.hash
from declaration d {_IN_SIGHT}
join declaration_history h on h.declaration_id = d.id
where {_WANTED.format("d")} {_OF_TYPE}
order by d.service_code, d.achievement_date, d.provider, d.id, h.position
"""  # noqa: S608 - nothing but our own words

# Each submission of an indicator beside the one it replaced: the window walks them in the order of
# their key, without holding them.
SUBMISSIONS = f"""
select d.service_code, d.provider, o.name, d.achievement_date, d.indicator,
    d.numerator, d.denominator, d.register, d.before_numerator, d.before_denominator,
    d.before_register, d.how, {_PERSON.format("d.submitted_by")} as submitted_by, d.acting_for,
    to_char(d.submitted_at, 'YYYY-MM-DD HH24:MI:SS') as submitted_at,
    right(d.loaded_by::text, 12) as kept_by, d.loaded_at,
    case when d.load_id is null then 'By hand or file' else 'Extract' end as by_way_of,
    case when d.position is null then 'Yes' else 'No' end as current, d.marked
from (
    select v.*, lag(v.numerator) over replaced as before_numerator,
        lag(v.denominator) over replaced as before_denominator,
        lag(v.register) over replaced as before_register
    from (
        select service_code, achievement_date, provider, indicator, numerator, denominator,
            register, how, submitted_by, acting_for, submitted_at, loaded_by, loaded_at, load_id,
            marked, null::bigint as position
        from achievement_value
        union all
        select service_code, achievement_date, provider, indicator, numerator, denominator,
            register, how, submitted_by, acting_for, submitted_at, loaded_by, loaded_at, load_id,
            marked, position
        from achievement_value_past
    ) v
    where v.service_code = $5
    window replaced as (
        partition by v.service_code, v.achievement_date, v.provider, v.indicator
        order by v.position nulls last)
) d {_IN_SIGHT}
where {_WANTED.format("d")}
and ('*' = any($2) or exists (
    select from quality_service q where q.code = d.service_code and q.payment_type = any($2)))
order by d.service_code, d.achievement_date, d.provider, d.indicator, d.position nulls last
"""  # noqa: S608 - nothing but our own words

_INDICATORS = """
select i.place, g ->> 'name' as group_name, i.value ->> 'code' as code, i.value ->> 'name' as name,
    (i.value ->> 'points')::numeric(12, 2) as most
from quality_service q
cross join jsonb_path_query(q.specification, '$.domains[*].groups[*]') with ordinality
    as groups (g, place)
cross join jsonb_array_elements(g -> 'indicators') with ordinality as i (value, place)
where q.id = d.quality_service
"""
SUMMARY = f"""
select d.service_code, d.provider, o.name, d.period_start, d.period_end, i.group_name,
    l.indicator, i.name as indicator_name, l.numerator, l.denominator, l.register,
    round(100.0 * l.numerator / nullif(l.denominator, 0), 2) as achievement, i.most, l.points,
    case when {_SEES} then l.pounds end as pounds
from declaration d {_IN_SIGHT}
join calculation_line l on l.declaration_id = d.id and l.version = d.calculation_version
left join lateral ({_INDICATORS}) i on i.code = l.indicator
where d.id = $5 and d.points is not null {_OF_TYPE}
order by i.group_name, l.indicator
"""  # noqa: S608 - nothing but our own words
