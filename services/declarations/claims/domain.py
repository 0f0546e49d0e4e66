"""A claim, and what may happen to it (DOMAIN.md 10.6, 10.8). Pure: no I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID


class Status(StrEnum):
    DRAFT = "DRAFT"
    AWAITING_PROVIDER_APPROVAL = "AWAITING_PROVIDER_APPROVAL"
    AWAITING_TIER_1 = "AWAITING_TIER_1"
    AWAITING_TIER_2 = "AWAITING_TIER_2"
    AWAITING_FINANCE = "AWAITING_FINANCE"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Step(StrEnum):
    """Who approves, in this order, as far as the schemes of a claim ask for it."""

    PROVIDER = "PROVIDER"
    TIER_1 = "TIER_1"
    TIER_2 = "TIER_2"
    FINANCE = "FINANCE"

    @property
    def status(self) -> Status:
        """What a claim is while it waits for the step."""
        provider = Status.AWAITING_PROVIDER_APPROVAL
        return provider if self is Step.PROVIDER else Status(f"AWAITING_{self.value}")


WAITING: Final = {step.status: step for step in Step}


class Action(StrEnum):
    """What a history's entry tells."""

    CREATED = "CREATED"
    SUBMITTED = "SUBMITTED"
    PROVIDER_APPROVED = "PROVIDER_APPROVED"
    TIER_1_APPROVED = "TIER_1_APPROVED"
    TIER_2_APPROVED = "TIER_2_APPROVED"
    FINANCE_APPROVED = "FINANCE_APPROVED"
    REJECTED = "REJECTED"
    AMENDED = "AMENDED"
    WITHDRAWN = "WITHDRAWN"
    PAYMENT_SENT = "PAYMENT_SENT"
    PAYMENT_SETTLED = "PAYMENT_SETTLED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_ADJUSTED = "PAYMENT_ADJUSTED"
    DUTIES_JOINED = "DUTIES_JOINED"
    """The next step is a second duty of the same person, which the commissioner lets them take."""


APPROVALS: Final = {step: Action(f"{step.value}_APPROVED") for step in Step}


class RejectionCode(StrEnum):
    EVIDENCE_MISSING = "EVIDENCE_MISSING"
    EVIDENCE_NOT_ACCEPTED = "EVIDENCE_NOT_ACCEPTED"
    QUANTITY_NOT_SUPPORTED = "QUANTITY_NOT_SUPPORTED"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    CLAIMED_ALREADY = "CLAIMED_ALREADY"
    WRONG_PERIOD = "WRONG_PERIOD"
    AMOUNT_NOT_AGREED = "AMOUNT_NOT_AGREED"
    PATIENT_DATA = "PATIENT_DATA"
    OTHER = "OTHER"


class RefusedError(Exception):
    """Why a step may not be taken, with the code callers know it by."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ClaimedService:
    """One service of a claim, by the version it is claimed by."""

    service_code: str
    quality_service: str
    payment_type: str
    offer_id: UUID
    amount: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Line:
    """A component and how often; `quantity` as it was written."""

    position: int
    service_code: str
    component: str
    quantity: str
    sent: Decimal | None = None
    """The amount that whoever claims reckons it to be."""
    units: int | None = None
    tariff: Decimal | None = None
    amount: Decimal | None = None
    """Units by tariff, once both make sense."""


@dataclass(frozen=True, slots=True)
class Claim:
    id: UUID
    version: int
    content_version: int
    provider: str
    commissioner: str
    financial_year: str
    period_start: date
    period_end: date
    status: Status
    services: tuple[ClaimedService, ...]
    amount: Decimal = Decimal("0.00")
    notes: str | None = None
    band: str | None = None
    path: tuple[Step, ...] = ()
    provisional: bool = False
    bulk: bool = False
    rejection_code: str | None = None
    rejection_reason: str | None = None
    submitted_by: tuple[UUID, ...] = ()
    provider_approved_by: tuple[UUID, ...] = ()
    tier_1_by: tuple[UUID, ...] = ()
    tier_2_by: tuple[UUID, ...] = ()
    finance_by: tuple[UUID, ...] = ()
    history_length: int = 0
    history_hash: str = ""

    @property
    def payment_types(self) -> list[str]:
        return sorted({service.payment_type for service in self.services})

    @property
    def claimed(self) -> list[ClaimedService]:
        """What is paid, one payment each: what brings nothing only where nothing does."""
        return [one for one in self.services if one.amount] or list(self.services[:1])

    @property
    def step(self) -> Step | None:
        """What it waits for."""
        return WAITING.get(self.status)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a submission found: what the claim is worth, and who is to approve it."""

    services: tuple[ClaimedService, ...]
    amount: Decimal
    band: str | None
    path: tuple[Step, ...]
    provisional: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: the claim afterwards, who did it (None: the service), and why."""

    action: Action
    claim: Claim
    by: UUID | None = None
    reason: str | None = None
    code: str | None = None
    content: str | None = None
    """The digest of what was submitted."""


_DUTIES: Final = {
    Action.SUBMITTED: "submitted_by",
    Action.PROVIDER_APPROVED: "provider_approved_by",
    Action.TIER_1_APPROVED: "tier_1_by",
    Action.TIER_2_APPROVED: "tier_2_by",
    Action.FINANCE_APPROVED: "finance_by",
}


def create(claim: Claim, by: UUID) -> list[Happening]:
    return [Happening(Action.CREATED, claim, by)]


def edit(before: Claim, *, amount: Decimal, notes: str | None) -> Claim:
    """Its lines and notes were written anew; a draft's every stroke is no history."""
    expect(before, Status.DRAFT)
    return _moved(before, Status.DRAFT, amount=amount, notes=notes)


