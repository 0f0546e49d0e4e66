"""What is known of an organisation."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from nhs.roles import OrganisationKind


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
