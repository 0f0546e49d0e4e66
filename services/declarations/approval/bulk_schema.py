"""What people do to declarations, many at once."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated

import strawberry

from chassis.db import Tx
from chassis.graphql import BulkAnswer, Context, RowVersion, choice
from nhs.directory import Principal
from services.declarations.acting import Step, act
from services.declarations.approval import commands, lists
from services.declarations.approval.commands import ApprovalOutcome
from services.declarations.approval.filters import DeclarationFilter
from services.declarations.outcome import Rows
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="What became of each declaration a command was to act on.")
class DeclarationBulkAnswer(BulkAnswer):
    pass


@strawberry.input(
    one_of=True, description="Which declarations: a short list, a filter, or what was shown."
)
class ChooseDeclarations:
    rows: list[RowVersion] | None = strawberry.field(
        default=strawberry.UNSET, description="These, at these versions."
    )
    filter: DeclarationFilter | None = strawberry.field(
        default=strawberry.UNSET, description="All it reaches: in a dry run only."
    )
    selection: str | None = strawberry.field(
        default=strawberry.UNSET, description="What a dry run showed."
    )


_REASON = "Why, in at most 300 characters; the provider is told."
Reason = Annotated[str, strawberry.argument(description=_REASON)]
_MARKS = f"{_REASON} If it is left out: the marks of the values that each stands on."
ReasonOrMarks = Annotated[str | None, strawberry.argument(description=_MARKS)]
_NOTES = "For the commissioner, in at most 2,000 characters. No patient is named in them."
Notes = Annotated[str | None, strawberry.argument(description=_NOTES)]


@strawberry.type
class ApprovalMutation:
    @strawberry.mutation(
        description="Declare achievement, the provider's step. Needs Declaration Management."
    )
    async def declare_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        notes: Notes = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        step = partial(commands.declare, notes=notes)
        return await in_bulk(info, choose, "declareDeclarations", step, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Approve: for each declaration the step that the caller's roles allow, "
        "Approval Management the commissioner's and Finance Management the last, which pays."
    )
    async def approve_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        step = partial(commands.approve, demonstration=info.context.demonstration)
        return await in_bulk(info, choose, "approveDeclarations", step, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Return to the provider what was declared, to be put right and declared "
        "again. Needs Approval or Finance Management."
    )
    async def return_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        reason: Reason,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        step = partial(commands.return_to_provider, reason=reason)
        return await in_bulk(info, choose, "returnDeclarations", step, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Hold: nobody moves the declarations until they are released; only what "
        "finance has approved cannot be held. Needs Approval or Finance Management."
    )
    async def hold_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        reason: ReasonOrMarks = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        step = partial(commands.hold, reason=reason)
        return await in_bulk(info, choose, "holdDeclarations", step, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Release what is held, whoever at the commissioner holds it. Needs Approval "
        "or Finance Management."
    )
    async def release_declarations(
        self,
        info: Info,
        choose: ChooseDeclarations,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> DeclarationBulkAnswer:
        step = commands.release
        return await in_bulk(info, choose, "releaseDeclarations", step, dry_run, idempotency_key)


async def in_bulk(  # noqa: PLR0917 (each mutation's own words, in its order)
    info: Info,
    choose: ChooseDeclarations,
    operation: str,
    step: Step[ApprovalOutcome],
    dry_run: bool,
    key: str | None,
) -> DeclarationBulkAnswer:
    """Do a step to what is chosen, once a key; in a dry run show what it would be done to."""
    who = info.context.principal

    async def matching(tx: Tx, wanted: DeclarationFilter, most: int) -> Rows:
        return await lists.rows_of(tx, Sight.of(who), wanted.wanted(who), most)

    outcome = await act(
        info,
        operation,
        step,
        lambda: choice(choose.rows, choose.filter or None, choose.selection),
        matching,
        answer=ApprovalOutcome,
        dry_run=dry_run,
        key=key,
    )
    return _answer(outcome, sees_pounds=_sees_pounds(who))


def _sees_pounds(principal: Principal) -> bool:
    return bool(Sight.of(principal).pounds_types)


def _answer(outcome: ApprovalOutcome, *, sees_pounds: bool) -> DeclarationBulkAnswer:
    counts = {step.lower(): str(count) for step, count in outcome.steps.items()}
    counts |= {"points": _two_places(outcome.points)}
    counts |= {"pounds": _two_places(outcome.pounds)} if sees_pounds else {}
    if sees_pounds and outcome.advanced:
        counts |= {"advanced": _two_places(outcome.advanced)}
    return DeclarationBulkAnswer.told(outcome, counts)


def _two_places(amount: Decimal) -> str:
    return f"{amount:.2f}"