def submit(
    before: Claim,
    by: UUID,
    terms: Terms,
    *,
    content: str,
    notes: str | None,
    upload: bool = False,
    joined: bool = False,
) -> list[Happening]:
    """It is valid, and goes to whoever approves first.

    A bulk upload counts as tier 1: whoever uploads has submitted it, and has seen its evidence.
    """
    expect(before, Status.DRAFT)
    marked = _separate(before, by, Action.SUBMITTED, joined=joined)
    seen = (Step.PROVIDER, Step.TIER_1) if upload else ()
    path = tuple(step for step in terms.path if step not in seen)
    after = _moved(
        _after(before, marked),
        path[0].status,
        services=terms.services,
        amount=terms.amount,
        notes=notes,
        band=terms.band,
        path=path,
        provisional=terms.provisional,
        bulk=upload,
        rejection_code=None,
        rejection_reason=None,
        submitted_by=_with(before.submitted_by, by),
        tier_1_by=_with(before.tier_1_by, by) if upload else before.tier_1_by,
    )
    return [*marked, Happening(Action.SUBMITTED, after, by, content=content)]


def approve(
    before: Claim, by: UUID, *, joined: bool = False, demonstration: bool = False
) -> list[Happening]:
    """The step it waits for is taken; the last one pays, and not by unconfirmed rules."""
    expect(before, *WAITING)
    step = WAITING[before.status]
    action = APPROVALS[step]
    marked = _separate(before, by, action, joined=joined)
    left = before.path[before.path.index(step) + 1 :]
    if not left and before.provisional and not demonstration:
        message = "Its scheme's figures are provisional: they pay in a demonstration only"
        raise RefusedError("PROVISIONAL_RULES", message)
    people = {_DUTIES[action]: _with(_people(before, action), by)}
    after = _moved(_after(before, marked), left[0].status if left else Status.APPROVED, **people)
    return [*marked, Happening(action, after, by)]


def reject(before: Claim, by: UUID, code: RejectionCode, reason: str) -> list[Happening]:
    """Whoever may approve it may reject it, with a reason. No duty: it decides nothing for good."""
    expect(before, *WAITING)
    after = _moved(before, Status.REJECTED, rejection_code=code.value, rejection_reason=reason)
    return [Happening(Action.REJECTED, after, by, reason, code.value)]


def amend(before: Claim, by: UUID) -> list[Happening]:
    """A rejected claim is written anew: the same claim, the next version of its content."""
    expect(before, Status.REJECTED)
    after = _moved(before, Status.DRAFT, content_version=before.content_version + 1)
    return [Happening(Action.AMENDED, after, by)]


def withdraw(before: Claim, by: UUID, reason: str | None) -> list[Happening]:
    """The provider takes it back before it is decided."""
    expect(before, Status.DRAFT, *WAITING)
    return [Happening(Action.WITHDRAWN, _moved(before, Status.WITHDRAWN), by, reason)]


def paid(
    before: Claim, action: Action, by: UUID | None = None, reason: str | None = None
) -> list[Happening]:
    """Something happened to a payment of it; the claim itself stays as it was approved."""
    return [Happening(action, _moved(before, before.status), by, reason)]


def _moved(before: Claim, status: Status, **changes: object) -> Claim:
    return replace(before, status=status, version=before.version + 1, **changes)  # type: ignore[arg-type]  # the names are its own


def expect(before: Claim, *statuses: Status) -> None:
    if before.status not in statuses:
        message = f"It is {before.status}, not {' or '.join(statuses)}"
        raise RefusedError("WRONG_STATUS", message)


def _people(claim: Claim, duty: Action) -> tuple[UUID, ...]:
    people: tuple[UUID, ...] = getattr(claim, _DUTIES[duty])
    return people


def _with(people: tuple[UUID, ...], person: UUID) -> tuple[UUID, ...]:
    return people if person in people else (*people, person)


def _separate(before: Claim, by: UUID, duty: Action, *, joined: bool) -> list[Happening]:
    """Refuse a person's second duty, of whatever version, or mark it where duties are joined."""
    others = [people for one in _DUTIES if one is not duty for people in _people(before, one)]
    if by not in others:
        return []
    if not joined:
        message = "Nobody does two of submit and the approvals of one claim, in any version of it"
        raise RefusedError("SEPARATION_OF_DUTIES", message)
    return [Happening(Action.DUTIES_JOINED, _moved(before, before.status), by)]


def _after(before: Claim, happened: Sequence[Happening]) -> Claim:
    return happened[-1].claim if happened else before
