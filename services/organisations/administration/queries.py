"""What may be asked: what one's own organisation decided, and what it was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from nhs.reports import Report
from services.organisations.administration import store


@dataclass(frozen=True, slots=True)
class AllocationFilter:
    report: Report | None = None
    given: bool | None = None
    """Given by the organisation; False: to it; None: both."""
    on: date | None = None
    """Counting on that day."""

    @property
    def wanted(self) -> store.Wanted:
        return self.report, self.given, self.on


async def page(
    db: Database,
    principal: Principal,
    wanted: AllocationFilter,
    *,
    after: Sequence[Any],
    limit: int,
) -> list[Record]:
    async with db.reader() as reader:
        return await store.page(reader, principal.acting, wanted.wanted, after[0], limit)


async def count(db: Database, principal: Principal, wanted: AllocationFilter) -> int:
    async with db.reader() as reader:
        return await store.count(reader, principal.acting, wanted.wanted)


async def changes(db: Database, allocations: Sequence[UUID]) -> list[list[Record]]:
    """What became of each allocation that the caller has been shown."""
    async with db.reader() as reader:
        rows = await store.changes(reader, allocations)
    found: dict[UUID, list[Record]] = {}
    for row in rows:
        found.setdefault(row["allocated_report"], []).append(row)
    return [found.get(one, []) for one in allocations]


async def duties(db: Database, principal: Principal) -> tuple[list[Record], list[Record]]:
    """The days without separation, and every time the switch was set."""
    async with db.reader() as reader:
        return (
            await store.switches(reader, principal.acting),
            await store.switchings(reader, principal.acting),
        )
