"""The ledger: payments, and entries that are only ever added."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.declarations.payments.domain import Progress, State
from services.declarations.sight import SCOPE, Sight


async def payees_of(reader: Reader, providers: Sequence[str], day: date) -> dict[str, str]:
    """Who is paid for each provider on the day: a provider without a payee is its own."""
    rows = await reader.fetch(_PAYEES, providers, day)
    return {row["provider"]: row["payee"] for row in rows}


_PAYEES = """
select asked.provider, coalesce(paid.payee, asked.provider) as payee
from (select distinct * from unnest($1::text[])) as asked (provider)
left join lateral (
    select p.payee from directory.payee p
    where p.ods_code = asked.provider
    and p.valid_from <= $2 and coalesce(p.valid_to, 'infinity') >= $2
    order by p.valid_from desc limit 1
) paid on true
"""


async def keep(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Write payments with their first entries; a row holds the columns of both, by name."""
    await tx.execute(_KEEP, rows)


# One statement: ten thousand rows are taken apart once.
_KEEP = """
with entry as materialized (
    select * from json_to_recordset($1::json) as entry (
        payment_id uuid, version integer, declaration_id uuid, claim_id uuid, quality_service text,
        service_code text, payment_type text, financial_year text, period_start date,
        period_end date, indicator text, provider text, commissioner text, payee text, status text,
        authorised_at timestamptz, entry_id uuid, amount numeric, points numeric,
        calculation_version integer, provisional boolean, narrative text, achieved numeric,
        advanced numeric
    )
), paid as (
    insert into payment (id, version, declaration_id, claim_id, quality_service, service_code,
        payment_type, financial_year, period_start, period_end, indicator, provider, commissioner,
        payee, status, authorised_at)
    select payment_id, version, case when claim_id is null then declaration_id end, claim_id,
        quality_service, service_code, payment_type, financial_year, period_start, period_end,
        indicator, provider, commissioner, payee, status, authorised_at
    from entry
), entered as (
    insert into ledger_entry (id, payment_id, kind, amount, points, calculation_version,
        provisional, narrative, entered_at, achieved, advanced)
    select entry_id, payment_id, 'AUTHORISED', amount, points, calculation_version, provisional,
        narrative, authorised_at, achieved, advanced
    from entry
)
insert into entry_state (entry_id, payment_id, status)
select entry_id, payment_id, status from entry
"""


async def authorised_by(reader: Reader, declaration: UUID, calculation: int) -> Record | None:
    """The entry that a calculation was authorised by, with what was deducted from it."""
    return await reader.fetchrow(_AUTHORISED_BY, declaration, calculation)


_AUTHORISED_BY = """
select e.id, e.amount, coalesce(e.achieved, e.amount) as achieved,
    coalesce(e.advanced, 0)::numeric(14, 2) as advanced, e.narrative, e.entered_at
from payment p join ledger_entry e on e.payment_id = p.id and e.kind = 'AUTHORISED'
where p.declaration_id = $1 and e.calculation_version = $2
"""


async def advanced_of(
    reader: Reader, asked: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Decimal]:
    """By line that advanced and provider: what the ledger has of it and is not deducted yet."""
    advances, providers = zip(*asked, strict=True) if asked else ((), ())
    rows = await reader.fetch(_ADVANCED_OF, list(advances), list(providers))
    return {(row["advance"], row["provider"]): row["pounds"] for row in rows}


# Whichever line deducted it: two that recover one advance take it back once.
_ADVANCED_OF = """
select asked.advance, asked.provider, sum(
    case when p.service_code = asked.advance then e.amount else -coalesce(e.advanced, 0) end
) as pounds
from (select distinct * from unnest($1::text[], $2::text[])) as asked (advance, provider)
cross join lateral (
    select asked.advance as line
    union
    select q.code from quality_service q where q.recovers = asked.advance
) l
join payment p on p.service_code = l.line and p.provider = asked.provider
join ledger_entry e on e.payment_id = p.id
group by asked.advance, asked.provider
"""


async def is_recovered(reader: Reader, advance: str, provider: str) -> bool:
    """Whether what a line advanced to a provider has been deducted from its final payment."""
    return bool(await reader.fetchval(_IS_RECOVERED, advance, provider))


_IS_RECOVERED = """
select exists (
    select from quality_service f join payment p on p.service_code = f.code
    where f.recovers = $1 and p.provider = $2)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilter:
    service: str | None = None
    provider: str | None = None
    commissioner: str | None = None
    payee: str | None = None
    status: str | None = None
    financial_year: str | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $9 of a filtered read."""
        between = [self.provider, self.commissioner]
        return self.service, between, self.payee, self.status, self.financial_year


