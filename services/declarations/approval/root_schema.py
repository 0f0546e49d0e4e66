"""Queries and mutations about declarations and payments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import Tx
from chassis.graphql import (
    BulkAnswer,
    Connection,
    Context,
    Count,
    Points,
    Pounds,
    Refusal,
    RowVersion,
    as_uuid,
    choice,
    connection,
    window,
)
from chassis.idempotency import once
from nhs.directory import Principal
from nhs.reports import Report
from services.declarations.approval import commands, lists
from services.declarations.approval.commands import Outcome
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.filters import DeclarationFilter, PaymentFilter
from services.declarations.approval.schema import (
    DECLARATION_KEY,
    Declaration,
    Payment,
    declaration_key,
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


@strawberry.type(description="What became of each declaration a command was to act on.")
class DeclarationBulkAnswer(BulkAnswer):
    pass


@strawberry.input(
    one_of=True, description="Which declarations: a short list, a filter, or what was shown."
)
class ChooseDeclarations:
    rows: list[RowVersion] | None = strawberry.field(
        default=strawberry.UNSET, description="These, at these versions."
    )
    filter: DeclarationFilter | None = strawberry.field(
        default=strawberry.UNSET, description="All it reaches: in a dry run only."
    )
    selection: str | None = strawberry.field(
        default=strawberry.UNSET, description="What a dry run showed."
    )


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


@strawberry.type
class ApprovalMutation:
    @strawberry.mutation(
        description="Declare achievement, the provider's step. Needs Declaration Management."
    )
    async def declare_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        notes: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        async def work(tx: Tx, rows: commands.Rows) -> Outcome:
            principal, now = info.context.principal, info.context.now
            return await commands.declare(
                tx, principal, rows, notes=notes, dry_run=dry_run, now=now
            )

        return await _act(
            info, choose, "declareDeclarations", work, dry_run=dry_run, key=idempotency_key
        )

    @strawberry.mutation(
        description="Approve: for each declaration the step that the caller's roles allow, "
        "Approval Management the commissioner's and Finance Management the last, which pays."
    )
    async def approve_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        async def work(tx: Tx, rows: commands.Rows) -> Outcome:
            principal, now = info.context.principal, info.context.now
            return await commands.approve(tx, principal, rows, dry_run=dry_run, now=now)

        return await _act(
            info, choose, "approveDeclarations", work, dry_run=dry_run, key=idempotency_key
        )


async def _act(
    info: Info,
    choose: ChooseDeclarations,
    operation: str,
    work: Callable[[Tx, commands.Rows], Awaitable[Outcome]],
    *,
    dry_run: bool,
    key: str | None,
) -> DeclarationBulkAnswer:
    context, kept = info.context, info.context.idempotency(info, key)
    chooser = commands.chooser(context.principal, operation, context.now, dry_run=dry_run)
    async with context.db.transaction() as tx:

        async def matching(wanted: DeclarationFilter, most: int) -> commands.Rows:
            sight = Sight.of(context.principal)
            return await lists.rows_of(tx, sight, _wanted(info, wanted), most)

        async def act() -> Outcome:
            meant = choice(choose.rows, choose.filter or None, choose.selection)
            chosen = await chooser.chosen(tx, meant, matching)
            return await work(tx, list(chosen.items()))

        outcome = await once(
            tx,
            kept,
            Outcome,
            act,
            now=context.now,
            keep=lambda outcome: bool(outcome.done) and not dry_run,
        )
    return _answer(outcome, sees_pounds=_sees_pounds(context.principal))


def _declarations(info: Info, *, expanded: bool) -> Sight:
    sight = Sight.of(info.context.principal)
    return sight.expanded(Report.DECLARATION_STATUS) if expanded else sight


def _payments(info: Info, *, expanded: bool) -> Sight:
    sight = Sight.of_pounds(info.context.principal)
    return sight.expanded(Report.PAYMENTS) if expanded else sight


def _wanted(info: Info, filter_: DeclarationFilter | None) -> lists.DeclarationFilter:
    return (filter_ or DeclarationFilter()).wanted(info.context.principal)


def _sees_pounds(principal: Principal) -> bool:
    return bool(Sight.of(principal).pounds_types)


def _answer(outcome: Outcome, *, sees_pounds: bool) -> DeclarationBulkAnswer:
    counts = {"done": str(len(outcome.done)), "refused": str(len(outcome.refused))}
    counts |= {step.lower(): str(count) for step, count in outcome.steps.items()}
    counts |= {"points": _two_places(outcome.points)}
    counts |= {"pounds": _two_places(outcome.pounds)} if sees_pounds else {}
    return DeclarationBulkAnswer(
        done=[strawberry.ID(str(one)) for one in outcome.done],
        refused=[
            Refusal(
                id=strawberry.ID(str(one.id)),
                code=one.code,
                message=one.message,
                field=one.field,
            )
            for one in outcome.refused
        ],
        counts=[Count(name=name, value=value) for name, value in counts.items()],
        selection=outcome.selection,
        message=outcome.message,
    )


def _two_places(amount: Decimal) -> str:
    return f"{amount:.2f}"
