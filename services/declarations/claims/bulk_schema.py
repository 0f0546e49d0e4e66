"""What people do to claims, many at once."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from functools import partial
from typing import Annotated, Protocol

import strawberry

from chassis.db import Tx
from chassis.graphql import BulkAnswer, Context, Count, Refusal, RowVersion, choice
from chassis.idempotency import once
from nhs.directory import Principal
from services.declarations.claims import deciding, lists
from services.declarations.claims.deciding import Outcome
from services.declarations.claims.enums import ClaimRejectionCode
from services.declarations.claims.filters import ClaimFilter
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="What became of each claim a command was to act on.")
class ClaimBulkAnswer(BulkAnswer):
    pass


@strawberry.input(
    one_of=True, description="Which claims: a short list, a filter, or what was shown."
)
class ChooseClaims:
    rows: list[RowVersion] | None = strawberry.field(
        default=strawberry.UNSET, description="These, at these versions."
    )
    filter: ClaimFilter | None = strawberry.field(
        default=strawberry.UNSET, description="All it reaches: in a dry run only."
    )
    selection: str | None = strawberry.field(
        default=strawberry.UNSET, description="What a dry run showed."
    )


_REASON = "Why, in at most 300 characters; the provider is told."
Reason = Annotated[str, strawberry.argument(description=_REASON)]


@strawberry.type
class ClaimBulkMutation:
    @strawberry.mutation(
        description="Approve: for each claim the step it waits for, if the caller's roles allow "
        "it. Claim Approver is the provider's, Claim Tier 1, Claim Tier 2 and Claim Finance the "
        "commissioner's; the last step pays."
    )
    async def approve_claims(
        self,
        info: Info,
        choose: ChooseClaims,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> ClaimBulkAnswer:
        step = partial(deciding.approve, demonstration=info.context.demonstration)
        return await _act(info, choose, "approveClaims", step, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Reject, with a coded reason and in words: whoever may approve it may. The "
        "provider may amend it into a new version of the same claim."
    )
    async def reject_claims(
        self,
        info: Info,
        choose: ChooseClaims,
        reason: Reason,
        reason_code: ClaimRejectionCode | None = None,
        dry_run: bool = False,
        *,
        idempotency_key: str | None = None,
    ) -> ClaimBulkAnswer:
        step = partial(deciding.reject, code=reason_code, reason=reason)
        return await _act(info, choose, "rejectClaims", step, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Withdraw claims of one's own, drafts among them, before they are decided. "
        "Needs Claim User."
    )
    async def withdraw_claims(
        self,
        info: Info,
        choose: ChooseClaims,
        reason: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> ClaimBulkAnswer:
        step = partial(deciding.withdraw, reason=reason)
        return await _act(info, choose, "withdrawClaims", step, dry_run, idempotency_key)


class _Step(Protocol):
    """A command about rows, everything it needs beside them given already."""

    def __call__(
        self, tx: Tx, principal: Principal, rows: deciding.Rows, *, dry_run: bool, now: datetime
    ) -> Awaitable[Outcome]: ...


async def _act(  # noqa: PLR0917 (each mutation's own words, in its order)
    info: Info,
    choose: ChooseClaims,
    operation: str,
    step: _Step,
    dry_run: bool,
    key: str | None,
) -> ClaimBulkAnswer:
    context, kept = info.context, info.context.idempotency(info, key)
    chooser = deciding.chooser(context.principal, operation, context.now, dry_run=dry_run)
    async with context.db.transaction() as tx:

        async def matching(wanted: ClaimFilter, most: int) -> deciding.Rows:
            sight = Sight.of_claims(context.principal)
            return await lists.rows_of(tx, sight, wanted.wanted(context.principal), most)

        async def act() -> Outcome:
            meant = choice(choose.rows, choose.filter or None, choose.selection)
            chosen = await chooser.chosen(tx, meant, matching)
            rows = list(chosen.items())
            return await step(tx, context.principal, rows, dry_run=dry_run, now=context.now)

        outcome = await once(
            tx,
            kept,
            Outcome,
            act,
            now=context.now,
            keep=lambda outcome: bool(outcome.done) and not dry_run,
        )
    return _answer(outcome)


def _answer(outcome: Outcome) -> ClaimBulkAnswer:
    counts = {"done": str(len(outcome.done)), "refused": str(len(outcome.refused))}
    counts |= {step.lower(): str(count) for step, count in outcome.steps.items()}
    counts |= {"pounds": f"{outcome.pounds:.2f}"}
    return ClaimBulkAnswer(
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