# Pounds are what a payment is: whoever may not see them sees no payment.
_VISIBLE = f"""
from payment p
join {SCOPE} s
    on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to and s.pounds
join lateral (
    select sum(e.amount) as amount, sum(e.points) as points, bool_or(e.provisional) as provisional,
        sum(coalesce(e.achieved, e.amount)) filter (where e.kind = 'AUTHORISED') as achieved,
        coalesce(sum(e.advanced), 0)::numeric(14, 2) as advanced
    from ledger_entry e where e.payment_id = p.id
) l on true
where ('*' = any($2::text[]) or p.payment_type = any($2))
and ('*' = any($3::text[]) or p.payment_type = any($3))
"""  # noqa: S608 - nothing but our own words
_COLUMNS = "select p.*, l.amount, l.points, l.provisional, l.achieved, l.advanced"
_FILTERED = f"""{_VISIBLE}
and ($5::text is null or p.service_code = $5)
and (($6::text[])[1] is null or p.provider = ($6::text[])[1])
and (($6::text[])[2] is null or p.commissioner = ($6::text[])[2])
and ($7::text is null or p.payee = $7) and ($8::text is null or p.status = $8)
and ($9::text is null or p.financial_year = $9)
"""


# Who sees few providers goes by their index; who sees many, by the order of the list.
_OF_FEW = f"and p.provider = any(array(select few.provider from {SCOPE} few))"  # noqa: S608 (our own words)


def filtered(sight: Sight) -> str:
    """The rows that a filter reaches, as the caller sees them: `p`, with its sums as `l`."""
    sql = f"{_FILTERED} {_OF_FEW}" if sight.is_provider else _FILTERED
    return sight.over(sql, "p")


async def by_ids(reader: Reader, sight: Sight, ids: Sequence[UUID]) -> list[Record]:
    return await reader.fetch(f"{_COLUMNS} {_VISIBLE} and p.id = any($5)", *sight.arguments, ids)


async def by_declarations(reader: Reader, sight: Sight, ids: Sequence[UUID]) -> list[Record]:
    sql = f"{_COLUMNS} {_VISIBLE} and p.declaration_id = any($5)"
    return await reader.fetch(sql, *sight.arguments, ids)


async def by_claims(reader: Reader, sight: Sight, ids: Sequence[UUID]) -> list[Record]:
    sql = f"{_COLUMNS} {_VISIBLE} and p.claim_id = any($5) order by p.service_code"
    return await reader.fetch(sql, *sight.arguments, ids)


async def page(
    reader: Reader,
    sight: Sight,
    wanted: PaymentFilter,
    after: tuple[date | None, str | None, UUID | None],
    limit: int,
) -> list[Record]:
    """Newest period first, then by provider."""
    sql = f"{_COLUMNS} {filtered(sight)} {_AFTER}"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, *after, limit)


_AFTER = """
and ($10::date is null or p.period_end < $10
    or (p.period_end = $10 and (p.provider, p.id) > ($11::text, $12::uuid)))
order by p.period_end desc, p.provider, p.id limit $13
"""


async def total(reader: Reader, sight: Sight, wanted: PaymentFilter) -> tuple[int, Decimal]:
    """How many payments, and their sum in pounds."""
    sql = f"{_SUM} {filtered(sight)}"
    row = await reader.fetchrow(sql, *sight.arguments, *wanted.arguments)
    assert row is not None
    return row["count"], row["amount"]


_SUM = "select count(*), coalesce(sum(l.amount), 0)::numeric(14, 2) as amount"


