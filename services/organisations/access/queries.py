"""What may be asked about requests: one's own, and those to organisations one looks after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.auth import Identity
from chassis.db import Database
from nhs.directory import Principal
from services.organisations.access import store
from services.organisations.access.domain import Status
from services.organisations.people.domain import ADMINISTRATORS
from services.organisations.people.queries import reach_of


@dataclass(frozen=True, slots=True)
class RequestFilter:
    status: Status | None = None
    organisation: str | None = None


async def theirs(
    db: Database, identity: Identity, *, after: Sequence[Any], limit: int
) -> list[Record]:
    """What the person of a token asked for, the newest first."""
    async with db.reader() as reader:
        return await store.theirs(reader, identity, after[0], limit)


async def own(db: Database, identity: Identity, id_: UUID) -> Record:
    """One that the person has just made or withdrawn."""
    async with db.reader() as reader:
        return await store.own(reader, identity, id_)


async def answerable(db: Database, principal: Principal, today: date, id_: UUID) -> Record:
    """One that the administrator has just answered."""
    async with db.reader() as reader:
        return await store.answerable(reader, reach_of(principal, today), id_)


async def count_theirs(db: Database, identity: Identity) -> int:
    async with db.reader() as reader:
        return await store.count_theirs(reader, identity)


async def page(
    db: Database,
    principal: Principal,
    today: date,
    wanted: RequestFilter,
    *,
    after: Sequence[Any],
    limit: int,
) -> list[Record]:
    """Requests to the organisations an administrator looks after, the oldest first."""
    principal.require_any(*ADMINISTRATORS)
    asked = wanted.status, wanted.organisation
    async with db.reader() as reader:
        return await store.page(reader, reach_of(principal, today), asked, after[0], limit)


async def count(db: Database, principal: Principal, today: date, wanted: RequestFilter) -> int:
    principal.require_any(*ADMINISTRATORS)
    asked = wanted.status, wanted.organisation
    async with db.reader() as reader:
        return await store.count(reader, reach_of(principal, today), asked)


async def history(db: Database, requests: Sequence[UUID]) -> list[list[Record]]:
    """What became of requests that the caller has been shown."""
    async with db.reader() as reader:
        rows = await store.history(reader, requests)
    found: dict[UUID, list[Record]] = {}
    for row in rows:
        found.setdefault(row["request_id"], []).append(row)
    return [found.get(one, []) for one in requests]
