"""What may be asked about proposals: by those who see the practice or the PCN while they wait."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from services.organisations.network.proposals import store
from services.organisations.network.proposals.domain import ProposalFilter

Row: TypeAlias = Record


async def page(
    db: Database, principal: Principal, wanted: ProposalFilter, after: Sequence[Any], limit: int
) -> list[Row]:
    async with db.reader() as reader:
        return await store.page(reader, principal.acting, wanted, after[0], limit)


async def count(db: Database, principal: Principal, wanted: ProposalFilter) -> int:
    async with db.reader() as reader:
        return await store.count(reader, principal.acting, wanted)


async def find(db: Database, principal: Principal, ids: Sequence[UUID]) -> list[Row | None]:
    async with db.reader() as reader:
        found = {row["id"]: row for row in await store.find(reader, principal.acting, ids)}
    return [found.get(id_) for id_ in ids]


async def changes(db: Database, ids: Sequence[UUID]) -> list[list[Row]]:
    """What became of each of the proposals, which were found within sight before."""
    found: dict[UUID, list[Row]] = {id_: [] for id_ in ids}
    async with db.reader() as reader:
        for row in await store.changes(reader, ids):
            found[row["proposal"]].append(row)
    return [found[id_] for id_ in ids]
