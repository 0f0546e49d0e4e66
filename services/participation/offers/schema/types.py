"""Offers in GraphQL: the types."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.clock import ENGLAND
from chassis.graphql import (
    BulkAnswer,
    Connection,
    Context,
    Count,
    FinancialYear,
    OdsCode,
    Refusal,
    RowVersion,
    Window,
    as_uuid,
    choice,
    connection,
    window,
)
from nhs.directory import Principal
from nhs.values import FinancialYear as Year
from services.participation.catalogue.schema import QualityService, quality_service_loader
from services.participation.offers import domain, queries
from services.participation.offers.commands import Choice
from services.participation.offers.domain import CancelKind, OfferFilter, Status, What

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    Status,
    name="OfferStatus",
    description="Offered; Approved or Rejected by the provider; Cancelled by the commissioner.",
)
strawberry.enum(
    CancelKind,
    name="OfferCancelKind",
    description="Withdrawn before the provider answered, or cancelled afterwards.",
)
strawberry.enum(What, name="OfferHappening", description="What happened to an offer.")


@strawberry.federation.type(
    name="Person",
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="Somebody who acts for organisations. Seen by those who see these.",
)
class Person:
    id: strawberry.ID = strawberry.field(description="The person's id.")


def _person(identity: UUID | None) -> Person | None:
    return Person(id=strawberry.ID(str(identity))) if identity else None


@strawberry.type(description="One thing that happened to an offer: who, when, for whom and why.")
class OfferHistoryEntry:
    version: int = strawberry.field(description="The offer's version afterwards.")
    what: What = strawberry.field(description="What happened.")
    status: Status = strawberry.field(description="The offer's status afterwards.")
    reason: str | None = strawberry.field(description="The reason that was given.")
    at: datetime = strawberry.field(description="When, on the business clock.")
    by: Person | None = strawberry.field(description="Who did it; null where no person did.")
    acting_for: Organisation | None = strawberry.field(
        description="The organisation they acted for."
    )
    action: strawberry.ID = strawberry.field(
        description="Shared by everything that one bulk command did."
    )

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            version=row["version"],
            what=What(row["what"]),
            status=Status(row["status"]),
            reason=row["reason"],
            at=row["at"],
            by=_person(row["by"]),
            acting_for=Organisation(ods_code=row["acting_for"]) if row["acting_for"] else None,
            action=strawberry.ID(str(row["action"])),
        )


@strawberry.federation.type(
    keys=["id"],
    description="A quality service offered by a commissioner to a provider, and what became of it.",
)
class Offer:
    id: strawberry.ID = strawberry.field(description="The offer's id.")
    version: int = strawberry.field(
        description="Rises with each change. Give it with the id when you act on the offer."
    )
    status: Status = strawberry.field(description="Offered, Approved, Rejected or Cancelled.")
    cancel_kind: CancelKind | None = strawberry.field(
        description="Whether a cancelled offer was withdrawn or cancelled."
    )
    provider: Organisation | None = strawberry.field(description="Whom the service is offered to.")
    commissioner: Organisation | None = strawberry.field(description="Who offers it.")
    service_code: str = strawberry.field(description="The service's line: QOF2526.")
    payment_type: str | None = strawberry.field(description="The service's payment type: QOF.")
    starts_on: date = strawberry.field(description="The first day of the participation.")
    ends_on: date = strawberry.field(description="Its last day.")
    response_due_on: date = strawberry.field(description="The last day on which to accept it.")
    response_days_left: int | None = strawberry.field(
        description="Days until then, negative afterwards; null where no answer is awaited."
    )
    target_on: date | None = strawberry.field(description="The target date the commissioner set.")
    ended_on: date | None = strawberry.field(
        description="The last day of a participation that ended early."
    )
    reason: str | None = strawberry.field(description="The reason given with the last change.")
    offered_at: datetime = strawberry.field(description="When it was made.")
    first_opened_at: datetime | None = strawberry.field(
        description="When the provider first looked at its details."
    )
    first_opened_by: Person | None = strawberry.field(
        description="Who first looked at its details."
    )
    quality_service_id: strawberry.Private[str]

    @strawberry.field(description="What is offered, with its tree of indicators.")
    async def quality_service(self, info: Info) -> QualityService:
        found = await quality_service_loader(info).load(self.quality_service_id)
        if found is None:
            raise LookupError(f"{self.quality_service_id} is offered and not published")
        return found

    @strawberry.field(description="What happened to the offer, the earliest first.")
    async def history(self, info: Info) -> list[OfferHistoryEntry]:
        rows = await _history_loader(info).load(UUID(self.id))
        return [OfferHistoryEntry.of(row) for row in rows]

    @classmethod
    def of(cls, offer: domain.Offer, today: date) -> Self:
        return cls(
            id=strawberry.ID(str(offer.id)),
            version=offer.version,
            status=offer.status,
            cancel_kind=offer.cancel_kind,
            provider=Organisation(ods_code=OdsCode(offer.provider)),
            commissioner=Organisation(ods_code=OdsCode(offer.commissioner)),
            service_code=offer.service_code,
            payment_type=offer.payment_type,
            starts_on=offer.starts_on,
            ends_on=offer.ends_on,
            response_due_on=offer.response_due_on,
            response_days_left=offer.response_days_left(today),
            target_on=offer.target_on,
            ended_on=offer.ended_on,
            reason=offer.reason,
            offered_at=offer.offered_at,
            first_opened_at=offer.first_opened_at,
            first_opened_by=_person(offer.first_opened_by),
            quality_service_id=offer.quality_service,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Offer | None:
        return await offer_loader(info).load(as_uuid(id))


def asking(info: Info) -> queries.Asking:
    return queries.Asking(info.context.db, info.context.principal)


def today(info: Info) -> date:
    return info.context.now.astimezone(ENGLAND).date()


def offer_loader(info: Info) -> DataLoader[UUID, Offer | None]:
    """This request's loader of offers by id; what is out of sight is None."""

    async def load(ids: list[UUID]) -> list[Offer | None]:
        found = await queries.find(asking(info), ids)
        return [Offer.of(found[one], today(info)) if one in found else None for one in ids]

    return info.context.loader("offer", lambda: DataLoader(load))


