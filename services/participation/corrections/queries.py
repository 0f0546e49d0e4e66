"""What may be asked of corrections: by a line's Catalogue Managers, before they publish."""

from chassis.db import Database
from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.roles import Role
from services.participation.catalogue.domain import AcceptedOffers
from services.participation.corrections import store
from services.participation.corrections.domain import Impact


async def impact(
    db: Database, principal: Principal, identity: str, accepted_offers: AcceptedOffers
) -> Impact:
    """Whom the publication of a version would touch; nothing is changed."""
    principal.require(Role.CATALOGUE_MANAGER)
    async with db.reader() as reader:
        found = await store.correction(reader, principal.acting, identity, accepted_offers)
        if found is None:
            message = f"There is no {identity} of yours."
            raise DomainError("QUALITY_SERVICE_NOT_FOUND", message, field="id")
        return Impact.of(found, await store.touched(reader, found))
