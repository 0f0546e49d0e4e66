"""An offer, its states, and what leads from one to another."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NoReturn
from uuid import UUID

from chassis.errors import DomainError
from nhs.values import Period
from services.participation.offers.domain.standing import TakesPartUntil

REMINDER_DAYS = (1, 7)
"""A response is asked for again this many days before it is due; the nearer reminder wins."""


class Status(StrEnum):
    OFFERED = "OFFERED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class CancelKind(StrEnum):
    """Withdrawn before the provider answered, or cancelled afterwards."""

    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"


class ResponseStatus(StrEnum):
    """How it stands with the provider's answer."""

    AWAITED = "AWAITED"
    OVERDUE = "OVERDUE"
    ANSWERED = "ANSWERED"
    NOT_NEEDED = "NOT_NEEDED"
    """Withdrawn before there was one."""


class What(StrEnum):
    """What happened to an offer; each is published as `offer.<what>.v1`."""

    MADE = "MADE"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"
    ENDED = "ENDED"
    RESUMED = "RESUMED"
    """By ODS it can go on longer than was told before."""
    EXTENDED = "EXTENDED"
    MOVED = "MOVED"
    """To the version of the service that corrects the one it was made for."""
    RESPONSE_DUE = "RESPONSE_DUE"
    RESTATED = "RESTATED"
    """Nothing happened: told again for readers that start anew."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to offers, when, by whom, acting for whom, and as part of which action."""

    what: What
    at: datetime
    action: UUID
    by: UUID | None = None
    acting_for: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    id: UUID
    version: int
    quality_service: str
    service_code: str
    payment_type: str | None
    provider: str
    commissioner: str
    status: Status
    cancel_kind: CancelKind | None
    starts_on: date
    ends_on: date
    response_due_on: date
    target_on: date | None
    ended_on: date | None
    """The last day of a participation that ended early; the day before `starts_on` where it never
    began, so that its length is none."""
    reason: str | None
    offered_at: datetime
    first_opened_at: datetime | None = None
    """When somebody at the provider first looked at its details."""
    first_opened_by: UUID | None = None

    def accept(self, today: date, until: TakesPartUntil | None = None) -> "Offer":
        """Accept, for as long as ODS lets the provider take part."""
        self._must_be(Status.OFFERED, verb="accepted")
        if today > self.response_due_on:
            refuse(
                "RESPONSE_DATE_PASSED",
                f"The response was due on {self.response_due_on}: the commissioner can extend it.",
            )
        if until and until.day < max(self.starts_on, today):
            refuse(until.code, f"By ODS {self.provider} cannot take part in it.")
        return replace(self._next(Status.APPROVED), ended_on=self._early(until))

    def reject(self, reason: str | None) -> "Offer":
        self._must_be(Status.OFFERED, verb="rejected")
        return self._next(Status.REJECTED, reason)

    def withdraw(self, reason: str | None) -> "Offer":
        self._must_be(Status.OFFERED, verb="withdrawn")
        withdrawn = self._next(Status.CANCELLED, reason)
        return replace(withdrawn, cancel_kind=CancelKind.WITHDRAWN)

    def cancel(self, today: date, reason: str | None) -> "Offer":
        """Cancelling ends a participation from that day, unless it had ended before."""
        self._must_be(Status.APPROVED, Status.REJECTED, verb="cancelled")
        took_part = self.status is Status.APPROVED
        last = self._within(min(self.ended_on or self.ends_on, today)) if took_part else None
        cancelled = self._next(Status.CANCELLED, reason)
        return replace(cancelled, cancel_kind=CancelKind.CANCELLED, ended_on=last)

    def extend(self, today: date, response_due_on: date) -> "Offer":
        self._must_be(Status.OFFERED, verb="extended")
        if response_due_on <= self.response_due_on:
            refuse(
                "NOT_LATER",
                f"The response is due on {self.response_due_on} already.",
                _RESPONSE_DUE,
            )
        check_response_date(response_due_on, today, self.ends_on)
        return replace(self, version=self.version + 1, response_due_on=response_due_on)

    def follow(self, until: TakesPartUntil | None) -> "tuple[What, Offer] | None":
        """Take part for as long as ODS lets the provider; None where that changes nothing."""
        ended_on = self._early(until)
        if self.status is not Status.APPROVED or ended_on == self.ended_on:
            return None
        shorter = (ended_on or self.ends_on) < (self.ended_on or self.ends_on)
        followed = replace(self, version=self.version + 1, ended_on=ended_on)
        return (What.ENDED if shorter else What.RESUMED), followed

    def move(self, quality_service: str) -> "Offer":
        """What it was made for has been corrected: it is an offer of that version now."""
        self._must_be(Status.OFFERED, Status.APPROVED, verb="moved")
        return replace(self, version=self.version + 1, quality_service=quality_service)

    @property
    def participation(self) -> Period | None:
        """The days on which the provider takes part, or took; None where there are none."""
        approved = self.status is Status.APPROVED
        last = self.ended_on or (self.ends_on if approved else None)
        return Period(self.starts_on, last) if last and last >= self.starts_on else None

    def response_days_left(self, today: date) -> int | None:
        """Days until the response date, negative after it; None where none is awaited."""
        return (self.response_due_on - today).days if self.status is Status.OFFERED else None

    def response(self, today: date) -> ResponseStatus:
        if self.status is Status.OFFERED:
            late = today > self.response_due_on
            return ResponseStatus.OVERDUE if late else ResponseStatus.AWAITED
        withdrawn = self.cancel_kind is CancelKind.WITHDRAWN
        return ResponseStatus.NOT_NEEDED if withdrawn else ResponseStatus.ANSWERED

    def _early(self, until: TakesPartUntil | None) -> date | None:
        """The last day, where ODS sets one before the offer's own."""
        return self._within(until.day) if until and until.day < self.ends_on else None

    def _within(self, day: date) -> date:
        return max(day, self.starts_on - timedelta(days=1))

    def _must_be(self, *allowed: Status, verb: str) -> None:
        if self.status not in allowed:
            wanted = " or ".join(allowed)
            refuse(
                "TRANSITION_NOT_ALLOWED",
                f"The offer is {self.status}; only one that is {wanted} can be {verb}.",
            )

    def _next(self, status: Status, reason: str | None = None) -> "Offer":
        return replace(self, version=self.version + 1, status=status, reason=reason)


_RESPONSE_DUE = "responseDueOn"


def check_response_date(response_due_on: date, today: date, ends_on: date) -> None:
    if response_due_on < today:
        refuse("RESPONSE_DATE_PAST", f"{response_due_on} has passed already.", _RESPONSE_DUE)
    if response_due_on > ends_on:
        refuse("RESPONSE_DATE_LATE", f"The offer ends on {ends_on}, before that.", _RESPONSE_DUE)


def refuse(code: str, message: str, field: str | None = None) -> NoReturn:
    raise DomainError(code, message, field=field)
