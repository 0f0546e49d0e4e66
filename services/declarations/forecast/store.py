"""What may be forecast: each participation and payment period, opened or still to come."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from chassis.db import Reader
from services.declarations.sight import SCOPE, Sight

CALCULATED = (
    "AWAITING_PROVIDER_APPROVAL",
    "AWAITING_COMMISSIONER_APPROVAL",
    "AWAITING_FINANCE_APPROVAL",
    "FINANCE_APPROVED",
)
"""States in which a declaration says itself what it is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFilter:
    service: str | None = None
    provider: str | None = None
    commissioner: str | None = None
    financial_year: tuple[date, date] | None = None
    """Periods with a day in it at least."""
    achievement_date: date | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $10."""
        first, last = self.financial_year or (None, None)
        return (
            self.service,
            self.provider,
            self.commissioner,
            first,
            last,
            self.achievement_date,
        )


PERIODS = f"""
select o.id as offer_id, coalesce(d.quality_service, o.quality_service) as quality_service,
    o.service_code, o.payment_type, o.provider, coalesce(d.commissioner, o.commissioner)
        as commissioner, p.starts_on as period_start, p.ends_on as period_end, p.achievement_date,
    apart.indicator, d.id as declaration_id, d.status, d.points,
    coalesce(d.calculation_version, 0) as calculation_version,
    s.pounds and ('*' = any($3::text[]) or o.payment_type = any($3)) as sees_pounds,
    case when s.pounds and ('*' = any($3) or o.payment_type = any($3)) then d.pounds end as pounds
from offer o
join service_period p on p.quality_service = o.quality_service
join quality_service q on q.id = o.quality_service
cross join jsonb_array_elements_text(q.declared_apart) as apart (indicator)
join {SCOPE} s
    on s.provider = o.provider and p.achievement_date between s.valid_from and s.valid_to
left join declaration d
    on d.offer_id = o.id and d.period_start = p.starts_on
    and d.indicator is not distinct from apart.indicator
where o.payment_type is not null and ('*' = any($2::text[]) or o.payment_type = any($2))
and o.starts_on <= p.achievement_date and o.participates_until >= p.achievement_date
and d.status is distinct from 'CLOSED'
and ($5::text is null or o.service_code = $5) and ($6::text is null or o.provider = $6)
and ($7::text is null or coalesce(d.commissioner, o.commissioner) = $7)
and ($8::date is null or (p.starts_on <= $9::date and p.ends_on >= $8))
and ($10::date is null or p.achievement_date = $10)
"""  # noqa: S608 - nothing but our own words

_ORDER = "order by quality_service, achievement_date, provider, indicator"


async def periods(reader: Reader, sight: Sight, wanted: PeriodFilter, most: int) -> list[Record]:
    """The periods of what providers take part in, with their declarations where there are some."""
    sql = f"{PERIODS} {_ORDER} limit $11"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, most)


async def to_forecast(reader: Reader, sight: Sight, wanted: PeriodFilter) -> AsyncIterator[Record]:
    """Those that no calculation says the worth of yet, as they come."""
    sql = f"""select * from ({PERIODS}) w
        where w.status is null or w.status <> all($11) {_ORDER}"""  # noqa: S608 (our own words)
    async for row in reader.stream(sql, *sight.arguments, *wanted.arguments, list(CALCULATED)):
        yield row


async def sees(reader: Reader, sight: Sight, provider: str) -> bool:
    """Whether the caller may see this provider today."""
    sql = """select exists (select from directory.scope($1, $2) s
        where s.provider = $3 and $2 between s.valid_from and s.valid_to)"""
    return bool(await reader.fetchval(sql, sight.organisation, sight.today, provider))


_AUTHORISED = f"""
select p.declaration_id,
    sum(e.amount)::numeric(14, 2) as amount, sum(e.points)::numeric(14, 2) as points
from payment p
join {SCOPE} s
    on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to and s.pounds
join ledger_entry e on e.payment_id = p.id
where p.declaration_id = any($5) and $2::text[] is not null
and ('*' = any($3::text[]) or p.payment_type = any($3))
group by p.declaration_id
"""  # noqa: S608 - nothing but our own words


async def authorised(reader: Reader, sight: Sight, declarations: Sequence[object]) -> list[Record]:
    """What the ledger holds of these declarations."""
    return await reader.fetch(_AUTHORISED, *sight.arguments, declarations)
