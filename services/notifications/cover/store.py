"""Every SQL statement about covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Principal
from nhs.roles import Role
from services.notifications.cover.domain import Change, Cover, HeldRoles

# Covers of an organisation are named one after the other: each is held against the others.
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('cover ' || $1, 0))"


async def lock(tx: Tx, organisation: str) -> None:
    await tx.execute(_LOCK, organisation)


_HELD: Final = """
select r.role, r.payment_types
from directory.person_link l
join directory.person p on p.id = l.person_id and p.status = 'ACTIVE'
left join directory.person_role r using (person_id, organisation)
where l.person_id = $1 and l.organisation = $2
"""


async def roles_held(reader: Reader, person: UUID, organisation: str) -> HeldRoles | None:
    """The roles somebody active holds there; None for who is not linked."""
    rows = await reader.fetch(_HELD, person, organisation)
    if not rows:
        return None
    return {
        Role(row["role"]): None if row["payment_types"] is None else frozenset(row["payment_types"])
        for row in rows
        if row["role"] in _KNOWN
    }


_KNOWN: Final = frozenset(role.value for role in Role)

_STANDING: Final = """
select * from cover
where organisation = $1 and ended_at is null and ends_on >= $2
    and (person_id = any ($3) or colleague_id = any ($3))
"""


async def standing(tx: Tx, organisation: str, people: Sequence[UUID], today: date) -> list[Cover]:
    """The covers of these people that have not ended."""
    return [cover_of(row) for row in await tx.fetch(_STANDING, organisation, today, people)]


_NAME: Final = """
insert into cover (id, organisation, person_id, colleague_id, starts_on, ends_on)
values ($1, $2, $3, $4, $5, $6)
"""
_END: Final = "update cover set ended_at = $2 where id = $1"
_WRITE: Final = "insert into cover_history (cover_id, change, at, by) values ($1, $2, $3, $4)"


async def name(tx: Tx, cover: Cover, at: datetime) -> None:
    await tx.execute(
        _NAME,
        cover.id,
        cover.organisation,
        cover.person,
        cover.colleague,
        cover.starts_on,
        cover.ends_on,
    )
    await tx.execute(_WRITE, cover.id, Change.NAMED, at, cover.person)


async def end(tx: Tx, cover: UUID, by: UUID, at: datetime) -> None:
    await tx.execute(_END, cover, at)
    await tx.execute(_WRITE, cover, Change.ENDED, at, by)


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose covers a caller sees: their own and those by them, and as a Supervisor all there."""

    person: UUID
    organisation: str
    supervises: bool

    @classmethod
    def of(cls, principal: Principal) -> "Sight":
        supervises = principal.holds(Role.SUPERVISOR)
        return cls(principal.person_id, principal.organisation, supervises)

    def arguments(self) -> tuple[object, ...]:
        return (self.person, self.organisation, self.supervises)


_SEEN: Final = "c.organisation = $2 and ($3 or c.person_id = $1 or c.colleague_id = $1)"
_ONE: Final = f"select c.* from cover c where {_SEEN} and c.id = $4 for update"  # noqa: S608 - constants


async def held(tx: Tx, sight: Sight, identity: UUID) -> Cover | None:
    row = await tx.fetchrow(_ONE, *sight.arguments(), identity)
    return cover_of(row) if row else None


_LIST: Final = f"""
select c.* from cover c
where {_SEEN}
    and ($4::uuid is null or c.id = $4)
    and ($5::date is null or (c.starts_on, c.id) < ($5, $6::uuid))
order by c.starts_on desc, c.id desc
limit $7
"""  # noqa: S608 - put together from constants
_TOTAL: Final = f"select count(*) from cover c where {_SEEN}"  # noqa: S608 - constants


async def listed(
    reader: Reader, sight: Sight, after: tuple[Any, ...], limit: int, *, one: UUID | None = None
) -> list[Record]:
    """The latest first."""
    return await reader.fetch(_LIST, *sight.arguments(), one, *after, limit)


async def total(reader: Reader, sight: Sight) -> int:
    return int(await reader.fetchval(_TOTAL, *sight.arguments()))


_HISTORY: Final = f"""
select h.*
from cover_history h
join cover c on c.id = h.cover_id
where {_SEEN} and h.cover_id = any ($4)
order by h.at, h.change desc
"""  # noqa: S608 - put together from constants


async def history(reader: Reader, sight: Sight, covers: Sequence[UUID]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = {one: [] for one in covers}
    for row in await reader.fetch(_HISTORY, *sight.arguments(), covers):
        found[row["cover_id"]].append(row)
    return found


def cover_of(row: Record) -> Cover:
    return Cover(
        row["id"],
        row["organisation"],
        row["person_id"],
        row["colleague_id"],
        row["starts_on"],
        row["ends_on"],
        row["ended_at"] is not None,
    )
