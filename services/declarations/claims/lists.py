"""Reads of claims: who may see which, with or without pounds, and what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from asyncpg import Record

from chassis.clock import ENGLAND
from chassis.db import Reader
from services.declarations.claims import store
from services.declarations.sight import SCOPE, Sight

KEY = (date, str, UUID)
"""The sort columns of a list of claims."""


def key_of(row: Record) -> tuple[date, str, UUID]:
    return row["period_end"], row["provider"], row["id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFilter:
    statuses: Sequence[str] | None = None
    service: str | None = None
    provider: str | None = None
    financial_year: str | None = None
    band: str | None = None
    waiting_in: Mapping[str, Sequence[str]] | None = None
    """Only what waits for the caller: in these states, of these payment types."""
    network: str | None = None
    period_start: date | None = None
    days: int | None = None
    """In its status for at least so many whole days."""
    at_least: Decimal | None = None
    below: Decimal | None = None

    def arguments(self, sight: Sight) -> tuple[object, ...]:
        """Parameters $5 to $16 of a filtered read."""
        statuses = None if self.statuses is None else list(self.statuses)
        named = (statuses, self.service, self.provider, self.financial_year, self.band)
        more = (self.network, self.period_start, self.days, self.at_least, self.below)
        return *named, self.waiting_in, sight.person, *more


SEES_POUNDS = "(s.pounds and ('*' = any($3::text[]) or c.payment_types <@ $3))"
DAYS = f"greatest($4 - (c.waits_since at time zone '{ENGLAND.key}')::date, 0)"
"""Whole days, by the days of England, since it came into its status."""

COLUMNS = f"select {store.COLUMNS}, {SEES_POUNDS} as sees_pounds"
VISIBLE = f"""
from claim c
join {SCOPE} s on s.provider = c.provider and c.period_end between s.valid_from and s.valid_to
where ('*' = any($2::text[]) or c.payment_types <@ $2)
and $3::text[] is not null
"""

# What waits for the caller: the provider's own to approve there, what the organisation commissioned
# for everybody else, and nothing that the caller ever took another step of, unless the commissioner
# does without the separation of duties today (DOMAIN.md 10.6).
FILTERED = f"""{VISIBLE}
and ($5::text[] is null or c.status = any($5))
and ($6::text is null or exists (
    select from claim_service cs where cs.claim_id = c.id and cs.service_code = $6))
and ($7::text is null or c.provider = $7)
and ($8::text is null or c.financial_year = $8)
and ($9::text is null or c.band = $9)
and ($10::jsonb is null or (
    ($10 -> c.status ? '*' or $10 -> c.status ?& c.payment_types)
    and (
        $11::uuid <> all(
            c.submitted_by
            || case when c.status <> 'AWAITING_PROVIDER_APPROVAL' then c.provider_approved_by end
            || case when c.status <> 'AWAITING_TIER_1' then c.tier_1_by end
            || case when c.status <> 'AWAITING_TIER_2' then c.tier_2_by end
            || case when c.status <> 'AWAITING_FINANCE' then c.finance_by end)
        or c.commissioner = any(
            array(select j.commissioner from directory.duties_joined('CLAIMS', $4) j))
    )
    and case
        when c.status = 'AWAITING_PROVIDER_APPROVAL'
            then c.provider = any(array(select i.organisation from directory.inherited($1, $4) i))
        else c.commissioner = any(
            array(select b.organisation from directory.self_and_below($1, $4) b))
    end))
and ($12::text is null or c.provider = $12 or exists (
    select from directory.relationship m
    where m.source = c.provider and m.target = $12 and m.kind = 'MEMBER_OF'
    and c.period_end between m.valid_from and coalesce(m.valid_to, date 'infinity')))
