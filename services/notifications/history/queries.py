"""What is read of the history, within the caller's sight."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from chassis.errors import DomainError
from nhs.directory import Principal
from services.notifications.history import store
from services.notifications.history.store import HistoryFilter, Sight


async def listed(
    db: Database, who: Principal, chosen: HistoryFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    sight = Sight.of(who)
    if chosen.since and chosen.until and chosen.until <= chosen.since:
        message = f"It would end at {chosen.until}, not after {chosen.since}."
        raise DomainError("DATES_OUT_OF_ORDER", message, field="filter.to")
    async with db.reader() as reader:
        return await store.listed(reader, sight, chosen, after, limit)


async def total(db: Database, who: Principal, chosen: HistoryFilter) -> int:
    async with db.reader() as reader:
        return await store.total(reader, Sight.of(who), chosen)


async def deliveries(db: Database, ids: Sequence[UUID]) -> dict[UUID, Record]:
    async with db.reader() as reader:
        return await store.deliveries(reader, ids)
