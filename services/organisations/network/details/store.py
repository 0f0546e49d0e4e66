"""The statements about details of practices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.db_errors import constraint_means
from nhs.directory import Acting
from services.organisations.network.details.domain import Details

constraint_means(
    "practice_details_one_after_another",
    "STALE_VERSION",
    "The details have changed since you saw them.",
    field="version",
)

_COLUMNS = """d.practice, d.version, d.telephone, d.email, d.address, d.opening_hours,
    d.payee_reference, d.clinical_system, d.at, d.changed_by, d.acting_for, d.reason"""

# A member, today, of the PCN acted for.
_LATEST_OF_MEMBER = f"""
select r.source as practice, {_COLUMNS.removeprefix("d.practice, ")}
from directory.relationship r
left join lateral (
    select * from practice_details d where d.practice = r.source order by d.version desc limit 1
) d on true
where r.source = $3 and r.kind = 'MEMBER_OF'
    and r.target in (select i.organisation from directory.inherited($1, $2) i)
    and r.valid_from <= $2 and coalesce(r.valid_to, 'infinity') >= $2
"""  # noqa: S608 (constants)


async def latest_of_member(reader: Reader, acting: Acting, practice: str) -> Record | None:
    """The details as they are, all null where there are none; None for who is no member."""
    return await reader.fetchrow(_LATEST_OF_MEMBER, *acting, practice)


def details(row: Record) -> Details:
    if row["version"] is None:
        return Details()
    return Details(
        telephone=row["telephone"],
        email=row["email"],
        address=tuple(row["address"]),
        opening_hours=row["opening_hours"],
        payee_reference=row["payee_reference"],
        clinical_system=row["clinical_system"],
    )


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, for whom, when and why."""

    at: datetime
    person: UUID
    acting_for: str
    reason: str | None


_INSERT = """
insert into practice_details (practice, version, telephone, email, address, opening_hours,
    payee_reference, clinical_system, at, changed_by, acting_for, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


async def write(tx: Tx, practice: str, version: int, new: Details, by: Writer) -> None:
    texts = (new.opening_hours, new.payee_reference, new.clinical_system)
    told = (new.telephone, new.email, list(new.address), *texts)
    who = (by.at, by.person, by.acting_for, by.reason)
    await tx.execute(_INSERT, practice, version, *told, *who)


# Every version of those practices that the organisation sees today, the latest first.
_SEEN = f"""
select {_COLUMNS} from practice_details d
where d.practice = any ($3) and d.practice in (
    select s.provider from directory.scope($1, $2) s where $2 between s.valid_from and s.valid_to
)
order by d.practice, d.version desc
"""  # noqa: S608 (constants)


async def seen(reader: Reader, acting: Acting, practices: Sequence[str]) -> list[Record]:
    return await reader.fetch(_SEEN, *acting, list(practices))


_WANTED = """
from directory.relationship r
where r.kind = 'MEMBER_OF'
    and r.target in (select i.organisation from directory.inherited($1, $2) i)
    and r.valid_from <= $3 and coalesce(r.valid_to, 'infinity') >= $3
"""
_MEMBERS = f"""
select r.source as practice, r.valid_from, r.valid_to {_WANTED}
    and ($4::text is null or r.source > $4) order by r.source limit $5
"""
_COUNT = f"select count(*) {_WANTED}"


async def members(
    reader: Reader, acting: Acting, on: date, after: str | None, limit: int
) -> list[Record]:
    """The practices of the PCN acted for on a day, by code."""
    return await reader.fetch(_MEMBERS, *acting, on, after, limit)


async def count_members(reader: Reader, acting: Acting, on: date) -> int:
    return int(await reader.fetchval(_COUNT, *acting, on))
