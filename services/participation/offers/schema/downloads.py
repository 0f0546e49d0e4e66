"""The lists of offers as files. A path is handed out for what a list of the same input shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import strawberry

from chassis.graphql import Download, FinancialYear
from services.participation.offers.domain.looking import OfferFilter, Order, OrderBy
from services.participation.offers.domain.signing_up import Difference
from services.participation.offers.queries import files
from services.participation.offers.queries.asking import check_role
from services.participation.offers.queries.files import ListAsked
from services.participation.offers.queries.lists import SignUps, in_year, taking_part
from services.participation.offers.schema.inputs import OfferFilterInput, OfferOrder, wanted
from services.participation.offers.schema.types import Info, asking, today


@strawberry.type
class DownloadsMutation:
    @strawberry.mutation(description="Ask for all of `offers` as a file.")
    def request_offers_download(
        self,
        info: Info,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        order: OfferOrder | None = None,
    ) -> Download | None:
        chosen = order.order() if order else Order()
        return _offers(info, wanted(filter), chosen)

    @strawberry.mutation(description="Ask for all of `myServices` as a file.")
    def request_my_services_download(
        self,
        info: Info,
        financial_year: FinancialYear | None = None,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        order: OfferOrder | None = None,
    ) -> Download | None:
        mine = replace(in_year(wanted(filter), today(info), financial_year), mine=True)
        return _offers(info, mine, order.order() if order else Order(OrderBy.STATUS))

    @strawberry.mutation(description="Ask for `offeredServices`, their counts, as a file.")
    def request_offered_services_download(
        self,
        info: Info,
        financial_year: FinancialYear | None = None,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
    ) -> Download | None:
        check_role(info.context.principal)
        within = in_year(wanted(filter), today(info), financial_year)
        return Download.of(info.context, files.OFFERED_SERVICES, ListAsked(within))

    @strawberry.mutation(description="Ask for all of `participation` as a file.")
    def request_participation_download(
        self,
        info: Info,
        on: date | None = None,
        service: str | None = None,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
    ) -> Download | None:
        check_role(info.context.principal)
        looked_for = taking_part(wanted(filter), on or today(info), service)
        return Download.of(info.context, files.PARTICIPATION, ListAsked(looked_for))

    @strawberry.mutation(
        description="Ask for a service's participation extract as CQRS writes it: "
        "FINAL_PRACTICE_LIST, of all who take or took part in it."
    )
    def request_practice_list_download(self, info: Info, service: str) -> Download | None:
        check_role(info.context.principal)
        asked = ListAsked(OfferFilter(service=service))
        return Download.of(info.context, files.PRACTICE_LIST, asked)

    @strawberry.mutation(description="Ask for all of `networkSignUps` as a file.")
    async def request_network_sign_ups_download(
        self,
        info: Info,
        service: str,
        on: date | None = None,
        difference: list[Difference] | None = None,
    ) -> Download | None:
        asked = SignUps(service, on or today(info), difference)
        async with asking(info).reading() as reader:
            await asked.filter(reader)
        return Download.of(info.context, files.SIGN_UPS, asked)


def _offers(info: Info, looked_for: OfferFilter, order: Order) -> Download:
    check_role(info.context.principal)
    return Download.of(info.context, files.OFFERS, ListAsked(looked_for, order))
