"""What may be asked about people: those who act for an organisation the caller's one sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from nhs.roles import COMMISSIONERS, Role
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


def _administers(principal: Principal) -> bool:
    return any(principal.holds(role) for role in ADMINISTRATORS)


async def find(
    db: Database, principal: Principal, today: date, ids: Sequence[UUID]
) -> list[Record | None]:
    """Those of the people whom the caller may see; mail addresses for administrators only."""
    mailboxes, reach = _administers(principal), reach_of(principal, today)
    async with db.reader() as reader:
        rows = await store.seen(reader, reach, principal.person_id, ids, mailboxes=mailboxes)
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


async def networks_short_of_declarers(
    db: Database, principal: Principal, today: date, *, after: Sequence[Any], limit: int
) -> list[Record]:
    """Those of the networks looked after, by code."""
    reach = _of_networks(principal, today)
    async with db.reader() as reader:
        return await store.page_of_networks_short(reader, reach, after[0], limit)


async def count_networks_short_of_declarers(db: Database, principal: Principal, today: date) -> int:
    reach = _of_networks(principal, today)
    async with db.reader() as reader:
        return await store.count_networks_short(reader, reach)


def _of_networks(principal: Principal, today: date) -> Reach:
    """A commissioner's administrators see to the networks it commissions, a PCN's to itself."""
    principal.require_any(*ADMINISTRATORS, Role.ORGANISATION_ADMINISTRATOR)
    return Reach(principal.organisation, principal.organisation_kind in COMMISSIONERS, today)


async def links(
    db: Database, principal: Principal, today: date, people: Sequence[UUID]
) -> list[list[Record]]:
    """Of people the caller sees: a row for each role, or one for a link without any."""
    reach = reach_of(principal, today)
    async with db.reader() as reader:
        found = _by_person(await store.links(reader, reach, principal.person_id, people))
    return [found.get(person, []) for person in people]


async def history(
    db: Database, principal: Principal, today: date, people: Sequence[UUID]
) -> list[list[Record] | None]:
    """What was done to the caller, and to people the caller looks after; None of others."""
    reach, administers = reach_of(principal, today), _administers(principal)
    async with db.reader() as reader:
        rows = await store.history(
            reader, reach, principal.person_id, people, administers=administers
        )
    found = _by_person(rows)
    return [found.get(person) for person in people]


def _by_person(rows: Sequence[Record]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = {}
    for row in rows:
        found.setdefault(row["person_id"], []).append(row)
    return found


def _arguments(wanted: PersonFilter) -> store.Wanted:
    return wanted.organisation, wanted.role, wanted.status, wanted.search
