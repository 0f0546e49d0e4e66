"""What participation is made of."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import strawberry
import structlog

from chassis.db import Database
from chassis.errors import TransientError
from chassis.graphql import schema
from chassis.service import EventContract, Service, Worker
from chassis.subscription import Subscription
from nhs import directory
from nhs.directory import Principal, load_principal
from nhs.directory.projections import PROJECTIONS, READ_MODEL, TOPICS
from services.participation.catalogue import events as catalogue_events
from services.participation.catalogue.commands import publish_scheduled, restate_published
from services.participation.catalogue.schema import (
    CatalogueMutation,
    CatalogueQuery,
    QualityService,
)
from services.participation.corrections.commands import move_offers
from services.participation.corrections.schema import CorrectionsQuery
from services.participation.offers import events as offer_events
from services.participation.offers.commands.following import remind, restate
from services.participation.offers.consumers import organisation_changed
from services.participation.offers.domain.offer import What
from services.participation.offers.queries.files import REPORTS
from services.participation.offers.schema.downloads import DownloadsMutation
from services.participation.offers.schema.lists import OffersQuery
from services.participation.offers.schema.mutations import OffersMutation
from services.participation.offers.schema.types import Offer, Organisation

_LOOK: Final = 1.0
"""Seconds between looks at the business clock, whether something is due by it."""

log = structlog.get_logger()


@strawberry.type
class Query(CatalogueQuery, CorrectionsQuery, OffersQuery):
    pass


@strawberry.type
class Mutation(CatalogueMutation, OffersMutation, DownloadsMutation):
    pass


async def remind_of_responses(worker: Worker) -> None:
    """Publish that a response is due soon, once an offer and reminder."""
    await _again_and_again(worker, "reminders", remind)


async def publish_services(worker: Worker) -> None:
    """Publish quality services whose day has come."""
    await _again_and_again(worker, "publication", publish_scheduled)


async def move_corrected_offers(worker: Worker) -> None:
    """Move the offers of what has been corrected, once a correction."""
    await _again_and_again(worker, "corrections", move_offers)


async def _again_and_again(
    worker: Worker, what: str, work: Callable[[Database, datetime], Awaitable[object]]
) -> None:
    while not worker.stop.is_set():
        try:
            await work(worker.db, worker.clock.now())
        except TransientError as error:
            log.warning("clock.try_again", what=what, error=str(error))
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
    background=[remind_of_responses, publish_services, move_corrected_offers],
    reports=REPORTS,
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
