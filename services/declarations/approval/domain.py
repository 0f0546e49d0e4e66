"""A declaration, and what may happen to it (DOMAIN.md 10.2, 10.6). Pure: no I/O, no clock."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    INCOMPLETE = "INCOMPLETE"
    AWAITING_NETWORK_ACHIEVEMENT = "AWAITING_NETWORK_ACHIEVEMENT"
    AWAITING_PROVIDER_APPROVAL = "AWAITING_PROVIDER_APPROVAL"
    AWAITING_COMMISSIONER_APPROVAL = "AWAITING_COMMISSIONER_APPROVAL"
    AWAITING_FINANCE_APPROVAL = "AWAITING_FINANCE_APPROVAL"
    FINANCE_APPROVED = "FINANCE_APPROVED"
    CLOSED = "CLOSED"


class Action(StrEnum):
    """What a history's entry tells; each but the first is an event too."""

    OPENED = "OPENED"
    VALUES_MISSING = "VALUES_MISSING"
    CALCULATED = "CALCULATED"
    RECALCULATED = "RECALCULATED"
    DECLARED = "DECLARED"
    APPROVED = "APPROVED"
    FINANCE_APPROVED = "FINANCE_APPROVED"
    RETURNED = "RETURNED"
    HELD = "HELD"
    RELEASED = "RELEASED"
    CLOSED = "CLOSED"
    PAYMENT_SENT = "PAYMENT_SENT"
    PAYMENT_SETTLED = "PAYMENT_SETTLED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_ADJUSTED = "PAYMENT_ADJUSTED"
    DUTIES_JOINED = "DUTIES_JOINED"
    """The next step is a second one of the same person, which the commissioner lets them take."""


WAITING = frozenset({Status.INCOMPLETE, Status.AWAITING_NETWORK_ACHIEVEMENT})
"""There is no calculation: something is missing, of the provider or of members of a network."""
FINAL = frozenset({Status.FINANCE_APPROVED, Status.CLOSED})
AFTER_DECLARATION = frozenset(
    {Status.AWAITING_COMMISSIONER_APPROVAL, Status.AWAITING_FINANCE_APPROVAL}
)


class RefusedError(Exception):
    """Why a step may not be taken, with the code callers know it by."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Missing:
    """What a calculation waits for; `indicator` is None where it is not an indicator's value."""

    code: str
    indicator: str | None
    message: str
    provider: str | None = None
    """The member that a network waits for."""

    @property
    def name(self) -> str:
        named = self.indicator or self.code
        return f"{named} of {self.provider}" if self.provider else named


@dataclass(frozen=True, slots=True)
class Switches:
    """Steps a service does without (DOMAIN.md 1.8, D1)."""

    no_declaration_required: bool = False
    no_approval_required: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """A calculation as a declaration sees it."""

    version: int
    points: Decimal
    pounds: Decimal
    provisional: bool
    changed: bool
    differences: str | None = None
    """What is not as in the calculation before, in words."""


