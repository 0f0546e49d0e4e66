"""Adjustments in GraphQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.db import Tx
from chassis.graphql import (
    JSON,
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
from services.declarations.adjustments import commands, store
from services.declarations.approval.schema import (
    Declaration,
    Payment,
    declaration_of,
    payment_of,
)
from services.declarations.calculation.schema import DeclarationChanges, changes_of, receipt_of
from services.declarations.sight import Sight, not_found

Info = strawberry.Info[Context[Principal], None]


@strawberry.enum(description="Whether an adjustment is an entry of the ledger yet.")
class AdjustmentStatus(StrEnum):
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


@strawberry.type(description="What a payment is to be put right by, after finance approval.")
class PaymentAdjustment:
    id: strawberry.ID = strawberry.field(description="The adjustment's id.")
    status: AdjustmentStatus = strawberry.field(description="Only an APPROVED one is paid.")
    amount: Pounds = strawberry.field(description="Signed: what is taken back has a minus sign.")
    reason: str = strawberry.field(description="Why, as whoever proposed it said.")
    adjusts: strawberry.ID = strawberry.field(description="The entry it puts right.")
    entry: strawberry.ID | None = strawberry.field(description="The entry it became.")
    proposed_by: strawberry.ID = strawberry.field(description="Who proposed it.")
    proposed_for: OdsCode = strawberry.field(description="The organisation they acted for.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    decided_by: strawberry.ID | None = strawberry.field(description="Who decided.")
    decided_at: datetime | None = strawberry.field(description="When it was decided.")
    refusal_reason: str | None = strawberry.field(description="Why it was refused.")
    points: Points = strawberry.field(
        description="Points it pays for beside those before, signed; 0.00 if proposed by hand."
    )
    rerating: strawberry.ID | None = strawberry.field(
        description="The re-rating it is part of; null if it was proposed by hand."
    )
    paid: Pounds | None = strawberry.field(
        description="In a re-rating: what was paid before, adjustments among it."
    )
    payment_id: strawberry.Private[UUID]
    calculation: strawberry.Private[tuple[UUID, int] | None]
    """The calculation it would pay by."""

    @strawberry.field(description="The payment that is put right.")
    async def payment(self, info: Info) -> Payment | None:
        return await payment_of(info, self.payment_id)

    @strawberry.field(
        description="In a re-rating: what its calculation has that the one which finance approved "
        "had not."
    )
    async def changes(self, info: Info) -> DeclarationChanges | None:
        declared = await self._declared(info)
        if self.calculation is None or declared is None:
            return None
        of, until = self.calculation
        return await changes_of(info, of, declared.calculation_version, until, sees_pounds=True)

    @strawberry.field(
        description="In a re-rating: the calculation it would pay by, as `cqrs verify` reads it."
    )
    async def receipt(self, info: Info) -> JSON | None:
        return JSON(await receipt_of(info, self.calculation)) if self.calculation else None

    async def _declared(self, info: Info) -> Declaration | None:
        return await declaration_of(info, self.calculation[0]) if self.calculation else None

    @classmethod
    def of(cls, row: Record) -> PaymentAdjustment:
        return cls(
            id=strawberry.ID(str(row["id"])),
            status=AdjustmentStatus(row["status"]),
            amount=row["amount"],
            reason=row["reason"],
            adjusts=strawberry.ID(str(row["adjusts"])),
            entry=_id(row["entry_id"]),
            proposed_by=strawberry.ID(str(row["proposed_by"])),
            proposed_for=row["proposed_for"],
            proposed_at=row["proposed_at"],
            decided_by=_id(row["decided_by"]),
            decided_at=row["decided_at"],
            refusal_reason=row["refusal_reason"],
            points=row["points"],
            rerating=_id(row["rerating"]),
            paid=row["paid"],
            payment_id=row["payment_id"],
            calculation=(row["declaration_id"], row["calculation_version"])
            if row["rerating"]
            else None,
        )


def _id(identity: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(str(identity)) if identity else None


@strawberry.type
class AdjustmentsQuery:
    @strawberry.field(description="Adjustments of payments the caller may see, newest first.")
    async def adjustments(
        self,
        info: Info,
        payment: strawberry.ID | None = None,
        status: AdjustmentStatus | None = None,
        rerating: strawberry.ID | None = None,
        *,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[PaymentAdjustment] | None:
        context, page = info.context, window(first, after, UUID)
        sight = Sight.of_pounds(context.principal)
        wanted = store.AdjustmentFilter(
            payment=as_uuid(payment, "payment") if payment else None,
            rerating=as_uuid(rerating, "rerating") if rerating else None,
            status=status.value if status else None,
        )

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await store.page(reader, sight, wanted, after=page.after, limit=page.limit)
        return connection(
            rows, page, node=PaymentAdjustment.of, key=lambda row: (row["id"],), total=total
        )


@strawberry.type
class AdjustmentsMutation:
    @strawberry.mutation(
        description="Propose to put a payment right by another entry, which may have a minus "
        "sign. It names the entry that was authorised, or another with `adjusts`. Somebody else "
        "approves it. Needs Finance Management."
    )
    async def propose_adjustment(
        self,
        info: Info,
        payment: strawberry.ID,
        amount: Pounds,
        reason: str,
        adjusts: strawberry.ID | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> PaymentAdjustment:
        context = info.context
        entry = as_uuid(adjusts, "adjusts") if adjusts else None
        return await _done(
            info,
            idempotency_key,
            lambda tx: commands.propose(
                tx,
                context.principal,
                as_uuid(payment, "payment"),
                amount=Decimal(amount),
                reason=reason,
                adjusts=entry,
                now=context.now,
            ),
        )

    @strawberry.mutation(
        description="Approve an adjustment that somebody else proposed: it becomes an entry of "
        "the ledger. Needs Finance Management."
    )
    async def approve_adjustment(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> PaymentAdjustment:
        who, now = info.context.principal, info.context.now
        return await _done(
            info, idempotency_key, lambda tx: commands.approve(tx, who, as_uuid(id), now=now)
        )

    @strawberry.mutation(
        description="Approve several adjustments that somebody else proposed, 100 at most: all of "
        "them or, where one is refused, none. Needs Finance Management."
    )
    async def approve_adjustments(
        self, info: Info, ids: list[strawberry.ID], idempotency_key: str | None = None
    ) -> list[PaymentAdjustment]:
        who, now = info.context.principal, info.context.now
        chosen = [as_uuid(one, "ids") for one in ids]
        return await done(
            info, idempotency_key, lambda tx: commands.approve_all(tx, who, chosen, now=now)
        )

    @strawberry.mutation(
        description="Refuse an adjustment, or take back one's own. Needs Finance Management."
    )
    async def refuse_adjustment(
        self, info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> PaymentAdjustment:
        who, now = info.context.principal, info.context.now
        return await _done(
            info,
            idempotency_key,
            lambda tx: commands.refuse(tx, who, as_uuid(id), reason=reason, now=now),
        )


async def _done(
    info: Info, key: str | None, work: Callable[[Tx], Awaitable[UUID]]
) -> PaymentAdjustment:
    """Do it once, and show the adjustment as it then is."""

    async def one(tx: Tx) -> list[UUID]:
        return [await work(tx)]

    (adjustment,) = await done(info, key, one)
    return adjustment


async def done(
    info: Info, key: str | None, work: Callable[[Tx], Awaitable[list[UUID]]]
) -> list[PaymentAdjustment]:
    """Do it once, and show the adjustments as they then are, in the order they were answered."""
    context, kept = info.context, info.context.idempotency(info, key)
    async with context.db.transaction() as tx:
        ids = await once(tx, kept, list[UUID], lambda: work(tx), now=context.now)
    sight = Sight.of_pounds(context.principal)
    async with context.db.reader() as reader:
        found = {row["id"]: row for row in await store.by_ids(reader, sight, ids)}
    for identity in ids:
        if identity not in found:
            raise not_found("adjustment", identity)
    return [PaymentAdjustment.of(found[identity]) for identity in ids]
