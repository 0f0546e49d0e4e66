"""Which achievement date is compared with. Pure: no I/O, no clock."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum


class Reached(StrEnum):
    """How far an indicator's achievement has come, compared exactly."""

    NOTHING_TO_MEASURE = "NOTHING_TO_MEASURE"
    BELOW_LOWER = "BELOW_LOWER"
    BETWEEN = "BETWEEN"
    UPPER = "UPPER"


class Compared(StrEnum):
    PERIOD_BEFORE = "PERIOD_BEFORE"
    YEAR_BEFORE = "YEAR_BEFORE"


def latest_before(day: date, compared: Compared) -> date:
    """The last day that may count as before: the eve, or the same day of the year before."""
    if compared is Compared.PERIOD_BEFORE:
        return day - timedelta(days=1)
    days = monthrange(day.year - 1, day.month)[1]
    at_end = day.day == monthrange(day.year, day.month)[1]
    return date(day.year - 1, day.month, days if at_end else min(day.day, days))
