"""What is given with the queries and commands about offers."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from chassis.errors import DomainError
from chassis.graphql import (
    BulkAnswer,
    Count,
    FinancialYear,
    OdsCode,
    Refusal,
    RowVersion,
    choice,
)
from nhs.values import FinancialYear as Year
from services.participation.offers.commands.deciding import Choice
from services.participation.offers.commands.making import (
    NewOffers,
    ProvidersChoice,
    ProvidersFilter,
)
from services.participation.offers.domain.looking import OfferFilter, Order, OrderBy
from services.participation.offers.domain.offer import Status
from services.participation.offers.domain.outcome import Outcome
from services.participation.offers.domain.signing_up import Difference

# Named before anything is declared with them, here or in what imports this.
strawberry.enum(
    Status,
    name="OfferStatus",
    description="Offered; Approved or Rejected by the provider; Cancelled by the commissioner.",
)
strawberry.enum(
    Difference,
    name="NetworkSignUpDifference",
    description="Signed up, and in no PCN by ODS; or in one, and not signed up.",
)
strawberry.enum(
    OrderBy,
    name="OfferOrderBy",
    description="What a list of offers is put in order by; then by service line, provider and id. "
    "By status: Offered, Approved, Rejected, Cancelled.",
)


@strawberry.input(name="OfferFilter", description="Which offers are looked for.")
class OfferFilterInput:
    status: list[Status] | None = strawberry.field(default=None, description="Any of these.")
    service: str | None = strawberry.field(
        default=None, description="A quality service's line or version: QOF2526 or QOF2526/1."
    )
    payment_type: str | None = strawberry.field(default=None, description="QOF.")
    provider: OdsCode | None = strawberry.field(default=None, description="Offered to this one.")
    commissioner: OdsCode | None = strawberry.field(default=None, description="Offered by it.")
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="The year in which the offer has a day at least."
    )
    on: date | None = strawberry.field(
        default=None, description="A day on which the offer, or what became of it, is in force."
    )
    never_opened: bool | None = strawberry.field(
        default=None, description="Whether nobody at the provider has looked at its details."
    )
    overdue: bool | None = strawberry.field(
        default=None, description="Whether its answer is awaited and was due before today."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Part of the provider's name, or the beginning of its code.",
    )


def wanted(given: OfferFilterInput | None) -> OfferFilter:
    if given is None:
        return OfferFilter()
    return OfferFilter(
        status=given.status,
        service=given.service,
        payment_type=given.payment_type,
        provider=given.provider,
        commissioner=given.commissioner,
        year=Year.parse(given.financial_year).period if given.financial_year else None,
        on=given.on,
        never_opened=given.never_opened,
        overdue=given.overdue,
        search=given.search,
    )


@strawberry.input(description="The order of a list of offers.")
class OfferOrder:
    by: OrderBy = strawberry.field(description="The column.")
    descending: bool = strawberry.field(default=False, description="The other way round.")

    def order(self) -> Order:
        return Order(self.by, self.descending)


@strawberry.input(
    one_of=True, description="The offers a command is about: exactly one of the three."
)
class OfferChoice:
    rows: list[RowVersion] | None = strawberry.field(
        default=strawberry.UNSET, description="Offers as you last saw them."
    )
    filter: OfferFilterInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="Everything that matches; in a dry run only, which answers a selection.",
    )
    selection: str | None = strawberry.field(
        default=strawberry.UNSET, description="What a dry run of the same command has shown."
    )

    def chosen(self) -> Choice:
        return choice(self.rows, wanted(self.filter) if self.filter else None, self.selection)


@strawberry.type(
    description="What a command did to offers. `done` holds their ids; in a dry run of "
    "createOffers there are none yet, and it holds the ODS codes of the providers."
)
class OfferBulkAnswer(BulkAnswer):
    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(
            done=[strawberry.ID(one) for one in outcome.done],
            refused=[
                Refusal(id=strawberry.ID(r.id), code=r.code, message=r.message, field=r.field)
                for r in outcome.refused
            ],
            counts=[Count(name=name, value=str(n)) for name, n in sorted(outcome.counts.items())],
            selection=outcome.selection,
            message=outcome.message,
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
