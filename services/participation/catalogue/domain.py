"""Quality services: drafted by one Catalogue Manager, published by another, then frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.errors import DomainError
from nhs.formulas.problem import Problem
from nhs.formulas.soundness import check
from nhs.formulas.specification import QualityServiceSpecification
from nhs.values import Period

LONGEST_LIST = 20
"""So many problems are told at once."""


class Status(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who did it, acting for whom, and when."""

    at: datetime
    by: UUID
    acting_for: str


@dataclass(frozen=True, slots=True)
class QualityService:
    code: str
    version: int
    specification: QualityServiceSpecification
    drafted: Signature
    published: Signature | None = None
    reason: str | None = None
    """Why it was published though a check warned."""

    @property
    def id(self) -> str:
        return f"{self.code}/{self.version}"

    @property
    def status(self) -> Status:
        return Status.PUBLISHED if self.published else Status.DRAFT

    @property
    def problems(self) -> Sequence[Problem]:
        return check(self.specification)

    def publish(self, signature: Signature, reason: str | None) -> "QualityService":
        if self.published:
            message = f"{self.id} was published on {self.published.at.date()}."
            raise DomainError("ALREADY_PUBLISHED", message)
        if signature.by == self.drafted.by:
            message = f"You wrote {self.id}: another Catalogue Manager must publish it."
            raise DomainError("SEPARATION_OF_DUTIES", message)
        self._must_be_sound(reason)
        return replace(self, published=signature, reason=reason)

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
    payment_type: str | None = None
    provider_kind: str | None = None
    year: Period | None = None


def _told(problems: Sequence[Problem]) -> str:
    told = "; ".join(f"{p.where}: {p.message}" for p in problems[:LONGEST_LIST])
    more = len(problems) - LONGEST_LIST
    return f"{told}; and {more} more" if more > 0 else told


def _listed(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [
        {"code": p.code, "where": p.where, "message": p.message} for p in problems[:LONGEST_LIST]
    ]
