"""Offers in GraphQL: the types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.clock import ENGLAND
from chassis.graphql import (
    Connection,
    Context,
    OdsCode,
    Window,
    as_uuid,
    connection,
    window,
)
from nhs.directory import Principal
from services.participation.catalogue.schema import (
    Person,
    QualityService,
    quality_service_loader,
)
from services.participation.offers.domain import offer as domain
from services.participation.offers.domain.looking import Listed, OfferFilter, Order, Page
from services.participation.offers.domain.offer import CancelKind, ResponseStatus, Status, What
from services.participation.offers.queries import lists as queries
from services.participation.offers.queries.asking import Asking
from services.participation.offers.schema.inputs import OfferFilterInput, wanted

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    CancelKind,
    name="OfferCancelKind",
    description="Withdrawn before the provider answered, or cancelled afterwards.",
)
strawberry.enum(
    ResponseStatus,
    name="OfferResponseStatus",
    description="Awaited, or overdue; answered; or not needed, as it was withdrawn before.",
)
strawberry.enum(What, name="OfferHappening", description="What happened to an offer.")


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
    response_status: ResponseStatus = strawberry.field(
        description="How it stands with the provider's answer."
    )
    target_on: date | None = strawberry.field(description="The target date the commissioner set.")
    ended_on: date | None = strawberry.field(
        description="The last day of a participation that ended early; the day before its first "
        "where it never began."
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
            response_status=offer.response(today),
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


def asking(info: Info) -> Asking:
    return Asking(info.context.db, info.context.principal)


def today(info: Info) -> date:
    return info.context.now.astimezone(ENGLAND).date()


def offer_loader(info: Info, *, in_report: bool = False) -> DataLoader[UUID, Offer | None]:
    """This request's loader of offers by id; what is out of sight is None."""

    async def load(ids: list[UUID]) -> list[Offer | None]:
        found = await queries.find(asking(info), ids, in_report=in_report)
        return [Offer.of(found[one], today(info)) if one in found else None for one in ids]

    name = "offer in report" if in_report else "offer"
    return info.context.loader(name, lambda: DataLoader(load))


def _history_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    async def load(ids: list[UUID]) -> list[list[Any]]:
        return await queries.history(asking(info), ids)

    return info.context.loader("offer history", lambda: DataLoader(load))


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
        page, looked_for = window(first, after, *Order().kinds), wanted(filter)
        rows = await _organisation_loader(info, looked_for, page).load(self.ods_code)
        counts = _organisation_counts(info, looked_for)
        return listed(info, rows, page, lambda: counts.load(self.ods_code))

    @classmethod
    def resolve_reference(cls, odsCode: str) -> Self:  # noqa: N803 (the key's name in GraphQL)
        return cls(ods_code=OdsCode(odsCode))


def listed(
    info: Info, rows: Sequence[Listed], page: Window, total: Callable[[], Awaitable[int]]
) -> Connection[Offer]:
    return connection(
        rows,
        page,
        node=lambda row: Offer.of(row.offer, today(info)),
        key=lambda row: row.place,
        total=total,
    )


def _organisation_loader(
    info: Info, looked_for: OfferFilter, page: Window
) -> DataLoader[str, list[Listed]]:
    """One load for all organisations of a request that are asked for the same page."""
    shown = Page(page.after, page.limit)

    async def load(codes: list[str]) -> list[list[Listed]]:
        return await queries.of_organisations(asking(info), codes, looked_for, shown)

    name = f"offers of organisations {looked_for} {page}"
    return info.context.loader(name, lambda: DataLoader(load))


def _organisation_counts(info: Info, looked_for: OfferFilter) -> DataLoader[str, int]:
    async def load(codes: list[str]) -> list[int]:
        return await queries.count_of_organisations(asking(info), codes, looked_for)

    name = f"counts of organisations {looked_for}"
    return info.context.loader(name, lambda: DataLoader(load))
