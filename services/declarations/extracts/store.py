"""The statements that write extracts: rows as text, column by column as CQRS writes them.

Days are written yyyymmdd and dd/mm/yyyy, moments as hh:mm:ss, nothing is quoted that need not be.
A line break in a name becomes a blank, so that a row is a line.
"""

from chassis.db import Reader
from services.declarations.sight import SCOPE

_DAY = "YYYYMMDD"

# Which field of an extract carries which part of an indicator, by the newest version of the line
# that has been heard, as loads read it; and which indicators are answered Y or N. One object, to be
# looked into: a join would compare each value with every indicator.
_KNOWN = """
service as materialized (
    select q.id, q.code, q.payment_type, translate(q.name, E'\\r\\n', '  ') as name, q.specification
    from quality_service q where q.code = $5
    order by q.version desc, q.id desc limit 1
), known as materialized (
    select coalesce(jsonb_object_agg(w.indicator, w.fields), '{}') as fields from (
        select f.indicator, jsonb_object_agg(f.part, f.field) || jsonb_build_object('yes_no',
            f.indicator in (
                select i ->> 'code' from service q
                cross join jsonb_path_query(
                    q.specification, '$.domains[*].groups[*].indicators[*]') i
                where i ->> 'formula' like 'yes-no@%')) as fields
        from indicator_field f join service q on q.id = f.quality_service group by f.indicator
    ) w
)
"""

# People are written by the end of their id. What is the same for all fields of an indicator is
# worked out once for them (offset 0): they are a dozen.
_WRITTEN = f"""
select v.service_code, q.name, q.specification ->> 'provider_kind' as provider_kind, v.provider,
    v.achievement_date, to_char(v.achievement_date, '{_DAY}') as ach_date, v.indicator,
    v.numerator, v.denominator, v.register, v.others, k.fields -> v.indicator as fields,
    case when length(v.submitted_by) = 36 then right(v.submitted_by, 12) else v.submitted_by end
        as submit_user_id,
    to_char(v.submitted_at, 'DD/MM/YYYY') as submit_date,
    to_char(v.submitted_at, 'HH24:MI:SS') as submit_time,
    coalesce(v.default_values_used, 'None') as default_values_used, v.last_submission, v.position
"""

_ASKED = f"""
join {SCOPE} s
    on s.provider = v.provider and v.achievement_date between s.valid_from and s.valid_to
cross join service q
cross join known k
where v.service_code = $5 and $3::text[] is not null
and ($6::date is null or v.achievement_date = $6) and ($7::text is null or v.provider = $7)
and ('*' = any($2::text[]) or q.payment_type = any($2))
order by v.service_code, v.achievement_date, v.provider, v.indicator, v.position desc
offset 0
"""

# One row a field that has a value and a name.
_FIELDS = """
cross join lateral (
    select v.fields ->> 'numerator' as field, case
        when not (v.fields -> 'yes_no')::boolean then v.numerator::text
        when v.numerator = 0 then 'N' else 'Y' end as value
    where v.numerator is not null and v.fields ? 'numerator'
    union all select v.fields ->> 'denominator', v.denominator::text
    where v.denominator is not null and v.fields ? 'denominator'
    union all select v.fields ->> 'register', v.register::text
    where v.register is not null and v.fields ? 'register'
    union all select translate(o.key, E'\\r\\n', '  '), o.value from jsonb_each_text(v.others) o
) f
"""

# What stands first, then what it replaced, the newest of it first.
VALUES = f"""
with {_KNOWN}
select v.service_code, v.name, v.provider, v.ach_date, v.indicator, f.field, f.value,
    v.default_values_used, v.submit_user_id, v.submit_date, v.submit_time, v.last_submission
from ({_WRITTEN} from (
    select service_code, achievement_date, provider, indicator, numerator, denominator, register,
        others, submitted_by, submitted_at, default_values_used,
        9223372036854775807 as position, 'Y' as last_submission
    from achievement_value
    union all
    select service_code, achievement_date, provider, indicator, numerator, denominator, register,
        others, submitted_by, submitted_at, default_values_used, position, 'N'
    from achievement_value_past
) v {_ASKED}) v {_FIELDS}
"""  # noqa: S608 - nothing but our own words

# Whoever approves has approved what waits for finance; what is not approved is said in the job
# aids' words (DOMAIN 1.8).
_APPROVED = """
case
    when d.status in ('AWAITING_FINANCE_APPROVAL', 'FINANCE_APPROVED') then 'Approved'
    when d.status = 'AWAITING_COMMISSIONER_APPROVAL'
        then 'Awaiting Commissioning Organisation Approval'
    when d.status = 'AWAITING_PROVIDER_APPROVAL' then 'Awaiting Service Provider Approval'
    when d.status = 'AWAITING_NETWORK_ACHIEVEMENT' then 'Awaiting Network Achievement'
    when d.status is not null then initcap(d.status)
end
"""

POINTS = f"""
select d.service_code as quality_service, d.provider as org_code,
    to_char(d.achievement_date, '{_DAY}') as ach_date, l.indicator as ind_code, l.points,
    {_APPROVED} as approved
from declaration d
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
join calculation_line l on l.declaration_id = d.id and l.version = d.calculation_version
where d.service_code = $5 and d.points is not null and d.status <> 'CLOSED'
and $3::text[] is not null
and ($6::date is null or d.achievement_date = $6) and ($7::text is null or d.provider = $7)
and ('*' = any($2::text[]) or d.payment_type = any($2))
order by d.service_code, d.achievement_date, d.provider, l.indicator
"""  # noqa: S608 - nothing but our own words

# A practice's values of a network's service are approved with its network's declaration, of the
# indicator where each is declared apart.
NETWORK_VALUES = f"""
with {_KNOWN}
select v.service_code, v.provider, v.ach_date, v.indicator, f.field, f.value, {_APPROVED}
from ({_WRITTEN} from (
    select *, 0 as position, 'Y' as last_submission from achievement_value) v {_ASKED}) v
left join lateral (
    select d.status from declaration d
    where d.provider = case v.provider_kind when 'PCN' then (
        select m.target from directory.relationship m
        where m.source = v.provider and m.kind = 'MEMBER_OF'
        and v.achievement_date between m.valid_from and coalesce(m.valid_to, date 'infinity')
        order by m.valid_from desc, m.id desc limit 1) else v.provider end
    and d.service_code = v.service_code and d.achievement_date = v.achievement_date
    and coalesce(d.indicator, v.indicator) = v.indicator
    order by d.status = 'CLOSED', d.id desc limit 1
) d on true
{_FIELDS}
"""  # noqa: S608 - nothing but our own words


async def is_known(reader: Reader, service: str) -> bool:
    """Whether a version of the line has been heard of."""
    sql = "select exists (select from quality_service where code = $1)"
    return bool(await reader.fetchval(sql, service))
