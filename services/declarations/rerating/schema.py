"""Re-rating in GraphQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import Tx
from chassis.graphql import Connection, Context, Download, as_uuid, connection, window
from chassis.idempotency import once_alone
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.outcome import Outcome
from services.declarations.rerating import commands, queries, store
from services.declarations.rerating.queries import FILE, ReratingAsked
from services.declarations.rerating.rating import Asked
from services.declarations.rerating.store import Whose
from services.declarations.rerating.types import (
    PaymentChangeInput,
    PaymentRerating,
    PaymentReratingBulkAnswer,
    rerating_key,
)
from services.declarations.rerating.what_if_types import KEY, PaymentWhatIf

Info = strawberry.Info[Context[Principal], None]

Service = Annotated[str, strawberry.argument(description="The line of the service: QOF2526.")]
PeriodStart = Annotated[date, strawberry.argument(description="First day of the payment period.")]


@strawberry.type
class ReratingQuery:
    @strawberry.field(
        description="What would every payment of a period be if something of the past were "
        "otherwise? Of what your organisation commissions, to the penny; nothing is written. "
        "Needs Finance Management, Approval Management or Finance View."
    )
    async def what_if(
        self,
        info: Info,
        service: Service,
        period_start: PeriodStart,
        change: PaymentChangeInput,
        *,
        first: int | None = None,
        after: str | None = None,
        declarations_after: str | None = None,
    ) -> PaymentWhatIf | None:
        context = info.context
        pages = window(first, after, *KEY), window(first, declarations_after, *KEY)
        whose = Whose.of(context.principal, *queries.LOOKS)
        asked = Asked(whose, service, period_start, change.change())
        async with context.db.reader() as reader:
            found = await queries.what_if(reader, asked)
        return PaymentWhatIf.of(asked, found, *pages)

    @strawberry.field(
        description="A re-rating. Needs Finance or Approval Management, or Finance View."
    )
    async def rerating(self, info: Info, id: strawberry.ID) -> PaymentRerating | None:
        return await _rerating(info, as_uuid(id))

    @strawberry.field(
        description="Re-ratings of what your organisation commissions, newest first. Needs Finance "
        "or Approval Management, or Finance View."
    )
    async def reratings(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[PaymentRerating] | None:
        context, page = info.context, window(first, after, UUID)
        whose = Whose.of(context.principal, *queries.LOOKS)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, whose)

        async with context.db.reader() as reader:
            rows = await store.page(reader, whose, page.after, page.limit)
        return connection(rows, page, node=PaymentRerating.of, key=rerating_key, total=total)


@strawberry.type
class ReratingMutation:
    @strawberry.mutation(
        description="Propose what `whatIf` has shown: a job calculates it again, and proposes an "
        "adjustment for each payment that differs. It fails, writing nothing, where it comes to "
        "anything else. Somebody else approves it. Needs Finance Management."
    )
    async def propose_rerating(
        self,
        info: Info,
        service: Service,
        period_start: PeriodStart,
        change: PaymentChangeInput,
        fingerprint: Annotated[
            str, strawberry.argument(description="Of what was shown: `whatIf` answers it.")
        ],
        *,
        reason: str,
        idempotency_key: str | None = None,
    ) -> PaymentRerating:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        whose = Whose.of(context.principal, Role.FINANCE_MANAGEMENT)
        asked = Asked(whose, service, period_start, change.change())
        who, now = context.principal, context.now

        async def work(tx: Tx) -> UUID:
            return await commands.ask(tx, who, asked, fingerprint, reason=reason, now=now)

        return await _rerating(info, await once_alone(context.db, key, UUID, work, now=now))

    @strawberry.mutation(
        description="Approve a re-rating that somebody else proposed: each adjustment of what your "
        "organisation commissions becomes an entry of the ledger, or is refused by itself. Needs "
        "Finance Management."
    )
    async def approve_rerating(
        self,
        info: Info,
        id: strawberry.ID,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> PaymentReratingBulkAnswer:
        context = info.context

        async def work(tx: Tx) -> Outcome:
            return await commands.approve(
                tx,
                context.principal,
                as_uuid(id),
                dry_run=dry_run,
                demonstration=context.demonstration,
                now=context.now,
            )

        return await _decided(info, idempotency_key, work, keep=not dry_run)

    @strawberry.mutation(
        description="Refuse what is undecided of a re-rating, or take back one's own. Needs "
        "Finance Management."
    )
    async def refuse_rerating(
        self, info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> PaymentReratingBulkAnswer:
        who, now = info.context.principal, info.context.now

        async def work(tx: Tx) -> Outcome:
            return await commands.refuse(tx, who, as_uuid(id), reason=reason, now=now)

        return await _decided(info, idempotency_key, work, keep=True)

    @strawberry.mutation(
        description="Ask for the adjustments of a re-rating as a file, before it is approved or "
        "after. Needs Finance or Approval Management, or Finance View."
    )
    async def request_rerating_download(self, info: Info, id: strawberry.ID) -> Download | None:
        context, identity = info.context, as_uuid(id)
        async with context.db.reader() as reader:
            await queries.find(reader, context.principal, identity)
        return Download.of(context, FILE, ReratingAsked(identity))


async def _decided(
    info: Info, key: str | None, work: Callable[[Tx], Awaitable[Outcome]], *, keep: bool
) -> PaymentReratingBulkAnswer:
    context, kept = info.context, info.context.idempotency(info, key)
    outcome = await once_alone(
        context.db,
        kept,
        Outcome,
        work,
        now=context.now,
        keep=lambda outcome: keep and bool(outcome.done),
    )
    return PaymentReratingBulkAnswer.told(outcome, {"pounds": f"{outcome.pounds:.2f}"})


async def _rerating(info: Info, identity: UUID) -> PaymentRerating:
    async with info.context.db.reader() as reader:
        row = await queries.find(reader, info.context.principal, identity)
    return PaymentRerating.of(row)
