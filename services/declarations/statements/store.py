"""The ledger added up, and read month by month; who sees no pounds sees nothing of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from asyncpg import Record

from chassis.db import Reader
from services.declarations.sight import SCOPE, Sight

_VISIBLE = f"""
from payment p
join {SCOPE} s
    on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to and s.pounds
join ledger_entry e on e.payment_id = p.id
join entry_state t on t.entry_id = e.id
where $2::text[] is not null and ('*' = any($3::text[]) or p.payment_type = any($3))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    service: str | None = None
    provider: str | None = None
    payee: str | None = None
    financial_year: str | None = None
    until: datetime | None = None
    """Entries that were entered by then."""

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $9."""
        return self.service, self.provider, self.payee, self.financial_year, self.until


_GROUPS = f"""
select p.period_start, p.period_end, p.payee, count(*) as count,
    sum(e.amount)::numeric(14, 2) as amount, (array_agg(e.id order by e.id desc))[1] as last_entry,
    max(e.entered_at) as last_entered_at
{_VISIBLE}
and ($5::text is null or p.service_code = $5) and ($6::text is null or p.provider = $6)
and ($7::text is null or p.payee = $7) and ($8::text is null or p.financial_year = $8)
and ($9::timestamptz is null or e.entered_at <= $9)
group by p.period_start, p.period_end, p.payee
"""


async def groups(
    reader: Reader,
    sight: Sight,
    wanted: LedgerFilter,
    after: Sequence[object],
    limit: int,
) -> list[Record]:
    """Newest period first, then by payee."""
    sql = f"select * from ({_GROUPS}) g {_AFTER}"  # noqa: S608 (our own words)
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, *after, limit)


_AFTER = """
where $10::date is null or g.period_end < $10
    or (g.period_end = $10 and (g.period_start, g.payee) > ($11::date, $12::text))
order by g.period_end desc, g.period_start, g.payee limit $13
"""


async def count_groups(reader: Reader, sight: Sight, wanted: LedgerFilter) -> int:
    sql = f"select count(*) from ({_GROUPS}) g"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


async def sees(reader: Reader, sight: Sight, provider: str) -> bool:
    """Whether the caller may see pounds of this provider on any day."""
    sql = """select exists (
        select from directory.scope($1, $2) s where s.provider = $3 and s.pounds)"""
    return bool(await reader.fetchval(sql, sight.organisation, sight.today, provider))


async def entries(
    reader: Reader, sight: Sight, provider: str, first: date, beyond: date
) -> list[Record]:
    """What was entered for a provider from a day until before another, oldest first."""
    return await reader.fetch(_ENTRIES, *sight.arguments, provider, first, beyond)


_ENTRIES = f"""
select e.id, e.kind, e.amount, e.points, e.narrative, e.entered_at, e.provisional, e.reason,
    p.id as payment_id, p.service_code, p.payment_type, p.period_start, p.period_end, p.payee,
    t.status, t.at as status_at, (
        select n.pay_on from next_cut_off(p.commissioner, p.service_code, p.payment_type,
            (e.entered_at at time zone 'Europe/London')::date) n) as pay_on
{_VISIBLE} and p.provider = $5
and e.entered_at >= ($6::date::timestamp at time zone 'Europe/London')
and e.entered_at < ($7::date::timestamp at time zone 'Europe/London')
order by e.entered_at, e.id
"""  # noqa: S608 - nothing but our own words
