"""A declaration's history in GraphQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.db import Reader
from chassis.graphql import Context, OdsCode, Points, Pounds
from nhs.directory import Principal
from services.declarations.approval import lists
from services.declarations.calculation.schema import DeclarationChanges, changes_of

Info = strawberry.Info[Context[Principal], None]
K = TypeVar("K")
T = TypeVar("T")


def batched(
    info: Info,
    name: str,
    read: Callable[[Reader, list[K]], Awaitable[Mapping[K, T]]],
    missing: T,
) -> DataLoader[K, T]:
    """One read a request for all that are asked for under the name."""
    context = info.context

    async def load(keys: list[K]) -> list[T]:
        async with context.db.reader() as reader:
            found = await read(reader, keys)
        return [found.get(key, missing) for key in keys]

    return context.loader(name, lambda: DataLoader(load))


async def history_of(info: Info, declaration: UUID) -> list[Record]:
    """The entries of a declaration that the caller has been shown."""
    none: list[Record] = []
    return await batched(info, "histories", lists.histories, none).load(declaration)


@strawberry.type(description="One step of a declaration's history, sealed by the one before.")
class DeclarationHistoryEntry:
    position: int = strawberry.field(description="1, 2, 3: without gaps.")
    action: str = strawberry.field(description="What happened: DECLARED.")
    status: str = strawberry.field(description="The status afterwards.")
    calculation_version: int = strawberry.field(description="The calculation that held.")
    points: Points | None = strawberry.field(description="The points of that calculation.")
    pounds: Pounds | None = strawberry.field(
        description="Their worth; null for who may not see pounds."
    )
    at: datetime = strawberry.field(description="When, on the business clock.")
    by: strawberry.ID | None = strawberry.field(
        description="The person; null where the service itself acted."
    )
    acting_for: OdsCode | None = strawberry.field(description="The organisation acted for.")
    notes: str | None = strawberry.field(
        description="What the person said about it, or what a recalculation changed."
    )
    declaration: strawberry.Private[UUID]
    since: strawberry.Private[int]
    sees_pounds: strawberry.Private[bool]
    previous: str = strawberry.field(description="The hash of the entry before.")
    hash: str = strawberry.field(description="SHA-256 of this entry and the hash before it.")

    @strawberry.field(
        description="What a calculation changed beside the one before it; null where there was "
        "none, and for any other step."
    )
    async def changes(self, info: Info) -> DeclarationChanges | None:
        since, version = self.since, self.calculation_version
        if since in {0, version}:
            return None
        return await changes_of(
            info, self.declaration, since, version, sees_pounds=self.sees_pounds
        )

    @classmethod
    def of(cls, row: Record, since: int, *, sees_pounds: bool) -> DeclarationHistoryEntry:
        """`since`: the calculation of the entry before; 0 if there was none."""
        return cls(
            position=row["position"],
            action=row["action"],
            status=row["status"],
            calculation_version=row["calculation_version"],
            points=row["points"],
            pounds=row["pounds"] if sees_pounds else None,
            at=row["at"],
            by=strawberry.ID(str(row["by"])) if row["by"] else None,
            acting_for=row["acting_for"],
            notes=row["notes"],
            declaration=row["declaration_id"],
            since=since,
            sees_pounds=sees_pounds,
            previous=row["previous"],
            hash=row["hash"],
        )
