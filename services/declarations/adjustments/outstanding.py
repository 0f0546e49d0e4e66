"""Advances that nothing has taken off yet: every statement about them."""

from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.declarations.sight import SCOPE, Sight

KEY = (str, str)
KEY_COLUMNS = ("service_code", "provider")


@dataclass(frozen=True, slots=True)
class AdvanceFilter:
    service: str | None = None
    provider: str | None = None
    awaited: bool | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $7."""
        return self.service, self.provider, self.awaited


# What is left of an advance is its payments, less what any line that recovers it deducted.
_OUTSTANDING = f"""
with seen as (
    select p.service_code, p.provider, count(distinct p.id)::integer as payments,
        (array_agg(p.commissioner order by p.period_end desc))[1] as commissioner
    from payment p
    join {SCOPE} s
        on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to
        and s.pounds
    where p.service_code in (select q.recovers from quality_service q where q.recovers is not null)
    and $2::text[] is not null and ('*' = any($3::text[]) or p.payment_type = any($3))
    and ($5::text is null or p.service_code = $5) and ($6::text is null or p.provider = $6)
    group by p.service_code, p.provider
), outstanding as materialized (
    select seen.*, l.recovered_by, paid.pounds, proposed.pounds as proposed,
        advance_awaited(seen.service_code, seen.provider) as awaited
    from seen
    cross join lateral (
        select array_agg(distinct q.code order by q.code) as recovered_by
        from quality_service q where q.recovers = seen.service_code
    ) l
    cross join lateral (
        select sum(
            case when p.service_code = seen.service_code then e.amount
            else -coalesce(e.advanced, 0) end) as pounds
        from payment p join ledger_entry e on e.payment_id = p.id
        where p.provider = seen.provider
        and p.service_code = any(array_append(l.recovered_by, seen.service_code))
    ) paid
    cross join lateral (
        select coalesce(sum(a.amount), 0)::numeric(14, 2) as pounds
        from payment p join adjustment a on a.payment_id = p.id and a.status = 'PROPOSED'
        where p.provider = seen.provider and p.service_code = seen.service_code
    ) proposed
    where paid.pounds <> 0
)
select {{}} from outstanding where ($7::boolean is null or awaited = $7)
"""  # noqa: S608 - nothing but our own words


async def page(
    reader: Reader,
    sight: Sight,
    wanted: AdvanceFilter,
    after: tuple[str | None, str | None],
    limit: int,
) -> list[Record]:
    sql = f"""{_OUTSTANDING.format("*")}
    and ($8::text is null or (service_code, provider) > ($8, $9::text))
    order by service_code, provider limit $10"""
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, *after, limit)


async def count(reader: Reader, sight: Sight, wanted: AdvanceFilter) -> int:
    sql = _OUTSTANDING.format("count(*)")
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


async def awaited(reader: Reader, line: str, provider: str) -> bool:
    """Whether a payment that takes it off is still to come."""
    return bool(await reader.fetchval("select advance_awaited($1, $2)", line, provider))


async def is_advance(reader: Reader, line: str) -> bool:
    sql = "select exists (select from quality_service q where q.recovers = $1)"
    return bool(await reader.fetchval(sql, line))


async def lock_paid(tx: Tx, line: str, provider: str, acting: Acting) -> list[Record]:
    """Payments of a line that are not back at £0.00, and whether each is to be adjusted already.

    Of those the organisation commissioned, itself or through those below it; locked, in id order.
    """
    ids: list[UUID] = [row["id"] for row in await tx.fetch(_LOCK, line, provider, *acting)]
    return await tx.fetch(_PAID, ids)


_LOCK = """
select p.id from payment p
where p.service_code = $1 and p.provider = $2 and exists (
    select from directory.self_and_below($3, $4) b
    where b.organisation = p.commissioner and p.period_end between b.valid_from and b.valid_to)
order by p.id for update of p
"""
_PAID = """
select e.payment_id as id, sum(e.amount) as pounds, exists (
    select from adjustment a where a.payment_id = e.payment_id and a.status = 'PROPOSED'
) as proposed
from ledger_entry e where e.payment_id = any($1::uuid[])
group by e.payment_id having sum(e.amount) <> 0 order by e.payment_id
"""
