"""What may be asked about the practices of a PCN, and what is known of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.network.details import store

Row: TypeAlias = Record
_MAY_LIST = (Role.PCN_VIEW, Role.PCN_MANAGEMENT)


async def details(db: Database, principal: Principal, practices: Sequence[str]) -> list[list[Row]]:
    """Every version of each, the latest first; none of practices the organisation does not see."""
    found: dict[str, list[Row]] = {code: [] for code in practices}
    async with db.reader() as reader:
        for row in await store.seen(reader, principal.acting, practices):
            found[row["practice"]].append(row)
    return [found[code] for code in practices]


async def members(
    db: Database, principal: Principal, on: date | None, after: Sequence[Any], limit: int
) -> list[Row]:
    principal.require_any(*_MAY_LIST)
    async with db.reader() as reader:
        day = on or principal.today
        return await store.members(reader, principal.acting, day, after[0], limit)


async def count(db: Database, principal: Principal, on: date | None) -> int:
    async with db.reader() as reader:
        return await store.count_members(reader, principal.acting, on or principal.today)
