"""The statements about allocated reports, and about the separation of duties."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.db_errors import constraint_means
from chassis.ids import new_id
from nhs.directory.principal import Acting
from nhs.reports import Report
from services.organisations.administration.domain import Allocation, Change, Days, Duty, Ground

constraint_means(
    "allocated_report_once", "ALLOCATED_ALREADY", "That report is allocated already", field="to"
)

# What an organisation decides is decided one after another.
_ALONE = "select ods_code from organisation where ods_code = $1 for update"
_KNOWN = "select ods_code from organisation where ods_code = any ($1)"
_BELOW = """
select b.organisation, b.valid_from, b.valid_to
from directory.self_and_below($1, $2) b where b.organisation = any ($3) and b.organisation <> $1
union all
select c.provider, c.valid_from, c.valid_to
from directory.commissioned($1, $2) c where c.provider = any ($3)
union all
select r.source, r.valid_from, r.valid_to
from directory.relationship r
where r.kind = 'MEMBER_OF' and r.target = $1 and r.source = any ($3)
"""
_STANDING = """
select id, report, service_code, granted_to, valid_from, valid_to
from allocated_report where granted_by = $1 and withdrawn_at is null
"""


async def ground(tx: Tx, acting: Acting, named: Collection[str]) -> Ground:
    """What is to be known of the organisation and those named; nobody else decides meanwhile."""
    await tx.fetchval(_ALONE, acting.organisation)
    known = await tx.fetch(_KNOWN, list(named))
    below = await tx.fetch(_BELOW, *acting, list(named))
    return Ground(
        organisation=acting.organisation,
        known=frozenset(row["ods_code"] for row in known),
        below=[(row[0], Days(row[1], row[2])) for row in below],
        standing=[_allocation(row) for row in await tx.fetch(_STANDING, acting.organisation)],
        today=acting.today,
    )


def _allocation(row: Record) -> Allocation:
    days = Days(row["valid_from"], row["valid_to"])
    return Allocation(
        row["id"], Report(row["report"]), row["service_code"], row["granted_to"], days
    )


async def allocate(tx: Tx, granted_by: str, allocations: Sequence[Allocation]) -> None:
    columns = ["id", "granted_by", "report", "service_code", "granted_to", "valid_from", "valid_to"]
    await tx.copy(
        "allocated_report",
        columns=columns,
        records=[
            (
                one.id,
                granted_by,
                one.report.value,
                one.service_code,
                one.to,
                one.days.first,
                one.days.last,
            )
            for one in allocations
        ],
    )


_OWN = """
select id, granted_by from allocated_report
where id = any ($1) and withdrawn_at is null
    and granted_by in (select i.organisation from directory.inherited($2, $3) i)
order by id for update
"""
_WITHDRAW = "update allocated_report set withdrawn_at = $2 where id = any ($1)"


async def lock_own(tx: Tx, acting: Acting, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Those of the allocations that stand and are the organisation's, with who gave them."""
    return {row["id"]: row["granted_by"] for row in await tx.fetch(_OWN, list(ids), *acting)}


async def withdraw(tx: Tx, ids: Sequence[UUID], at: datetime) -> None:
    await tx.execute(_WITHDRAW, list(ids), at)


_OFF = """
select id, valid_from, valid_to from duty_switch
where ods_code = $1 and kind = $2 and known_to is null order by valid_from
"""
_END = "update duty_switch set known_to = $2 where id = any ($1)"


async def off(tx: Tx, organisation: str, duty: Duty) -> dict[UUID, Days]:
    """The days without separation; nobody else decides meanwhile."""
    await tx.fetchval(_ALONE, organisation)
    rows = await tx.fetch(_OFF, organisation, duty)
    return {row["id"]: Days(row["valid_from"], row["valid_to"]) for row in rows}


async def switch(
    tx: Tx,
    organisation: str,
    duty: Duty,
    *,
    ended: Collection[UUID],
    started: Sequence[Days],
    at: datetime,
) -> None:
    """Take these days for those without separation, and the ended ones no longer."""
    await tx.execute(_END, list(ended), at)
    await tx.copy(
        "duty_switch",
        columns=["id", "ods_code", "kind", "valid_from", "valid_to", "known_from"],
        records=[(new_id(), organisation, duty.value, one.first, one.last, at) for one in started],
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the history."""

    organisation: str
    change: Change
    allocated_report: UUID | None = None
    duty: Duty | None = None
    days: Days | None = None


async def remember(
    tx: Tx, entries: Sequence[Entry], *, by: UUID, at: datetime, reason: str | None
) -> None:
    columns = ["id", "organisation", "at", "changed_by", "change", "allocated_report", "duty"]
    await tx.copy(
        "administration_change",
        columns=[*columns, "valid_from", "valid_to", "reason"],
        records=[
            (
                new_id(),
                one.organisation,
                at,
                by,
                one.change.value,
                one.allocated_report,
                one.duty and one.duty.value,
                one.days and one.days.first,
                one.days and one.days.last,
                reason,
            )
            for one in entries
        ],
    )


Wanted = tuple[str | None, bool | None, date | None]
"""Report, whether given (or received), and a day on which it counts."""

# Given or received by the organisation, or by one it took over from.
_WANTED = """
from allocated_report a
where (
    $4 is distinct from false and a.granted_by = any (array(
        select i.organisation from directory.inherited($1, $2) i))
    or $4 is distinct from true and a.granted_to = any (array(
        select i.organisation from directory.inherited($1, $2) i))
)
    and ($3::text is null or a.report = $3)
    and ($5::date is null or a.withdrawn_at is null
        and a.valid_from <= $5 and coalesce(a.valid_to, 'infinity') >= $5)
"""
_PAGE = f"select a.* {_WANTED} and ($6::uuid is null or a.id > $6) order by a.id limit $7"
_COUNT = f"select count(*) {_WANTED}"


async def page(
    reader: Reader, acting: Acting, wanted: Wanted, after: UUID | None, limit: int
) -> list[Record]:
    return await reader.fetch(_PAGE, *acting, *wanted, after, limit)


async def count(reader: Reader, acting: Acting, wanted: Wanted) -> int:
    return int(await reader.fetchval(_COUNT, *acting, *wanted))


_CHANGES = """
select allocated_report, at, change, changed_by, organisation, reason from administration_change
where allocated_report = any ($1) order by allocated_report, id
"""


async def changes(reader: Reader, allocations: Sequence[UUID]) -> list[Record]:
    """What became of allocations that the caller has been shown."""
    return await reader.fetch(_CHANGES, list(allocations))


_SWITCHES = """
select s.ods_code, s.kind, s.valid_from, s.valid_to from duty_switch s
where s.known_to is null and s.ods_code in (
    select i.organisation from directory.inherited($1, $2) i)
order by s.kind, s.valid_from, s.ods_code
"""
_SWITCHINGS = """
select at, change, changed_by, organisation, duty, valid_from, valid_to, reason
from administration_change c
where c.duty is not null and c.organisation in (
    select i.organisation from directory.inherited($1, $2) i)
order by c.id
"""


async def switches(reader: Reader, acting: Acting) -> list[Record]:
    return await reader.fetch(_SWITCHES, *acting)


async def switchings(reader: Reader, acting: Acting) -> list[Record]:
    """Every time the switch was set, the earliest first."""
    return await reader.fetch(_SWITCHINGS, *acting)
