"""Queries about declarations and payments."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import (
    Connection,
    Context,
    Points,
    Pounds,
    as_uuid,
    connection,
    window,
)
from nhs.directory import Principal
from nhs.reports import Report
from services.declarations.approval import lists
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.filters import DeclarationFilter, PaymentFilter
from services.declarations.approval.joined import DECLARATION_KEY, declaration_key
from services.declarations.approval.schema import (
    Declaration,
    Payment,
    declaration_of,
    payment_of,
)
from services.declarations.payments import store as ledger
from services.declarations.sight import Sight, not_found

Info = strawberry.Info[Context[Principal], None]

_EXPANDED = (
    "True: expanded reporting, with the organisations that others let yours see in this report, "
    "and nowhere else."
)
Expanded = Annotated[bool, strawberry.argument(description=_EXPANDED)]


@strawberry.type(description="Declarations in one state.")
class DeclarationSummary:
    status: DeclarationStatus = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")
    points: Points = strawberry.field(description="The sum of their points.")
    pounds: Pounds | None = strawberry.field(
        description="The sum of their pounds; null for who may not see all of them."
    )


@strawberry.type(description="How many payments, and their sum.")
class PaymentTotal:
    count: int = strawberry.field(description="How many payments.")
    amount: Pounds = strawberry.field(description="The sum of all their entries.")


@strawberry.type
class ApprovalQuery:
    @strawberry.field(name="declaration", description="One declaration.")
    async def one(self, info: Info, id: strawberry.ID) -> Declaration | None:
        found = await declaration_of(info, as_uuid(id))
        if found is None:
            raise not_found("declaration", id)
        return found

    @strawberry.field(description="Declarations the caller may see, newest achievement date first.")
    async def declarations(
        self,
        info: Info,
        filter: DeclarationFilter | None = None,  # noqa: A002
        first: int | None = None,
        after: str | None = None,
        *,
        expanded: Expanded = False,
    ) -> Connection[Declaration] | None:
        context, page = info.context, window(first, after, *DECLARATION_KEY)
        sight, wanted = _declarations(info, expanded=expanded), _wanted(info, filter)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await lists.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await lists.page(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=Declaration.of,
            key=declaration_key,
            total=total,
        )

    @strawberry.field(description="Declarations the caller may see, counted by state.")
    async def declaration_summary(
        self,
        info: Info,
        filter: DeclarationFilter | None = None,  # noqa: A002
        *,
        expanded: Expanded = False,
    ) -> list[DeclarationSummary] | None:
        sight, wanted = _declarations(info, expanded=expanded), _wanted(info, filter)
        async with info.context.db.reader() as reader:
            rows = await lists.summary(reader, sight, wanted)
        return [
            DeclarationSummary(
                status=DeclarationStatus(row["status"]),
                count=row["count"],
                points=row["points"],
                pounds=row["pounds"],
            )
            for row in rows
        ]

    @strawberry.field(name="payment", description="One payment.")
    async def one_payment(self, info: Info, id: strawberry.ID) -> Payment | None:
        found = await payment_of(info, as_uuid(id))
        if found is None:
            raise not_found("payment", id)
        return found

    @strawberry.field(description="Payments the caller may see, newest period first.")
    async def payments(
        self,
        info: Info,
        filter: PaymentFilter | None = None,  # noqa: A002
        first: int | None = None,
        after: str | None = None,
        *,
        expanded: Expanded = False,
    ) -> Connection[Payment] | None:
        context, page = info.context, window(first, after, date, str, UUID)
        sight = _payments(info, expanded=expanded)
        wanted = (filter or PaymentFilter()).wanted()

        async def total() -> int:
            async with context.db.reader() as counting:
                return (await ledger.total(counting, sight, wanted))[0]

        async with context.db.reader() as reader:
            rows = await ledger.page(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=Payment.of,
            key=lambda row: (row["period_end"], row["provider"], row["id"]),
            total=total,
        )

    @strawberry.field(description="The payments the caller may see, added up.")
    async def payment_total(
        self,
        info: Info,
        filter: PaymentFilter | None = None,  # noqa: A002
        *,
        expanded: Expanded = False,
    ) -> PaymentTotal | None:
        sight = _payments(info, expanded=expanded)
        wanted = (filter or PaymentFilter()).wanted()
        async with info.context.db.reader() as reader:
            count, amount = await ledger.total(reader, sight, wanted)
        return PaymentTotal(count=count, amount=Pounds(amount))


def _declarations(info: Info, *, expanded: bool) -> Sight:
    sight = Sight.of(info.context.principal)
    return sight.expanded(Report.DECLARATION_STATUS) if expanded else sight


def _payments(info: Info, *, expanded: bool) -> Sight:
    sight = Sight.of_pounds(info.context.principal)
    return sight.expanded(Report.PAYMENTS) if expanded else sight


def _wanted(info: Info, filter_: DeclarationFilter | None) -> lists.DeclarationFilter:
    return (filter_ or DeclarationFilter()).wanted(info.context.principal)
