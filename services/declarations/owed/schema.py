"""What was owed on a day, as known at a moment, in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

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
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.schema import Declaration, declaration_of
from services.declarations.owed import queries, store
from services.declarations.owed.queries import FILE
from services.declarations.owed.store import OwedAsked, OwedBy
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(OwedBy, name="DeclarationOwedBy", description="What sums are added up by.")


@strawberry.input(description="Of which declarations it is asked what was owed.")
class DeclarationOwedFilter:
    service: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")
    payee: OdsCode | None = strawberry.field(default=None, description="To this payee.")
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="Whose period ends in this year."
    )


@strawberry.type(description="What was owed for one declaration, as it was known at the moment.")
class DeclarationOwed:
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    provider: OdsCode = strawberry.field(description="Who earned it.")
    payee: OdsCode = strawberry.field(
        description="Who was paid; before there was a payment, who was to be on the day."
    )
    commissioner: OdsCode = strawberry.field(description="Who offered the service.")
    period_start: date = strawberry.field(description="First day of the payment period.")
    period_end: date = strawberry.field(description="Last day of the payment period.")
    achievement_date: date = strawberry.field(description="The day achievement is measured.")
    status: DeclarationStatus = strawberry.field(description="Its state at the moment.")
    calculation_version: int | None = strawberry.field(
        description="The calculation that was current; null where there was none."
    )
    run: strawberry.ID | None = strawberry.field(description="The run whose constants it froze.")
    points: Points | None = strawberry.field(description="The points it came to.")
    calculated: Pounds = strawberry.field(description="The pounds it came to.")
    entered: Pounds = strawberry.field(description="The ledger's entries by then, added up.")
    paid: Pounds = strawberry.field(description="What finance had settled of them by then.")
    owed: Pounds = strawberry.field(
        description="What the ledger said; before finance approval, what had been calculated."
    )
    declaration_id: strawberry.Private[UUID]

    @strawberry.field(description="The declaration as it is now.")
    async def declaration(self, info: Info) -> Declaration | None:
        return await declaration_of(info, self.declaration_id)

    @classmethod
    def of(cls, row: Record) -> DeclarationOwed:
        return cls(
            service_code=row["service_code"],
            provider=row["provider"],
            payee=row["payee"],
            commissioner=row["commissioner"],
            period_start=row["period_start"],
            period_end=row["period_end"],
            achievement_date=row["achievement_date"],
            status=DeclarationStatus(row["status"]),
            calculation_version=row["version"],
            run=strawberry.ID(str(row["run_id"])) if row["run_id"] else None,
            points=row["points"],
            calculated=row["calculated"],
            entered=row["entered"],
            paid=row["paid"],
            owed=row["owed"],
            declaration_id=row["id"],
        )


@strawberry.type(description="What was owed for several declarations, added up.")
class DeclarationOwedTotal:
    key: str = strawberry.field(description="The service's line, or the payee.")
    count: int = strawberry.field(description="How many declarations.")
    calculated: Pounds = strawberry.field(description="The pounds they came to.")
    entered: Pounds = strawberry.field(description="The ledger's entries by then, added up.")
    paid: Pounds = strawberry.field(description="What finance had settled of them by then.")
    owed: Pounds = strawberry.field(description="What was owed.")

    @classmethod
    def of(cls, row: Record) -> DeclarationOwedTotal:
        return cls(**dict(row))


On = Annotated[
    date, strawberry.argument(description="D: declarations whose achievement date had come by it.")
]
KnownAt = Annotated[
    datetime,
    strawberry.argument(
        description="K: what had been calculated, entered and paid by then counts, and nothing "
        "later. It may not lie ahead. Without a zone: by the clocks of England."
    ),
]


@strawberry.type
class OwedQuery:
    @strawberry.field(
        description="What was owed on a day as it was known at a moment, newest achievement date "
        "first."
    )
    async def owed(
        self,
        info: Info,
        on: On,
        known_at: KnownAt,
        filter: DeclarationOwedFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[DeclarationOwed] | None:
        context, page = info.context, window(first, after, date, str, UUID)
        sight = Sight.of_pounds(context.principal)
        asked = _asked(info, on, known_at, filter)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, asked)

        async with context.db.reader() as reader:
            rows = await store.page(reader, sight, asked, page.after, page.limit)
        return connection(
            rows,
            page,
            node=DeclarationOwed.of,
            key=lambda row: (row["achievement_date"], row["provider"], row["id"]),
            total=total,
        )

    @strawberry.field(
        description="What was owed on a day as it was known at a moment, added up by service or "
        "payee, in the order of their codes."
    )
    async def owed_totals(
        self,
        info: Info,
        on: On,
        known_at: KnownAt,
        filter: DeclarationOwedFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        by: OwedBy = OwedBy.SERVICE,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[DeclarationOwedTotal] | None:
        context, page = info.context, window(first, after, str)
        sight = Sight.of_pounds(context.principal)
        asked = _asked(info, on, known_at, filter)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_totals(counting, sight, asked, by)

        async with context.db.reader() as reader:
            rows = await store.totals(reader, sight, asked, by, after=page.after, limit=page.limit)
        return connection(
            rows, page, node=DeclarationOwedTotal.of, key=lambda row: (row["key"],), total=total
        )


@strawberry.type
class OwedMutation:
    @strawberry.mutation(
        description="Ask for what was owed on a day as it was known at a moment, as a file."
    )
    async def request_owed_download(
        self,
        info: Info,
        on: On,
        known_at: KnownAt,
        filter: DeclarationOwedFilter | None = None,  # noqa: A002 (GraphQL's word)
    ) -> Download | None:
        Sight.of_pounds(info.context.principal)
        return Download.of(info.context, FILE, _asked(info, on, known_at, filter))


def _asked(
    info: Info, on: date, known_at: datetime, filter_: DeclarationOwedFilter | None
) -> OwedAsked:
    wanted = filter_ or DeclarationOwedFilter()
    asked = OwedAsked(
        on=on,
        known_at=known_at,
        service=wanted.service,
        provider=wanted.provider,
        payee=wanted.payee,
        financial_year=wanted.financial_year,
    )
    return queries.checked(asked, now=info.context.now)
