"""What may be asked about organisations, in GraphQL."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from chassis.graphql import Connection, OdsCode, connection, window
from nhs.roles import OrganisationKind
from services.organisations.directory import queries
from services.organisations.directory.domain import Status as OrganisationStatus
from services.organisations.directory.loaders import Info, today
from services.organisations.directory.queries import OrganisationFilter
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.moment import Moment

__all__ = ["DirectoryQuery", "Organisation", "organisation_loader", "today"]

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

    @strawberry.field(description="Organisations, by code.")
    async def organisations(
        self,
        info: Info,
        filter: OrganisationsFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Organisation] | None:
        asked = filter or OrganisationsFilter()
        db, wanted, moment = info.context.db, _wanted(info, asked), Moment(asked.on)
        page = window(first, after, str)
        rows = await queries.page(db, wanted, page.after, page.limit)
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
            total=lambda: queries.count(db, wanted),
        )


def _wanted(info: Info, asked: OrganisationsFilter) -> OrganisationFilter:
    return OrganisationFilter(
        on=asked.on or today(info),
        today=today(info),
        open_then=asked.on is not None,
        kind=asked.kind,
        status=asked.status,
        commissioned_by=asked.commissioned_by,
        member_of=asked.member_of,
        search=asked.search,
    )
