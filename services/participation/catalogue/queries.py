"""What may be asked of the catalogue: everybody sees what is published, its managers the drafts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.db import Database
from chassis.errors import DomainError
from nhs.directory import Principal
from services.participation.catalogue import store
from services.participation.catalogue.domain import Entry, QualityService, ServiceFilter
from services.participation.catalogue.paths import Difference, differences
from services.participation.catalogue.sight import Sight, sight_of


@dataclass(frozen=True, slots=True)
class Looking:
    """Whoever looks."""

    db: Database
    principal: Principal

    @property
    def sight(self) -> Sight:
        return sight_of(self.principal)


async def find(looking: Looking, ids: Sequence[str]) -> list[QualityService | None]:
    async with looking.db.reader() as reader:
        found = await store.find(reader, looking.sight, ids)
    return [found.get(identity) for identity in ids]


async def quality_services(
    looking: Looking, wanted: ServiceFilter, after: Sequence[Any], limit: int
) -> list[QualityService]:
    async with looking.db.reader() as reader:
        return await store.page(reader, looking.sight, wanted, after, limit)


async def count(looking: Looking, wanted: ServiceFilter) -> int:
    async with looking.db.reader() as reader:
        return await store.count(reader, looking.sight, wanted)


async def histories(looking: Looking, ids: Sequence[str]) -> list[list[Entry]]:
    """What became of each version; empty for those who do not write the catalogue."""
    async with looking.db.reader() as reader:
        found = await store.histories(reader, looking.sight, ids)
    return [found[identity] for identity in ids]


async def comparison(looking: Looking, old: str, new: str) -> list[Difference]:
    """What differs between two versions within sight."""
    before, after = await find(looking, [old, new])
    if before is None or after is None:
        message = f"There is no {new if before else old}."
        raise DomainError("QUALITY_SERVICE_NOT_FOUND", message, field="to" if before else "from")
    return differences(before.specification.as_json(), after.specification.as_json())
