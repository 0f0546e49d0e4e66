"""Steps people take on claims: many at once, each row done or refused for itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Tx
from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.notes import reason_given
from nhs.roles import Role
from services.declarations.claims import domain, keeping, store
from services.declarations.claims.commands import refusing, seen
from services.declarations.claims.domain import (
    Action,
    Claim,
    Happening,
    RejectionCode,
    Status,
)
from services.declarations.outcome import Outcome, Refused, Rows, chooser
from services.declarations.sight import not_found

Step = Callable[[Claim, bool], list[Happening]]
"""What is to happen to a locked claim; whether its commissioner joins duties today."""

APPROVERS: Final = {
    Status.AWAITING_PROVIDER_APPROVAL: Role.CLAIM_APPROVER,
    Status.AWAITING_TIER_1: Role.CLAIM_TIER_1,
    Status.AWAITING_TIER_2: Role.CLAIM_TIER_2,
    Status.AWAITING_FINANCE: Role.CLAIM_FINANCE,
}


async def approve(
    tx: Tx,
    principal: Principal,
    rows: Rows,
    *,
    dry_run: bool,
    now: datetime,
    demonstration: bool,
) -> Outcome:
    """For each claim the step it waits for, if that is the caller's."""
    principal.require_any(*APPROVERS.values())

    def step(claim: Claim, joined: bool) -> list[Happening]:
        _require(principal, claim)
        by = principal.person_id
        return domain.approve(claim, by, joined=joined, demonstration=demonstration)

    return await _decide(
        tx, _Doing(principal, "approveClaims", step, "approved"), rows, dry_run, now
    )


async def reject(
    tx: Tx,
    principal: Principal,
    rows: Rows,
    *,
    code: RejectionCode | None,
    reason: str,
    dry_run: bool,
    now: datetime,
) -> Outcome:
    """Whoever might approve says why not, by a code and in words; the provider is told."""
    principal.require_any(*APPROVERS.values())
    why = reason_given(reason)
    if code is None:
        message = "Say why: a reason code is required."
        raise DomainError("REASON_REQUIRED", message, field="reasonCode")

    def step(claim: Claim, _: bool) -> list[Happening]:
        _require(principal, claim)
        return domain.reject(claim, principal.person_id, code, why)

    return await _decide(
        tx, _Doing(principal, "rejectClaims", step, "rejected"), rows, dry_run, now
    )


def _require(principal: Principal, claim: Claim) -> None:
    """The role of the step that the claim waits for, for all that it claims under."""
    role = APPROVERS.get(claim.status)
    if role is None:
        return  # the domain refuses what waits for nobody
    for payment_type in claim.payment_types:
        principal.require(role, payment_type=payment_type)


async def withdraw(
    tx: Tx, principal: Principal, rows: Rows, *, reason: str | None, dry_run: bool, now: datetime
) -> Outcome:
    """The provider takes its own claims back before they are decided."""
    principal.require(Role.CLAIM_USER)
    why = reason_given(reason) if reason else None

    def step(claim: Claim, _: bool) -> list[Happening]:
        for payment_type in claim.payment_types:
            principal.require(Role.CLAIM_USER, payment_type=payment_type)
        return domain.withdraw(claim, principal.person_id, why)

    locked = await store.lock_for_provider(tx, [row for row, _ in rows], principal.acting)
    doing = _Doing(principal, "withdrawClaims", step, "withdrawn")
    return await _do(tx, doing, rows, locked, dry_run=dry_run, now=now)


@dataclass(frozen=True, slots=True)
class _Doing:
    principal: Principal
    operation: str
    step: Step
    verb: str


async def _decide(tx: Tx, doing: _Doing, rows: Rows, dry_run: bool, now: datetime) -> Outcome:
    ids = [row for row, _ in rows]
    locked = await store.lock_to_decide(tx, ids, doing.principal.acting)
    return await _do(tx, doing, rows, locked, dry_run=dry_run, now=now)


async def _do(
    tx: Tx,
    doing: _Doing,
    rows: Rows,
    locked: Sequence[Record],
    *,
    dry_run: bool,
    now: datetime,
) -> Outcome:
    """Decide each row; save what happened, or (in a dry run) keep the rows under a token."""
    wanted = dict(rows)
    joined = await store.duties_joined(tx, doing.principal.today)
    found = {row["id"]: row for row in locked}
    outcome, happened = Outcome(), list[list[Happening]]()
    for identity, version in wanted.items():
        try:
            claim = _seen(found.get(identity), identity, version)
            with refusing():
                happenings = doing.step(claim, claim.commissioner in joined)
        except DomainError as error:
            outcome.refused.append(Refused(identity, error.code, error.message, error.field))
        else:
            happened.append(happenings)
            _add(outcome, happenings)
    if dry_run:
        kept = [(identity, wanted[identity]) for identity in outcome.done]
        looking = chooser(doing.principal, doing.operation, now, dry_run=True)
        outcome.selection = await looking.shown(tx, kept)
    else:
        await keeping.save(tx, happened, acting_for=doing.principal.organisation, now=now)
    outcome.message = _said(outcome, dry_run, doing.verb)
    return outcome


def _seen(row: Record | None, identity: UUID, version: int) -> Claim:
    if row is None:
        raise not_found("claim", identity)
    return seen(store.claim_of(row), version)


def _add(outcome: Outcome, happenings: Sequence[Happening]) -> None:
    after = happenings[-1].claim
    outcome.done.append(after.id)
    outcome.pounds += after.amount
    step = next(one.action for one in happenings if one.action is not Action.DUTIES_JOINED)
    outcome.steps[step.value] = outcome.steps.get(step.value, 0) + 1


def _said(outcome: Outcome, dry_run: bool, verb: str) -> str:
    if dry_run:
        count = len(outcome.done)
        return f"{count} claim(s) can be {verb}; {len(outcome.refused)} cannot"
    if not outcome.done:
        return f"No claim has been {verb}"
    return f"The claim(s) have been successfully {verb}"
