"""What people do to claims, many at once."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from chassis.db import Tx
from chassis.graphql import BulkAnswer, Context, RowVersion, choice
from nhs.directory import Principal
from services.declarations.acting import Step, act
from services.declarations.claims import deciding, lists
from services.declarations.claims.enums import ClaimRejectionCode
from services.declarations.claims.filters import ClaimFilter
from services.declarations.outcome import Outcome, Rows
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


async def _act(  # noqa: PLR0917 (each mutation's own words, in its order)
    info: Info,
    choose: ChooseClaims,
    operation: str,
    step: Step[Outcome],
    dry_run: bool,
    key: str | None,
) -> ClaimBulkAnswer:
    who = info.context.principal

    async def matching(tx: Tx, wanted: ClaimFilter, most: int) -> Rows:
        return await lists.rows_of(tx, Sight.of_claims(who), wanted.wanted(who), most)

    outcome = await act(
        info,
        operation,
        step,
        lambda: choice(choose.rows, choose.filter or None, choose.selection),
        matching,
        answer=Outcome,
        dry_run=dry_run,
        key=key,
    )
    counts = {name.lower(): str(count) for name, count in outcome.steps.items()}
    return ClaimBulkAnswer.told(outcome, counts | {"pounds": f"{outcome.pounds:.2f}"})
