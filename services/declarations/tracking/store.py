"""Claims, budgets and networks added up, for whoever may see what is added."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from chassis.db import Reader
from services.declarations.ageing.domain import BUCKETS
from services.declarations.approval import lists as declarations
from services.declarations.approval.lists import DeclarationFilter
from services.declarations.claims import lists as claims
from services.declarations.claims.lists import ClaimFilter
from services.declarations.sight import SCOPE, Sight

_AGES = ", ".join(
    f"count(*) filter (where {claims.DAYS} >= {one.from_days}"
    + (f" and {claims.DAYS} <= {one.to_days})" if one.to_days is not None else ")")
    for one in BUCKETS
)
_POUNDS = f"""
case when bool_and({claims.SEES_POUNDS})
    then coalesce(sum(c.amount), 0)::numeric(20, 2) end as pounds
"""
_SUMS = f"""
select c.status, c.band, count(*), min(c.waits_since) as oldest, array[{_AGES}] as ages, {_POUNDS}
"""


async def summary(reader: Reader, sight: Sight, wanted: ClaimFilter) -> list[Record]:
    """By status and band: how many, since when, for how long, and what they come to."""
    sql = f"{_SUMS} {claims.filtered(sight)} group by c.status, c.band order by c.status, c.band"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight))


async def every_claim(reader: Reader, sight: Sight, wanted: ClaimFilter) -> AsyncIterator[Record]:
    """All that a list of claims shows, in its order, each with its provider's name."""
    found = f"{claims.COLUMNS}, {claims.DAYS} as days {claims.filtered(sight)}"
    sql = f"""select c.*, o.name as provider_name from ({found}) c
        left join directory.organisation o on o.ods_code = c.provider
        order by c.period_end desc, c.provider, c.id"""  # noqa: S608 (our own words)
    async for row in reader.stream(sql, *sight.arguments, *wanted.arguments(sight)):
        yield row


# Budgets -----------------------------------------------------------------------------------------

# The schemes of which the caller sees somebody's money: whose it is sees the budget as well.
_SCHEMES = f"""
select distinct on (q.code) q.id, q.code, q.name, q.starts_on, q.ends_on, o.commissions
from quality_service q
join (
    select o.service_code, bool_or(o.commissioner = any(array(
        select b.organisation from directory.self_and_below($1, $4) b))) as commissions
    from offer o
    join {SCOPE} s on s.provider = o.provider and s.pounds
        and s.valid_from <= o.ends_on and s.valid_to >= o.starts_on
    where o.participates_until is not null
    and ('*' = any($3::text[]) or o.payment_type = any($3))
    group by o.service_code
) o on o.service_code = q.code
where q.specification ->> 'kind' = 'CLAIM' and $2::text[] is not null
and ($5::text is null or q.code = $5)
and ($6::date is null or (q.starts_on <= $7::date and q.ends_on >= $6))
order by q.code, q.version desc, q.id desc
"""  # noqa: S608 - nothing but our own words


async def schemes(
    reader: Reader, sight: Sight, service: str | None, year: tuple[date, date] | None
) -> list[Record]:
    """The newest version of each, by code."""
    return await reader.fetch(_SCHEMES, *sight.arguments, service, *(year or (None, None)))


# What is paid are the entries that have arrived; what is approved holds what is paid.
_SPENT = """
select
    coalesce(sum(cs.amount) filter (where c.status like 'AWAITING%'), 0)::numeric(20, 2)
        as submitted,
    coalesce(sum(cs.amount) filter (where c.status = 'APPROVED'), 0)::numeric(20, 2) as approved,
    coalesce(sum(e.paid), 0)::numeric(20, 2) as paid
from claim_service cs
join claim c on c.id = cs.claim_id
left join lateral (
    select sum(l.amount) as paid
    from payment p
    join ledger_entry l on l.payment_id = p.id
    join entry_state t on t.entry_id = l.id and t.status = 'SETTLED'
    where p.claim_id = c.id and p.service_code = cs.service_code
) e on c.status = 'APPROVED'
"""


async def spent(reader: Reader, services: Sequence[str]) -> dict[str, Record]:
    """Of each scheme, by all its providers together."""
    sql = f"""select asked.code, t.* from unnest($1::text[]) as asked (code)
        cross join lateral ({_SPENT} where cs.service_code = asked.code) t"""  # noqa: S608 (our own words)
    return {row["code"]: row for row in await reader.fetch(sql, services)}


@dataclass(frozen=True, slots=True)
class Shares:
    """A page of the providers of a scheme, by their codes."""

    service: str
    after: str | None
    limit: int


_TAKE_PART = f"""
select distinct o.provider from offer o
join {SCOPE} s on s.provider = o.provider and s.pounds
    and s.valid_from <= o.ends_on and s.valid_to >= o.starts_on
where o.service_code = $5 and o.participates_until is not null
and ('*' = any($3::text[]) or o.payment_type = any($3)) and $2::text[] is not null
"""  # noqa: S608 - nothing but our own words


