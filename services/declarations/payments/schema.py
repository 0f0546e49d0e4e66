"""The ledger in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Context, Points, Pounds
from nhs.directory import Principal
from services.declarations.payments import store

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="An immutable line of the ledger.")
class PaymentEntry:
    id: strawberry.ID = strawberry.field(description="The entry's id: entry_id of its event.")
    kind: str = strawberry.field(description="AUTHORISED or ADJUSTED.")
    amount: Pounds = strawberry.field(description="Signed: a recovery has a minus sign.")
    achieved: Pounds | None = strawberry.field(
        description="What was calculated, where advances on it are deducted."
    )
    advanced: Pounds | None = strawberry.field(
        description="What had been advanced, and is deducted: achieved less amount."
    )
    points: Points = strawberry.field(description="The points it pays for.")
    calculation_version: int = strawberry.field(description="The calculation it stands on.")
    provisional: bool = strawberry.field(description="Whether unconfirmed rules were used.")
    narrative: str = strawberry.field(description="One line for a statement.")
    entered_at: datetime = strawberry.field(description="When it was entered.")
    status: str = strawberry.field(
        description="AUTHORISED, SENT, SETTLED, FAILED, or CLOSED_ZERO where nothing is due."
    )
    status_at: datetime | None = strawberry.field(
        description="Since when, as the finance system says; null until it has said anything."
    )
    reference: str | None = strawberry.field(description="The finance system's reference.")
    failure: str | None = strawberry.field(description="Why the payment failed.")
    adjusts: strawberry.ID | None = strawberry.field(
        description="The entry an adjustment puts right."
    )
    reason: str | None = strawberry.field(description="Why it was adjusted.")
    run: strawberry.ID | None = strawberry.field(
        description="The payment run that holds it, or did."
    )
    answer: str | None = strawberry.field(
        description="ACCEPTED or REJECTED, once finance has answered to the run."
    )
    answer_reason: str | None = strawberry.field(description="Why finance rejected it.")

    @classmethod
    def of(cls, row: Record) -> PaymentEntry:
        return cls(
            id=strawberry.ID(str(row["id"])),
            kind=row["kind"],
            amount=row["amount"],
            achieved=row["achieved"],
            advanced=row["advanced"],
            points=row["points"],
            calculation_version=row["calculation_version"],
            provisional=row["provisional"],
            narrative=row["narrative"],
            entered_at=row["entered_at"],
            status=row["status"],
            status_at=row["at"],
            reference=row["reference"],
            failure=row["failure"],
            adjusts=strawberry.ID(str(row["adjusts"])) if row["adjusts"] else None,
            reason=row["reason"],
            run=strawberry.ID(str(row["run_id"])) if row["run_id"] else None,
            answer=row["answer"],
            answer_reason=row["answer_reason"],
        )


async def entries_of(info: Info, payment: UUID) -> list[PaymentEntry]:
    """The entries of a payment that the caller has been shown."""
    context = info.context

    async def load(ids: list[UUID]) -> list[list[Record]]:
        async with context.db.reader() as reader:
            found = await store.entries_of(reader, ids)
        return [found.get(one, []) for one in ids]

    loader = context.loader("ledger entries", lambda: DataLoader(load))
    return [PaymentEntry.of(row) for row in await loader.load(payment)]
