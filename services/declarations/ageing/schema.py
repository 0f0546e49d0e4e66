"""Declaration Management's ageing in GraphQL: what waits, for how long, whose step it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.clock import ENGLAND
from chassis.graphql import Connection, Context, OdsCode, Points, Pounds, connection, window
from nhs.directory import Principal
from nhs.reports import Report
from services.declarations.ageing import store
from services.declarations.ageing.domain import BUCKETS
from services.declarations.approval import lists
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.filters import DeclarationFilter
from services.declarations.approval.root_schema import Expanded
from services.declarations.approval.schema import Declaration, Organisation
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]

_FILTER = "Null: what waits for the caller; for who takes no step, everything that is open."
Filter = Annotated[DeclarationFilter | None, strawberry.argument(description=_FILTER)]


@strawberry.type(description="A declaration that waits for somebody's step.")
class WaitingDeclaration:
    declaration: Declaration = strawberry.field(description="The declaration.")
    since: datetime = strawberry.field(description="Since when it waits for this step.")
    days: int = strawberry.field(description="Whole days since then, by the days of England.")

    @classmethod
    def of(cls, row: Record) -> WaitingDeclaration:
        return cls(declaration=Declaration.of(row), since=row["step_since"], days=row["days"])


@strawberry.type(description="How many declarations have waited for so many days.")
class WaitingAge:
    from_days: int = strawberry.field(description="At least so many whole days.")
    to_days: int | None = strawberry.field(description="At most so many; null: or more.")
    count: int = strawberry.field(description="How many declarations.")


@strawberry.type(description="Declarations that wait, added up.")
class WaitingTotal:
    count: int = strawberry.field(description="How many.")
    oldest_since: date | None = strawberry.field(
        description="The day since which the first of them waits; null if none does."
    )
    ages: list[WaitingAge] = strawberry.field(description="How many for how long.")
    points: Points = strawberry.field(description="The sum of their points.")
    pounds: Pounds | None = strawberry.field(
        description="The sum of their pounds; null for who may not see all of them."
    )

    @classmethod
    def of(cls, row: Record) -> WaitingTotal:
        oldest = row["oldest"]
        return cls(
            count=row["count"],
            oldest_since=oldest.astimezone(ENGLAND).date() if oldest else None,
            ages=[
                WaitingAge(from_days=one.from_days, to_days=one.to_days, count=count)
                for one, count in zip(BUCKETS, row["ages"], strict=True)
            ],
            points=row["points"],
            pounds=row["pounds"],
        )


@strawberry.type(description="Declarations of one service, commissioner and state that wait.")
class WaitingGroup:
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    commissioner: OdsCode = strawberry.field(description="Who offered the service.")
    commissioner_organisation: Organisation | None = strawberry.field(
        description="Who offered it, to be joined."
    )
    status: DeclarationStatus = strawberry.field(description="Whose step it is.")
    total: WaitingTotal = strawberry.field(description="What waits, added up.")

    @classmethod
    def of(cls, row: Record) -> WaitingGroup:
        return cls(
            service_code=row["service_code"],
            commissioner=row["commissioner"],
            commissioner_organisation=Organisation(ods_code=row["commissioner"]),
            status=DeclarationStatus(row["status"]),
            total=WaitingTotal.of(row),
        )


@strawberry.type
class AgeingQuery:
    @strawberry.field(
        description="Declarations that wait for a step, those that have waited longest first."
    )
    async def waiting_declarations(
        self,
        info: Info,
        filter: Filter = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
        *,
        expanded: Expanded = False,
    ) -> Connection[WaitingDeclaration] | None:
        context, page = info.context, window(first, after, datetime, UUID)
        sight, wanted = _asked(info, filter, expanded=expanded)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await store.page(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=WaitingDeclaration.of,
            key=lambda row: (row["step_since"], row["id"]),
            total=total,
        )

    @strawberry.field(
        description="What waits by service, commissioner and state: how many for how long."
    )
    async def waiting_by_service(
        self,
        info: Info,
        filter: Filter = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
        *,
        expanded: Expanded = False,
    ) -> Connection[WaitingGroup] | None:
        context, page = info.context, window(first, after, str, str, str)
        sight, wanted = _asked(info, filter, expanded=expanded)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_groups(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await store.groups(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=WaitingGroup.of,
            key=lambda row: (row["service_code"], row["commissioner"], row["status"]),
            total=total,
        )

    @strawberry.field(description="What waits, all together.")
    async def waiting_total(
        self,
        info: Info,
        filter: Filter = None,  # noqa: A002 (GraphQL's word)
        *,
        expanded: Expanded = False,
    ) -> WaitingTotal | None:
        sight, wanted = _asked(info, filter, expanded=expanded)
        async with info.context.db.reader() as reader:
            return WaitingTotal.of(await store.total(reader, sight, wanted))


def _asked(
    info: Info, filter_: DeclarationFilter | None, *, expanded: bool
) -> tuple[Sight, lists.DeclarationFilter]:
    principal = info.context.principal
    sight = Sight.of(principal)
    if expanded:
        sight = sight.expanded(Report.DECLARATION_STATUS)
    return sight, default(filter_, principal).wanted(principal)


def default(filter_: DeclarationFilter | None, principal: Principal) -> DeclarationFilter:
    """What was asked for; without that what waits for the caller, who may take no step at all."""
    if filter_ is not None:
        return filter_
    own = DeclarationFilter(waiting_for_me=True)
    return own if own.wanted(principal).waiting_in else DeclarationFilter()
