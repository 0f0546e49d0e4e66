"""What may be asked of imports: by whoever may import, of their own organisation's."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.ods import store
from services.organisations.ods.domain import JOB


async def find_import(db: Database, principal: Principal, id_: UUID) -> Record | None:
    principal.require(Role.DATA_LOAD)
    async with db.reader() as reader:
        return await store.find_import(reader, id_, JOB, principal.organisation)


async def past_imports(
    db: Database, principal: Principal, after: Sequence[Any], limit: int
) -> list[Record]:
    principal.require(Role.DATA_LOAD)
    async with db.reader() as reader:
        return await store.past_imports(reader, principal.organisation, after, limit)


async def count_imports(db: Database, principal: Principal) -> int:
    principal.require(Role.DATA_LOAD)
    async with db.reader() as reader:
        return await store.count_imports(reader, principal.organisation)