def _history_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    async def load(ids: list[UUID]) -> list[list[Any]]:
        return await queries.history(asking(info), ids)

    return info.context.loader("offer history", lambda: DataLoader(load))


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
    )


OFFER_KEY = (str, str, UUID)
"""The sort columns of a list of offers."""


def offer_key(offer: domain.Offer) -> tuple[object, ...]:
    return (offer.service_code, offer.provider, offer.id)


@strawberry.federation.type(
    name="Organisation",
    keys=["odsCode"],
    description="An organisation of the NHS in England, as the Organisation Data Service has it.",
)
class Organisation:
    ods_code: OdsCode = strawberry.field(description="Its code: A84002.")

    @strawberry.field(description="Offers made to the organisation or by it, as far as you see.")
    async def offers(
        self,
        info: Info,
        filter: OfferFilterInput | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Offer] | None:
        page, looked_for = window(first, after, *OFFER_KEY), wanted(filter)
        rows = await _organisation_loader(info, looked_for, page).load(self.ods_code)
        counts = _organisation_counts(info, looked_for)
        return connection(
            rows,
            page,
            node=lambda offer: Offer.of(offer, today(info)),
            key=offer_key,
            total=lambda: counts.load(self.ods_code),
        )

    @classmethod
    def resolve_reference(cls, odsCode: str) -> Self:  # noqa: N803 (the key's name in GraphQL)
        return cls(ods_code=OdsCode(odsCode))


def _organisation_loader(
    info: Info, looked_for: OfferFilter, page: Window
) -> DataLoader[str, list[domain.Offer]]:
    """One load for all organisations of a request that are asked for the same page."""
    shown = queries.Page(page.after, page.limit)

    async def load(codes: list[str]) -> list[list[domain.Offer]]:
        return await queries.of_organisations(asking(info), codes, looked_for, shown)

    name = f"offers of organisations {looked_for} {page}"
    return info.context.loader(name, lambda: DataLoader(load))


def _organisation_counts(info: Info, looked_for: OfferFilter) -> DataLoader[str, int]:
    async def load(codes: list[str]) -> list[int]:
        return await queries.count_of_organisations(asking(info), codes, looked_for)

    name = f"counts of organisations {looked_for}"
    return info.context.loader(name, lambda: DataLoader(load))


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
    def of(cls, outcome: domain.Outcome) -> Self:
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
