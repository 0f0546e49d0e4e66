"""What was, is to be and may be spent: payments by organisation and period, and accruals."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from asyncpg import Record

from chassis.db import Reader
from services.declarations.forecast import store as forecast
from services.declarations.payments import store as ledger
from services.declarations.payments.store import PaymentFilter
from services.declarations.sight import SCOPE, Sight

# A dimension that is not asked for is the same for all rows. Periods are written end before start,
# so that their order is that of the days.
_DIMENSIONS = {
    "FINANCIAL_YEAR": "p.financial_year",
    "PERIOD": "to_char(p.period_end, 'YYYY-MM-DD') || '/' || to_char(p.period_start, 'YYYY-MM-DD')",
    "SERVICE": "p.service_code",
    "COMMISSIONER": "p.commissioner",
    "PAYEE": "p.payee",
    "PROVIDER": "p.provider",
}
DIMENSIONS = tuple(_DIMENSIONS)
_GROUP = ", ".join(
    f"case when '{name}' = any($10::text[]) then {sql} else '' end as {name.lower()}"
    for name, sql in _DIMENSIONS.items()
)
_NAMES = ", ".join(name.lower() for name in _DIMENSIONS)


def _groups(sight: Sight) -> str:
    return f"""
select {_NAMES}, count(*) as count, sum(w.amount)::numeric(14, 2) as amount,
    sum(w.points)::numeric(14, 2) as points,
    coalesce(sum(w.amount) filter (where w.status = 'SETTLED'), 0)::numeric(14, 2) as settled,
    coalesce(sum(w.amount) filter (where w.status = 'FAILED'), 0)::numeric(14, 2) as failed
from (select {_GROUP}, p.status, l.amount, l.points {ledger.filtered(sight)}) w
group by {_NAMES}
"""  # noqa: S608 - nothing but our own words


_AFTER = """
where $11::text is null or g.financial_year < $11 or (g.financial_year = $11
    and (g.period < $12::text or (g.period = $12
    and (g.service, g.commissioner, g.payee, g.provider)
        > ($13::text, $14::text, $15::text, $16::text))))
order by g.financial_year desc, g.period desc, g.service, g.commissioner, g.payee, g.provider
limit $17
"""


async def payments(
    reader: Reader,
    sight: Sight,
    wanted: PaymentFilter,
    by: Sequence[str],
    *,
    after: Sequence[object],
    limit: int | None,
) -> list[Record]:
    """Payments added up by these dimensions, the newest year and period first."""
    sql = f"select * from ({_groups(sight)}) g {_AFTER}"  # noqa: S608 (our own words)
    given = (*sight.arguments, *wanted.arguments, list(by), *after, limit)
    return await reader.fetch(sql, *given)


_NAMED = """
select g.*, split_part(g.period, '/', 2) as period_start,
    split_part(g.period, '/', 1) as period_end,
    (select o.name from directory.organisation o where o.ods_code = g.commissioner)
        as commissioner_name,
    (select o.name from directory.organisation o where o.ods_code = g.payee) as payee_name,
    (select o.name from directory.organisation o where o.ods_code = g.provider) as provider_name
"""


def whole(sight: Sight, wanted: PaymentFilter) -> tuple[str, tuple[object, ...]]:
    """The statement of all of them by every dimension, named, to be streamed."""
    sql = f"{_NAMED} from ({_groups(sight)}) g {_AFTER}"
    return sql, (*sight.arguments, *wanted.arguments, list(DIMENSIONS), *[None] * 7)


async def count_payments(
    reader: Reader, sight: Sight, wanted: PaymentFilter, by: Sequence[str]
) -> int:
    sql = f"select count(*) from ({_groups(sight)}) g"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments, list(by)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualFilter:
    first: date
    last: date
    """Periods with a day from the one to the other."""
    service: str | None = None
    commissioner: str | None = None
    provider: str | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $9."""
        return self.service, self.commissioner, self.provider, self.first, self.last


_KEY = "service_code, period_start, period_end, achievement_date, commissioner"
_SEES = "s.pounds and ('*' = any($3::text[]) or {0}.payment_type = any($3))"
_WANTED = """
('*' = any($2::text[]) or {0}.payment_type = any($2))
and ($5::text is null or {0}.service_code = $5) and ($6::text is null or {0}.commissioner = $6)
and ($7::text is null or {0}.provider = $7)
"""
_IN_YEAR = "{0} <= $9::date and {1} >= $8::date"

