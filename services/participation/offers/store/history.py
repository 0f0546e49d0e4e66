"""What became of offers."""

from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.participation.offers.domain.offer import Happening, Offer, What
from services.participation.offers.store.scope import OFFER, offer

# The offers were found within scope; their history is asked for by their ids alone.
_PAST: Final = """
select offer, version, what, status, reason, at, by, acting_for, action
from offer_history where offer = any ($1::uuid[]) order by offer, version
"""


async def history(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    past: dict[UUID, list[Record]] = {identity: [] for identity in ids}
    for row in await reader.fetch(_PAST, ids):
        past[row["offer"]].append(row)
    return past


_STANDING: Final = f"""
select {OFFER}, h.what, h.at, h.action, h.by, h.acting_for
from offer o join offer_history h on h.offer = o.id and h.version = o.version
order by o.id
"""  # noqa: S608 (constants only)


async def standing(reader: Reader) -> AsyncIterator[tuple[Offer, Happening]]:
    """All offers, whoever sees them, each with what happened to it last."""
    async for row in reader.stream(_STANDING):
        last = Happening(What(row["what"]), row["at"], row["action"], row["by"], row["acting_for"])
        yield offer(row), last