async def entries_of(reader: Reader, payments: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """The ledger of each payment, in order."""
    found: dict[UUID, list[Record]] = {}
    for row in await reader.fetch(_ENTRIES_OF, payments):
        found.setdefault(row["payment_id"], []).append(row)
    return found


_ENTRIES_OF = """
select e.*, s.status, s.at, s.reference, s.failure, l.run_id, l.answer, l.answer_reason
from ledger_entry e join entry_state s on s.entry_id = e.id
left join lateral (
    select * from payment_run_line l where l.entry_id = e.id
    order by l.answer is not distinct from 'REJECTED', l.run_id desc limit 1
) l on true
where e.payment_id = any($1) order by e.payment_id, e.id
"""


async def find_entry(reader: Reader, entry: UUID | None, payment: UUID | None) -> Record | None:
    """The entry that is meant, with its declaration or claim; without an entry, the first one."""
    return await reader.fetchrow(_FIND, entry, payment)


_FIND = """
select e.id, p.declaration_id, p.claim_id from ledger_entry e join payment p on p.id = e.payment_id
where ($1::uuid is null or e.id = $1) and ($2::uuid is null or p.id = $2)
and ($1 is not null or $2 is not null) and ($1 is not null or e.kind = 'AUTHORISED')
"""


async def lock_progress(tx: Tx, entry: UUID) -> Progress:
    row = await tx.fetchrow(
        "select status, at from entry_state where entry_id = $1 for update", entry
    )
    assert row is not None
    return Progress(State(row["status"]), row["at"])


async def move(
    tx: Tx, entry: UUID, to: Progress, *, reference: str | None, failure: str | None
) -> None:
    """Keep where an entry has come, and its payment with it."""
    payment = await tx.fetchval(_MOVE, entry, to.state, to.at, reference, failure)
    await tx.execute(_FOLLOW, [payment])


_MOVE = """
update entry_state set status = $2, at = $3, reference = coalesce($4, reference), failure = $5
where entry_id = $1 returning payment_id
"""
_FOLLOW = """
update payment p set version = p.version + 1, status = s.least
from (
    select payment_id, case
        when bool_or(status = 'FAILED') then 'FAILED'
        when bool_or(status = 'AUTHORISED') then 'AUTHORISED'
        when bool_or(status = 'SENT') then 'SENT'
        when bool_or(status = 'SETTLED') then 'SETTLED'
        else 'CLOSED_ZERO'
    end as least
    from entry_state where payment_id = any($1::uuid[]) group by payment_id
) s
where p.id = s.payment_id
"""


async def to_adjust(reader: Reader, payment: UUID, acting: Acting) -> Record | None:
    """A payment the organisation commissioned, itself or through those below it."""
    return await reader.fetchrow(_TO_ADJUST, payment, *acting)


_TO_ADJUST = """
select p.*, f.id as entry_id, f.calculation_version, f.provisional,
    (select sum(e.amount) from ledger_entry e where e.payment_id = p.id) as amount,
    least(coalesce(f.achieved, f.amount), 0) - coalesce(f.advanced, 0) as least
from payment p join ledger_entry f on f.payment_id = p.id and f.kind = 'AUTHORISED'
where p.id = $1 and exists (
    select from directory.self_and_below($2, $3) b
    where b.organisation = p.commissioner and p.period_end between b.valid_from and b.valid_to)
"""


async def add(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Write entries of adjustments, one a payment; what is paid must be locked."""
    await tx.execute(_ADD, rows)
    entries, payments = zip(*((row["entry_id"], row["payment_id"]) for row in rows), strict=True)
    await tx.execute(_STATES, list(entries), list(payments), State.AUTHORISED)
    await tx.execute(_FOLLOW, [row["payment_id"] for row in rows])


_STATES = """
insert into entry_state (entry_id, payment_id, status)
select entry_id, payment_id, $3 from unnest($1::uuid[], $2::uuid[]) as e (entry_id, payment_id)
"""
_ADD = """
insert into ledger_entry (id, payment_id, kind, version, amount, points, calculation_version,
    provisional, narrative, entered_at, adjusts, reason)
select entry_id, payment_id, 'ADJUSTED', version, amount, points, calculation_version,
    provisional, narrative, authorised_at, adjusts, reason
from jsonb_to_recordset($1) as entry (
    entry_id uuid, payment_id uuid, version integer, amount numeric, points numeric,
    calculation_version integer, provisional boolean, narrative text, authorised_at timestamptz,
    adjusts uuid, reason text
)
"""


async def every_entry(tx: Tx) -> AsyncIterator[dict[str, Any]]:
    """The whole ledger as it was published, for `republish`."""
    async for row in tx.stream(_EVERY):
        yield dict(row)


_EVERY = """
select e.id as entry_id, p.id as payment_id, e.version,
    coalesce(p.declaration_id, p.claim_id) as declaration_id, p.claim_id, p.quality_service,
    p.service_code, p.payment_type, p.financial_year, p.period_start, p.period_end, p.provider,
    p.indicator, p.commissioner, p.payee, e.amount, e.points, e.calculation_version,
    e.entered_at as authorised_at, e.provisional, e.narrative, e.adjusts, e.reason, e.achieved,
    e.advanced
from ledger_entry e join payment p on p.id = e.payment_id order by e.id
"""


async def authorised_of(reader: Reader, line: str, providers: Sequence[str]) -> list[Record]:
    """What was calculated and authorised for a line, once everything of it is approved.

    Before anything advanced was deducted. A payment that was rated anew counts as it then was
    calculated; what was adjusted beside any calculation does not count.
    """
    return await reader.fetch(_AUTHORISED_OF, line, providers)


_AUTHORISED_OF = """
with settled as materialized (
    select asked.provider from unnest($2::text[]) as asked (provider)
    where line_settled($1, asked.provider)
)
select p.provider, sum(coalesce(e.achieved, e.amount)) as pounds
from settled
join payment p
    on p.service_code = $1 and p.provider = settled.provider and p.declaration_id is not null
join ledger_entry f on f.payment_id = p.id and f.kind = 'AUTHORISED'
join ledger_entry e
    on e.payment_id = p.id and (e.id = f.id or e.calculation_version > f.calculation_version)
group by p.provider
"""
