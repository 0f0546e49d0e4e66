"""What may be asked of how organisations belong together: a public register, as ODS is."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record

from chassis.db import Database
from services.organisations.moment import PRESENT, Moment
from services.organisations.network import store


async def relationships(
    db: Database, sources: Sequence[str], moment: Moment = PRESENT
) -> list[list[Record]]:
    """Those that lead from each source, by kind and first day."""
    async with db.reader() as reader:
        rows = await store.leading_from(reader, sources, moment)
    return _by(sources, rows, "source")


async def members(
    db: Database, pcns: Sequence[str], moment: Moment = PRESENT
) -> list[list[Record]]:
    """The members of each PCN, past, present and to come, by code."""
    async with db.reader() as reader:
        rows = await store.members_of(reader, pcns, moment)
    return _by(pcns, rows, "target")


async def heirs(db: Database, codes: Sequence[str], moment: Moment) -> list[list[Record]]:
    """The successions by which others took over from each."""
    async with db.reader() as reader:
        rows = await store.heirs_of(reader, codes, moment)
    return _by(codes, rows, "target")


async def networks(
    db: Database, codes: Sequence[str], day: date, moment: Moment
) -> list[list[Record]]:
    """The PCNs of each practice or commissioner on the day, by code."""
    async with db.reader() as reader:
        rows = await store.networks_of(reader, codes, day, moment)
    return _by(codes, rows, "organisation")


def _by(codes: Sequence[str], rows: Sequence[Record], column: str) -> list[list[Record]]:
    found: dict[str, list[Record]] = {code: [] for code in codes}
    for row in rows:
        found[row[column]].append(row)
    return [found[code] for code in codes]
