"""Offers: what they are and what may happen to them (DOMAIN 10.1)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NoReturn
from uuid import UUID

from chassis.errors import NOT_YET_KNOWN, DomainError
from nhs.roles import Role
from nhs.values import FinancialYear, Period

REMINDER_DAYS = (1, 7)
"""A response is asked for again this many days before it is due; the nearer reminder wins."""

MAY_SEE = frozenset(Role) - {
    Role.USER_ADMINISTRATOR,
    Role.ADVANCED_USER_ADMINISTRATOR,
    Role.CATALOGUE_MANAGER,
    Role.DATA_LOAD,
}
"""Who sees the offers in their organisation's scope: whoever works with what comes of them."""


def payment_types_seen(roles: Mapping[Role, frozenset[str] | None]) -> list[str] | None:
    """The payment types whose offers somebody sees by these roles; None for all of them."""
    seen: set[str] = set()
    for types in (roles[role] for role in MAY_SEE & roles.keys()):
        if types is None:
            return None
        seen |= types
    return sorted(seen)


class Status(StrEnum):
    OFFERED = "OFFERED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class CancelKind(StrEnum):
    """Withdrawn before the provider answered, or cancelled afterwards."""

    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"


class What(StrEnum):
    """What happened to an offer; each is published as `offer.<what>.v1`."""

    MADE = "MADE"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"
    ENDED = "ENDED"
    EXTENDED = "EXTENDED"
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
    reason: str | None
    offered_at: datetime
    first_opened_at: datetime | None = None
    """When somebody at the provider first looked at its details."""
    first_opened_by: UUID | None = None

    def accept(self, today: date, until: "TakesPartUntil | None" = None) -> "Offer":
        """Accept, for as long as ODS lets the provider take part."""
        self._must_be(Status.OFFERED, verb="accepted")
        if today > self.response_due_on:
            _refuse(
                "RESPONSE_DATE_PASSED",
                f"The response was due on {self.response_due_on}: the commissioner can extend it.",
            )
        accepted = self._next(Status.APPROVED)
        if until is None or until.day >= self.ends_on:
            return accepted
        if until.day < max(self.starts_on, today):
            _refuse(until.code, f"By ODS {self.provider} cannot take part in it.")
        return replace(accepted, ended_on=until.day)

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
        ended_on = min(self.ended_on or today, today) if took_part else None
        cancelled = self._next(Status.CANCELLED, reason)
        return replace(cancelled, cancel_kind=CancelKind.CANCELLED, ended_on=ended_on)

    def extend(self, today: date, response_due_on: date) -> "Offer":
        self._must_be(Status.OFFERED, verb="extended")
        if response_due_on <= self.response_due_on:
            _refuse(
                "NOT_LATER",
                f"The response is due on {self.response_due_on} already.",
                _RESPONSE_DUE,
            )
        check_response_date(response_due_on, today, self.ends_on)
        return replace(self, version=self.version + 1, response_due_on=response_due_on)

    def end(self, on: date) -> "Offer | None":
        """The participation ends on that day; None where that changes nothing."""
        if self.status is not Status.APPROVED or on >= (self.ended_on or self.ends_on):
            return None
        return replace(self, version=self.version + 1, ended_on=on)

    def response_days_left(self, today: date) -> int | None:
        """Days until the response date, negative after it; None where none is awaited."""
        return (self.response_due_on - today).days if self.status is Status.OFFERED else None

    def _must_be(self, *allowed: Status, verb: str) -> None:
        if self.status not in allowed:
            wanted = " or ".join(allowed)
            _refuse(
                "TRANSITION_NOT_ALLOWED",
                f"The offer is {self.status}; only one that is {wanted} can be {verb}.",
            )

    def _next(self, status: Status, reason: str | None = None) -> "Offer":
        return replace(self, version=self.version + 1, status=status, reason=reason)


_RESPONSE_DUE = "responseDueOn"


