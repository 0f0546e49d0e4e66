"""What each declaration of a period stands on, as it was frozen, with what was paid for it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from asyncpg import Record
from pydantic import TypeAdapter

from chassis.db import Reader, Tx
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.rerating.domain import Change

CHANGE: TypeAdapter[Change] = TypeAdapter(Change)


@dataclass(frozen=True, slots=True)
class Whose:
    """What an organisation commissions, itself or through those below it, on a day."""

    organisation: str
    today: date
    types: list[str] | None
    """The payment types it is about; None: all."""

    @classmethod
    def of(cls, principal: Principal, *roles: Role) -> "Whose":
        """Refuses whoever holds none of the roles."""
        principal.require_any(*roles)
        held = [principal.roles[role] for role in roles if role in principal.roles]
        types = {one for some in held if some is not None for one in some}
        return cls(*principal.acting, None if None in held else sorted(types))

    @property
    def arguments(self) -> tuple[str, date, list[str] | None]:
        """Parameters $1 to $3 of every read."""
        return self.organisation, self.today, self.types


async def is_period(reader: Reader, service: str, period_start: date) -> bool:
    """Whether a published version of the line has a payment period that begins on the day."""
    return bool(await reader.fetchval(_PERIOD, service, period_start))


_PERIOD = """
select exists (
    select from quality_service q join service_period p on p.quality_service = q.id
    where q.code = $1 and p.starts_on = $2)
"""

# A payment stands on the calculation that its newest calculated entry brought; what is not paid, on
# the declaration's own. What was achieved counts, not what a recovery left of it.
_CALCULATED = """
with below as materialized (select * from directory.self_and_below($1, $2))
select d.id as declaration_id, d.provider, d.commissioner, d.indicator, d.quality_service,
    d.service_code, d.period_start, d.achievement_date, p.id as payment_id,
    coalesce(p.payee, d.provider) as payee, l.stands_on, l.adjusts, l.paid,
    c.version, c.run_id, c.list_size, c.list_on, c.list_stands_in, c.points, c.pounds, c.stood_on,
    c.origins, c.indicators, c.numerators, c.denominators, c.registers, c.hundredths, c.pence,
    (select max(n.version) from calculation n where n.declaration_id = d.id) as newest
from declaration d
left join payment p on p.declaration_id = d.id
left join lateral (
    select max(e.calculation_version) as version,
        (array_agg(e.id order by e.version desc, e.id desc))[1] as stands_on,
        (array_agg(e.id order by e.calculation_version desc, e.version, e.id))[1] as adjusts,
        sum(case e.kind when 'AUTHORISED' then coalesce(e.achieved, e.amount) else e.amount end)
            as paid
    from ledger_entry e where e.payment_id = p.id
) l on true
join calculation c
    on c.declaration_id = d.id and c.version = coalesce(l.version, d.calculation_version)
where d.points is not null and d.status <> 'CLOSED'
and ($3::text[] is null or d.payment_type = any($3))
and exists (
    select from below b where b.organisation = d.commissioner
    and d.period_end between b.valid_from and b.valid_to)
"""
_BASES = f"""{_CALCULATED}
and d.service_code = $4 and d.period_start = $5
order by d.provider, d.id
"""


async def bases(
    reader: Reader, whose: Whose, service: str, period_start: date
) -> AsyncIterator[Record]:
    """Every calculated declaration of the period, in the order of the providers."""
    async for row in reader.stream(_BASES, *whose.arguments, service, period_start):
        yield row


# An advance that was deducted is left out: it is no longer adjusted, nor need it be, since the two
# lines come to what was achieved.
_STANDING_ON = f"""{_CALCULATED}
and d.provider = any($5) and d.quality_service in (
    select q.id from quality_service q
    where q.previous_service = any($4::text[]) or q.payment_of = any($4))
and not exists (
    select from quality_service f join payment final on final.service_code = f.code
    where f.recovers = d.service_code and final.provider = d.provider)
