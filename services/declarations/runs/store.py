"""Payment runs: which entries each holds, and what was answered to them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.runs.domain import Answer, Known


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom runs are read and made: the first three parameters of every statement."""

    organisation: str
    today: date
    payment_types: list[str] | None
    """None for all of them."""

    @classmethod
    def of(cls, principal: Principal) -> "Whose":
        principal.require(Role.FINANCE_MANAGEMENT)
        types = principal.roles[Role.FINANCE_MANAGEMENT]
        return cls(*principal.acting, None if types is None else sorted(types))

    @property
    def arguments(self) -> tuple[str, date, list[str] | None]:
        return self.organisation, self.today, self.payment_types


async def commissions(reader: Reader, whose: Whose, commissioner: str) -> bool:
    """Whether it is the organisation itself, or below it."""
    sql = """select exists (
        select from directory.self_and_below($1, $2) b
        where b.organisation = $3 and $2 between b.valid_from and b.valid_to)"""
    return bool(await reader.fetchval(sql, whose.organisation, whose.today, commissioner))


async def ask(
    tx: Tx,
    run: UUID,
    whose: Whose,
    *,
    commissioner: str,
    cut_off: date,
    person: UUID,
    now: datetime,
) -> None:
    given = (commissioner, cut_off, whose.payment_types, person, whose.organisation, now)
    await tx.execute(_ASK, run, *given)


_ASK = """
insert into payment_run (id, commissioner, cut_off, payment_types, asked_by, asked_for, asked_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def gather(tx: Tx, run: UUID) -> None:
    """Take the entries that nobody has paid and no run holds; another run at once gets none.

    A line that finance rejected holds its entry no longer.
    """
    await tx.execute(_GATHER, run)


# Locked in one order, so that two runs wait for each other instead of colliding: who comes second
# finds them taken.
_GATHER = """
insert into payment_run_line (run_id, entry_id)
select $1, s.entry_id from payment_run r
join entry_state s on s.status = 'AUTHORISED'
join ledger_entry e on e.id = s.entry_id
join payment p on p.id = e.payment_id
where r.id = $1 and e.amount <> 0
and e.entered_at < ((r.cut_off + 1)::timestamp at time zone 'Europe/London')
and (r.payment_types is null or p.payment_type = any(r.payment_types))
and not exists (
    select from payment_run_line l
    where l.entry_id = s.entry_id and l.answer is distinct from 'REJECTED')
and exists (
    select from directory.self_and_below(
        r.commissioner, (r.asked_at at time zone 'Europe/London')::date) b
    where b.organisation = p.commissioner and p.period_end between b.valid_from and b.valid_to)
order by s.entry_id for update of s
on conflict (entry_id) where answer is distinct from 'REJECTED' do nothing
"""


async def lines(reader: Reader, run: UUID) -> AsyncIterator[Record]:
    """The file's lines, in an order that never changes."""
    async for row in reader.stream(_LINES, run):
        yield row


_LINES = """
select l.run_id as payment_run_id, e.id as line_id, p.service_code, p.payment_type,
    p.financial_year, p.period_start, p.period_end, p.payee as payee_ods,
    p.provider as provider_ods, p.commissioner as commissioner_ods,
    coalesce(p.declaration_id, p.claim_id) as declaration_id,
    e.calculation_version as calc_version, e.amount, e.narrative
from payment_run_line l
join ledger_entry e on e.id = l.entry_id join payment p on p.id = e.payment_id
where l.run_id = $1 order by p.payee, p.provider, e.id
"""


async def made(
    tx: Tx, run: UUID, *, count: int, total: Decimal, digest: str, now: datetime
) -> None:
    sql = """update payment_run set line_count = $2, total = $3, hash = $4, made_at = $5
        where id = $1"""
    await tx.execute(sql, run, count, total, digest, now)


_RUNS = """
select r.*, j.status, j.error, a.accepted, a.rejected
from payment_run r
left join chassis.job j on j.id = r.id
cross join lateral (
    select count(*) filter (where l.answer = 'ACCEPTED') as accepted,
        count(*) filter (where l.answer = 'REJECTED') as rejected
    from payment_run_line l where l.run_id = r.id
) a
where exists (
    select from directory.self_and_below($1, $2) b
    where b.organisation = r.commissioner and r.cut_off between b.valid_from and b.valid_to)
and ($3::text[] is null or r.payment_types <@ $3)
"""


async def find(reader: Reader, whose: Whose, run: UUID) -> Record | None:
    return await reader.fetchrow(f"{_RUNS} and r.id = $4", *whose.arguments, run)


async def page(reader: Reader, whose: Whose, after: tuple[UUID | None], limit: int) -> list[Record]:
    """Newest first."""
    sql = f"{_RUNS} and ($4::uuid is null or r.id < $4) order by r.id desc limit $5"
    return await reader.fetch(sql, *whose.arguments, *after, limit)


async def count(reader: Reader, whose: Whose) -> int:
    sql = f"select count(*) from ({_RUNS}) runs"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *whose.arguments))


async def lock_answers(tx: Tx, run: UUID, lines: Sequence[UUID]) -> dict[UUID, Known]:
    """What is known of these lines of the run so far; no run takes them meanwhile."""
    await tx.execute(_LOCK, run, lines)
    rows = await tx.fetch(_KNOWN, run, lines)
    return {row["entry_id"]: Known(row["answer"], row["elsewhere"]) for row in rows}


_LOCK = """
select from entry_state s join payment_run_line l on l.entry_id = s.entry_id and l.run_id = $1
where s.entry_id = any($2::uuid[]) order by s.entry_id for update of s
"""
_KNOWN = """
select l.entry_id, l.answer, o.run_id as elsewhere
from payment_run_line l
left join payment_run_line o on o.entry_id = l.entry_id and o.run_id <> l.run_id
    and o.answer is distinct from 'REJECTED'
where l.run_id = $1 and l.entry_id = any($2::uuid[])
"""


async def keep_answers(tx: Tx, run: UUID, answers: Sequence[Answer], now: datetime) -> None:
    rows = [(one.line, one.word, None if one.accepted else one.reason) for one in answers]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    await tx.execute(_ANSWER, *columns, now, run)


_ANSWER = """
update payment_run_line l set answer = n.answer, answer_reason = n.reason, answered_at = $4
from unnest($1::uuid[], $2::text[], $3::text[]) as n (entry_id, answer, reason)
where l.run_id = $5 and l.entry_id = n.entry_id
"""
