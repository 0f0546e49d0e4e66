"""Payments by organisation and period, and accruals, in GraphQL."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import strawberry
from asyncpg import Record

from chassis.errors import DomainError
from chassis.graphql import (
    Connection,
    Context,
    FinancialYear,
    OdsCode,
    Points,
    Pounds,
    connection,
    window,
)
from nhs.directory import Principal
from nhs.reports import Report
from nhs.values import FinancialYear as Year
from services.declarations.approval.filters import PaymentFilter
from services.declarations.approval.root_schema import Expanded
from services.declarations.approval.schema import Organisation
from services.declarations.sight import Sight
from services.declarations.spending import queries, store
from services.declarations.spending.queries import Accrual, Amount
from services.declarations.spending.store import AccrualFilter

Info = strawberry.Info[Context[Principal], None]


class PaymentDimension(StrEnum):
    FINANCIAL_YEAR = "FINANCIAL_YEAR"
    PERIOD = "PERIOD"
    SERVICE = "SERVICE"
    COMMISSIONER = "COMMISSIONER"
    PAYEE = "PAYEE"
    PROVIDER = "PROVIDER"


strawberry.enum(PaymentDimension, description="What payments are added up by.")


@strawberry.type(description="Payments that have what was asked for in common, added up.")
class PaymentGroup:
    financial_year: FinancialYear | None = strawberry.field(description="The year; null: all.")
    period_start: date | None = strawberry.field(description="The period's first day; null: all.")
    period_end: date | None = strawberry.field(description="The period's last day; null: all.")
    service_code: str | None = strawberry.field(description="The line of services; null: all.")
    commissioner: OdsCode | None = strawberry.field(description="Who offered it; null: all.")
    payee: OdsCode | None = strawberry.field(description="Who is paid; null: all.")
    provider: OdsCode | None = strawberry.field(description="Who earned it; null: all.")
    commissioner_organisation: Organisation | None = strawberry.field(
        description="Who offered it, to be joined; null: all."
    )
    payee_organisation: Organisation | None = strawberry.field(
        description="Who is paid, to be joined; null: all."
    )
    provider_organisation: Organisation | None = strawberry.field(
        description="Who earned it, to be joined; null: all."
    )
    count: int = strawberry.field(description="How many payments.")
    points: Points = strawberry.field(description="The points they pay for.")
    amount: Pounds = strawberry.field(description="The sum of all their entries.")
    settled: Pounds = strawberry.field(description="What of it has been settled.")
    failed: Pounds = strawberry.field(description="What of it did not arrive.")

    @classmethod
    def of(cls, row: Record) -> PaymentGroup:
        end, _, start = row["period"].partition("/")
        return cls(
            financial_year=row["financial_year"] or None,
            period_start=date.fromisoformat(start) if start else None,
            period_end=date.fromisoformat(end) if end else None,
            service_code=row["service"] or None,
            commissioner=row["commissioner"] or None,
            payee=row["payee"] or None,
            provider=row["provider"] or None,
            commissioner_organisation=_organisation(row["commissioner"]),
            payee_organisation=_organisation(row["payee"]),
            provider_organisation=_organisation(row["provider"]),
            count=row["count"],
            points=row["points"],
            amount=row["amount"],
            settled=row["settled"],
            failed=row["failed"],
        )


def _organisation(code: OdsCode) -> Organisation | None:
    return Organisation(ods_code=code) if code else None


@strawberry.type(description="Declarations of one stage, added up.")
class AccrualAmount:
    count: int = strawberry.field(description="How many.")
    points: Points = strawberry.field(description="The sum of their points.")
    pounds: Pounds | None = strawberry.field(
        description="The sum of their pounds; null for who may not see all of them."
    )

    @classmethod
    def of(cls, amount: Amount) -> AccrualAmount:
        pounds = None if amount.pounds is None else Pounds(amount.pounds)
        return cls(count=amount.count, points=Points(amount.points), pounds=pounds)


@strawberry.type(description="How far the spending of a period has come.")
class AccrualStages:
    authorised: AccrualAmount = strawberry.field(
        description="Approved by finance: the ledger's sum, with adjustments and without advances."
    )
    declared: AccrualAmount = strawberry.field(description="Declared, and waiting for approval.")
    calculated: AccrualAmount = strawberry.field(description="Calculated, not declared yet.")
    forecast: AccrualAmount = strawberry.field(
        description="What the values received so far would earn, where something is still missing "
        "or the achievement date is still to come."
    )
    total: AccrualAmount = strawberry.field(description="All four together.")

    @classmethod
    def of(cls, accrual: Accrual) -> AccrualStages:
        amounts = {stage: AccrualAmount.of(one) for stage, one in accrual.stages.items()}
        return cls(**amounts, total=AccrualAmount.of(accrual.total))


@strawberry.type(description="What a service costs a commissioner in one period, as far as known.")
class PeriodAccrual:
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    period_start: date = strawberry.field(description="First day of the payment period.")
    period_end: date = strawberry.field(description="Last day of the payment period.")
    achievement_date: date = strawberry.field(description="The day that is measured.")
    commissioner: OdsCode = strawberry.field(description="Who offered the service.")
    commissioner_organisation: Organisation | None = strawberry.field(
        description="Who offered it, to be joined."
    )
    stages: AccrualStages = strawberry.field(description="Stage by stage.")

    @classmethod
    def of(cls, accrual: Accrual) -> PeriodAccrual:
        row = accrual.row
        assert row is not None
        return cls(
            service_code=row["service_code"],
            period_start=row["period_start"],
            period_end=row["period_end"],
            achievement_date=row["achievement_date"],
            commissioner=row["commissioner"],
            commissioner_organisation=_organisation(row["commissioner"]),
            stages=AccrualStages.of(accrual),
        )


@strawberry.input(description="Which accruals are looked for.")
class AccrualsFilter:
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="Periods with a day in this year; null: the current one."
    )
    service: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    commissioner: OdsCode | None = strawberry.field(
        default=None, description="Offered by this commissioner."
    )
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")

    def wanted(self, today: date) -> AccrualFilter:
        year = Year.parse(self.financial_year) if self.financial_year else Year.of(today)
        return AccrualFilter(
            first=year.period.start,
            last=year.period.end,
            service=self.service,
            commissioner=self.commissioner,
            provider=self.provider,
        )


By = Annotated[
    list[PaymentDimension], strawberry.argument(description="What is to be in common: one or more.")
]


@strawberry.type
class SpendingQuery:
    @strawberry.field(
        description="Payments by organisation, period and service, added up, the newest first."
    )
    async def payments_by(
        self,
        info: Info,
        by: By,
        filter: PaymentFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        first: int | None = None,
        after: str | None = None,
        expanded: Expanded = False,
    ) -> Connection[PaymentGroup] | None:
        context, page = info.context, window(first, after, *[str] * len(store.DIMENSIONS))
        sight = Sight.of_pounds(context.principal)
        if expanded:
            sight = sight.expanded(Report.PAYMENTS)
        if not by:
            message = "Say by what payments are to be added up."
            raise DomainError("DIMENSION_REQUIRED", message, field="by")
        wanted, names = (filter or PaymentFilter()).wanted(), [one.value for one in by]

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_payments(counting, sight, wanted, names)

        async with context.db.reader() as reader:
            rows = await store.payments(
                reader, sight, wanted, names, after=page.after, limit=page.limit
            )
        return connection(
            rows,
            page,
            node=PaymentGroup.of,
            key=lambda row: tuple(row[name.lower()] for name in store.DIMENSIONS),
            total=total,
        )

    @strawberry.field(
        description="Accruals by period, service and commissioner: authorised, declared, "
        "calculated, forecast. The newest period first."
    )
    async def accruals(
        self,
        info: Info,
        filter: AccrualsFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[PeriodAccrual] | None:
        context, page = info.context, window(first, after, date, date, str, str)
        sight = Sight.of(context.principal)
        wanted = (filter or AccrualsFilter()).wanted(context.principal.today)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_accruals(counting, sight, wanted)

        async with context.db.reader() as reader:
            found = await queries.accruals(reader, sight, wanted, page.after, page.limit)
        return connection(found, page, node=PeriodAccrual.of, key=_accrual_key, total=total)

    @strawberry.field(description="The accruals the caller may see, added up.")
    async def accrual_total(
        self,
        info: Info,
        filter: AccrualsFilter | None = None,  # noqa: A002 (GraphQL's word)
    ) -> AccrualStages | None:
        principal = info.context.principal
        sight = Sight.of(principal)
        wanted = (filter or AccrualsFilter()).wanted(principal.today)
        async with info.context.db.reader() as reader:
            return AccrualStages.of(await queries.total(reader, sight, wanted))


def _accrual_key(accrual: Accrual) -> tuple[date, date, str, str]:
    row = accrual.row
    assert row is not None
    return row["period_end"], row["period_start"], row["service_code"], row["commissioner"]
