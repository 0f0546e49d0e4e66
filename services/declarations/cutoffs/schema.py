"""The cut-off calendar in GraphQL, what is open before each, and reminders of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import (
    Connection,
    Context,
    OdsCode,
    Points,
    Pounds,
    as_uuid,
    connection,
    window,
)
from chassis.idempotency import once
from nhs.directory import Principal
from services.declarations.approval.bulk_schema import (
    ChooseDeclarations,
    DeclarationBulkAnswer,
    in_bulk,
)
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.cutoffs import commands, store
from services.declarations.cutoffs.domain import CutOff
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="Declarations in one state that are still open before a cut-off.")
class CutOffOpen:
    status: DeclarationStatus = strawberry.field(description="Whose step it is.")
    count: int = strawberry.field(description="How many.")
    points: Points = strawberry.field(description="The sum of their points.")
    pounds: Pounds | None = strawberry.field(
        description="The sum of their pounds; null for who may not see all of them."
    )


@strawberry.type(description="A day by which must be approved what is to be paid on another.")
class PaymentCutOff:
    id: strawberry.ID = strawberry.field(description="The cut-off's id.")
    service_code: str | None = strawberry.field(
        description="The line of services it is of: NCD2526; null for any."
    )
    payment_type: str | None = strawberry.field(
        description="The payment type it is of: DES; null for any."
    )
    commissioner: OdsCode | None = strawberry.field(
        description="Whose calendar it stands in; null for the national one."
    )
    declare_by: date | None = strawberry.field(description="By when providers are to declare.")
    approve_by: date = strawberry.field(description="By when finance is to have approved.")
    pay_on: date = strawberry.field(description="When it is then to be paid.")
    days_left: int = strawberry.field(
        description="Days until then by the business clock; 0 on the day, below 0 afterwards."
    )
    source: str = strawberry.field(description="Where the dates come from.")

    @strawberry.field(
        description="What the caller sees that is still open, of those whose calendar this is: a "
        "commissioner's own stands before the national one, a service's before a payment type's. "
        "Empty once the day has passed."
    )
    async def still_open(self, info: Info) -> list[CutOffOpen]:
        rows = await _open_before(info, UUID(self.id))
        return [
            CutOffOpen(
                status=DeclarationStatus(row["status"]),
                count=row["count"],
                points=row["points"],
                pounds=row["pounds"],
            )
            for row in rows
        ]

    @classmethod
    def of(cls, row: Record, today: date) -> PaymentCutOff:
        return cls(
            id=strawberry.ID(str(row["id"])),
            service_code=row["service_code"],
            payment_type=row["payment_type"],
            commissioner=row["commissioner"],
            declare_by=row["declare_by"],
            approve_by=row["approve_by"],
            pay_on=row["pay_on"],
            days_left=(row["approve_by"] - today).days,
            source=row["source"],
        )


async def _open_before(info: Info, cut_off: UUID) -> list[Record]:
    context = info.context

    async def load(keys: list[UUID]) -> list[list[Record]]:
        async with context.db.reader() as reader:
            found = await store.open_before(reader, Sight.of(context.principal), keys)
        return [found.get(key, []) for key in keys]

    loader: DataLoader[UUID, list[Record]] = context.loader("cut-offs", lambda: DataLoader(load))
    return await loader.load(cut_off)


@strawberry.input(description="A cut-off to keep.")
class CutOffInput:
    approve_by: date = strawberry.field(description="By when finance is to have approved.")
    pay_on: date = strawberry.field(description="When it is then paid.")
    declare_by: date | None = strawberry.field(
        default=None, description="By when providers are to declare."
    )
    service: str | None = strawberry.field(default=None, description="Of this line of services.")
    payment_type: str | None = strawberry.field(default=None, description="Of this payment type.")

    def cut_off(self) -> CutOff:
        return CutOff(
            self.approve_by, self.pay_on, self.declare_by, self.service, self.payment_type
        )


@strawberry.type(description="What came of keeping cut-offs.")
class CutOffsKept:
    added: int = strawberry.field(description="How many are new; the same again is none.")
    message: str = strawberry.field(description="The outcome in one sentence.")


From = Annotated[
    date | None, strawberry.argument(name="from", description="From this day; null: from today.")
]
Until = Annotated[date | None, strawberry.argument(description="Until this day.")]
Service = Annotated[
    str | None, strawberry.argument(description="Of this line of services, and of any.")
]


@strawberry.type
class CutOffsQuery:
    @strawberry.field(
        description="The calendar of cut-offs, the next first: national ones, those of the "
        "caller's commissioners, and their own."
    )
    async def cut_offs(
        self,
        info: Info,
        since: From = None,
        until: Until = None,
        service: Service = None,
        *,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[PaymentCutOff] | None:
        context, page = info.context, window(first, after, date, UUID)
        sight = Sight.of(context.principal)
        today = context.principal.today
        wanted = (since or today, until, service)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await store.page(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=lambda row: PaymentCutOff.of(row, today),
            key=lambda row: (row["approve_by"], row["id"]),
            total=total,
        )


@strawberry.type
class CutOffsMutation:
    @strawberry.mutation(
        description="Keep cut-offs of payments: England's Data Load the national ones, Finance "
        "Management its commissioner's own, which stand before them. One of the same day and "
        "services takes the place of the one there is. All of them are kept, or none."
    )
    async def load_cut_offs(
        self,
        info: Info,
        source: str,
        cut_offs: list[CutOffInput],
        idempotency_key: str | None = None,
    ) -> CutOffsKept | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        given = [one.cut_off() for one in cut_offs]
        async with context.db.transaction() as tx:
            added = await once(
                tx,
                key,
                int,
                lambda: commands.load(tx, context.principal, given, source=source, now=context.now),
                now=context.now,
            )
        return CutOffsKept(added=added, message=f"{added} cut-off(s) have been added")

    @strawberry.mutation(
        description="Take back a cut-off of one's own calendar. Needs Data Load or Finance "
        "Management."
    )
    async def withdraw_cut_off(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> PaymentCutOff | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        cut_off = as_uuid(id)
        async with context.db.transaction() as tx:
            await once(
                tx,
                key,
                type(None),
                lambda: commands.withdraw(tx, context.principal, cut_off, now=context.now),
                now=context.now,
            )
        async with context.db.reader() as reader:
            row = await store.one(reader, cut_off)
        return PaymentCutOff.of(row, context.principal.today) if row else None

    @strawberry.mutation(
        description="Remind whoever's step it is: a task for Achievement Entry where values are "
        "missing, Declaration Management where it is to be declared, Approval or Finance "
        "Management where it is to be approved; one for each recipient, with the count. At most "
        "once a day a declaration. Needs Approval or Finance Management."
    )
    async def remind_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        step = commands.send_reminders
        return await in_bulk(info, choose, "remindDeclarations", step, dry_run, idempotency_key)
