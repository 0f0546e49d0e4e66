"""Network achievement as it is now: summed when it is asked for, so never out of date.

Whoever sees a network sees what each of its members achieved of a service; a member's pounds, only
who sees the member's own (directory.scope).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Record

from chassis.db import Reader
from services.declarations.networks.members import MEMBER, member_arguments
from services.declarations.networks.periods import Period
from services.declarations.sight import SCOPE, Sight

KEY = (str,)
"""Networks are listed by code."""

_NETWORK = f"""
from {SCOPE} s
join directory.organisation o on o.ods_code = s.provider and o.kind = 'PCN'
where $2::text[] is not null and $3::text[] is not null
"""

_DATES = f"""
with network as materialized (select s.provider as code, s.valid_from, s.valid_to {_NETWORK}),
period as materialized (
    select distinct on (q.code, p.achievement_date) q.code, q.name, p.achievement_date
    from quality_service q join service_period p on p.quality_service = q.id
    where p.achievement_date <= $4 and ('*' = any($2) or q.payment_type = any($2))
    and exists (
        select from achievement_value v
        where v.service_code = q.code and v.achievement_date = p.achievement_date)
    order by q.code, p.achievement_date, q.version desc
)
select p.* from period p
where exists (
    select from network n
    join directory.relationship m on m.target = n.code and m.kind = 'MEMBER_OF'
        and m.valid_from <= p.achievement_date
        and coalesce(m.valid_to, 'infinity') >= p.achievement_date
    join achievement_value v on v.service_code = p.code
        and v.achievement_date = p.achievement_date and v.provider = m.source
    where p.achievement_date between n.valid_from and n.valid_to)
order by p.achievement_date desc, p.code
"""  # noqa: S608 - nothing but our own words


async def dates(reader: Reader, sight: Sight) -> list[Record]:
    """Services and achievement dates that have come, and of which something has been received."""
    return await reader.fetch(_DATES, *sight.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFilter:
    networks: Sequence[str] | None = None
    commissioner: str | None = None
    """A sub-ICB location, or what stands above it."""


_WANTED = f"""
{_NETWORK} and $5::date between s.valid_from and s.valid_to
and (
    exists (
        select from directory.relationship m where m.target = s.provider and m.kind = 'MEMBER_OF'
        and m.valid_from <= $5 and coalesce(m.valid_to, 'infinity') >= $5)
    or exists (
        select from declaration d where d.provider = s.provider and d.service_code = $6
        and d.achievement_date = $5)
)
and ($7::text[] is null or s.provider = any($7))
and ($8::text is null or s.provider = any(array(
    select c.provider from directory.commissioned($8, $4) c
    where $5 between c.valid_from and c.valid_to)))
"""  # noqa: S608 - nothing but our own words
_PAGE = f"""
select s.provider as network, (
    select r.target from directory.relationship r
    where r.source = s.provider and r.kind = 'COMMISSIONED_BY'
    and r.valid_from <= $5 and coalesce(r.valid_to, 'infinity') >= $5
    order by r.valid_from desc limit 1) as commissioner
{_WANTED}
and ($9::text is null or s.provider > $9) order by s.provider limit $10
"""  # noqa: S608 - nothing but our own words


async def networks(
    reader: Reader,
    sight: Sight,
    period: Period,
    wanted: NetworkFilter,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> list[Record]:
    """The networks in sight that had members, or declare, on the achievement date; who led them."""
    given = (*_chosen(period, wanted), after, limit)
    return await reader.fetch(_PAGE, *sight.arguments, *given)


def _chosen(period: Period, wanted: NetworkFilter) -> tuple[object, ...]:
    """Parameters $5 to $8."""
    return period.achieved_on, period.service, wanted.networks, wanted.commissioner


async def count(reader: Reader, sight: Sight, period: Period, wanted: NetworkFilter) -> int:
    sql = f"select count(*) {_WANTED}"
    return int(await reader.fetchval(sql, *sight.arguments, *_chosen(period, wanted)))


# Of a practice, its network on the day; of a network, itself.
_NETWORKS_OF = """
select asked.code, coalesce((
    select m.target from directory.relationship m
    where m.source = asked.code and m.kind = 'MEMBER_OF'
    and m.valid_from <= $2 and coalesce(m.valid_to, 'infinity') >= $2
    order by m.valid_from desc, m.id desc limit 1), asked.code) as network
from unnest($1::text[]) as asked (code)
"""


async def networks_of(reader: Reader, codes: Sequence[str], period: Period) -> dict[str, str]:
    """The network each organisation belongs to on the achievement date."""
    rows = await reader.fetch(_NETWORKS_OF, codes, period.achieved_on)
    return {row["code"]: row["network"] for row in rows}


_MEMBERS = f"{MEMBER} select * from member order by network, practice"  # noqa: S608 (our own words)

# A value is in when every part that the service measures of the indicator is there.
_FIELDS = """
(select f.indicator, bool_or(f.part = 'numerator') as numerator,
    bool_or(f.part = 'denominator') as denominator, bool_or(f.part = 'register') as register
from indicator_field f where f.quality_service = $2 group by f.indicator) f
"""
_IN = """
((v.numerator is not null or not f.numerator)
    and (v.denominator is not null or not f.denominator)
    and (v.register is not null or not f.register))
"""
_VALUES = f"""
{MEMBER}
select member.practice, v.indicator, v.numerator, v.denominator, {_IN} as is_in
from member
join achievement_value v on v.service_code = $3 and v.achievement_date = $5
    and v.provider = member.practice
