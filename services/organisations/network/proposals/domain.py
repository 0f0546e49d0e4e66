"""A PCN's proposal that a practice joins or leaves it, from proposed to decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.errors import DomainError
from services.organisations.network.domain import Span

LONGEST_REASON = 300
FURTHEST = timedelta(days=2 * 366)
"""From today, ahead or back: what lies further is a slip of the pen."""

_DAY = timedelta(days=1)


class Kind(StrEnum):
    JOIN = "JOIN"
    LEAVE = "LEAVE"


class Status(StrEnum):
    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    OVERTAKEN = "OVERTAKEN"
    """ODS says it already, or makes it impossible."""


@dataclass(frozen=True, slots=True)
class Open:
    """The days on which an organisation is open, as far as they are known."""

    code: str
    opened_on: date | None
    closed_on: date | None

    def on(self, day: date) -> bool:
        return (self.opened_on or date.min) <= day <= (self.closed_on or date.max)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a proposal is judged by."""

    practice: Open
    pcn: Open
    memberships: Sequence[Span]
    """Of the practice, in force."""
    commissioned: bool
    """Whether who decides commissions the practice, on the day it counts from."""


@dataclass(frozen=True, slots=True)
class Proposal:
    id: UUID
    version: int
    practice: str
    pcn: str
    kind: Kind
    effective_on: date
    reason: str
    commissioner: str
    status: Status
    proposed_at: datetime
    proposed_by: UUID
    decided_at: datetime | None = None
    refusal_reason: str | None = None

    def check(self, ground: Ground, today: date) -> None:
        """Refuse what could not be confirmed."""
        if abs(self.effective_on - today) > FURTHEST:
            message = f"{self.effective_on} lies more than two years from today."
            raise _of_day("DATE_TOO_FAR", message)
        self.becomes(ground)

    def becomes(self, ground: Ground) -> list[Span]:
        """The practice's memberships once it is confirmed; refuses what cannot be."""
        return self._joined(ground) if self.kind is Kind.JOIN else self._left(ground)

    def _joined(self, ground: Ground) -> list[Span]:
        day = self.effective_on
        for code, one in (("PRACTICE_CLOSED", ground.practice), ("PCN_CLOSED", ground.pcn)):
            if not one.on(day):
                raise _of_day(code, f"{one.code} is not open on {day}.", organisation=one.code)
        if not ground.commissioned:
            message = f"The commissioner of {self.pcn} does not commission {self.practice}."
            raise DomainError("NOT_COMMISSIONED", message, field="practice")
        later = next((span for span in ground.memberships if span.valid_from >= day), None)
        now = _holding(ground.memberships, day)
        if now and now.target == self.pcn:
            message = f"{self.practice} is a member of {self.pcn} since {now.valid_from}."
            raise DomainError("MEMBER_ALREADY", message, field="practice")
        if later:
            message = f"From {later.valid_from} on {self.practice} is a member of {later.target}."
            raise _of_day("MEMBERSHIP_FOLLOWS", message, pcn=later.target)
        before = [replace(s, valid_to=min(s.end, day - _DAY)) for s in ground.memberships]
        return [*before, Span(day, self.pcn)]

    def _left(self, ground: Ground) -> list[Span]:
        last_day = self.effective_on - _DAY
        now = _holding(ground.memberships, self.effective_on)
        if now is None or now.target != self.pcn:
            message = f"{self.practice} is no member of {self.pcn} on {self.effective_on}."
            raise DomainError("NOT_A_MEMBER", message, field="practice")
        if last_day < now.valid_from:
            message = f"The membership starts on {now.valid_from}: it cannot end before that."
            raise _of_day("DATES_OUT_OF_ORDER", message)
        ended = replace(now, valid_to=last_day)
        return [ended if span == now else span for span in ground.memberships]

    def is_moot(self, ground: Ground) -> bool:
        """Whether there is nothing left to decide: it is so already, or can be no more."""
        try:
            self.becomes(ground)
        except DomainError:
            return True
        return False

    def confirm(self, at: datetime) -> "Proposal":
        return self._decided(Status.CONFIRMED, at)

    def refuse(self, at: datetime, reason: str) -> "Proposal":
        return replace(self._decided(Status.REFUSED, at), refusal_reason=reason)

    def withdraw(self, at: datetime) -> "Proposal":
        return self._decided(Status.WITHDRAWN, at)

    def overtake(self, at: datetime) -> "Proposal":
        return self._decided(Status.OVERTAKEN, at)

    def seen_at(self, version: int) -> None:
        """Refuse whoever has seen another version of it."""
        if version != self.version:
            message = f"The proposal has changed since you saw it: it is {self.status} now."
            raise DomainError("STALE_VERSION", message, field="version")

    def _decided(self, status: Status, at: datetime) -> "Proposal":
        if self.status is not Status.PROPOSED:
            message = f"The proposal is {self.status} already."
            raise DomainError("TRANSITION_NOT_ALLOWED", message, status=self.status.value)
        return replace(self, version=self.version + 1, status=status, decided_at=at)


def said(reason: str | None) -> str:
    """A reason as it is kept: on one line, and short enough for an event."""
    words = " ".join((reason or "").split())
    if not words:
        raise DomainError("REASON_REQUIRED", "Say why.", field="reason")
    if len(words) > LONGEST_REASON or not words.isprintable():
        message = f"A reason has at most {LONGEST_REASON} characters, all of them printable."
        raise DomainError("REASON_NOT_VALID", message, field="reason")
    return words


def _holding(spans: Sequence[Span], day: date) -> Span | None:
    return next((span for span in spans if span.valid_from <= day <= span.end), None)


def _of_day(code: str, message: str, **facts: object) -> DomainError:
    return DomainError(code, message, field="effectiveOn", **facts)


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a proposal, for whom and why. An import where no person did."""

    at: datetime
    by: UUID | None = None
    acting_for: str | None = None
    reason: str | None = None
    file_import: UUID | None = None


@dataclass(frozen=True, slots=True)
class Commissioner:
    """One of those that stand above a PCN, up to its ICB."""

    code: str
    decides: bool
    """Whether somebody there may decide on proposals."""


def to_decide(above: Sequence[Commissioner]) -> str:
    """Who is told: the lowest of them where somebody may decide; if nobody may, the highest."""
    return next((one.code for one in above if one.decides), above[-1].code)


@dataclass(frozen=True)
class ProposalFilter:
    status: Status | None = None
    practice: str | None = None
    pcn: str | None = None
    to_decide: bool = False
    """Only those that the organisation may decide now."""


@dataclass(frozen=True)
class Refused:
    id: str
    code: str
    message: str
    field: str | None = None

    @classmethod
    def of(cls, id_: object, error: DomainError) -> "Refused":
        return cls(str(id_), error.code, error.message, error.field)


@dataclass(frozen=True)
class Outcome:
    """What came of a bulk command."""

    done: list[UUID]
    refused: list[Refused]
    message: str
    counts: Mapping[str, int]
    selection: str | None = None