order by d.provider, d.id
"""  # noqa: S608 - nothing but our own words


async def standing_on(
    reader: Reader, whose: Whose, bases: Sequence[tuple[str, str]]
) -> AsyncIterator[Record]:
    """What may be paid by what any of the providers were paid for any of the lines.

    `bases`: lines and providers. Arrays, since England's are hashed, and pairs would be compared.
    """
    lines, providers = (sorted(set(some)) for some in zip(*bases, strict=True))
    async for row in reader.stream(_STANDING_ON, *whose.arguments, lines, providers):
        yield row


async def runs(reader: Reader, ids: Sequence[UUID]) -> list[Record]:
    """Runs with the rules and national figures they froze."""
    sql = """select id, quality_service, specification, prevalence_set, prevalences, demonstration
        from calculation_run where id = any($1)"""
    return await reader.fetch(sql, ids)


async def national_set(reader: Reader, identity: UUID, service: str) -> dict[str, Fraction] | None:
    """The figures of a set that was loaded for the line; None if there is none such."""
    rows = await reader.fetch(_SET, identity, service)
    return {row["name"]: Fraction(row["figure"]) for row in rows} if rows else None


_SET = """
with chosen as (
    select id, average_list from prevalence_set
    where id = $1 and split_part(quality_service, '/', 1) = $2
)
select 'average_list' as name, average_list as figure from chosen where average_list is not null
union all
select n.group_code, n.prevalence from chosen join national_prevalence n on n.set_id = chosen.id
"""


async def begin_run(
    tx: Tx, identity: UUID, rules: Mapping[str, Any], rerating: UUID, now: datetime
) -> None:
    """Freeze what a re-rating calculates by."""
    await tx.execute(_BEGIN_RUN, identity, rules, rerating, now)


_BEGIN_RUN = """
insert into calculation_run (id, quality_service, digest, prevalence_set, demonstration,
    specification, prevalences, rerating, started_at)
select $1, quality_service, digest, prevalence_set, demonstration, specification, prevalences, $3,
    $4
from jsonb_to_record($2) as rules (
    quality_service text, digest text, prevalence_set uuid, demonstration boolean,
    specification jsonb, prevalences jsonb
)
"""


async def alone(tx: Tx, service: str, period_start: date) -> None:
    """One re-rating of a period at a time: calculations are numbered one after the other."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtext('re-rating'), hashtext($1))",
        f"{service} {period_start}",
    )


async def ask(
    tx: Tx,
    rerating: UUID,
    whose: Whose,
    given: Mapping[str, Any],
    *,
    person: UUID,
    now: datetime,
) -> None:
    """`given`: service_code, period_start, change, fingerprint and reason."""
    await tx.execute(_ASK, rerating, whose.organisation, whose.types, person, now, given)


_ASK = """
insert into rerating (id, proposed_for, payment_types, proposed_by, proposed_at, service_code,
    period_start, change, fingerprint, reason)
select $1, $2, $3, $4, $5, service_code, period_start, change, fingerprint, reason
from jsonb_to_record($6) as given (
    service_code text, period_start date, change jsonb, fingerprint text, reason text
)
"""


async def asked(reader: Reader, rerating: UUID) -> Record:
    row = await reader.fetchrow("select * from rerating where id = $1", rerating)
    assert row is not None
    return row


