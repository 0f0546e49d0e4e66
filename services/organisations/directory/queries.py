"""What may be asked of the directory.

Names, list sizes and relationships of organisations are the public register of ODS: whoever is
known here may read all of it. Who is paid is not, and is seen as `directory.scope` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from nhs.roles import OrganisationKind
from services.organisations.directory import store
from services.organisations.directory.domain import Status

Row: TypeAlias = Record
"""A row as its statement gave it, for a schema to show."""


@dataclass(frozen=True, slots=True)
class OrganisationFilter:
    on: date
    """The day on which it is to be commissioned or a member."""
    today: date
    open_then: bool = False
    """Whether it is to be open on that day, too."""
    kind: OrganisationKind | None = None
    status: Status | None = None
    commissioned_by: str | None = None
    member_of: str | None = None
    search: str | None = None


async def find(db: Database, codes: Sequence[str]) -> list[Record | None]:
    async with db.reader() as reader:
        found = {row["ods_code"]: row for row in await store.by_codes(reader, codes)}
    return [found.get(code) for code in codes]


async def page(
    db: Database, wanted: OrganisationFilter, after: Sequence[Any], limit: int
) -> list[Record]:
    async with db.reader() as reader:
        return await store.page(reader, _arguments(wanted), after[0], limit)


async def count(db: Database, wanted: OrganisationFilter) -> int:
    async with db.reader() as reader:
        return await store.count(reader, _arguments(wanted))


async def list_sizes(db: Database, codes: Sequence[str]) -> list[list[Record]]:
    async with db.reader() as reader:
        rows = await store.list_sizes(reader, codes)
    return _by(codes, rows)


async def payees(db: Database, principal: Principal, codes: Sequence[str]) -> list[list[Record]]:
    """Those of the providers seen with pounds, while they are."""
    async with db.reader() as reader:
        rows = await store.payees(reader, principal.acting, codes)
    return _by(codes, rows)


def _by(codes: Sequence[str], rows: Sequence[Record]) -> list[list[Record]]:
    found: dict[str, list[Record]] = {code: [] for code in codes}
    for row in rows:
        found[row["ods_code"]].append(row)
    return [found[code] for code in codes]


def _arguments(wanted: OrganisationFilter) -> store.Wanted:
    return (
        wanted.kind,
        wanted.status,
        wanted.commissioned_by,
        wanted.member_of,
        wanted.search,
        wanted.on,
        wanted.open_then,
        wanted.today,
    )
