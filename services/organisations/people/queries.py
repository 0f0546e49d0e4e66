"""What may be asked about people: those who act for an organisation the caller's one sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.people import store
from services.organisations.people.domain import ADMINISTRATORS
from services.organisations.people.store import Reach


@dataclass(frozen=True, slots=True)
class PersonFilter:
    organisation: str | None = None
    role: Role | None = None
    status: str | None = None
    search: str | None = None


def reach_of(principal: Principal, today: date) -> Reach:
    return Reach(principal.organisation, principal.holds(Role.ADVANCED_USER_ADMINISTRATOR), today)


async def find(
    db: Database, principal: Principal, today: date, ids: Sequence[UUID]
) -> list[Record | None]:
    """Those of the people whom the caller may see; mail addresses for administrators only."""
    administers = any(principal.holds(role) for role in ADMINISTRATORS)
    reach = reach_of(principal, today)
    async with db.reader() as reader:
        rows = await store.seen(reader, reach, principal.person_id, ids, mailboxes=administers)
    found = {row["id"]: row for row in rows}
    return [found.get(id_) for id_ in ids]


async def page(
    db: Database,
    principal: Principal,
    today: date,
    wanted: PersonFilter,
    *,
    after: Sequence[Any],
    limit: int,
) -> list[Record]:
    """The people an administrator looks after, by id."""
    principal.require_any(*ADMINISTRATORS)
    async with db.reader() as reader:
        reach = reach_of(principal, today)
        return await store.page(reader, reach, _arguments(wanted), after[0], limit)


async def count(db: Database, principal: Principal, today: date, wanted: PersonFilter) -> int:
    principal.require_any(*ADMINISTRATORS)
    async with db.reader() as reader:
        return await store.count(reader, reach_of(principal, today), _arguments(wanted))


async def links(db: Database, people: Sequence[UUID]) -> list[list[Record]]:
    """Of people the caller sees: a row for each role, or one for a link without any."""
    async with db.reader() as reader:
        rows = await store.links(reader, people)
    found: dict[UUID, list[Record]] = {person: [] for person in people}
    for row in rows:
        found[row["person_id"]].append(row)
    return [found[person] for person in people]


async def history(
    db: Database, principal: Principal, today: date, person: UUID
) -> list[Record] | None:
    """What was done to the caller, or to somebody the caller looks after; None of others."""
    administers = any(principal.holds(role) for role in ADMINISTRATORS)
    async with db.reader() as reader:
        if person != principal.person_id and not (
            administers and await store.looks_after(reader, reach_of(principal, today), person)
        ):
            return None
        return await store.history(reader, person)


def _arguments(wanted: PersonFilter) -> store.Wanted:
    return wanted.organisation, wanted.role, wanted.status, wanted.search
