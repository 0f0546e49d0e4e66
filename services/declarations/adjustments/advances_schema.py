"""Outstanding advances in GraphQL, and how they are taken back."""

from __future__ import annotations

import strawberry
from asyncpg import Record

from chassis.graphql import Connection, Context, OdsCode, Pounds, connection, window
from nhs.directory import Principal
from services.declarations.adjustments import outstanding, recovery
from services.declarations.adjustments.outstanding import AdvanceFilter
from services.declarations.adjustments.schema import PaymentAdjustment, done
from services.declarations.approval.schema import Organisation
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.input(description="Which outstanding advances.")
class OutstandingAdvanceFilter:
    service: str | None = strawberry.field(
        default=None, description="The line that advances: QOFA2526."
    )
    provider: OdsCode | None = strawberry.field(default=None, description="Who was paid.")
    awaited: bool | None = strawberry.field(
        default=None,
        description="False: those alone that no payment to come takes off, so that somebody has to "
        "take them back.",
    )

    def wanted(self) -> AdvanceFilter:
        return AdvanceFilter(self.service, self.provider, self.awaited)


@strawberry.type(description="What a line advanced to a provider and nothing has taken off yet.")
class OutstandingAdvance:
    service_code: str = strawberry.field(description="The line that advances: QOFA2526.")
    recovered_by: list[str] = strawberry.field(description="The lines that take it off: QOF2526.")
    provider: Organisation | None = strawberry.field(description="Who was paid.")
    commissioner: Organisation | None = strawberry.field(
        description="Who commissioned the last of it."
    )
    payments: int = strawberry.field(description="How many payments it was advanced by.")
    pounds: Pounds = strawberry.field(description="What of it has not been taken off or back.")
    proposed: Pounds = strawberry.field(
        description="Adjustments of these payments that wait to be decided, signed."
    )
    awaited: bool = strawberry.field(
        description="Whether a payment of the year is still to come, and takes it off by itself. "
        "Where none is, the year was cancelled, rejected or has ended: see proposeAdvanceRecovery."
    )

    @classmethod
    def of(cls, row: Record) -> OutstandingAdvance:
        return cls(
            service_code=row["service_code"],
            recovered_by=row["recovered_by"],
            provider=Organisation(ods_code=OdsCode(row["provider"])),
            commissioner=Organisation(ods_code=OdsCode(row["commissioner"])),
            payments=row["payments"],
            pounds=row["pounds"],
            proposed=row["proposed"],
            awaited=row["awaited"],
        )


@strawberry.type
class AdvancesQuery:
    @strawberry.field(
        description="Advances (aspiration) that no payment of the year has taken off yet, of the "
        "providers whose pounds the caller may see, by line and provider."
    )
    async def outstanding_advances(
        self,
        info: Info,
        filter: OutstandingAdvanceFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[OutstandingAdvance] | None:
        context, page = info.context, window(first, after, *outstanding.KEY)
        sight = Sight.of_pounds(context.principal)
        wanted = (filter or OutstandingAdvanceFilter()).wanted()

        async def total() -> int:
            async with context.db.reader() as counting:
                return await outstanding.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await outstanding.page(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=OutstandingAdvance.of,
            key=lambda row: [row[name] for name in outstanding.KEY_COLUMNS],
            total=total,
        )


@strawberry.type
class AdvancesMutation:
    @strawberry.mutation(
        description="Propose to take back what a line advanced to a provider, where no payment of "
        "the year is to come that takes it off: an adjustment to £0.00 of each payment, which "
        "somebody else approves (approveAdjustments). Needs Finance Management."
    )
    async def propose_advance_recovery(
        self,
        info: Info,
        service: str,
        provider: OdsCode,
        reason: str,
        *,
        idempotency_key: str | None = None,
    ) -> list[PaymentAdjustment]:
        who, now = info.context.principal, info.context.now
        return await done(
            info,
            idempotency_key,
            lambda tx: recovery.propose(tx, who, service, provider, reason=reason, now=now),
        )
