"""What is read for those who ask, each from one snapshot and within their sight."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from chassis.errors import DomainError
from nhs.directory import Principal
from services.notifications.messages.store import lists
from services.notifications.messages.store.scope import MessageFilter, Sight

MOST_ABOUT: Final = 100


async def listed(
    db: Database, who: Principal, chosen: MessageFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    async with db.reader() as reader:
        return await lists.listed(reader, Sight.of(who), chosen, after, limit)


async def total(db: Database, who: Principal, chosen: MessageFilter) -> int:
    async with db.reader() as reader:
        return await lists.total(reader, Sight.of(who), chosen)


async def counts(db: Database, who: Principal, mine: bool | None) -> Mapping[str, int]:
    async with db.reader() as reader:
        return await lists.counts(reader, Sight.of(who), mine)


async def by_id(db: Database, who: Principal, ids: Sequence[UUID]) -> dict[UUID, Record]:
    async with db.reader() as reader:
        return await lists.by_id(reader, Sight.of(who), ids)


async def about(
    db: Database, who: Principal, ids: Sequence[UUID], most: int
) -> dict[UUID, list[Record]]:
    if not 0 < most <= MOST_ABOUT:
        message = f"first must be from 1 to {MOST_ABOUT}, not {most}."
        raise DomainError("PAGE_TOO_LONG", message, field="first", limit=MOST_ABOUT)
    async with db.reader() as reader:
        return await lists.about(reader, Sight.of(who), ids, most)
