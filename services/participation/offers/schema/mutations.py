"""What can be done about offers.

What fails costs its own field only: root fields may be null.
"""

from __future__ import annotations

from datetime import date

import strawberry

from chassis.graphql import as_uuid
from services.participation.offers.commands import deciding, following, making
from services.participation.offers.commands.asking import Ask
from services.participation.offers.schema.inputs import (
    CreateOffersInput,
    OfferBulkAnswer,
    OfferChoice,
)
from services.participation.offers.schema.types import Info, Offer, today


@strawberry.type
class OffersMutation:
    @strawberry.mutation(
        description="Offer a quality service to providers: the wizard's steps in one. A dry run "
        "tells who would be offered it and who would be refused, and why."
    )
    async def create_offers(
        self,
        info: Info,
        input: CreateOffersInput,  # noqa: A002 (GraphQL's word)
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> OfferBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await making.create_offers(info.context.db, ask, input.new_offers())
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(
        description="Accept offers made to your organisation. Counts those never opened: you "
        "should always view details."
    )
    async def accept_offers(
        self,
        info: Info,
        choose: OfferChoice,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> OfferBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await deciding.accept_offers(info.context.db, ask, choose.chosen())
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(description="Reject offers made to your organisation.")
    async def reject_offers(
        self,
        info: Info,
        choose: OfferChoice,
        reason: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> OfferBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await deciding.reject_offers(info.context.db, ask, choose.chosen(), reason)
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(description="Withdraw offers that the provider has not answered.")
    async def withdraw_offers(
        self,
        info: Info,
        choose: OfferChoice,
        reason: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> OfferBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await deciding.withdraw_offers(info.context.db, ask, choose.chosen(), reason)
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(
        description="Cancel offers that were approved or rejected. An approved one ends its "
        "participation from today."
    )
    async def cancel_offers(
        self,
        info: Info,
        choose: OfferChoice,
        reason: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> OfferBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await deciding.cancel_offers(info.context.db, ask, choose.chosen(), reason)
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(description="Extend the response date of offers not yet answered.")
    async def extend_offers(
        self,
        info: Info,
        choose: OfferChoice,
        response_due_on: date,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> OfferBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        chosen = choose.chosen()
        outcome = await deciding.extend_offers(info.context.db, ask, chosen, response_due_on)
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(
        description="Tell that somebody at the provider looks at the offer's details. The first "
        "time is kept."
    )
    async def open_offer(self, info: Info, id: strawberry.ID) -> Offer | None:
        ask = _ask(info, None)
        return Offer.of(await following.open_offer(info.context.db, ask, as_uuid(id)), today(info))


def _ask(info: Info, key: str | None, *, dry_run: bool = False) -> Ask:
    context = info.context
    bound = context.idempotency(info, key)
    return Ask(context.principal, context.now, bound, dry_run=dry_run)
