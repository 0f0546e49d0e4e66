"""What may be asked of how organisations belong together: a public register, as ODS is."""

from collections.abc import Sequence

from asyncpg import Record

from chassis.db import Database
from services.organisations.network import store


async def relationships(db: Database, sources: Sequence[str]) -> list[list[Record]]:
    """Those in force that lead from each source, by kind and first day."""
    async with db.reader() as reader:
        rows = await store.leading_from(reader, sources)
    return _by(sources, rows, "source")


async def members(db: Database, pcns: Sequence[str]) -> list[list[Record]]:
    """The members of each PCN, past, present and to come, by code."""
    async with db.reader() as reader:
        rows = await store.members_of(reader, pcns)
    return _by(pcns, rows, "target")


def _by(codes: Sequence[str], rows: Sequence[Record], column: str) -> list[list[Record]]:
    found: dict[str, list[Record]] = {code: [] for code in codes}
    for row in rows:
        found[row[column]].append(row)
    return [found[code] for code in codes]
