"""What is read of mails, within the caller's sight."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from services.notifications.email.store import lists
from services.notifications.email.store.lists import DeliveryFilter, Sight

MOST_EVENTS: Final = 100


async def listed(
    db: Database, who: Principal, chosen: DeliveryFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    async with db.reader() as reader:
        return await lists.listed(reader, Sight.of(who), chosen, after, limit)


async def total(db: Database, who: Principal, chosen: DeliveryFilter) -> int:
    async with db.reader() as reader:
        return await lists.total(reader, Sight.of(who), chosen)


async def events(db: Database, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Of mails the caller has been shown."""
    async with db.reader() as reader:
        return await lists.events(reader, ids, MOST_EVENTS)
