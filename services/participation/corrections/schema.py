"""Corrections in GraphQL: whom the publication of a version would touch."""

from __future__ import annotations

from typing import Self

import strawberry

from chassis.graphql import Connection, Context, Count, OdsCode, connection, window
from nhs.directory import Principal
from services.participation.catalogue.domain import AcceptedOffers
from services.participation.corrections import domain, queries
from services.participation.corrections.domain import Stays
from services.participation.offers.domain.offer import Status
from services.participation.offers.schema.types import Organisation

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    Stays,
    name="QualityServiceOfferStays",
    description="Why an offer stays with the version it was made of: it was accepted and accepted "
    "offers are kept, or it has days on which the corrected version does not run.",
)


@strawberry.type(description="An offer that the publication of a version touches.")
class QualityServiceTouchedOffer:
    id: strawberry.ID = strawberry.field(description="The offer's id.")
    quality_service: strawberry.ID = strawberry.field(
        description="The version it was made of: QOF2526/1."
    )
    status: Status = strawberry.field(description="Offered, or Approved.")
    provider: Organisation | None = strawberry.field(description="To whom it was offered.")
    commissioner: Organisation | None = strawberry.field(description="Who offered it.")
    stays: Stays | None = strawberry.field(description="Why it stays; null if it would move.")

    @classmethod
    def of(cls, touched: domain.Touched) -> Self:
        offer = touched.offer
        return cls(
            id=strawberry.ID(str(offer.id)),
            quality_service=strawberry.ID(offer.quality_service),
            status=offer.status,
            provider=Organisation(ods_code=OdsCode(offer.provider)),
            commissioner=Organisation(ods_code=OdsCode(offer.commissioner)),
            stays=touched.stays,
        )


@strawberry.type(description="Whom the publication of a version would touch.")
class QualityServicePublicationImpact:
    counts: list[Count] = strawberry.field(
        description="touched, offered, approved, providers, commissioners, moves, stays, and "
        "stays by reason."
    )
    message: str = strawberry.field(description="The same in a sentence.")
    impact: strawberry.Private[domain.Impact]

    @strawberry.field(description="The offers touched, in the order of their providers' codes.")
    def offers(
        self, first: int | None = None, after: str | None = None
    ) -> Connection[QualityServiceTouchedOffer]:
        page = window(first, after, str, str)
        touched = self.impact.touched
        rows = [one for one in touched if page.after[0] is None or _key(one) > tuple(page.after)]
        return connection(
            rows[: page.limit],
            page,
            node=QualityServiceTouchedOffer.of,
            key=_key,
            total=lambda: _counted(len(touched)),
        )

    @classmethod
    def of(cls, impact: domain.Impact) -> Self:
        counts = [Count(name=name, value=str(n)) for name, n in impact.counts.items()]
        return cls(counts=counts, message=impact.message, impact=impact)


def _key(touched: domain.Touched) -> tuple[str, str]:
    return touched.offer.provider, str(touched.offer.id)


async def _counted(rows: int) -> int:
    return rows


@strawberry.type
class CorrectionsQuery:
    @strawberry.field(
        description="Whom the publication of a version would touch, and what would become of their "
        "offers: nothing is changed. For the Catalogue Managers who write the line."
    )
    async def publication_impact(
        self, info: Info, id: strawberry.ID, accepted_offers: AcceptedOffers
    ) -> QualityServicePublicationImpact | None:
        context = info.context
        found = await queries.impact(context.db, context.principal, id, accepted_offers)
        return QualityServicePublicationImpact.of(found)