def check_response_date(response_due_on: date, today: date, ends_on: date) -> None:
    if response_due_on < today:
        _refuse("RESPONSE_DATE_PAST", f"{response_due_on} has passed already.", _RESPONSE_DUE)
    if response_due_on > ends_on:
        _refuse("RESPONSE_DATE_LATE", f"The offer ends on {ends_on}, before that.", _RESPONSE_DUE)


@dataclass(frozen=True, slots=True)
class Service:
    """What an offer must know of the quality service it is an offer of."""

    id: str
    code: str
    payment_type: str | None
    provider_kind: str
    starts_on: date
    ends_on: date
    requires_pcn_membership: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What every offer made by one command has in common."""

    service: Service
    commissioner: str
    starts_on: date
    ends_on: date
    response_due_on: date
    target_on: date | None

    def check(self, today: date) -> None:
        if self.ends_on < self.starts_on:
            _refuse("DATES_REVERSED", "The offer would end before it starts.", "endsOn")
        allowed = Period(self.service.starts_on, self.service.ends_on)
        for day, field in ((self.starts_on, "startsOn"), (self.ends_on, "endsOn")):
            if day not in allowed:
                message = f"{self.service.id} runs from {allowed.start} to {allowed.end}."
                _refuse("OUTSIDE_SERVICE_DATES", message, field)
        check_response_date(self.response_due_on, today, self.ends_on)
        if self.target_on and self.target_on > self.ends_on:
            _refuse("OUTSIDE_SERVICE_DATES", f"The offer ends on {self.ends_on}.", "targetOn")

    def offer_to(self, provider: str, identity: UUID, at: datetime) -> Offer:
        return Offer(
            id=identity,
            version=1,
            quality_service=self.service.id,
            service_code=self.service.code,
            payment_type=self.service.payment_type,
            provider=provider,
            commissioner=self.commissioner,
            status=Status.OFFERED,
            cancel_kind=None,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            response_due_on=self.response_due_on,
            target_on=self.target_on,
            ended_on=None,
            reason=None,
            offered_at=at,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that is to be offered a service, as the directory knows it."""

    ods_code: str
    kind: str | None
    """None where nobody has heard of it."""
    active: bool
    closed_on: date | None
    commissioned: bool
    """By the acting organisation, on some day of the offer."""
    in_pcn: bool
    """On the offer's first day."""
    live: Status | None
    """The status of the offer of this service line it has already."""

    def check(self, terms: Terms) -> None:
        """Raise the first reason why it cannot be offered the service."""
        if self.kind is None:
            _refuse(NOT_YET_KNOWN, f"No organisation {self.ods_code} has been heard of yet.")
        if not self.commissioned:
            _refuse(
                "NOT_COMMISSIONED",
                f"{self.ods_code} is not commissioned by {terms.commissioner} in this time.",
            )
        if self.kind != terms.service.provider_kind:
            _refuse(
                "PROVIDER_KIND",
                f"{terms.service.id} is for a {terms.service.provider_kind}; "
                f"{self.ods_code} is a {self.kind}.",
            )
        if self._closed_before(terms.starts_on):
            _refuse("PROVIDER_CLOSED", f"{self.ods_code} is closed.")
        if terms.service.requires_pcn_membership and not self.in_pcn:
            _refuse("NOT_IN_A_PCN", f"{self.ods_code} is in no PCN on {terms.starts_on}.")
        if self.live:
            raise second_offer(self.ods_code, terms.service.code, self.live)

    def _closed_before(self, day: date) -> bool:
        return self.closed_on < day if self.closed_on else not self.active


def second_offer(ods_code: str, service_code: str, live: str | None = None) -> DomainError:
    stands = f" that is {live}" if live else ""
    return DomainError(
        "OFFER_EXISTS", f"{ods_code} has an offer of {service_code}{stands} already."
    )


