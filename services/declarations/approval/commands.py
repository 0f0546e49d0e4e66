"""Steps people take on declarations: many at once, each row done or refused for itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis import outbox
from chassis.db import Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.notes import noted, reason_given
from nhs.roles import Role
from services.declarations import due
from services.declarations.approval import domain, recovery, store
from services.declarations.approval.domain import (
    Action,
    Declaration,
    Happening,
    RefusedError,
    Status,
    Switches,
)
from services.declarations.approval.events import events_of
from services.declarations.approval.history import Written, write
from services.declarations.approval.marks import reasons
from services.declarations.outcome import Outcome, Refused, Rows, chooser
from services.declarations.payments import commands as payments
from services.declarations.payments.domain import Authorisation
from services.declarations.sight import not_found


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else counts for a step."""

    pending: bool
    """Whether a recalculation is due."""
    joined: bool
    """Whether its commissioner does without the separation of duties today."""
    switches: Switches
    """What its service does without."""
    recovered: bool = False
    """Whether it is an advance on what has been authorised already."""


Step = Callable[[Declaration, Circumstances], list[Happening]]
"""What is to happen to a locked row."""


@dataclass(slots=True)
class ApprovalOutcome(Outcome):
    points: Decimal = Decimal("0.00")
    advanced: Decimal = Decimal("0.00")
    """Of the pounds that finance approves, what has been paid in advance."""


async def declare(
    tx: Tx, principal: Principal, rows: Rows, *, notes: str | None, dry_run: bool, now: datetime
) -> ApprovalOutcome:
    """The provider declares its own."""
    principal.require(Role.DECLARATION_MANAGEMENT)
    kept = noted(notes)

    def step(declaration: Declaration, circumstances: Circumstances) -> list[Happening]:
        principal.require(Role.DECLARATION_MANAGEMENT, payment_type=declaration.payment_type)
        return domain.declare(
            declaration,
            principal.person_id,
            circumstances.switches,
            pending=circumstances.pending,
            joined=circumstances.joined,
        )

    locked = await store.lock_for_provider(tx, [row for row, _ in rows], principal.acting)
    doing = _Doing(principal, "declareDeclarations", step, kept)
    outcome = await _do(tx, doing, rows, locked, dry_run=dry_run, now=now)
    outcome.message = _said(outcome, dry_run, "declared")
    return outcome


async def approve(
    tx: Tx,
    principal: Principal,
    rows: Rows,
    *,
    dry_run: bool,
    now: datetime,
    demonstration: bool,
) -> ApprovalOutcome:
    """The commissioner approves: for each row the step that the caller's roles allow."""

    def step(declaration: Declaration, circumstances: Circumstances) -> list[Happening]:
        return _approval(principal, declaration, circumstances, demonstration)

    doing = _Doing(principal, "approveDeclarations", step)
    return await _commission(tx, doing, rows, "approved", dry_run=dry_run, now=now)


def _approval(
    principal: Principal,
    declaration: Declaration,
    circumstances: Circumstances,
    demonstration: bool,
) -> list[Happening]:
    by, payment_type = principal.person_id, declaration.payment_type
    pending, joined = circumstances.pending, circumstances.joined
    if declaration.status == Status.AWAITING_FINANCE_APPROVAL:
        principal.require(Role.FINANCE_MANAGEMENT, payment_type=payment_type)
        return domain.finance_approve(
            declaration, by, pending=pending, joined=joined, demonstration=demonstration
        )
    principal.require(Role.APPROVAL_MANAGEMENT, payment_type=payment_type)
    return domain.approve(declaration, by, pending=pending, joined=joined)


async def return_to_provider(
    tx: Tx, principal: Principal, rows: Rows, *, reason: str, dry_run: bool, now: datetime
) -> ApprovalOutcome:
    """The commissioner wants them put right, and declared again."""
    why = reason_given(reason)

    def step(declaration: Declaration, _: Circumstances) -> list[Happening]:
        principal.require_any(*_COMMISSIONERS, payment_type=declaration.payment_type)
        return domain.return_to_provider(declaration, principal.person_id, why)

    doing = _Doing(principal, "returnDeclarations", step)
    return await _commission(tx, doing, rows, "returned", dry_run=dry_run, now=now)


async def hold(
    tx: Tx, principal: Principal, rows: Rows, *, reason: str | None, dry_run: bool, now: datetime
) -> ApprovalOutcome:
    """The commissioner holds them: nobody moves them until they are released.

    Without a reason it is the marks of the values that each stands on.
    """
    given = None if reason is None else reason_given(reason)
    marks = {} if given else await reasons(tx, [row for row, _ in rows])

    def step(declaration: Declaration, _: Circumstances) -> list[Happening]:
        principal.require_any(*_COMMISSIONERS, payment_type=declaration.payment_type)
        why = given or reason_given(marks.get(declaration.id, ""))
        return domain.hold(declaration, principal.person_id, why)

    doing = _Doing(principal, "holdDeclarations", step)
    return await _commission(tx, doing, rows, "held", dry_run=dry_run, now=now)


async def release(
    tx: Tx, principal: Principal, rows: Rows, *, dry_run: bool, now: datetime
) -> ApprovalOutcome:
    """The commissioner lets go of what is held, whoever of it holds it."""

    def step(declaration: Declaration, circumstances: Circumstances) -> list[Happening]:
        principal.require_any(*_COMMISSIONERS, payment_type=declaration.payment_type)
        return domain.release(
            declaration,
            principal.person_id,
            circumstances.switches,
            pending=circumstances.pending,
        )

    doing = _Doing(principal, "releaseDeclarations", step)
    return await _commission(tx, doing, rows, "released", dry_run=dry_run, now=now)


_COMMISSIONERS: Final = (Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT)