async def shares(reader: Reader, sight: Sight, asked: Shares) -> list[Record]:
    """What each provider that the caller sees with pounds has of the scheme."""
    sql = f"""select p.provider, t.* from (
            {_TAKE_PART} and ($6::text is null or o.provider > $6) order by o.provider limit $7
        ) p cross join lateral (
            {_SPENT} where cs.service_code = $5 and c.provider = p.provider
        ) t order by p.provider"""  # noqa: S608 (our own words)
    return await reader.fetch(sql, *sight.arguments, asked.service, asked.after, asked.limit)


async def count_shares(reader: Reader, sight: Sight, service: str) -> int:
    sql = f"select count(*) from ({_TAKE_PART}) p"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, service))


# Networks ----------------------------------------------------------------------------------------

_SEES = f"""
select exists (
    select from {SCOPE} s
    join directory.organisation o on o.ods_code = s.provider and o.kind = 'PCN'
    where s.provider = $5 and s.valid_from <= $7 and s.valid_to >= $6
    and $2::text[] is not null and $3::text[] is not null)
"""  # noqa: S608 - nothing but our own words


async def sees(reader: Reader, sight: Sight, network: str, year: tuple[date, date]) -> bool:
    """Whether the caller sees the network on a day of the year."""
    return bool(await reader.fetchval(_SEES, *sight.arguments, network, *year))


_MEMBERS = f"""
select m.source as practice, min(m.valid_from) as valid_from,
    nullif(max(coalesce(m.valid_to, date 'infinity')), date 'infinity') as valid_to
from directory.relationship m
join {SCOPE} s on s.provider = m.source
    and s.valid_from <= coalesce(m.valid_to, date 'infinity') and s.valid_to >= m.valid_from
    and s.valid_from <= $7 and s.valid_to >= $6
where m.target = $5 and m.kind = 'MEMBER_OF'
and m.valid_from <= $7 and coalesce(m.valid_to, date 'infinity') >= $6
and $2::text[] is not null and $3::text[] is not null
group by m.source order by m.source
"""  # noqa: S608 - nothing but our own words


async def members(
    reader: Reader, sight: Sight, network: str, year: tuple[date, date]
) -> list[Record]:
    """The practices that were in the network on a day of the year, as far as the caller sees."""
    return await reader.fetch(_MEMBERS, *sight.arguments, network, *year)


# Of a practice, what is of the days of its membership; and what is the network's own.
def _within(provider: str, day: str, place: int) -> str:
    return f"""
and ({provider} = ${place} or exists (
    select from directory.relationship m
    where m.source = {provider} and m.target = ${place} and m.kind = 'MEMBER_OF'
    and {day} between m.valid_from and coalesce(m.valid_to, date 'infinity')))
"""


async def declarations_of(
    reader: Reader, sight: Sight, network: str, year: tuple[date, date]
) -> list[Record]:
    """By provider and state, of what was measured in the year."""
    wanted, asked = DeclarationFilter(), (network, *year)
    sql = f"""select d.provider, d.status, count(*),
            coalesce(sum(d.points), 0)::numeric(14, 2) as points,
            case when bool_and(s.pounds and ('*' = any($3) or d.payment_type = any($3)))
                then coalesce(sum(d.pounds), 0)::numeric(20, 2) end as pounds
        {declarations.filtered(sight)} and d.achievement_date between $14 and $15
        {_within("d.provider", "d.achievement_date", 13)}
        group by d.provider, d.status order by d.provider, d.status"""
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), *asked)


async def claims_of(
    reader: Reader, sight: Sight, network: str, financial_year: str
) -> list[Record]:
    wanted = ClaimFilter(network=network, financial_year=financial_year)
    sql = f"""select c.provider, c.status, count(*), {_POUNDS} {claims.filtered(sight)}
        group by c.provider, c.status order by c.provider, c.status"""
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight))


# Pounds are what a payment is: whoever may not see them sees none.
_PAYMENTS = f"""
select p.provider, p.status, (p.claim_id is not null) as of_claim, count(*),
    coalesce(sum(l.amount), 0)::numeric(20, 2) as pounds
from payment p
join {SCOPE} s
    on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to and s.pounds
cross join lateral (
    select sum(e.amount) as amount from ledger_entry e where e.payment_id = p.id
) l
where ('*' = any($2::text[]) or p.payment_type = any($2))
and ('*' = any($3::text[]) or p.payment_type = any($3))
and p.financial_year = $5 and (p.claim_id is not null) = $6
{_within("p.provider", "p.period_end", 7)}
group by p.provider, p.status, of_claim order by p.provider, p.status
"""  # noqa: S608 - nothing but our own words


async def payments_of(
    reader: Reader, sight: Sight, network: str, financial_year: str, *, of_claims: bool
) -> list[Record]:
    """Payments of claims, or those of declarations: each is seen by roles of its own."""
    return await reader.fetch(_PAYMENTS, *sight.arguments, financial_year, of_claims, network)
