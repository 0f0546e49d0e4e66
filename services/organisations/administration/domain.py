"""What an organisation decides for itself (DOMAIN.md 10.3, 10.6).

Who else may run reports over what it sees, and whether one person may take several steps of one
declaration or claim.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from nhs.reports import Report
from nhs.roles import Role

ALLOCATE = (Role.ORGANISATION_ADMINISTRATOR, Role.PCN_MANAGEMENT)
"""A commissioner's, and a PCN's (DOMAIN.md 10.3)."""

_SERVICE_CODE = re.compile(r"[A-Z0-9][A-Z0-9&_-]{1,29}")
_DAY = timedelta(days=1)


class Duty(StrEnum):
    DECLARATIONS = "DECLARATIONS"
    CLAIMS = "CLAIMS"


class Change(StrEnum):
    """What may be decided; kept in an append-only history."""

    REPORT_ALLOCATED = "REPORT_ALLOCATED"
    REPORT_WITHDRAWN = "REPORT_WITHDRAWN"
    SEPARATION_SWITCHED_OFF = "SEPARATION_SWITCHED_OFF"
    SEPARATION_SWITCHED_ON = "SEPARATION_SWITCHED_ON"


@dataclass(frozen=True, slots=True)
class Refused:
    code: str
    message: str
    field: str


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both included; None: it lasts."""

    first: date
    last: date | None = None

    @property
    def end(self) -> date:
        return self.last or date.max

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.end

    def shares_a_day(self, other: "Days") -> bool:
        return self.first <= other.end and other.first <= self.end


@dataclass(frozen=True, slots=True)
class Allocation:
    """A report that another organisation may run; of every service where none is named."""

    id: UUID
    report: Report
    service_code: str | None
    to: str
    days: Days

    @property
    def line(self) -> tuple[str, Report, str | None]:
        """Allocations of one line share no day."""
        return self.to, self.report, self.service_code


@dataclass(frozen=True, slots=True)
class Ground:
    """What is to be known before anything is allocated."""

    organisation: str
    known: frozenset[str]
    """Of the organisations named, those there are."""
    below: Sequence[tuple[str, Days]]
    """Those of them that stand below the organisation, or are its members, and when."""
    standing: Sequence[Allocation]
    """What it has allocated and not withdrawn."""
    today: date


def refusals(asked: Allocation, ground: Ground) -> Iterator[Refused]:
    """Why it cannot be allocated."""
    yield from day_refusals(asked.days, ground.today)
    if asked.to not in ground.known:
        yield Refused("ORGANISATION_NOT_KNOWN", f"There is no organisation {asked.to}", "to")
    begins = max(asked.days.first, ground.today)
    if not any(code == asked.to and days.holds(begins) for code, days in ground.below):
        message = f"{asked.to} is neither below {ground.organisation} nor a member of it"
        yield Refused("NOT_BELOW_YOU", message, "to")
    if asked.service_code is not None:
        yield from _service_refusals(asked.report, asked.service_code)
    for other in ground.standing:
        if other.line == asked.line and other.days.shares_a_day(asked.days):
            message = f"{asked.to} may run that report already from {other.days.first}"
            yield Refused("ALLOCATED_ALREADY", message, "to")


def _service_refusals(report: Report, service_code: str) -> Iterator[Refused]:
    if not _SERVICE_CODE.fullmatch(service_code):
        message = f"{service_code!r} is no code of a service, such as QOF2526"
        yield Refused("SERVICE_CODE_NOT_VALID", message, "serviceCode")
    if not report.is_of_services:
        message = f"{report} is of no service: name none"
        yield Refused("NOT_OF_A_SERVICE", message, "serviceCode")


def day_refusals(days: Days, today: date) -> Iterator[Refused]:
    if days.first < today:
        message = f"It cannot begin on {days.first}, which is past"
        yield Refused("DATE_PASSED", message, "validFrom")
    if days.end < days.first:
        message = f"It cannot end on {days.last}, before it begins on {days.first}"
        yield Refused("DATES_OUT_OF_ORDER", message, "validTo")


def switched(off: Sequence[Days], since: date, again: Days | None) -> list[Days]:
    """The days without separation, where the switch is set anew from a day on.

    What was set for that day and later falls away; `again` are the days it is off then.
    """
    before = [days for days in off if days.first < since]
    kept = [Days(days.first, min(days.end, since - _DAY)) for days in before]
    return [*kept, again] if again else kept