join {_FIELDS} on f.indicator = v.indicator
order by member.practice, v.indicator
"""  # noqa: S608 - nothing but our own words


async def members(reader: Reader, networks: Sequence[str], period: Period) -> list[Record]:
    """Who belongs to each network on the achievement date, and whether it takes part."""
    return await reader.fetch(_MEMBERS, *member_arguments(networks, period))


async def values(reader: Reader, networks: Sequence[str], period: Period) -> list[Record]:
    """What each member achieved, whether it takes part or not."""
    return await reader.fetch(_VALUES, *member_arguments(networks, period))


def _sums(network: str) -> str:
    return f"""
{MEMBER}, taking_part as (
    select {network} as network, practice from member where participating
), received as (
    select t.network, v.indicator, count(*) as reported, sum(v.numerator) as numerator,
        sum(v.denominator) as denominator
    from taking_part t
    join achievement_value v on v.service_code = $3 and v.achievement_date = $5
        and v.provider = t.practice
    join {_FIELDS} on f.indicator = v.indicator
    where {_IN}
    group by 1, 2
)
select n.network, f.indicator, n.members, coalesce(r.reported, 0) as reported, r.numerator,
    r.denominator
from (select network, count(*) as members from taking_part group by network) n
cross join {_FIELDS}
left join received r on r.network = n.network and r.indicator = f.indicator
"""  # noqa: S608 - nothing but our own words


_EACH, _ALL = "network", "''"
_SUMS, _TOTAL_SUMS = _sums(_EACH), _sums(_ALL)


async def sums(
    reader: Reader, networks: Sequence[str], period: Period, *, together: bool = False
) -> list[Record]:
    """Numerators and denominators of members that take part and whose data is in, by indicator."""
    sql = _TOTAL_SUMS if together else _SUMS
    return await reader.fetch(sql, *member_arguments(networks, period))


# Who declares: the network, or each member that takes part. Pounds where all of them may be seen.
_EARNER = f"""
{MEMBER}, earner as materialized (
    select n.network, n.network as provider from unnest($1) as n (network) where $4 = 'PCN'
    union all
    select m.network, m.practice from member m where $4 <> 'PCN' and m.participating
), declared as materialized (
    select e.network, d.id, d.indicator, d.status, d.held,
        case when d.status <> 'CLOSED' then d.points end as points,
        case when d.status <> 'CLOSED' then d.pounds end as pounds,
        d.calculation_version, ('*' = any($8::text[]) or d.payment_type = any($8))
            and e.provider in (
                select s.provider from directory.scope($6, $7) s
                where s.pounds and $5 between s.valid_from and s.valid_to) as sees_pounds
    from earner e
    join declaration d on d.provider = e.provider and d.service_code = $3
        and d.achievement_date = $5
)
"""  # noqa: S608 - nothing but our own words


def _earned(network: str) -> str:
    return f"""
{_EARNER}
select {network} as network, l.indicator, sum(l.numerator) as counted_numerator,
    sum(l.denominator) as counted_denominator, sum(l.points)::numeric(14, 2) as points,
    case when bool_and(d.sees_pounds) then sum(l.pounds)::numeric(14, 2) end as pounds
from declared d
join calculation_line l on l.declaration_id = d.id and l.version = d.calculation_version
where d.points is not null
group by 1, 2
"""  # noqa: S608 - nothing but our own words


def _declared(network: str) -> str:
    return f"""
{_EARNER}
select {network} as network, d.status, count(*) as count, sum(d.points)::numeric(14, 2) as points,
    bool_and(d.sees_pounds) as sees_pounds, sum(d.pounds)::numeric(14, 2) as pounds
from declared d group by 1, d.status order by d.status
"""  # noqa: S608 - nothing but our own words


_EARNED, _TOTAL_EARNED = _earned(_EACH), _earned(_ALL)
_DECLARED, _TOTAL_DECLARED = _declared(_EACH), _declared(_ALL)
_OWN = f"""
{_EARNER}
select d.network, d.id, d.indicator, d.status, d.held from declared d where $4 = 'PCN'
order by d.status <> 'CLOSED', d.id
"""  # noqa: S608 - nothing but our own words


def _sighted(sight: Sight, networks: Sequence[str], period: Period) -> tuple[object, ...]:
    """Parameters $1 to $8 of what is asked about declarations."""
    seeing = (sight.organisation, sight.today, list(sight.pounds_types))
    return *member_arguments(networks, period), *seeing


async def earned(
    reader: Reader,
    sight: Sight,
    networks: Sequence[str],
    period: Period,
    *,
    together: bool = False,
) -> list[Record]:
    """Points and pounds by indicator, of calculations that hold."""
    sql = _TOTAL_EARNED if together else _EARNED
    return await reader.fetch(sql, *_sighted(sight, networks, period))


async def declared(
    reader: Reader,
    sight: Sight,
    networks: Sequence[str],
    period: Period,
    *,
    together: bool = False,
) -> list[Record]:
    """How many declarations are in which state, with their points and pounds."""
    sql = _TOTAL_DECLARED if together else _DECLARED
    return await reader.fetch(sql, *_sighted(sight, networks, period))


async def own(
    reader: Reader, sight: Sight, networks: Sequence[str], period: Period
) -> list[Record]:
    """The declarations of the networks themselves, where networks declare; the closed first."""
    return await reader.fetch(_OWN, *_sighted(sight, networks, period))
