"""Months of a provider's statement, and when what is on it is expected. Pure: no I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from chassis.errors import DomainError

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
CUT_OFF_DAY, PAY_DAY = 5, 20
"""Approved by the 5th, paid on the 20th (DOMAIN 1.8: the cut-offs of the Network Contract)."""


@dataclass(frozen=True, slots=True)
class Month:
    first: date

    @classmethod
    def parse(cls, text: str) -> "Month":
        found = _MONTH.fullmatch(text)
        if found is None:
            message = f"{text!r} is not a month, such as 2026-04."
            raise DomainError("MONTH_NOT_VALID", message, field="month")
        return cls(date(int(found[1]), int(found[2]), 1))

    @property
    def next(self) -> date:
        """The first day after it."""
        return _next(self.first)


def expected_on(
    payment_type: str, period_end: date, entered_on: date, *, of_a_year: bool = True
) -> date:
    """The day an entry is to be paid, if all goes well; bank holidays are not known here.

    A year's achievement of QOF is paid by the end of June after it (DOMAIN 1.8); everything else,
    aspiration too, and what comes too late for that, on the 20th after the cut-off.
    """
    june = date(period_end.year, 6, 30)
    yearly = payment_type == "QOF" and of_a_year
    if yearly and entered_on <= june.replace(day=CUT_OFF_DAY) and period_end < june:
        return _working(june)
    month = entered_on.replace(day=1)
    if entered_on.day > CUT_OFF_DAY:
        month = _next(month)
    return _working(month.replace(day=PAY_DAY))


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _working(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
