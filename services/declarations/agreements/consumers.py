"""Tolerant readers: of each event only what declarations needs."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel

from chassis.consumer import Projection, Received
from chassis.db import Tx
from nhs.directory.projections import project_organisations
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations import due
from services.declarations.agreements import commands


class OfferHeard(BaseModel):
    id: UUID
    version: int
    quality_service: str
    service_code: str
    payment_type: str | None = None
    provider: str
    commissioner: str
    status: str
    starts_on: date
    ends_on: date
    ended_on: date | None = None


async def hear_services(tx: Tx, batch: Sequence[Received]) -> None:
    for received in batch:
        service = QualityServiceSpecification.model_validate(received.payload, extra="ignore")
        identity, version = str(received.payload["id"]), int(received.payload["version"])
        await commands.keep_service(tx, identity, version, service)


async def hear_offers(tx: Tx, batch: Sequence[Received]) -> None:
    newest: dict[UUID, OfferHeard] = {}
    for received in batch:
        offer = OfferHeard.model_validate(received.payload)
        if offer.id not in newest or newest[offer.id].version <= offer.version:
            newest[offer.id] = offer
    await commands.keep_offers(tx, [offer.model_dump(mode="json") for offer in newest.values()])


async def hear_organisations(tx: Tx, batch: Sequence[Received]) -> None:
    """The directory's projection; and lists may be known now, and members have come or gone."""
    changed = sorted({received.key for received in batch})
    before = await due.memberships(tx, changed)
    await project_organisations(tx, batch)
    moved = before ^ await due.memberships(tx, changed)
    await due.mark_memberships(tx, moved, "a network's members changed")
    await due.mark_organisations(tx, changed, "the organisation changed")


_OFFER_CHANGES = (
    "made",
    "accepted",
    "rejected",
    "withdrawn",
    "cancelled",
    "ended",
    "resumed",
    "extended",
    "moved",
    "response-due",
    "restated",
)

PROJECTIONS: dict[str, Projection] = {
    "organisation.changed.v1": hear_organisations,
    "quality-service.published.v1": hear_services,
    **{f"offer.{change}.v1": hear_offers for change in _OFFER_CHANGES},
}