async def propose(tx: Tx, rerating: UUID, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """An adjustment for each row, which names payment, entries, amount, points and calculation."""
    await tx.execute(_PROPOSE, rerating, rows, now)


_PROPOSE = """
insert into adjustment (id, payment_id, adjusts, amount, points, reason, status, proposed_by,
    proposed_for, proposed_at, rerating, calculation_version, paid, stands_on)
select n.id, n.payment_id, n.adjusts, n.amount, n.points, r.reason, 'PROPOSED', r.proposed_by,
    r.proposed_for, $3, r.id, n.calculation_version, n.paid, n.stands_on
from jsonb_to_recordset($2) as n (
    id uuid, payment_id uuid, adjusts uuid, amount numeric, points numeric,
    calculation_version integer, paid numeric, stands_on uuid
)
join rerating r on r.id = $1
"""


async def made(tx: Tx, rerating: UUID, now: datetime) -> None:
    await tx.execute("update rerating set made_at = $2 where id = $1", rerating, now)


_IT = """
where a.rerating = $4 and ($3::text[] is null or p.payment_type = any($3))
and exists (
    select from directory.self_and_below($1, $2) b
    where b.organisation = p.commissioner and p.period_end between b.valid_from and b.valid_to)
"""


async def declarations(reader: Reader, whose: Whose, rerating: UUID) -> list[UUID]:
    """Those whose payments it is about, of what the organisation commissions."""
    sql = f"""select p.declaration_id from adjustment a join payment p on p.id = a.payment_id
        {_IT}"""  # noqa: S608 (our own words)
    return [row["declaration_id"] for row in await reader.fetch(sql, *whose.arguments, rerating)]


async def lock(tx: Tx, whose: Whose, rerating: UUID) -> list[Record]:
    """Its adjustments, with their payments as they are; the declarations must be locked before."""
    return await tx.fetch(_LOCK, *whose.arguments, rerating)


_LOCK = f"""
select a.id as adjustment_id, a.status as adjustment_status, a.amount as adjusted_by,
    a.points as adjusted_points, a.adjusts, a.reason, a.proposed_by, a.stands_on, a.paid,
    a.calculation_version as adjusted_version, p.*, c.provisional as adjusted_provisional,
    least(c.pounds, 0) as least,
    (select e.id from ledger_entry e where e.payment_id = p.id
        order by e.version desc, e.id desc limit 1) as newest_entry,
    exists (
        select from quality_service f join payment final on final.service_code = f.code
        where f.recovers = p.service_code and final.provider = p.provider) as recovered
from adjustment a
join payment p on p.id = a.payment_id
join calculation c on c.declaration_id = p.declaration_id and c.version = a.calculation_version
{_IT}
order by a.id for update of a
"""  # noqa: S608 - nothing but our own words


async def parts(reader: Reader, whose: Whose, rerating: UUID) -> AsyncIterator[Record]:
    """Its adjustments of what the organisation commissions, by provider."""
    async for row in reader.stream(_PARTS, *whose.arguments, rerating):
        yield row


_PARTS = f"""
select p.provider, p.payee, p.commissioner, p.service_code, p.indicator, p.period_start,
    p.period_end, a.paid as before, a.paid + a.amount as after, a.amount, a.points, a.status,
    a.decided_at, a.refusal_reason
from adjustment a
join payment p on p.id = a.payment_id
{_IT}
order by p.provider, p.indicator, a.id
"""  # noqa: S608 - nothing but our own words

_RERATINGS = """
select r.*, j.status as job_status, j.error, t.*
from rerating r
left join chassis.job j on j.id = r.id
cross join lateral (
    select count(*) as count, coalesce(sum(a.paid), 0)::numeric(14, 2) as paid,
        coalesce(sum(a.amount), 0)::numeric(14, 2) as difference,
        count(*) filter (where a.status = 'PROPOSED') as proposed,
        count(*) filter (where a.status = 'APPROVED') as approved,
        count(*) filter (where a.status = 'REFUSED') as refused
    from adjustment a
    join payment p on p.id = a.payment_id
    where a.rerating = r.id and ($3::text[] is null or p.payment_type = any($3))
    and exists (
        select from below b
        where b.organisation = p.commissioner and p.period_end between b.valid_from and b.valid_to)
) t
where (t.count > 0 or r.proposed_for = $1)
"""
_BELOW = "with below as materialized (select * from directory.self_and_below($1, $2))"


async def find(reader: Reader, whose: Whose, rerating: UUID) -> Record | None:
    """With the sums of what the organisation commissions of it."""
    return await reader.fetchrow(f"{_BELOW} {_RERATINGS} and r.id = $4", *whose.arguments, rerating)


async def page(reader: Reader, whose: Whose, after: tuple[UUID | None], limit: int) -> list[Record]:
    """Newest first."""
    sql = f"""{_BELOW} {_RERATINGS}
        and ($4::uuid is null or r.id < $4) order by r.id desc limit $5"""
    return await reader.fetch(sql, *whose.arguments, *after, limit)


async def count(reader: Reader, whose: Whose) -> int:
    sql = f"{_BELOW} select count(*) from ({_RERATINGS}) found"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *whose.arguments))