and ($13::date is null or c.period_start = $13)
and ($14::integer is null or {DAYS} >= $14)
and ($15::numeric is null or (c.amount >= $15 and {SEES_POUNDS}))
and ($16::numeric is null or (c.amount < $16 and {SEES_POUNDS}))
"""  # noqa: S608 - nothing but our own words

# Who sees few providers goes by their index; who sees many, by the order of the list.
_OF_FEW = f"and c.provider = any(array(select few.provider from {SCOPE} few))"  # noqa: S608 (our own words)


def filtered(sight: Sight) -> str:
    return f"{FILTERED} {_OF_FEW}" if sight.is_provider else FILTERED


async def by_ids(reader: Reader, sight: Sight, ids: Sequence[UUID]) -> list[Record]:
    return await reader.fetch(f"{COLUMNS} {VISIBLE} and c.id = any($5)", *sight.arguments, ids)


async def page(
    reader: Reader,
    sight: Sight,
    wanted: ClaimFilter,
    after: tuple[date | None, str | None, UUID | None],
    limit: int,
) -> list[Record]:
    """Newest period first, then by provider."""
    sql = f"{COLUMNS} {filtered(sight)} {_AFTER} {_ORDER} limit $20"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), *after, limit)


_AFTER = """
and ($17::date is null or c.period_end < $17
    or (c.period_end = $17 and (c.provider, c.id) > ($18::text, $19::uuid)))
"""
_ORDER = "order by c.period_end desc, c.provider, c.id"


async def count(reader: Reader, sight: Sight, wanted: ClaimFilter) -> int:
    sql = f"select count(*) {filtered(sight)}"
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments(sight)))


async def pages(
    reader: Reader,
    sight: Sight,
    wanted: ClaimFilter,
    providers: Sequence[str],
    *,
    after: Sequence[object],
    limit: int,
) -> dict[str, list[Record]]:
    """A page of the claims of each provider, newest first."""
    found: dict[str, list[Record]] = {}
    given = (*sight.arguments, *wanted.arguments(sight), *after, limit, providers)
    for row in await reader.fetch(_PAGES, *given):
        found.setdefault(row["provider"], []).append(row)
    return found


_PAGES = f"""
select * from (
    {COLUMNS}, row_number() over (partition by c.provider {_ORDER}) as place
    {FILTERED} {_AFTER} and c.provider = any($21)
) c where place <= $20 {_ORDER}
"""  # noqa: S608 (our own words)


async def counts(
    reader: Reader, sight: Sight, wanted: ClaimFilter, providers: Sequence[str]
) -> dict[str, int]:
    given = (*sight.arguments, *wanted.arguments(sight), providers)
    sql = f"select c.provider, count(*) {FILTERED} and c.provider = any($17) group by 1"
    return {row["provider"]: row["count"] for row in await reader.fetch(sql, *given)}


async def rows_of(
    reader: Reader, sight: Sight, wanted: ClaimFilter, most: int
) -> list[tuple[UUID, int]]:
    """Ids and versions of every row the filter reaches."""
    sql = f"select c.id, c.version {filtered(sight)} order by c.id limit $17"
    rows = await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), most)
    return [(row["id"], row["version"]) for row in rows]


# What is asked about claims that the caller has been shown already -------------------------------


async def histories(reader: Reader, claims: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """Entries in order."""
    sql = "select * from claim_history where claim_id = any($1) order by claim_id, position"
    return _by_claim(await reader.fetch(sql, claims))


async def contents(reader: Reader, claims: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """Every version that was submitted, in order."""
    sql = "select * from claim_content where claim_id = any($1) order by claim_id, content_version"
    return _by_claim(await reader.fetch(sql, claims))


async def past_rejections(
    reader: Reader, sight: Sight, claims: Sequence[UUID]
) -> dict[UUID, list[Record]]:
    """Why claims of the same provider under the same services were rejected, newest first.

    At most so many for each claim, of claims that the caller sees; its own are among them.
    """
    return _by_claim(await reader.fetch(_REJECTIONS, *sight.arguments, claims))


_REJECTIONS = f"""
with scope as materialized (select * from {SCOPE} where $3::text[] is not null)
select asked.id as claim_id, r.* from unnest($5::uuid[]) as asked (id)
join claim a on a.id = asked.id
cross join lateral (
    select c.id as of_claim, h.code, h.notes, h.at, h.content_version, c.period_start, c.period_end
    from claim c join claim_history h on h.claim_id = c.id and h.action = 'REJECTED'
    join scope s on s.provider = c.provider and c.period_end between s.valid_from and s.valid_to
    where ('*' = any($2::text[]) or c.payment_types <@ $2)
    and c.provider = a.provider and exists (
        select from claim_service x join claim_service y using (service_code)
        where x.claim_id = a.id and y.claim_id = c.id)
    order by h.at desc, h.claim_id limit 20
) r
order by asked.id, r.at desc, r.of_claim
"""  # noqa: S608 (our own words)


def _by_claim(rows: Sequence[Record]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = {}
    for row in rows:
        found.setdefault(row["claim_id"], []).append(row)
    return found
