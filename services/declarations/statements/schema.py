"""Reconciliation and statements in GraphQL."""

from __future__ import annotations

from datetime import date, datetime

import strawberry
from asyncpg import Record

from chassis.graphql import (
    Connection,
    Context,
    Download,
    FinancialYear,
    OdsCode,
    Points,
    Pounds,
    connection,
    window,
)
from nhs.directory import Principal
from services.declarations.sight import Sight
from services.declarations.statements import queries, store
from services.declarations.statements.queries import FILE, StatementAsked

Info = strawberry.Info[Context[Principal], None]


@strawberry.input(description="Which entries of the ledger are added up.")
class LedgerFilter:
    service: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    provider: OdsCode | None = strawberry.field(default=None, description="Earned by this one.")
    payee: OdsCode | None = strawberry.field(default=None, description="Paid to this one.")
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="Of this year."
    )
    until: datetime | None = strawberry.field(
        default=None, description="Entered by then: as far as the subscriber has read."
    )

    def wanted(self) -> store.LedgerFilter:
        return store.LedgerFilter(
            service=self.service,
            provider=self.provider,
            payee=self.payee,
            financial_year=self.financial_year,
            until=self.until,
        )


@strawberry.type(description="The entries of one period for one payee, added up.")
class LedgerReconciliation:
    period_start: date = strawberry.field(description="First day of the period paid for.")
    period_end: date = strawberry.field(description="Last day of the period paid for.")
    payee: OdsCode = strawberry.field(description="Who is paid.")
    count: int = strawberry.field(description="How many entries: distinct entry_ids.")
    amount: Pounds = strawberry.field(description="Their sum.")
    last_entry: strawberry.ID = strawberry.field(description="The entry_id of the last of them.")
    last_entered_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Record) -> LedgerReconciliation:
        return cls(
            period_start=row["period_start"],
            period_end=row["period_end"],
            payee=row["payee"],
            count=row["count"],
            amount=row["amount"],
            last_entry=strawberry.ID(str(row["last_entry"])),
            last_entered_at=row["last_entered_at"],
        )


@strawberry.type(description="An entry as a provider's statement shows it.")
class PaymentStatementLine:
    entry: strawberry.ID = strawberry.field(description="The entry's id.")
    payment: strawberry.ID = strawberry.field(description="The payment it is of.")
    kind: str = strawberry.field(description="AUTHORISED or ADJUSTED.")
    entered_at: datetime = strawberry.field(description="When it was entered.")
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    period_start: date = strawberry.field(description="First day of the period paid for.")
    period_end: date = strawberry.field(description="Last day of the period paid for.")
    payee: OdsCode = strawberry.field(description="Who is paid.")
    points: Points = strawberry.field(description="The points it pays for.")
    amount: Pounds = strawberry.field(description="Signed: a recovery has a minus sign.")
    status: str = strawberry.field(description="How far it has come.")
    status_at: datetime | None = strawberry.field(description="Since when, as finance says.")
    expected_on: date | None = strawberry.field(
        description="When it is to be paid if all goes well; null once it has been, and for £0.00."
    )
    narrative: str = strawberry.field(description="One line about it.")

    @classmethod
    def of(cls, row: Record) -> PaymentStatementLine:
        return cls(
            entry=strawberry.ID(str(row["id"])),
            payment=strawberry.ID(str(row["payment_id"])),
            kind=row["kind"],
            entered_at=row["entered_at"],
            service_code=row["service_code"],
            period_start=row["period_start"],
            period_end=row["period_end"],
            payee=row["payee"],
            points=row["points"],
            amount=row["amount"],
            status=row["status"],
            status_at=row["status_at"],
            expected_on=queries.expected_on(row),
            narrative=row["narrative"],
        )


@strawberry.type(description="What was entered for a provider in a month.")
class PaymentStatement:
    provider: OdsCode = strawberry.field(description="Whose it is.")
    month: str = strawberry.field(description="2026-04.")
    lines: list[PaymentStatementLine] = strawberry.field(description="The entries, oldest first.")
    total: Pounds = strawberry.field(description="Their sum.")
    settled: Pounds = strawberry.field(description="What of it has been settled.")
    failed: Pounds = strawberry.field(description="What of it did not arrive.")


@strawberry.type
class StatementsQuery:
    @strawberry.field(
        description="Entries by period and payee, newest period first: a subscriber whose ledger "
        "has the same counts, sums and last entries is complete."
    )
    async def reconciliation(
        self,
        info: Info,
        filter: LedgerFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[LedgerReconciliation] | None:
        context, page = info.context, window(first, after, date, date, str)
        sight, wanted = Sight.of_pounds(context.principal), (filter or LedgerFilter()).wanted()

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_groups(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await store.groups(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=LedgerReconciliation.of,
            key=lambda row: (row["period_end"], row["period_start"], row["payee"]),
            total=total,
        )

    @strawberry.field(description="A provider's statement of a month: 2026-04.")
    async def statement(self, info: Info, provider: OdsCode, month: str) -> PaymentStatement | None:
        asked = StatementAsked(provider, month)
        async with info.context.db.reader() as reader:
            found = await queries.statement(reader, info.context.principal, asked)
        return PaymentStatement(
            provider=provider,
            month=month,
            lines=[PaymentStatementLine.of(row) for row in found.rows],
            total=Pounds(found.total),
            settled=Pounds(found.of("SETTLED")),
            failed=Pounds(found.of("FAILED")),
        )


@strawberry.type
class StatementsMutation:
    @strawberry.mutation(description="Ask for a provider's statement of a month as a file.")
    async def request_statement_download(
        self, info: Info, provider: OdsCode, month: str
    ) -> Download | None:
        asked = StatementAsked(provider, month)
        async with info.context.db.reader() as reader:
            await queries.statement(reader, info.context.principal, asked)
        return Download.of(info.context, FILE, asked)