# Of declarations what they say themselves; of what finance has approved the ledger's sums, which
# hold its adjustments; of participations in a period that runs that they are there.
_SOURCES = f"""
select {_KEY}, d.status as stage, d.points, d.pounds, {_SEES.format("d")} as sees
from declaration d
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
where d.status <> 'CLOSED' and {_WANTED.format("d")}
and {_IN_YEAR.format("d.period_start", "d.period_end")}
union all
select p.service_code, p.period_start, p.period_end, d.achievement_date, p.commissioner, 'LEDGER',
    null, (select sum(e.amount) from ledger_entry e where e.payment_id = p.id), {_SEES.format("p")}
from payment p
join declaration d on d.id = p.declaration_id
join {SCOPE} s
    on s.provider = p.provider and d.achievement_date between s.valid_from and s.valid_to
where {_WANTED.format("p")} and {_IN_YEAR.format("p.period_start", "p.period_end")}
union all
select o.service_code, p.starts_on, p.ends_on, p.achievement_date, o.commissioner, 'RUNNING', null,
    null, {_SEES.format("o")}
from offer o
join service_period p
    on p.quality_service = o.quality_service and p.starts_on <= $4 and p.achievement_date > $4
join {SCOPE} s
    on s.provider = o.provider and p.achievement_date between s.valid_from and s.valid_to
where o.payment_type is not null and {_WANTED.format("o")}
and o.starts_on <= p.achievement_date and o.participates_until >= p.achievement_date
and {_IN_YEAR.format("p.starts_on", "p.ends_on")}
"""  # noqa: S608 - nothing but our own words


def _sum(column: str, *stages: str) -> str:
    listed = ", ".join(f"'{one}'" for one in stages)
    return f"coalesce(sum(w.{column}) filter (where w.stage in ({listed})), 0)::numeric(14, 2)"


def _count(*stages: str) -> str:
    listed = ", ".join(f"'{one}'" for one in stages)
    return f"count(*) filter (where w.stage in ({listed}))"


_DECLARED = ("AWAITING_COMMISSIONER_APPROVAL", "AWAITING_FINANCE_APPROVAL")
_CALCULATED = ("AWAITING_PROVIDER_APPROVAL",)
_ACCRUALS = f"""
select {_KEY}, bool_and(w.sees) as sees_pounds,
    {_count("FINANCE_APPROVED")} as authorised_count,
    {_sum("points", "FINANCE_APPROVED")} as authorised_points,
    {_sum("pounds", "LEDGER")} as authorised_pounds,
    {_count(*_DECLARED)} as declared_count, {_sum("points", *_DECLARED)} as declared_points,
    {_sum("pounds", *_DECLARED)} as declared_pounds,
    {_count(*_CALCULATED)} as calculated_count, {_sum("points", *_CALCULATED)} as calculated_points,
    {_sum("pounds", *_CALCULATED)} as calculated_pounds
from ({_SOURCES}) w group by {_KEY}
"""  # noqa: S608 - nothing but our own words
_ACCRUALS_AFTER = """
where $10::date is null or g.period_end < $10 or (g.period_end = $10
    and (g.period_start, g.service_code, g.commissioner) > ($11::date, $12::text, $13::text))
order by g.period_end desc, g.period_start, g.service_code, g.commissioner limit $14
"""


async def accruals(
    reader: Reader,
    sight: Sight,
    wanted: AccrualFilter,
    after: Sequence[object],
    limit: int | None,
) -> list[Record]:
    """By period, service and commissioner, the newest period first."""
    sql = f"select * from ({_ACCRUALS}) g {_ACCRUALS_AFTER}"  # noqa: S608 (our own words)
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, *after, limit)


async def count_accruals(reader: Reader, sight: Sight, wanted: AccrualFilter) -> int:
    sql = f"select count(*) from ({_ACCRUALS}) g"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


Key = tuple[str, date, str]
"""Service, achievement date and commissioner."""


async def to_forecast(
    reader: Reader, sight: Sight, wanted: AccrualFilter, keys: Sequence[Key]
) -> AsyncIterator[Record]:
    """What no calculation says the worth of yet, in those groups, as it comes."""
    codes, days, commissioners = zip(*keys, strict=True) if keys else ((), (), ())
    sql = f"""select w.* from ({forecast.PERIODS}) w
        join unnest($11::text[], $12::date[], $13::text[])
            as g (service_code, achievement_date, commissioner)
            using (service_code, achievement_date, commissioner)
        where (w.status is null or w.status <> all($14)) and w.period_start <= $4
        order by w.quality_service, w.achievement_date, w.provider, w.indicator"""  # noqa: S608 (our own words)
    narrow = forecast.PeriodFilter(
        service=wanted.service,
        provider=wanted.provider,
        commissioner=wanted.commissioner,
        financial_year=(wanted.first, wanted.last),
    )
    given = (list(codes), list(days), list(commissioners), list(forecast.CALCULATED))
    async for row in reader.stream(sql, *sight.arguments, *narrow.arguments, *given):
        yield row


NOTHING = Decimal("0.00")
