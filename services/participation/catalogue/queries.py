"""What may be asked of the catalogue: everybody sees what is published, its managers the drafts."""

from collections.abc import Sequence
from typing import Any

from chassis.db import Database
from nhs.directory import Principal
from nhs.roles import Role
from services.participation.catalogue import store
from services.participation.catalogue.domain import QualityService, ServiceFilter


def sees_drafts(principal: Principal) -> bool:
    return principal.holds(Role.CATALOGUE_MANAGER)


async def find(
    db: Database, principal: Principal, ids: Sequence[str]
) -> list[QualityService | None]:
    async with db.reader() as reader:
        found = await store.find(reader, ids, drafts=sees_drafts(principal))
    return [found.get(identity) for identity in ids]


async def quality_services(
    db: Database, principal: Principal, wanted: ServiceFilter, after: Sequence[Any], limit: int
) -> list[QualityService]:
    async with db.reader() as reader:
        drafts = sees_drafts(principal)
        return await store.page(reader, wanted, after, limit, drafts=drafts)


async def count(db: Database, principal: Principal, wanted: ServiceFilter) -> int:
    async with db.reader() as reader:
        return await store.count(reader, wanted, drafts=sees_drafts(principal))
