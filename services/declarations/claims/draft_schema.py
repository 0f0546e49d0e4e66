"""What a provider does to one claim of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

import strawberry

from chassis.db import Tx
from chassis.graphql import Context, OdsCode, Pounds, as_uuid
from chassis.idempotency import once
from nhs.directory import Principal
from services.declarations.claims import commands, submitting
from services.declarations.claims.commands import Given
from services.declarations.claims.domain import Claim as Known
from services.declarations.claims.domain import Line
from services.declarations.claims.parts_schema import ClaimProblem
from services.declarations.claims.schema import Claim, claim_of
from services.declarations.claims.submitting import Submitted
from services.declarations.sight import not_found

Info = strawberry.Info[Context[Principal], None]


@strawberry.input(description="A component, and how often it is claimed.")
class ClaimLineInput:
    service: str = strawberry.field(description="The line of the service: LESPW2526.")
    component: str = strawberry.field(description="The component's code.")
    quantity: str = strawberry.field(
        description="A whole number, as text: what is none is kept in a draft, and named by LC004."
    )
    amount: Pounds | None = strawberry.field(
        default=None,
        description="What you reckon it comes to; LC010 if it is not the quantity by its tariff.",
    )

    def given(self) -> Given:
        amount = None if self.amount is None else Decimal(self.amount)
        return Given(self.service, self.component, self.quantity, amount)


@strawberry.input(description="Everything a claim claims, and what is noted about it.")
class ClaimContentInput:
    lines: list[ClaimLineInput] = strawberry.field(description="All its lines, in order.")
    notes: str | None = strawberry.field(
        default=None, description="At most 2,000 characters. No patient is named in them."
    )

    @property
    def numbered(self) -> list[Line]:
        return commands.as_lines([line.given() for line in self.lines])


@strawberry.type(
    description="Whether a claim was submitted, and if not, all that is wrong with it."
)
class ClaimSubmission:
    submitted: bool = strawberry.field(
        description="Whether it was; in a dry run, whether it could be."
    )
    errors: list[ClaimProblem] = strawberry.field(
        description="Everything to correct, by rule and line; the claim is a draft still, and "
        "nothing was written."
    )
    claim: Claim | None = strawberry.field(description="The claim as it now is.")


@strawberry.type
class ClaimDraftMutation:
    @strawberry.mutation(
        description="Draft a claim for a period of a service; the services that are claimed with "
        "it go on the same claim. Needs Claim User."
    )
    async def create_claim(
        self,
        info: Info,
        service: str,
        period_start: date,
        provider: OdsCode | None = None,
        idempotency_key: str | None = None,
    ) -> Claim:
        who, now = info.context.principal, info.context.now
        return await _done(
            info,
            idempotency_key,
            lambda tx: commands.create(
                tx, who, service=service, period_start=period_start, provider=provider, now=now
            ),
        )

    @strawberry.mutation(
        description="Write a draft's lines and notes anew. Quantities are kept as they are "
        "written: what is wrong is told at submission. Needs Claim User."
    )
    async def edit_claim(
        self,
        info: Info,
        id: strawberry.ID,
        version: int,
        content: ClaimContentInput,
        idempotency_key: str | None = None,
    ) -> Claim:
        who, now = info.context.principal, info.context.now
        return await _done(
            info,
            idempotency_key,
            lambda tx: commands.write(
                tx,
                who,
                as_uuid(id),
                version=version,
                lines=content.numbered,
                notes=content.notes,
                now=now,
            ),
        )

    @strawberry.mutation(
        description="Add All: a line, with a quantity of 0, for every component that has a tariff "
        "in the period and no line yet; of one service, or of all. Needs Claim User."
    )
    async def add_all_claim_components(
        self,
        info: Info,
        id: strawberry.ID,
        version: int,
        service: str | None = None,
        idempotency_key: str | None = None,
    ) -> Claim:
        who, now = info.context.principal, info.context.now
        return await _done(
            info,
            idempotency_key,
            lambda tx: commands.add_all(
                tx, who, as_uuid(id), version=version, service=service, now=now
            ),
        )

    @strawberry.mutation(
        description="Write a rejected claim anew: the same claim becomes a draft, the next "
        "version of its content, which starts as the last was. Needs Claim User."
    )
    async def amend_claim(
        self, info: Info, id: strawberry.ID, version: int, idempotency_key: str | None = None
    ) -> Claim:
        who, now = info.context.principal, info.context.now
        return await _done(
            info,
            idempotency_key,
            lambda tx: commands.amend(tx, who, as_uuid(id), version=version, now=now),
        )

    @strawberry.mutation(
        description="Submit a draft, as it is or with this content. Every rule is asked; with "
        "anything wrong it stays a draft, nothing is written, and all of it is answered. A dry "
        "run only asks. Needs Claim User."
    )
    async def submit_claim(
        self,
        info: Info,
        id: strawberry.ID,
        version: int,
        content: ClaimContentInput | None = None,
        dry_run: bool = False,
        *,
        idempotency_key: str | None = None,
    ) -> ClaimSubmission:
        context, kept = info.context, info.context.idempotency(info, idempotency_key)
        given = (content.numbered, content.notes) if content else None
        async with context.db.transaction() as tx:

            async def work() -> Submitted:
                return await submitting.submit_one(
                    tx,
                    context.principal,
                    as_uuid(id),
                    version=version,
                    content=given,
                    dry_run=dry_run,
                    now=context.now,
                )

            done = await once(
                tx,
                kept,
                Submitted,
                work,
                now=context.now,
                keep=lambda submitted: not submitted.problems and not dry_run,
            )
        return ClaimSubmission(
            submitted=not done.problems,
            errors=[ClaimProblem.of(problem) for problem in done.problems],
            claim=await claim_of(info, done.claim),
        )


async def _done(info: Info, key: str | None, work: Callable[[Tx], Awaitable[Known]]) -> Claim:
    """Do it once, and show the claim as it then is."""
    context, kept = info.context, info.context.idempotency(info, key)
    async with context.db.transaction() as tx:

        async def identified() -> UUID:
            return (await work(tx)).id

        identity = await once(tx, kept, UUID, identified, now=context.now)
    found = await claim_of(info, identity)
    if found is None:
        raise not_found("claim", identity)
    return found
