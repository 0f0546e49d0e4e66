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
    CLOSED = "CLOSED"
    PAYMENT_SENT = "PAYMENT_SENT"
    PAYMENT_SETTLED = "PAYMENT_SETTLED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_ADJUSTED = "PAYMENT_ADJUSTED"
    DUTIES_JOINED = "DUTIES_JOINED"
    """The next step is a second one of the same person, which the commissioner lets them take."""


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

    @property
    def name(self) -> str:
        return self.indicator or self.code


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
    payable: bool
    changed: bool


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
    calculation_version: int = 0
    points: Decimal | None = None
    pounds: Decimal | None = None
    provisional: bool = False
    payable: bool = False
    blockers: tuple[Missing, ...] = ()
    declared_by: tuple[UUID, ...] = ()
    """Everybody who ever declared it: what was recalculated since does not undo that."""
    approved_by: tuple[UUID, ...] = ()
    finance_approved_by: UUID | None = None
    history_length: int = 0
    history_hash: str = ""

    @property
    def missing(self) -> list[str]:
        return [blocker.name for blocker in self.blockers]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: the declaration afterwards, and who did it (None: the service)."""

    action: Action
    declaration: Declaration
    by: UUID | None = None
    reason: str | None = None
    """Why, where it is not the person who says it in the notes of the step."""


def calculated(
    before: Declaration, figures: Figures, switches: Switches = Switches()
) -> list[Happening]:
    """A calculation holds. If it differs from the one that was declared, declare again."""
    if before.status in FINAL or not (figures.changed or before.status == Status.INCOMPLETE):
        return []
    action = Action.RECALCULATED if before.status in AFTER_DECLARATION else Action.CALCULATED
    after = _moved(
        before,
        Status.AWAITING_PROVIDER_APPROVAL,
        calculation_version=figures.version,
        points=figures.points,
        pounds=figures.pounds,
        provisional=figures.provisional,
        payable=figures.payable,
        blockers=(),
    )
    happened = [Happening(action, after)]
    if switches.no_declaration_required and not after.held:
        happened += _declared(after, None, switches)
    return happened


def incomplete(
    before: Declaration, blockers: tuple[Missing, ...], *, tell: bool
) -> tuple[Declaration, list[Happening]]:
    """It cannot be calculated. `tell` is false while nothing has been submitted yet."""
    same = before.status == Status.INCOMPLETE and before.blockers == blockers
    if before.status in FINAL or same:
        return before, []
    after = _moved(
        before,
        Status.INCOMPLETE,
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
    if before.status == Status.INCOMPLETE:
        message = f"It is incomplete: {', '.join(before.missing)} missing"
        raise RefusedError("INCOMPLETE", message)
    _expect(before, Status.AWAITING_PROVIDER_APPROVAL, pending=pending)
    marked = _separate(before, by, before.approved_by, joined=joined)
    return [*marked, *_declared(_after(before, marked), by, switches)]


def _declared(before: Declaration, by: UUID | None, switches: Switches) -> list[Happening]:
    declared_by = _joined(before.declared_by, by)
    after = _moved(before, Status.AWAITING_COMMISSIONER_APPROVAL, declared_by=declared_by)
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
    before: Declaration, by: UUID, *, pending: bool = False, joined: bool = False
) -> list[Happening]:
    """Finance approves; nobody who declared or approved it, and no unconfirmed rules."""
    _expect(before, Status.AWAITING_FINANCE_APPROVAL, pending=pending)
    marked = _separate(before, by, before.declared_by, before.approved_by, joined=joined)
    if not before.payable:
        message = "Its rules are provisional: they pay in a demonstration only"
        raise RefusedError("PROVISIONAL_RULES", message)
    after = _moved(_after(before, marked), Status.FINANCE_APPROVED, finance_approved_by=by)
    return [*marked, Happening(Action.FINANCE_APPROVED, after, by)]


def close(before: Declaration) -> list[Happening]:
    """The participation ended before the achievement date."""
    if before.status in FINAL:
        return []
    return [Happening(Action.CLOSED, _moved(before, Status.CLOSED))]


def paid(
    before: Declaration, action: Action, by: UUID | None = None, reason: str | None = None
) -> list[Happening]:
    """Something happened to its payment; the declaration itself stays as finance approved it."""
    return [Happening(action, _moved(before, before.status), by, reason)]


def _moved(before: Declaration, status: Status, **changes: object) -> Declaration:
    return replace(before, status=status, version=before.version + 1, **changes)  # type: ignore[arg-type]  # the names are its own


def _expect(before: Declaration, status: Status, *, pending: bool) -> None:
    if before.status != status:
        message = f"It is {before.status}, not {status}"
        raise RefusedError("WRONG_STATUS", message)
    if before.held:
        raise RefusedError("HELD", "It is held")
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
