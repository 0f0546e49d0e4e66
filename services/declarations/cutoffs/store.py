"""The calendar of cut-offs, what is open before each, and who was reminded of what."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from services.declarations.cutoffs.domain import CutOff, Reminder
from services.declarations.sight import SCOPE, Sight


async def known_services(reader: Reader) -> set[str]:
    return {row["code"] for row in await reader.fetch("select code from quality_service")}


async def keep(
    tx: Tx,
    given: Sequence[CutOff],
    *,
    commissioner: str | None,
    source: str,
    person: UUID,
    organisation: str,
    now: datetime,
) -> int:
    """Add cut-offs to a calendar; one that says something else of the same day takes its place.

    Answers how many were added: the same again is none.
    """
    rows = [
        {
            "id": new_id(),
            "approve_by": one.approve_by,
            "pay_on": one.pay_on,
            "declare_by": one.declare_by,
            "service_code": one.service_code,
            "payment_type": one.payment_type,
        }
        for one in given
    ]
    await tx.execute("select pg_advisory_xact_lock(hashtext('cut-offs'))")
    await tx.execute(_REPLACED, rows, commissioner, now)
    added = await tx.fetch(_KEEP, rows, commissioner, source, person, organisation, now)
    return len(added)


_GIVEN = """jsonb_to_recordset($1) as g (
    id uuid, approve_by date, pay_on date, declare_by date, service_code text, payment_type text
)"""
_REPLACED = f"""
update cut_off c set withdrawn_at = $3 from {_GIVEN}
where c.withdrawn_at is null and c.commissioner is not distinct from $2
and c.approve_by = g.approve_by and c.service_code is not distinct from g.service_code
and c.payment_type is not distinct from g.payment_type
and (c.pay_on, c.declare_by) is distinct from (g.pay_on, g.declare_by)
"""  # noqa: S608 - nothing but our own words
_KEEP = f"""
insert into cut_off (id, commissioner, service_code, payment_type, declare_by, approve_by, pay_on,
    source, loaded_by, loaded_for, loaded_at)
select g.id, $2, g.service_code, g.payment_type, g.declare_by, g.approve_by, g.pay_on, $3, $4, $5,
    $6
from {_GIVEN} on conflict do nothing returning id
"""  # noqa: S608 - nothing but our own words


async def withdraw(tx: Tx, cut_off: UUID, commissioner: str | None, now: datetime) -> bool:
    """Take a cut-off of this calendar back; whether there was one."""
    return bool(await tx.fetchval(_WITHDRAW, cut_off, commissioner, now))


_WITHDRAW = """
update cut_off set withdrawn_at = $3
where id = $1 and commissioner is not distinct from $2 and withdrawn_at is null returning true
"""


# National ones, those of the commissioners below, and of those that made the providers in sight an
# offer, whom a provider looks up to.
_VISIBLE = f"""
from cut_off c
where c.withdrawn_at is null and $3::text[] is not null
and (c.commissioner is null
    or c.commissioner in (select b.organisation from directory.self_and_below($1, $4) b)
    or c.commissioner in (
        select o.commissioner from offer o join {SCOPE} s on s.provider = o.provider where $5))
and ('*' = any($2::text[]) or c.payment_type is null or c.payment_type = any($2))
and ($6::date is null or c.approve_by >= $6) and ($7::date is null or c.approve_by <= $7)
and ($8::text is null or c.service_code is null or c.service_code = $8)
"""  # noqa: S608 - nothing but our own words
_AFTER = """
and ($9::date is null or (c.approve_by, c.id) > ($9, $10::uuid))
order by c.approve_by, c.id limit $11
"""

Wanted = tuple[date | None, date | None, str | None]
"""From which day until which, and of which service."""


async def page(
    reader: Reader, sight: Sight, wanted: Wanted, after: Sequence[object], limit: int
) -> list[Record]:
    """The calendar, the next cut-off first."""
    given = (*sight.arguments, sight.is_provider, *wanted)
    return await reader.fetch(f"select c.* {_VISIBLE} {_AFTER}", *given, *after, limit)


async def count(reader: Reader, sight: Sight, wanted: Wanted) -> int:
    given = (*sight.arguments, sight.is_provider, *wanted)
    return int(await reader.fetchval(f"select count(*) {_VISIBLE}", *given))


async def one(reader: Reader, cut_off: UUID) -> Record | None:
    return await reader.fetchrow("select * from cut_off where id = $1", cut_off)


# What is open is first added up by what a cut-off can be of: some hundred groups for England. A
# cut-off is about those whose calendar it stands in: the most particular one there is.
_OPEN = f"""
with open as materialized (
    select d.commissioner, d.service_code, d.payment_type, d.status, count(*) as count,
        coalesce(sum(d.points), 0) as points, coalesce(sum(d.pounds), 0) as pounds,
        bool_and(s.pounds and ('*' = any($3::text[]) or d.payment_type = any($3))) as sees_pounds
    from declaration d
    join {SCOPE} s
        on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
    where d.status not in ('FINANCE_APPROVED', 'CLOSED')
    and ('*' = any($2::text[]) or d.payment_type = any($2))
    group by d.commissioner, d.service_code, d.payment_type, d.status
)
select c.id, o.status, sum(o.count)::bigint as count, sum(o.points)::numeric(14, 2) as points,
    case when bool_and(o.sees_pounds) then sum(o.pounds)::numeric(14, 2) end as pounds
from open o
cross join lateral next_cut_off(o.commissioner, o.service_code, o.payment_type, $4) n
join cut_off c
    on c.id = any($5) and c.approve_by >= n.approve_by
    and c.commissioner is not distinct from n.commissioner
    and c.service_code is not distinct from n.service_code
    and c.payment_type is not distinct from n.payment_type
group by c.id, o.status order by c.id, o.status
"""  # noqa: S608 - nothing but our own words


async def open_before(
    reader: Reader, sight: Sight, cut_offs: Sequence[UUID]
) -> dict[UUID, list[Record]]:
    """What of the caller's sight is still open before each of these, by state."""
    found: dict[UUID, list[Record]] = {}
    for row in await reader.fetch(_OPEN, *sight.arguments, list(cut_offs)):
        found.setdefault(row["id"], []).append(row)
    return found


async def next_of(reader: Reader, declarations: Sequence[UUID], day: date) -> dict[UUID, Record]:
    """The next cut-off of each declaration that has one."""
    rows = await reader.fetch(_NEXT, declarations, day)
    return {row["declaration_id"]: row for row in rows}


_NEXT = """
select d.id as declaration_id, n.approve_by, n.declare_by, n.pay_on
from declaration d
cross join lateral next_cut_off(d.commissioner, d.service_code, d.payment_type, $2) n
where d.id = any($1)
"""


async def reminded(reader: Reader, declarations: Sequence[UUID], day: date) -> set[UUID]:
    """Those of which somebody was reminded on the day."""
    sql = """select declaration_id from declaration_reminder
        where declaration_id = any($1) and reminded_on = $2"""
    return {row["declaration_id"] for row in await reader.fetch(sql, declarations, day)}


async def note(
    tx: Tx,
    reminders: Sequence[Reminder],
    *,
    day: date,
    person: UUID,
    organisation: str,
    now: datetime,
) -> None:
    ids = [one.declaration.id for one in reminders]
    statuses = [one.declaration.status.value for one in reminders]
    await tx.execute(_NOTE, ids, statuses, day, now, person, organisation)


_NOTE = """
insert into declaration_reminder (declaration_id, status, reminded_on, at, by, acting_for)
select *, $3, $4, $5, $6 from unnest($1::uuid[], $2::text[])
"""
