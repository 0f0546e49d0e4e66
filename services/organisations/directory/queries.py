"""What may be asked of the directory.

Names, list sizes and relationships of organisations are the public register of ODS: whoever is
known here may read all of it. Who is paid is not, and is seen as `directory.scope` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, TypeAlias

from asyncpg import Record

from chassis.db import Database
from nhs.directory import Principal
from services.organisations.directory import listing, past, store, versions
from services.organisations.directory.comparing import PAYEE, Difference, differences
from services.organisations.directory.listing import Wanted
from services.organisations.moment import PRESENT, Moment

Row: TypeAlias = Record
"""A row as its statement gave it, for a schema to show."""


async def find(db: Database, codes: Sequence[str], moment: Moment = PRESENT) -> list[Record | None]:
    async with db.reader() as reader:
        if moment.is_present:
            rows = await store.by_codes(reader, codes)
        else:
            rows = await past.organisations(reader, codes, moment)
    found = {row["ods_code"]: row for row in rows}
    return [found.get(code) for code in codes]


async def page(
    db: Database, wanted: Wanted, moment: Moment, *, after: Sequence[Any], limit: int
) -> list[Record]:
    async with db.reader() as reader:
        return await listing.page(reader, wanted, moment, after[0], limit)


async def count(db: Database, wanted: Wanted, moment: Moment) -> int:
    async with db.reader() as reader:
        return await listing.count(reader, wanted, moment)


async def list_sizes(db: Database, codes: Sequence[str], moment: Moment) -> list[list[Record]]:
    async with db.reader() as reader:
        return _by(codes, await past.list_sizes(reader, codes, moment))


async def list_sizes_on(
    db: Database, codes: Sequence[str], day: date, moment: Moment
) -> list[Record | None]:
    """The last count of each up to the day, of a network the sum of its members' of that day."""
    async with db.reader() as reader:
        rows = await past.list_sizes_on(reader, codes, day, moment)
    found = {row["ods_code"]: row for row in rows}
    return [found.get(code) for code in codes]


async def payees(
    db: Database, principal: Principal, codes: Sequence[str], moment: Moment
) -> list[list[Record]]:
    """Those of the providers seen with pounds, while they are."""
    async with db.reader() as reader:
        return _by(codes, await past.payees(reader, principal.acting, codes, moment))


async def clinical_directors(
    db: Database, codes: Sequence[str], moment: Moment
) -> list[list[Record]]:
    async with db.reader() as reader:
        return _by(codes, await past.clinical_directors(reader, codes, moment))


async def network_agreements(
    db: Database, codes: Sequence[str], moment: Moment
) -> list[list[Record]]:
    async with db.reader() as reader:
        return _by(codes, await past.network_agreements(reader, codes, moment))


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of an organisation, and what it changed as far as the caller may see it."""

    row: Record
    differences: Sequence[Difference]
    reason: str | None


async def history(
    db: Database, principal: Principal, codes: Sequence[str], moment: Moment
) -> list[list[Entry]]:
    """The versions of each, the latest first; reasons and payees only where they are seen."""
    async with db.reader() as reader:
        rows = _by(codes, await versions.history(reader, codes, moment.known_before))
        sight = await past.sight(reader, principal.acting, codes)
    return [
        _entries(of_one, seen=code in sight, pounds=sight.get(code, False))
        for code, of_one in zip(codes, rows, strict=True)
    ]


def _entries(rows: Sequence[Record], *, seen: bool, pounds: bool) -> list[Entry]:
    entries = []
    for before, after in pairwise([None, *rows]):
        assert after is not None
        told = differences(dict(before) if before else None, dict(after), reasons=seen)
        shown = [one for one in told if pounds or one.what != PAYEE]
        entries.append(Entry(after, shown, after["reason"] if seen else None))
    return entries[::-1]


def _by(codes: Sequence[str], rows: Sequence[Record]) -> list[list[Record]]:
    found: dict[str, list[Record]] = {code: [] for code in codes}
    for row in rows:
        found[row["ods_code"]].append(row)
    return [found[code] for code in codes]