@dataclass(frozen=True, slots=True)
class TakesPartUntil:
    """The last day on which a provider can take part, and the code that says why."""

    day: date
    code: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What ODS says of a provider, as far as it bears on taking part."""

    closed_on: date | None
    last_member_on: date | None
    """The end of its last membership of a PCN, `date.max` while it lasts; None if it has none."""

    def takes_part_until(self, *, requires_pcn: bool) -> TakesPartUntil | None:
        """None while it goes on. A gap between two memberships is let pass."""
        ends = []
        if self.closed_on:
            ends.append(TakesPartUntil(self.closed_on, "PROVIDER_CLOSED"))
        if requires_pcn and self.last_member_on not in (None, date.max):
            ends.append(TakesPartUntil(self.last_member_on, "NOT_IN_A_PCN"))
        return min(ends, key=lambda end: end.day, default=None)

    def may_accept_until(self, *, requires_pcn: bool) -> TakesPartUntil | None:
        """Likewise; who is in no PCN, and never was, may not begin to take part."""
        if requires_pcn and self.last_member_on is None:
            return TakesPartUntil(date.min, "NOT_IN_A_PCN")
        return self.takes_part_until(requires_pcn=requires_pcn)


def year_of(today: date, chosen: str | None) -> Period:
    """The days of the chosen financial year, or of the one that today lies in."""
    year = FinancialYear.parse(chosen) if chosen else FinancialYear.of(today)
    return year.period


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Which offers are looked for; None lets everything pass."""

    status: Sequence[Status] | None = None
    service: str | None = None
    """A version of a quality service, or its line."""
    payment_type: str | None = None
    provider: str | None = None
    commissioner: str | None = None
    year: Period | None = None
    on: date | None = None
    """The day on which the offer, or what became of it, is in force."""
    never_opened: bool | None = None
    types_seen: Sequence[str] | None = None
    """The payment types that the roles of whoever looks let them see."""


@dataclass(frozen=True, slots=True)
class Refused:
    id: str
    """The offer; where none could be made, the ODS code of the organisation."""
    code: str
    message: str
    field: str | None = None

    @classmethod
    def of(cls, identity: object, error: DomainError) -> "Refused":
        return cls(str(identity), error.code, error.message, error.field)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each of the chosen rows, and the sentence that says so."""

    done: list[str]
    refused: list[Refused]
    counts: dict[str, int]
    message: str
    selection: str | None = None

    @classmethod
    def of(
        cls,
        done_to_them: str,
        done: list[str],
        refused: list[Refused],
        *,
        dry_run: bool,
        never_opened: int | None = None,
    ) -> "Outcome":
        counts = {"chosen": len(done) + len(refused), "done": len(done), "refused": len(refused)}
        if never_opened is not None:
            counts["neverOpened"] = never_opened
        counts |= {f"refused.{code}": n for code, n in Counter(r.code for r in refused).items()}
        say = _foreseen if dry_run else _confirmed
        return cls(done, refused, counts, say(done_to_them, counts))


_NOTHING = "Nothing matches: there is nothing to choose from"


def _confirmed(done_to_them: str, counts: Mapping[str, int]) -> str:
    """The job aids' words, as far as they go (DOMAIN 10.10)."""
    if not counts["chosen"]:
        return _NOTHING
    if not counts["done"]:
        return f"None of the selected service(s) could be {done_to_them}"
    sentence = f"The selected service(s) have been successfully {done_to_them}"
    return f"{sentence}; {counts['refused']} could not be" if counts["refused"] else sentence


def _foreseen(done_to_them: str, counts: Mapping[str, int]) -> str:
    if not counts["chosen"]:
        return _NOTHING
    sentence = f"{counts['done']} service(s) would be {done_to_them}"
    if counts["refused"]:
        sentence += f"; {counts['refused']} could not be"
    if unopened := counts.get("neverOpened"):
        sentence += f"; {unopened} were never opened: you should always view details"
    return sentence


def _refuse(code: str, message: str, field: str | None = None) -> NoReturn:
    raise DomainError(code, message, field=field)
