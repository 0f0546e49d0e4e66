"""What can be asked about offers.

What fails costs its own field only: root fields, and those that lead elsewhere, may be null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Self, TypeVar

import strawberry

from chassis.graphql import Connection, FinancialYear, OdsCode, as_uuid, connection, window
from services.participation.catalogue.schema import QualityService, quality_service_loader
from services.participation.offers.domain import looking
from services.participation.offers.domain.looking import (
    Listed,
    OfferFilter,
    Order,
    OrderBy,
    Page,
)
from services.participation.offers.domain.offer import Status
from services.participation.offers.domain.signing_up import Difference, SignUp
from services.participation.offers.queries import lists as queries
from services.participation.offers.queries.lists import SignUps, in_year, taking_part
from services.participation.offers.schema.inputs import OfferFilterInput, OfferOrder, wanted
from services.participation.offers.schema.types import (
    Info,
    Offer,
    Organisation,
    asking,
    offer_loader,
    today,
)

T = TypeVar("T")


@strawberry.type(description="A quality service that was offered, and how it stands with it.")
class OfferedService:
    quality_service: QualityService = strawberry.field(description="What was offered.")
    offered: int = strawberry.field(description="Offers that await an answer.")
    approved: int = strawberry.field(description="Offers that were accepted.")
    rejected: int = strawberry.field(description="Offers that were rejected.")
    cancelled: int = strawberry.field(description="Offers that were withdrawn or cancelled.")
    total: int = strawberry.field(description="All of them.")
    overdue: int = strawberry.field(description="Of those that await one: it was due before today.")
    due_within_week: int = strawberry.field(
        description="Of those that await one: it is due today or within seven days."
    )
    never_opened: int = strawberry.field(
        description="Of those that await one: nobody at the provider has looked at the details."
    )
    next_response_due_on: date | None = strawberry.field(
        description="The next day on which an answer is due."
    )
    response_days_left: int | None = strawberry.field(description="Days until then.")
    within: strawberry.Private[OfferFilter]

    @strawberry.field(description="The offers themselves: its providers, by status.")
    async def offers(
        self,
        info: Info,
        status: list[Status] | None = None,
        order: OfferOrder | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Offer] | None:
        of_it = replace(self.within, service=str(self.quality_service.id))
        looked_for = of_it if status is None else replace(of_it, status=status)
        chosen = order.order() if order else Order(OrderBy.STATUS)
        return await _offers(info, looked_for, chosen, first, after, in_report=True)

    @classmethod
    def of(
        cls, service: QualityService, row: looking.OfferedService, within: OfferFilter, today: date
    ) -> Self:
        due = row.next_response_due_on
        return cls(
            quality_service=service,
            offered=row.offered,
            approved=row.approved,
            rejected=row.rejected,
            cancelled=row.cancelled,
            total=row.total,
            overdue=row.overdue,
            due_within_week=row.due_within_week,
            never_opened=row.never_opened,
            next_response_due_on=due,
            response_days_left=(due - today).days if due else None,
            within=within,
        )


@strawberry.type(description="A provider that takes part in a quality service, and since when.")
class Participation:
    provider: Organisation | None = strawberry.field(description="Who takes part.")
    commissioner: Organisation | None = strawberry.field(description="Who offered it.")
    service_code: str = strawberry.field(description="The service's line: QOF2526.")
    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date = strawberry.field(description="The last day, as far as is known by now.")
    offer: Offer = strawberry.field(description="The offer it rests on.")

    @classmethod
    def of(cls, info: Info, row: Listed) -> Self:
        offer, shown = row.offer, Offer.of(row.offer, today(info))
        return cls(
            provider=shown.provider,
            commissioner=shown.commissioner,
            service_code=offer.service_code,
            starts_on=offer.starts_on,
            ends_on=offer.ended_on or offer.ends_on,
            offer=shown,
        )


@strawberry.type(description="A practice's sign-up to a network's service, beside ODS.")
class NetworkSignUp:
    practice: Organisation | None = strawberry.field(description="The practice.")
    network: Organisation | None = strawberry.field(
        description="The PCN that ODS has it in on the day; null where there is none."
    )
    difference: Difference | None = strawberry.field(
        description="How the two differ; null where they agree."
    )
    offer_id: strawberry.Private[str | None]

    @strawberry.field(
        description="The offer by which it takes part on the day; null where it has not signed up."
    )
    async def offer(self, info: Info) -> Offer | None:
        if self.offer_id is None:
            return None
        return await offer_loader(info, in_report=True).load(as_uuid(self.offer_id))

    @classmethod
    def of(cls, row: SignUp) -> Self:
        network = Organisation(ods_code=OdsCode(row.network)) if row.network else None
        return cls(
            practice=Organisation(ods_code=OdsCode(row.practice)),
            network=network,
            difference=row.difference,
            offer_id=str(row.offer) if row.offer else None,
        )


@strawberry.type
class OffersQuery:
    @strawberry.field(description="One offer; null where there is none in your sight.")
    async def offer(self, info: Info, id: strawberry.ID) -> Offer | None:
        return await offer_loader(info).load(as_uuid(id))

    @strawberry.field(
        description="Offers in your sight; by service line and provider unless an order is named."
    )
    async def offers(
        self,
        info: Info,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        order: OfferOrder | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Offer] | None:
        chosen = order.order() if order else Order()
        return await _offers(info, wanted(filter), chosen, first, after)

    @strawberry.field(
        description="What was offered in the sight of your organisation: by service, with counts "
        "per status. The current financial year unless another is named. What others let you see "
        "in the report of participation is in it."
    )
    async def offered_services(
        self,
        info: Info,
        financial_year: FinancialYear | None = None,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
    ) -> list[OfferedService] | None:
        within = in_year(wanted(filter), today(info), financial_year)
        rows = {
            row.quality_service: row for row in await queries.offered_services(asking(info), within)
        }
        services = await quality_service_loader(info).load_many(list(rows))
        return [
            OfferedService.of(service, rows[str(service.id)], within, today(info))
            for service in services
            if service is not None
        ]

    @strawberry.field(
        description="What your organisation has been offered; first what awaits its answer, unless "
        "another order is named. The current financial year unless another is named."
    )
    async def my_services(
        self,
        info: Info,
        *,
        financial_year: FinancialYear | None = None,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        order: OfferOrder | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Offer] | None:
        mine = replace(in_year(wanted(filter), today(info), financial_year), mine=True)
        chosen = order.order() if order else Order(OrderBy.STATUS)
        return await _offers(info, mine, chosen, first, after)

    @strawberry.field(
        description="Who takes part on a day (today if none is named), in the sight of your "
        "organisation and in what others let you see in the report of participation."
    )
    async def participation(
        self,
        info: Info,
        *,
        on: date | None = None,
        service: str | None = None,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Participation] | None:
        looked_for = taking_part(wanted(filter), on or today(info), service)
        return await _page(
            info,
            looked_for,
            Order(),
            first,
            after,
            in_report=True,
            node=lambda row: Participation.of(info, row),
        )

    @strawberry.field(
        description="Practices' sign-up to a network's service beside their membership by ODS, on "
        "a day: who has signed up and is in no PCN, and the reverse."
    )
    async def network_sign_ups(
        self,
        info: Info,
        *,
        service: str,
        on: date | None = None,
        difference: list[Difference] | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[NetworkSignUp] | None:
        page, asker = window(first, after, str), asking(info)
        looked_for = SignUps(service, on or today(info), difference)
        return connection(
            await queries.sign_ups(asker, looked_for, page.after, page.limit),
            page,
            node=NetworkSignUp.of,
            key=lambda row: (row.practice,),
            total=lambda: queries.count_sign_ups(asker, looked_for),
        )


async def _offers(
    info: Info,
    looked_for: OfferFilter,
    order: Order,
    first: int | None,
    after: str | None,
    *,
    in_report: bool = False,
) -> Connection[Offer]:
    def node(row: Listed) -> Offer:
        return Offer.of(row.offer, today(info))

    return await _page(info, looked_for, order, first, after, in_report=in_report, node=node)


async def _page(
    info: Info,
    looked_for: OfferFilter,
    order: Order,
    first: int | None,
    after: str | None,
    *,
    in_report: bool,
    node: Callable[[Listed], T],
) -> Connection[T]:
    page = window(first, after, *order.kinds)
    shown = Page(page.after, page.limit, order)
    return connection(
        await queries.offers(asking(info), looked_for, shown, in_report=in_report),
        page,
        node=node,
        key=lambda row: row.place,
        total=lambda: queries.count(asking(info), looked_for, in_report=in_report),
    )