@dataclass(frozen=True, slots=True)
class Declaration:
    id: UUID
    version: int
    offer_id: UUID
    quality_service: str
    service_code: str
    payment_type: str
    provider: str
    commissioner: str
    period_start: date
    period_end: date
    achievement_date: date
    status: Status
    held: bool = False
    hold_reason: str | None = None
    held_by: UUID | None = None
    return_reason: str | None = None
    """Why the commissioner returned it; until it is declared or calculated anew."""
    calculation_version: int = 0
    points: Decimal | None = None
    pounds: Decimal | None = None
    provisional: bool = False
    blockers: tuple[Missing, ...] = ()
    declared_by: tuple[UUID, ...] = ()
    """Everybody who ever declared it: what was recalculated since does not undo that."""
    approved_by: tuple[UUID, ...] = ()
    finance_approved_by: UUID | None = None
    history_length: int = 0
    history_hash: str = ""
    indicator: str | None = None
    """The one that is declared; None: all of the service."""

    @property
    def missing(self) -> list[str]:
        return [blocker.name for blocker in self.blockers]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: the declaration afterwards, who did it (None: the service), why."""

    action: Action
    declaration: Declaration
    by: UUID | None = None
    reason: str | None = None
    """Why, where it is not the person who says it in the notes of the step."""


def calculated(
    before: Declaration, figures: Figures, switches: Switches = Switches()
) -> list[Happening]:
    """A calculation holds. If it differs from the one that was declared, declare again."""
    if before.status in FINAL:
        return []
    happened = _recalculated(before, figures)
    return [*happened, *_passed(_after(before, happened), switches)]


def _recalculated(before: Declaration, figures: Figures) -> list[Happening]:
    if not (figures.changed or before.status in WAITING):
        return []
    action = Action.RECALCULATED if before.status in AFTER_DECLARATION else Action.CALCULATED
    after = _moved(
        before,
        Status.AWAITING_PROVIDER_APPROVAL,
        calculation_version=figures.version,
        points=figures.points,
        pounds=figures.pounds,
        provisional=figures.provisional,
        blockers=(),
        return_reason=None,
    )
    return [Happening(action, after, reason=figures.differences)]


def _passed(before: Declaration, switches: Switches) -> list[Happening]:
    """What needs no declaration passes by itself; not what is held, nor what was returned."""
    waiting = before.status == Status.AWAITING_PROVIDER_APPROVAL
    stays = before.held or before.return_reason is not None
    if not switches.no_declaration_required or not waiting or stays:
        return []
    return _declared(before, None, switches)


def incomplete(
    before: Declaration, blockers: tuple[Missing, ...], *, tell: bool, of_members: bool = False
) -> tuple[Declaration, list[Happening]]:
    """It cannot be calculated. `tell` is false while nothing has been submitted yet.

    `of_members`: it waits for what members of the network have achieved.
    """
    status = Status.AWAITING_NETWORK_ACHIEVEMENT if of_members else Status.INCOMPLETE
    same = before.status == status and before.blockers == blockers
    if before.status in FINAL or same:
        return before, []
    after = _moved(
        before,
        status,
        blockers=blockers,
        points=None,
        pounds=None,
    )
    return after, [Happening(Action.VALUES_MISSING, after)] if tell else []


def declare(
    before: Declaration,
    by: UUID,
    switches: Switches = Switches(),
    *,
    pending: bool = False,
    joined: bool = False,
) -> list[Happening]:
    """The provider declares what was calculated."""
    if before.status in WAITING and not before.held:
        message = f"It is incomplete: {', '.join(before.missing)} missing"
        raise RefusedError("INCOMPLETE", message)
    _expect(before, Status.AWAITING_PROVIDER_APPROVAL, pending=pending)
    marked = _separate(before, by, before.approved_by, joined=joined)
    return [*marked, *_declared(_after(before, marked), by, switches)]


def _declared(before: Declaration, by: UUID | None, switches: Switches) -> list[Happening]:
    declared_by = _joined(before.declared_by, by)
    after = _moved(
        before,
        Status.AWAITING_COMMISSIONER_APPROVAL,
        declared_by=declared_by,
        return_reason=None,
    )
    happened = [Happening(Action.DECLARED, after, by)]
    if switches.no_approval_required:
        passed = _moved(after, Status.AWAITING_FINANCE_APPROVAL)
        happened.append(Happening(Action.APPROVED, passed))
    return happened


def approve(
    before: Declaration, by: UUID, *, pending: bool = False, joined: bool = False
) -> list[Happening]:
    """The commissioner approves; not who declared it."""
    _expect(before, Status.AWAITING_COMMISSIONER_APPROVAL, pending=pending)
    marked = _separate(before, by, before.declared_by, joined=joined)
    after = _moved(
        _after(before, marked),
        Status.AWAITING_FINANCE_APPROVAL,
        approved_by=_joined(before.approved_by, by),
    )
    return [*marked, Happening(Action.APPROVED, after, by)]


def finance_approve(
    before: Declaration,
    by: UUID,
    *,
    pending: bool = False,
    joined: bool = False,
    demonstration: bool = False,
) -> list[Happening]:
    """Finance approves; nobody who declared or approved it, and no unconfirmed rules."""
    _expect(before, Status.AWAITING_FINANCE_APPROVAL, pending=pending)
    marked = _separate(before, by, before.declared_by, before.approved_by, joined=joined)
    if before.provisional and not demonstration:
        message = "Its rules are provisional: they pay in a demonstration only"
        raise RefusedError("PROVISIONAL_RULES", message)
    after = _moved(_after(before, marked), Status.FINANCE_APPROVED, finance_approved_by=by)
    return [*marked, Happening(Action.FINANCE_APPROVED, after, by)]


def return_to_provider(before: Declaration, by: UUID, reason: str) -> list[Happening]:
    """The commissioner wants it put right and declared again. No duty: anybody there may."""
    _expect(before, *sorted(AFTER_DECLARATION), pending=False)
    after = _moved(before, Status.AWAITING_PROVIDER_APPROVAL, return_reason=reason)
    return [Happening(Action.RETURNED, after, by, reason)]


def hold(before: Declaration, by: UUID, reason: str) -> list[Happening]:
    """Nobody moves it until it is released; what it stands on is followed all the same."""
    if before.status in FINAL:
        raise RefusedError("WRONG_STATUS", f"It is {before.status}: nothing moves it any more")
    if before.held:
        raise RefusedError("HELD", "It is held already")
    after = _moved(before, before.status, held=True, hold_reason=reason, held_by=by)
    return [Happening(Action.HELD, after, by, reason)]


def release(
    before: Declaration, by: UUID, switches: Switches = Switches(), *, pending: bool = False
) -> list[Happening]:
    """It moves again, past what the service does without unless it is to be calculated first."""
    if not before.held:
        raise RefusedError("NOT_HELD", "It is not held")
    after = _moved(before, before.status, held=False, hold_reason=None, held_by=None)
    released = [Happening(Action.RELEASED, after, by)]
    return released if pending else [*released, *_passed(after, switches)]


def close(before: Declaration, reason: str | None = None) -> list[Happening]:
    """The participation ended before the achievement date, or what is advanced is settled."""
    if before.status in FINAL:
        return []
    after = _moved(before, Status.CLOSED, held=False, hold_reason=None, held_by=None)
    return [Happening(Action.CLOSED, after, reason=reason)]


def reopen(before: Declaration) -> list[Happening]:
    """The participation goes on after all: it is to be calculated, and declared, again."""
    if before.status != Status.CLOSED:
        return []
    after = _moved(
        before, Status.INCOMPLETE, blockers=(), points=None, pounds=None, return_reason=None
    )
    return [Happening(Action.OPENED, after)]


def paid(
    before: Declaration, action: Action, by: UUID | None = None, reason: str | None = None
) -> list[Happening]:
    """Something happened to its payment; the declaration itself stays as finance approved it."""
    return [Happening(action, _moved(before, before.status), by, reason)]


def _moved(before: Declaration, status: Status, **changes: object) -> Declaration:
    return replace(before, status=status, version=before.version + 1, **changes)  # type: ignore[arg-type]  # the names are its own


def _expect(before: Declaration, *statuses: Status, pending: bool) -> None:
    if before.held:
        raise RefusedError("HELD", f"It is held: {before.hold_reason}")
    if before.status not in statuses:
        message = f"It is {before.status}, not {' or '.join(statuses)}"
        raise RefusedError("WRONG_STATUS", message)
    if pending:
        message = "Something it stands on has changed: it is being calculated again"
        raise RefusedError("RECALCULATION_PENDING", message)


def _joined(people: tuple[UUID, ...], person: UUID | None) -> tuple[UUID, ...]:
    return people if person is None or person in people else (*people, person)


def _separate(
    before: Declaration, by: UUID, *others: tuple[UUID, ...], joined: bool
) -> list[Happening]:
    """Refuse a person's second step, or mark it where the commissioner joins the duties (10.6)."""
    if not any(by in people for people in others):
        return []
    if not joined:
        message = "Nobody does two of declare, approve and finance-approve for one declaration"
        raise RefusedError("SEPARATION_OF_DUTIES", message)
    return [Happening(Action.DUTIES_JOINED, _moved(before, before.status), by)]


def _after(before: Declaration, happened: list[Happening]) -> Declaration:
    return happened[-1].declaration if happened else before
