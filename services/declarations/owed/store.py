"""What was owed on a day as it was known at a moment: histories and ledgers only ever grow."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.values import FinancialYear
from services.declarations.sight import SCOPE, Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedAsked:
    """On which day, as known when, and of what."""

    on: date
    known_at: datetime
    service: str | None = None
    provider: str | None = None
    payee: str | None = None
    financial_year: str | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $11 of every read."""
        year = FinancialYear.parse(self.financial_year).period if self.financial_year else None
        first, last = (year.start, year.end) if year else (None, None)
        return self.on, self.known_at, self.service, self.provider, self.payee, first, last


# The last thing that had happened by then tells the state, and which calculation held; an entry of
# the ledger may stand on a later one, by which the payment was rated anew. What was incomplete had
# none. A payee is the payment's, once there was one.
_KNOWN = f"""
from declaration d
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
    and s.pounds
join lateral (
    select h.status, h.calculation_version, h.points from declaration_history h
    where h.declaration_id = d.id and h.at <= $6 order by h.position desc limit 1
) h on true
left join payment p on p.declaration_id = d.id and p.authorised_at <= $6
left join lateral (
    select sum(e.amount) as entered, max(e.calculation_version) as calculation_version,
        sum(e.amount) filter (where t.status = 'SETTLED' and t.at <= $6) as paid
    from ledger_entry e join entry_state t on t.entry_id = e.id
    where e.payment_id = p.id and e.entered_at <= $6
) l on true
left join lateral (
    select c.version, c.run_id, c.points, c.pounds from calculation c
    where h.points is not null and c.declaration_id = d.id
    and c.version = greatest(h.calculation_version, l.calculation_version) limit 1
) c on true
left join lateral (
    select y.payee from directory.payee y
    where p.id is null and y.ods_code = d.provider
    and y.valid_from <= $5 and coalesce(y.valid_to, 'infinity') >= $5
    order by y.valid_from desc limit 1
) y on true
where d.achievement_date <= $5
and $2::text[] is not null and ('*' = any($3::text[]) or d.payment_type = any($3))
and ($7::text is null or d.service_code = $7) and ($8::text is null or d.provider = $8)
and ($9::text is null or coalesce(p.payee, y.payee, d.provider) = $9)
and ($10::date is null or d.period_end between $10 and $11::date)
"""  # noqa: S608 - nothing but our own words

# Authorised, it is what the ledger says; before that, what had been calculated.
_SUMS = """
coalesce(c.pounds, 0)::numeric(14, 2) as calculated,
    coalesce(l.entered, 0)::numeric(14, 2) as entered, coalesce(l.paid, 0)::numeric(14, 2) as paid,
    case when p.id is not null then l.entered when h.status = 'CLOSED' then 0
        else coalesce(c.pounds, 0) end::numeric(14, 2) as owed
"""
_ROW = f"""
select d.id, d.service_code, d.payment_type, d.provider, d.commissioner, d.period_start,
    d.period_end, d.achievement_date, h.status, c.version, c.run_id, c.points,
    coalesce(p.payee, y.payee, d.provider) as payee, {_SUMS}
{_KNOWN}
"""
_AFTER = """
and ($12::date is null or d.achievement_date < $12
    or (d.achievement_date = $12 and (d.provider, d.id) > ($13::text, $14::uuid)))
"""
_ORDER = "order by d.achievement_date desc, d.provider, d.id"

# Who sees few providers goes by their index; who sees many, by the order of the list.
_OF_FEW = f"and d.provider = any(array(select few.provider from {SCOPE} few))"  # noqa: S608 (our own words)


def _few(sight: Sight) -> str:
    return _OF_FEW if sight.is_provider else ""


async def page(
    reader: Reader,
    sight: Sight,
    asked: OwedAsked,
    after: tuple[date | None, str | None, UUID | None],
    limit: int,
) -> list[Record]:
    """Newest achievement date first, then by provider."""
    sql = f"{_ROW} {_few(sight)} {_AFTER} {_ORDER} limit $15"
    return await reader.fetch(sql, *sight.arguments, *asked.arguments, *after, limit)


async def every(reader: Reader, sight: Sight, asked: OwedAsked) -> AsyncIterator[Record]:
    async for row in reader.stream(
        f"{_ROW} {_few(sight)} {_ORDER}", *sight.arguments, *asked.arguments
    ):
        yield row


async def count(reader: Reader, sight: Sight, asked: OwedAsked) -> int:
    sql = f"select count(*) {_KNOWN} {_few(sight)}"
    return int(await reader.fetchval(sql, *sight.arguments, *asked.arguments))


class OwedBy(StrEnum):
    """What sums are added up by."""

    SERVICE = "SERVICE"
    PAYEE = "PAYEE"


_KEYS = {OwedBy.SERVICE: "o.service_code", OwedBy.PAYEE: "o.payee"}
_GROUPS = """
select {key} as key, count(*) as count, sum(o.calculated) as calculated, sum(o.entered) as entered,
    sum(o.paid) as paid, sum(o.owed) as owed
from ({rows}) o group by 1
"""


def _groups(sight: Sight, by: OwedBy) -> str:
    return _GROUPS.format(key=_KEYS[by], rows=f"{_ROW} {_few(sight)}")


async def totals(
    reader: Reader,
    sight: Sight,
    asked: OwedAsked,
    by: OwedBy,
    *,
    after: Sequence[str | None],
    limit: int,
) -> list[Record]:
    sql = f"""select * from ({_groups(sight, by)}) g
        where $12::text is null or g.key > $12 order by g.key limit $13"""  # noqa: S608 (our own words)
    return await reader.fetch(sql, *sight.arguments, *asked.arguments, *after, limit)


async def count_totals(reader: Reader, sight: Sight, asked: OwedAsked, by: OwedBy) -> int:
    sql = f"select count(*) from ({_groups(sight, by)}) g"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, *asked.arguments))
