"""What may be asked about organisations, in GraphQL."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from chassis.errors import DomainError
from chassis.graphql import Connection, OdsCode, as_uuid, connection, window
from nhs.roles import OrganisationKind
from services.organisations.directory import deciding, queries
from services.organisations.directory.deciding import Decision, Director
from services.organisations.directory.domain import Days
from services.organisations.directory.domain import Status as OrganisationStatus
from services.organisations.directory.listing import Wanted
from services.organisations.directory.loaders import Info, today
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.moment import Moment

_AS_AT = "As it was on this day; if none is given, as it is today."
AsAt = Annotated[date | None, strawberry.argument(description=_AS_AT)]
_AS_KNOWN_ON = "As it was known at the end of this day; if none is given, as it is known now."
AsKnownOn = Annotated[date | None, strawberry.argument(description=_AS_KNOWN_ON)]


@strawberry.input(description="Which organisations to list.")
class OrganisationsFilter:
    kind: OrganisationKind | None = strawberry.field(default=None, description="Of one kind.")
    status: OrganisationStatus | None = strawberry.field(
        default=None, description="With one status."
    )
    commissioned_by: OdsCode | None = strawberry.field(
        default=None, description="Commissioned by it, itself or through those below it."
    )
    member_of: OdsCode | None = strawberry.field(default=None, description="Members of a PCN.")
    on: date | None = strawberry.field(
        default=None,
        description="As at a day: open then, commissioned or a member then, and shown as they were "
        "then. If none is given, closed ones are listed too, and commissioned or a member means "
        "today.",
    )
    search: str | None = strawberry.field(
        default=None, description="Part of the name, or how the code begins."
    )


@strawberry.type
class DirectoryQuery:
    @strawberry.field(
        description="One organisation, or null where there is none of this code, or none was known "
        "of then."
    )
    async def organisation(
        self, info: Info, ods_code: OdsCode, as_at: AsAt = None, as_known_on: AsKnownOn = None
    ) -> Organisation | None:
        return await organisation_loader(info, Moment(as_at, as_known_on)).load(ods_code)

    @strawberry.field(description="Organisations, by code; as known now, or at the end of a day.")
    async def organisations(
        self,
        info: Info,
        filter: OrganisationsFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
        as_known_on: AsKnownOn = None,
    ) -> Connection[Organisation] | None:
        asked = filter or OrganisationsFilter()
        db, wanted = info.context.db, _wanted(info, asked)
        moment = Moment(asked.on, as_known_on)
        page = window(first, after, str)
        rows = await queries.page(db, wanted, moment, after=page.after, limit=page.limit)
        if moment.is_present:
            found = [Organisation.of(row) for row in rows]
        else:
            codes = [row["ods_code"] for row in rows]
            found = [one for one in await organisation_loader(info, moment).load_many(codes) if one]
        return connection(
            found,
            page,
            node=lambda one: one,
            key=lambda one: (one.ods_code,),
            total=lambda: queries.count(db, wanted, moment),
        )


@strawberry.input(description="Who is to be paid in an organisation's place, and when.")
class OrganisationPayeeInput:
    organisation: OdsCode = strawberry.field(description="A practice or a PCN.")
    payee: OdsCode | None = strawberry.field(
        default=None, description="Who is paid; null for the organisation itself."
    )
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(
        default=None, description="The last day; null for as long as nothing else is said."
    )


@strawberry.input(
    description="Who is a PCN's Clinical Director, and when: a person, a title, or nobody."
)
class OrganisationClinicalDirectorInput:
    organisation: OdsCode = strawberry.field(description="The PCN.")
    person: strawberry.ID | None = strawberry.field(
        default=None, description="Somebody who acts for the PCN or one of its members."
    )
    title: str | None = strawberry.field(
        default=None, description="A named role instead, such as a shared post."
    )
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(
        default=None, description="The last day; null for as long as nothing else is said."
    )

    def director(self) -> Director:
        return Director(as_uuid(self.person, "person") if self.person else None, self.title)


@strawberry.input(description="A PCN's network agreement, and the days for which it stands.")
class OrganisationNetworkAgreementInput:
    organisation: OdsCode = strawberry.field(description="The PCN.")
    reference: str | None = strawberry.field(
        default=None, description="What it is filed under; null where there is none on the days."
    )
    signed_on: date | None = strawberry.field(default=None, description="The day it was signed.")
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(
        default=None, description="The last day; null for as long as nothing else is said."
    )

    def agreement(self) -> tuple[str, date] | None:
        if self.reference is None and self.signed_on is None:
            return None
        if self.reference is None or self.signed_on is None:
            message = "An agreement has a reference and the day it was signed on"
            raise DomainError("AGREEMENT_INCOMPLETE", message, field="agreement")
        return self.reference, self.signed_on


@strawberry.type
class DirectoryMutation:
    @strawberry.mutation(
        description="Say who is paid in a provider's place: for the Organisation Administrator of "
        "its commissioner, and Data Load."
    )
    async def name_payee(
        self,
        info: Info,
        payee: OrganisationPayeeInput,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Organisation:
        days = Days(payee.valid_from, payee.valid_to)
        code = await deciding.name_payee(
            info.context.db,
            _decision(info, reason, idempotency_key),
            payee.organisation,
            payee.payee,
            days,
        )
        return await _after(info, code)

    @strawberry.mutation(
        description="Say who is a PCN's Clinical Director: for its own PCN Management, and the "
        "Organisation Administrator of its commissioner."
    )
    async def name_clinical_director(
        self,
        info: Info,
        clinical_director: OrganisationClinicalDirectorInput,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Organisation:
        named = clinical_director
        code = await deciding.name_director(
            info.context.db,
            _decision(info, reason, idempotency_key),
            named.organisation,
            named.director(),
            Days(named.valid_from, named.valid_to),
        )
        return await _after(info, code)

    @strawberry.mutation(
        description="Record a PCN's network agreement: for the Organisation Administrator of its "
        "commissioner."
    )
    async def record_network_agreement(
        self,
        info: Info,
        agreement: OrganisationNetworkAgreementInput,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Organisation:
        code = await deciding.record_agreement(
            info.context.db,
            _decision(info, reason, idempotency_key),
            agreement.organisation,
            agreement.agreement(),
            Days(agreement.valid_from, agreement.valid_to),
        )
        return await _after(info, code)

    @strawberry.mutation(
        description="Record that one organisation takes over from another of its kind: from the "
        "day on it sees what the other could, and acts for it. For Data Load."
    )
    async def record_succession(
        self,
        info: Info,
        successor: OdsCode,
        predecessor: OdsCode,
        since: date,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Organisation:
        decision = _decision(info, reason, idempotency_key)
        db = info.context.db
        code = await deciding.record_succession(db, decision, successor, predecessor, since)
        return await _after(info, code)

    @strawberry.mutation(
        description="Take a succession back that was recorded by mistake. For Data Load."
    )
    async def withdraw_succession(
        self,
        info: Info,
        successor: OdsCode,
        predecessor: OdsCode,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Organisation:
        decision = _decision(info, reason, idempotency_key)
        db = info.context.db
        code = await deciding.withdraw_succession(db, decision, successor, predecessor)
        return await _after(info, code)


def _decision(info: Info, reason: str | None, key: str | None) -> Decision:
    context = info.context
    return Decision(context.principal, context.now, reason, context.idempotency(info, key))


async def _after(info: Info, code: str) -> Organisation:
    info.context.loaders.clear()  # what an earlier mutation of the request read is old now
    organisation = await organisation_loader(info).load(code)
    assert organisation is not None
    return organisation


def _wanted(info: Info, asked: OrganisationsFilter) -> Wanted:
    return Wanted(
        kind=asked.kind,
        status=asked.status,
        commissioner=asked.commissioned_by,
        network=asked.member_of,
        search=asked.search,
        on=asked.on or today(info),
        open_then=asked.on is not None,
        today=today(info),
    )
