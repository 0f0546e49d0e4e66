"""Offers in GraphQL: what can be asked and done.

What fails costs its own field only: root fields, and those that lead elsewhere, may be null.
"""

from __future__ import annotations

from datetime import date

import strawberry

from chassis.errors import DomainError
from chassis.graphql import Connection, FinancialYear, OdsCode, as_uuid, connection, window
from services.participation.catalogue.schema import QualityService, quality_service_loader
from services.participation.offers import commands, queries
from services.participation.offers.commands import Ask, NewOffers, ProvidersChoice, ProvidersFilter
from services.participation.offers.domain import Status
from services.participation.offers.schema.types import (
    OFFER_KEY,
    Info,
    Offer,
    OfferBulkAnswer,
    OfferChoice,
    OfferFilterInput,
    asking,
    offer_key,
    offer_loader,
    today,
    wanted,
)


@strawberry.type(description="A quality service that was offered, with the offers by status.")
class OfferedService:
    quality_service: QualityService = strawberry.field(description="What was offered.")
    offered: int = strawberry.field(description="Offers that await an answer.")
    approved: int = strawberry.field(description="Offers that were accepted.")
    rejected: int = strawberry.field(description="Offers that were rejected.")
    cancelled: int = strawberry.field(description="Offers that were withdrawn or cancelled.")
    total: int = strawberry.field(description="All of them.")


@strawberry.type
class OffersQuery:
    @strawberry.field(description="One offer; null where there is none in your sight.")
    async def offer(self, info: Info, id: strawberry.ID) -> Offer | None:
        return await offer_loader(info).load(as_uuid(id))

    @strawberry.field(description="Offers in your sight, by service line and provider.")
    async def offers(
        self,
        info: Info,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Offer] | None:
        page, looked_for = window(first, after, *OFFER_KEY), wanted(filter)
        shown = queries.Page(page.after, page.limit)
        return connection(
            await queries.offers(asking(info), looked_for, shown),
            page,
            node=lambda offer: Offer.of(offer, today(info)),
            key=offer_key,
            total=lambda: queries.count(asking(info), looked_for),
        )

    @strawberry.field(
        description="What your organisation, and those below it, have offered: by service, with "
        "counts per status. The current financial year unless another is named."
    )
    async def offered_services(
        self, info: Info, financial_year: FinancialYear | None = None
    ) -> list[OfferedService] | None:
        counts = await queries.offered_services(asking(info), today(info), financial_year)
        services = await quality_service_loader(info).load_many(list(counts))
        return [
            _offered(service, counts[str(service.id)])
            for service in services
            if service is not None
        ]

    @strawberry.field(
        description="What your organisation has been offered; first what awaits its answer. The "
        "current financial year unless another is named."
    )
    async def my_services(
        self, info: Info, financial_year: FinancialYear | None = None
    ) -> list[Offer] | None:
        mine = await queries.my_services(asking(info), today(info), financial_year)
        return [Offer.of(offer, today(info)) for offer in mine]


def _offered(service: QualityService, counts: dict[Status, int]) -> OfferedService:
    return OfferedService(
        quality_service=service,
        offered=counts[Status.OFFERED],
        approved=counts[Status.APPROVED],
        rejected=counts[Status.REJECTED],
        cancelled=counts[Status.CANCELLED],
        total=sum(counts.values()),
    )


@strawberry.input(description="All open providers of the service's kind that you commission.")
class OfferProvidersFilter:
    on: date | None = strawberry.field(
        default=None, description="The day in question; the offers' first day if none is given."
    )
    commissioner: OdsCode | None = strawberry.field(
        default=None, description="Only those whose commissioner is this one, below you."
    )
    member_of: OdsCode | None = strawberry.field(
        default=None, description="Only the members of this PCN."
    )


@strawberry.input(description="A quality service to be offered, to whom, and until when.")
class CreateOffersInput:
    quality_service: strawberry.ID = strawberry.field(description="The version: QOF2526/1.")
    response_due_on: date = strawberry.field(description="The last day on which to accept.")
    starts_on: date | None = strawberry.field(
        default=None, description="The service's first day if none is given."
    )
    ends_on: date | None = strawberry.field(
        default=None, description="The service's last day if none is given."
    )
    target_on: date | None = strawberry.field(default=None, description="The target date.")
    providers: list[OdsCode] | None = strawberry.field(
        default=None, description="To whom: this short list, or one of the two that follow."
    )
    providers_filter: OfferProvidersFilter | None = strawberry.field(
        default=None,
        description="To whom: everybody that it lets pass; in a dry run only, which answers a "
        "selection.",
    )
    selection: str | None = strawberry.field(
        default=None, description="To whom: those a dry run for the same service has shown."
    )

    def new_offers(self) -> NewOffers:
        return NewOffers(
            quality_service=self.quality_service,
            response_due_on=self.response_due_on,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            target_on=self.target_on,
            providers=self._providers(),
        )

    def _providers(self) -> ProvidersChoice:
        given = (self.providers, self.providers_filter, self.selection)
        if sum(one is not None for one in given) != 1:
            message = "Say who is offered the service: by a list, by a filter or by a selection."
            raise DomainError("PROVIDERS_REQUIRED", message, field="providers")
        wanted = self.providers_filter
        return ProvidersChoice(
            rows=dict.fromkeys(self.providers or (), 0),
            filter=ProvidersFilter(wanted.on, wanted.commissioner, wanted.member_of)
            if wanted
            else None,
            selection=self.selection,
        )


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
        outcome = await commands.create_offers(info.context.db, ask, input.new_offers())
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
        outcome = await commands.accept_offers(info.context.db, ask, choose.chosen())
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
        outcome = await commands.reject_offers(info.context.db, ask, choose.chosen(), reason)
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
        outcome = await commands.withdraw_offers(info.context.db, ask, choose.chosen(), reason)
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
        outcome = await commands.cancel_offers(info.context.db, ask, choose.chosen(), reason)
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
        outcome = await commands.extend_offers(info.context.db, ask, chosen, response_due_on)
        return OfferBulkAnswer.of(outcome)

    @strawberry.mutation(
        description="Tell that somebody at the provider looks at the offer's details. The first "
        "time is kept."
    )
    async def open_offer(self, info: Info, id: strawberry.ID) -> Offer | None:
        ask = _ask(info, None)
        return Offer.of(await commands.open_offer(info.context.db, ask, as_uuid(id)), today(info))


def _ask(info: Info, key: str | None, *, dry_run: bool = False) -> Ask:
    context = info.context
    bound = context.idempotency(info, key)
    return Ask(context.principal, context.now, bound, dry_run=dry_run)
