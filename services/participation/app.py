"""What participation is made of."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import strawberry
import structlog

from chassis.errors import TransientError
from chassis.graphql import schema
from chassis.service import EventContract, Service, Worker
from chassis.subscription import Subscription
from nhs import directory
from nhs.directory import Principal, load_principal
from nhs.directory.projections import PROJECTIONS, READ_MODEL, TOPICS
from services.participation.catalogue import events as catalogue_events
from services.participation.catalogue.commands import restate_published
from services.participation.catalogue.schema import (
    CatalogueMutation,
    CatalogueQuery,
    QualityService,
)
from services.participation.offers import events as offer_events
from services.participation.offers.commands.following import remind, restate
from services.participation.offers.consumers import organisation_changed
from services.participation.offers.domain.offer import What
from services.participation.offers.schema.lists import OffersQuery
from services.participation.offers.schema.mutations import OffersMutation
from services.participation.offers.schema.types import Offer, Organisation

_LOOK: Final = 1.0
"""Seconds between looks at the business clock, whether responses are due soon."""

log = structlog.get_logger()


@strawberry.type
class Query(CatalogueQuery, OffersQuery):
    pass


@strawberry.type
class Mutation(CatalogueMutation, OffersMutation):
    pass


async def remind_of_responses(worker: Worker) -> None:
    """Publish that a response is due soon, once an offer and reminder."""
    while not worker.stop.is_set():
        try:
            await remind(worker.db, worker.clock.now())
        except TransientError as error:
            log.warning("reminders.try_again", error=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(worker.stop.wait(), _LOOK)


def _offer_contract(what: What) -> EventContract:
    return EventContract(
        offer_events.event_type(what),
        offer_events.TOPIC,
        offer_events.DESCRIPTIONS[what],
        offer_events.OfferPayload,
        offer_events.example(what),
    )


SERVICE: Final = Service[Principal](
    name="participation",
    migrations=[*directory.MIGRATIONS, Path(__file__).parent / "migrations"],
    schema=schema(Query, Mutation, [QualityService, Offer, Organisation]),
    principal=load_principal,
    subscription=Subscription(
        group="participation",
        topics=TOPICS,
        projections=PROJECTIONS,
        reactions={"organisation.changed.v1": organisation_changed},
        read_model=READ_MODEL,
    ),
    background=[remind_of_responses],
    republish={
        catalogue_events.TOPIC: restate_published,
        offer_events.TOPIC: restate,
    },
    events=[
        EventContract(
            catalogue_events.PUBLISHED,
            catalogue_events.TOPIC,
            "A quality service was published, and never changes from now on",
            catalogue_events.QualityServicePublished,
            catalogue_events.example(),
        ),
        *map(_offer_contract, What),
    ],
)
