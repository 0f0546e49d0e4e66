"""What is read of covers, each within the caller's sight."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from services.notifications.cover import store
from services.notifications.cover.store import Sight


async def listed(db: Database, who: Principal, after: tuple[Any, ...], limit: int) -> list[Record]:
    async with db.reader() as reader:
        return await store.listed(reader, Sight.of(who), after, limit)


async def one(db: Database, who: Principal, identity: UUID) -> Record:
    async with db.reader() as reader:
        (row,) = await store.listed(reader, Sight.of(who), (None, None), 1, one=identity)
        return row


async def total(db: Database, who: Principal) -> int:
    async with db.reader() as reader:
        return await store.total(reader, Sight.of(who))


async def history(db: Database, who: Principal, covers: Sequence[UUID]) -> dict[UUID, list[Record]]:
    async with db.reader() as reader:
        return await store.history(reader, Sight.of(who), covers)
