"""Pages of declarations under what others own: those of an organisation, those of an offer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.db import Reader
from chassis.graphql import Connection, Context, Window, connection
from nhs.directory import Principal
from services.declarations.approval import lists
from services.declarations.approval.filters import DeclarationFilter
from services.declarations.approval.history_schema import batched
from services.declarations.sight import Sight

T = TypeVar("T")

Info = strawberry.Info[Context[Principal], None]

DECLARATION_KEY = (date, str, UUID)
"""The sort columns of a list of declarations."""


def declaration_key(row: Record) -> tuple[date, str, UUID]:
    return row["achievement_date"], row["provider"], row["id"]


@dataclass(frozen=True, slots=True)
class Joined(Generic[T]):
    """The declarations of many providers or offers at once: one statement for each page asked."""

    info: Info
    owner: lists.Owner
    filter: DeclarationFilter
    node: Callable[[Record], T]

    async def page_of(self, owned_by: str | UUID, page: Window) -> Connection[T]:
        principal = self.info.context.principal
        sight, wanted = Sight.of(principal), self.filter.wanted(principal)
        name = f"declarations of {self.owner} {self.filter}"
        none: list[Record] = []

        async def read(reader: Reader, owners: list[str | UUID]) -> dict[str | UUID, list[Record]]:
            return await lists.pages(
                reader, sight, wanted, self.owner, owners, after=page.after, limit=page.limit
            )

        async def count(reader: Reader, owners: list[str | UUID]) -> dict[str | UUID, int]:
            return await lists.counts(reader, sight, wanted, self.owner, owners)

        return connection(
            await batched(self.info, f"{name} {page}", read, none).load(owned_by),
            page,
            node=self.node,
            key=declaration_key,
            total=lambda: batched(self.info, f"{name} count", count, 0).load(owned_by),
        )