@dataclass(frozen=True, slots=True)
class _Doing:
    principal: Principal
    operation: str
    step: Step
    notes: str | None = None


async def _commission(
    tx: Tx, doing: _Doing, rows: Rows, verb: str, *, dry_run: bool, now: datetime
) -> ApprovalOutcome:
    """A step on what the organisation commissioned."""
    doing.principal.require_any(*_COMMISSIONERS)
    ids = [row for row, _ in rows]
    locked = await store.lock_for_commissioner(tx, ids, doing.principal.acting)
    outcome = await _do(tx, doing, rows, locked, dry_run=dry_run, now=now)
    outcome.message = _said(outcome, dry_run, verb)
    return outcome


async def _do(
    tx: Tx,
    doing: _Doing,
    rows: Rows,
    locked: Sequence[Record],
    *,
    dry_run: bool,
    now: datetime,
) -> ApprovalOutcome:
    """Decide each row; save what happened, or (in a dry run) keep the rows under a token."""
    seen = dict(rows)
    pending = await due.pending(tx, list(seen))
    joined = await store.duties_joined(tx, doing.principal.today)
    recovered = await store.recovered(tx, locked)
    found = {row["id"]: row for row in locked}
    outcome = ApprovalOutcome()
    happened: list[list[Happening]] = []
    for identity, version in seen.items():
        try:
            declaration = as_seen(found.get(identity), identity, version)
            circumstances = Circumstances(
                identity in pending,
                declaration.commissioner in joined,
                store.switches_of(found[identity]),
                identity in recovered,
            )
            happenings = _taken(doing.step, declaration, circumstances)
        except DomainError as error:
            outcome.refused.append(Refused(identity, error.code, error.message, error.field))
        else:
            happened.append(happenings)
            _add(outcome, happenings)
    if dry_run:
        outcome.advanced = await recovery.deducted_from(tx, _paid_by(happened))
        kept = [(identity, seen[identity]) for identity in outcome.done]
        looking = chooser(doing.principal, doing.operation, now, dry_run=True)
        outcome.selection = await looking.shown(tx, kept)
    else:
        acting_for = doing.principal.organisation
        outcome.advanced = await save(
            tx, happened, acting_for=acting_for, notes=doing.notes, now=now
        )
    return outcome


def _paid_by(happened: Sequence[Sequence[Happening]]) -> list[Declaration]:
    """What finance approves of it."""
    last = (one[-1] for one in happened)
    return [one.declaration for one in last if one.action is Action.FINANCE_APPROVED]


def as_seen(row: Record | None, identity: UUID, version: int) -> Declaration:
    """The declaration as the caller saw it; refused where it is out of sight or has changed."""
    if row is None:
        raise not_found("declaration", identity)
    declaration = store.declaration_of(row)
    if declaration.version != version:
        message = f"It has changed since: version {declaration.version}, not {version}"
        raise DomainError("STALE_VERSION", message, current=declaration.version)
    return declaration


def _taken(step: Step, declaration: Declaration, circumstances: Circumstances) -> list[Happening]:
    if circumstances.recovered:
        raise DomainError("ADVANCE_RECOVERED", recovery.SETTLED)
    try:
        return step(declaration, circumstances)
    except RefusedError as refused:
        raise DomainError(refused.code, str(refused)) from refused


def _add(outcome: ApprovalOutcome, happenings: Sequence[Happening]) -> None:
    after = happenings[-1].declaration
    outcome.done.append(after.id)
    outcome.points += after.points or 0
    outcome.pounds += after.pounds or 0
    first = next(h.action.value for h in happenings if h.action is not Action.DUTIES_JOINED)
    outcome.steps[first] = outcome.steps.get(first, 0) + 1


async def save(
    tx: Tx,
    happened: Sequence[Sequence[Happening]],
    *,
    acting_for: str | None,
    now: datetime,
    notes: str | None = None,
) -> Decimal:
    """Write what happened to each declaration: row, history, events, and payments it brings.

    Answers what is deducted from those payments, since it was paid in advance.
    """
    written = [write(one, acting_for=acting_for, notes=notes, at=now) for one in happened if one]
    await store.save(tx, [entries[-1].declaration for entries in written], now)
    everything = [entry for entries in written for entry in entries]
    await store.keep_entries(tx, [one.entry for one in everything])
    action = new_id()
    events = [event for one in everything for event in events_of(one, action)]
    await outbox.record(tx, events, at=now)
    ended = [one.declaration for one in everything if one.happening.action in _ENDS]
    recovers = await recovery.prepare(tx, ended)
    return await payments.authorise(tx, _approved(everything), recovers, now=now)


_ENDS: Final = frozenset({Action.FINANCE_APPROVED, Action.CLOSED})


def _approved(written: Sequence[Written]) -> list[Authorisation]:
    return [
        _authorisation(one.declaration)
        for one in written
        if one.happening.action == Action.FINANCE_APPROVED
    ]


def _authorisation(d: Declaration) -> Authorisation:
    assert d.pounds is not None
    assert d.points is not None
    return Authorisation(
        d.id,
        d.quality_service,
        d.service_code,
        d.payment_type,
        d.period_start,
        d.period_end,
        d.provider,
        d.commissioner,
        d.pounds,
        d.points,
        d.calculation_version,
        d.provisional,
        indicator=d.indicator,
    )


def _said(outcome: Outcome, dry_run: bool, verb: str) -> str:
    """The confirmation in the job aids' words (DOMAIN.md 10.10)."""
    if dry_run:
        count = len(outcome.done)
        return f"{count} payment declaration(s) can be {verb}; {len(outcome.refused)} cannot"
    if not outcome.done:
        return f"No payment declaration has been {verb}"
    return f"The payment declaration(s) have been successfully {verb}"
