"""What is read of preferences: each person's own."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from chassis.errors import DomainError
from services.notifications.preferences import store

MOST_CHANGES = 200


async def listed(db: Database, person: UUID) -> Sequence[Record]:
    async with db.reader() as reader:
        return await store.listed(reader, person)


async def changes(db: Database, person: UUID, most: int) -> Sequence[Record]:
    """What they changed, the newest first."""
    if not 0 < most <= MOST_CHANGES:
        message = f"first must be from 1 to {MOST_CHANGES}, not {most}."
        raise DomainError("PAGE_TOO_LONG", message, field="first", limit=MOST_CHANGES)
    async with db.reader() as reader:
        return await store.changes(reader, person, most)
