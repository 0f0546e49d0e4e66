"""Quality services: written by Catalogue Managers, published by another, then frozen.

DRAFT      edited by its authors; discarded; published by another, today or from a day on
SCHEDULED  published when its day comes; taken back before, to be a draft again
PUBLISHED  what may be offered; a correction is the next version of the line
DISCARDED  given up; its number is not used again
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from chassis.errors import DomainError
from nhs.formulas.problem import Problem
from nhs.formulas.soundness import check
from nhs.formulas.specification import QualityServiceSpecification
from nhs.values import Period
from services.participation.catalogue.paths import Difference

LONGEST_LIST = 20
"""So many problems are told at once."""


class Status(StrEnum):
    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    PUBLISHED = "PUBLISHED"
    DISCARDED = "DISCARDED"


class AcceptedOffers(StrEnum):
    """What becomes of the accepted offers of the version before."""

    KEEP = "KEEP"
    MOVE = "MOVE"


class What(StrEnum):
    DRAFTED = "DRAFTED"
    EDITED = "EDITED"
    SCHEDULED = "SCHEDULED"
    UNSCHEDULED = "UNSCHEDULED"
    PUBLISHED = "PUBLISHED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who did it, acting for whom, and when."""

    at: datetime
    by: UUID
    acting_for: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a version; `by` is None where the day came, and no person."""

    what: What
    at: datetime
    by: UUID | None = None
    acting_for: str | None = None
    reason: str | None = None
    changes: Sequence[Difference] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """That a version is published from a day on, by whom, and with what consequence."""

    decided: Signature
    on: date
    reason: str | None = None
    accepted_offers: AcceptedOffers | None = None
    at: datetime | None = None
    """When it was; None until the day comes."""


@dataclass(frozen=True, slots=True)
class QualityService:
    code: str
    version: int
    specification: QualityServiceSpecification
    drafted: Signature
    owner: str
    """The organisation whose Catalogue Managers write the line."""
    authors: tuple[UUID, ...]
    revision: int = 1
    discarded: bool = False
    publication: Publication | None = None

    @property
    def id(self) -> str:
        return f"{self.code}/{self.version}"

    @property
    def status(self) -> Status:
        if self.discarded:
            return Status.DISCARDED
        if self.publication is None:
            return Status.DRAFT
        return Status.PUBLISHED if self.publication.at else Status.SCHEDULED

    @property
    def problems(self) -> Sequence[Problem]:
        return check(self.specification)

    def edit(
        self, specification: QualityServiceSpecification, by: UUID, revision: int
    ) -> "QualityService":
        """Write it anew; whoever does is one of its authors."""
        self._must_be_draft("edited", revision)
        authors = self.authors if by in self.authors else (*self.authors, by)
        return replace(
            self, specification=specification, authors=authors, revision=self.revision + 1
        )

    def discard(self, revision: int) -> "QualityService":
        self._must_be_draft("discarded", revision)
        return replace(self, discarded=True, revision=self.revision + 1)

    def publish(
        self,
        publication: Publication,
        before: "QualityService | None",
        today: date,
        revision: int | None = None,
    ) -> "QualityService":
        """Publish it from a day on; `before` is the newest published version of the line."""
        if self.status is Status.PUBLISHED:
            raise DomainError("ALREADY_PUBLISHED", f"{self.id} was published already.")
        self._must_be_draft("published", revision)
        if publication.decided.by in self.authors:
            message = f"You wrote {self.id}: another Catalogue Manager must publish it."
            raise DomainError("SEPARATION_OF_DUTIES", message)
        self._check_day(publication.on, today)
        self._must_be_sound(publication.reason)
        if before:
            self._check_succession(before, publication.accepted_offers, publication.on)
        elif publication.accepted_offers:
            message = f"{self.id} is the first of its line: there are no offers of another."
            raise DomainError("NOTHING_CORRECTED", message, field="acceptedOffers")
        at = publication.decided.at if publication.on <= today else None
        return replace(self, publication=replace(publication, at=at), revision=self.revision + 1)

    def unschedule(self) -> "QualityService":
        """Take back that it is to be published; it is a draft again."""
        if self.status is not Status.SCHEDULED:
            message = f"{self.id} is {self.status}; only what is SCHEDULED can be taken back."
            raise DomainError("TRANSITION_NOT_ALLOWED", message)
        return replace(self, publication=None, revision=self.revision + 1)

    def come(self, at: datetime) -> "QualityService":
        """The day from which it is published has come."""
        if self.publication is None:
            raise ValueError(f"{self.id} is not scheduled")
        return replace(
            self, publication=replace(self.publication, at=at), revision=self.revision + 1
        )

    def _must_be_draft(self, verb: str, revision: int | None = None) -> None:
        if self.status is not Status.DRAFT:
            message = f"{self.id} is {self.status}; only a DRAFT can be {verb}."
            raise DomainError("TRANSITION_NOT_ALLOWED", message)
        if revision not in (None, self.revision):
            message = f"{self.id} has changed since you saw it: it is at revision {self.revision}."
            raise DomainError("STALE_VERSION", message, field="revision", revision=self.revision)

    def _check_day(self, on: date, today: date) -> None:
        if on < today:
            message = f"{on} has passed already."
            raise DomainError("PUBLICATION_DATE_PAST", message, field="on")
        if on > max(self.specification.ends_on, today):
            message = f"{self.id} ends on {self.specification.ends_on}, before that."
            raise DomainError("PUBLICATION_DATE_LATE", message, field="on")

    def _check_succession(
        self, before: "QualityService", accepted_offers: AcceptedOffers | None, on: date
    ) -> None:
        """A correction keeps the line's nature, and says what becomes of accepted offers."""
        for field in ("kind", "provider_kind", "payment_type", "payment_period", "declared_per"):
            self._must_keep(field, before, "that is another line")
        self._must_keep_what_is_paid(before, on)
        if accepted_offers is None:
            message = f"{self.id} follows {before.id}: say what becomes of accepted offers."
            raise DomainError("ACCEPTED_OFFERS_REQUIRED", message, field="acceptedOffers")

    def _must_keep_what_is_paid(self, before: "QualityService", on: date) -> None:
        """Refuse other periods where some may have been opened, and to forget what was advanced.

        A period is opened when its last day comes, and periods count from the first day of the
        service: with another one, months that were opened would be opened again beside themselves.
        """
        was, now = before.specification, self.specification
        if was.starts_on <= on:
            self._must_keep("starts_on", before, "it has begun, and its periods count from there")
        if min(was.ends_on, now.ends_on) <= on:
            self._must_keep("ends_on", before, "its last period may have been opened")
        if was.recovers or was.ends_on <= on:
            self._must_keep("recovers", before, "what was advanced would be deducted wrongly")

    def _must_keep(self, field: str, before: "QualityService", why: str) -> None:
        was, now = (getattr(one.specification, field) for one in (before, self))
        if was != now:
            message = f"{field} of {before.id} is {was}, and of {self.id} {now}: {why}."
            raise DomainError("LINE_CHANGED", message, field=field)

    def _must_be_sound(self, reason: str | None) -> None:
        problems = self.problems
        errors = [problem for problem in problems if not problem.warning]
        if errors:
            message = f"{self.id} is not sound: {_told(errors)}"
            raise DomainError("NOT_SOUND", message, problems=_listed(errors))
        if problems and not reason:
            message = f"{self.id} is out of the ordinary, which takes a reason: {_told(problems)}"
            raise DomainError(
                "REASON_REQUIRED", message, field="reason", problems=_listed(problems)
            )


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Which quality services are looked for; None lets everything pass."""

    code: str | None = None
    status: Status | None = None
    """None for all but what was discarded."""
    payment_type: str | None = None
    provider_kind: str | None = None
    kind: str | None = None
    owner: str | None = None
    year: Period | None = None


def _told(problems: Sequence[Problem]) -> str:
    told = "; ".join(f"{p.where}: {p.message}" for p in problems[:LONGEST_LIST])
    more = len(problems) - LONGEST_LIST
    return f"{told}; and {more} more" if more > 0 else told


def _listed(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [
        {"code": p.code, "where": p.where, "message": p.message} for p in problems[:LONGEST_LIST]
    ]
