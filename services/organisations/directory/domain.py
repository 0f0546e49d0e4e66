"""What is known of an organisation."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from nhs.roles import OrganisationKind

_DAY = timedelta(days=1)


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"
    DORMANT = "DORMANT"
    PROPOSED = "PROPOSED"
    NAMED_ONLY = "NAMED_ONLY"
    """Others name it; no file says what it is."""


@dataclass(frozen=True, slots=True)
class Organisation:
    ods_code: str
    kind: OrganisationKind
    name: str
    status: Status = Status.ACTIVE
    opened_on: date | None = None
    closed_on: date | None = None
    address: tuple[str, ...] = ()
    postcode: str | None = None

    def named_again(self, other: "Organisation") -> "Organisation":
        """Learn a name from one who merely names it, if none but the code was known."""
        if self.status is Status.NAMED_ONLY and self.name == self.ods_code:
            return replace(self, name=other.name)
        return self


def status_on(day: date, status: Status, opened_on: date | None, closed_on: date | None) -> Status:
    """What an organisation was on the day, by its dates; where these are silent, what it is."""
    if opened_on and day < opened_on:
        return Status.PROPOSED
    if closed_on:
        return Status.CLOSED if day > closed_on else Status.ACTIVE
    return status


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last, both included; `last` is None where there is none."""

    first: date
    last: date | None = None

    @property
    def in_order(self) -> bool:
        return self.last is None or self.first <= self.last

    def without(self, taken: "Days") -> list["Days"]:
        """What the taken days, some of which are among these, leave of them."""
        left = []
        if self.first < taken.first:
            left.append(Days(self.first, taken.first - _DAY))
        if taken.last and (self.last is None or self.last > taken.last):
            left.append(Days(taken.last + _DAY, self.last))
        return left


class NetworkSize(StrEnum):
    """A network is meant to have 30,000 to 50,000 patients: a warning, never a refusal."""

    BELOW_RANGE = "BELOW_RANGE"
    ABOVE_RANGE = "ABOVE_RANGE"

    @classmethod
    def mark(cls, patients: int) -> "NetworkSize | None":
        if patients < _FEWEST_PATIENTS:
            return cls.BELOW_RANGE
        return cls.ABOVE_RANGE if patients > _MOST_PATIENTS else None


_FEWEST_PATIENTS = 30_000
_MOST_PATIENTS = 50_000


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed something, for whom and why. Nobody, where the system itself did."""

    person: UUID | None = None
    acting_for: str | None = None
    reason: str | None = None
    file_import: UUID | None = None
    """The import that did, if one did."""


@dataclass(frozen=True, slots=True)
class ListSize:
    """Patients registered with a practice on a day."""

    ods_code: str
    counted_on: date
    patients: int
