"""What the periods of a year stand on one another for: patients who count once a year."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record

from chassis.db import Reader


async def counted_in_year(
    reader: Reader, subjects: Sequence[tuple[str, date, str]]
) -> list[Record]:
    """What is counted in the other periods of each service, date and provider, by indicator.

    In the periods before: what was submitted. In later ones that finance has approved out of turn:
    what they paid for, which is what they counted within their register, less what was counted
    before them.
    """
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    return await reader.fetch(_COUNTED_IN_YEAR, list(codes), list(days), list(providers))


_COUNTED_IN_YEAR = """
with asked as (
    select a.*, q.id as quality_service
    from unnest($1::text[], $2::date[], $3::text[]) as a (service_code, achievement_date, provider)
    cross join lateral (
        select id from quality_service q
        where q.code = a.service_code order by q.version desc, q.id desc limit 1
    ) q
), counted as (
    select a.service_code, a.achievement_date, a.provider, v.indicator, v.numerator as counted
    from asked a
    join service_period p
        on p.quality_service = a.quality_service and p.achievement_date < a.achievement_date
    join achievement_value v
        on v.service_code = a.service_code and v.achievement_date = p.achievement_date
        and v.provider = a.provider
    union all
    select a.service_code, a.achievement_date, a.provider, l.indicator,
        least(l.numerator + b.before, l.register) - least(b.before, l.register)
    from asked a
    join declaration d
        on d.provider = a.provider and d.service_code = a.service_code
        and d.achievement_date > a.achievement_date and d.status = 'FINANCE_APPROVED'
    join calculation c on c.declaration_id = d.id and c.version = d.calculation_version
    join calculation_line l on l.declaration_id = c.declaration_id and l.version = c.version
    cross join lateral (
        select coalesce(
            (c.stood_on -> 'figures' ->> ('year.counted.' || l.indicator))::numeric, 0) as before
    ) b
)
select service_code, achievement_date, provider, indicator, sum(counted) as counted
from counted where counted is not null
group by service_code, achievement_date, provider, indicator
"""
