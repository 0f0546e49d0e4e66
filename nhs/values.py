"""The values all services share: codes, years and periods. Rounding is nhs.formulas'."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NewType, Self

OdsCode = NewType("OdsCode", str)
"""The code of an organisation: A81001, U89141, 16C, A3A8R, QHM, Y63, ENG."""

_ODS_CODE = re.compile(r"[A-Z0-9]{3,8}")
_FINANCIAL_YEAR = re.compile(r"(\d{4})/(\d{2})")

PAYMENT_TYPES = ("QOF", "DES", "V&I", "LES", "LIS")
"""What a role may be limited to: kinds of services (DOMAIN.md 1.6), and of local schemes (10.8)."""


def ods_code(text: str) -> OdsCode:
    """Read a code. ODS codes carry no check digit, so the form is all that can be checked."""
    if _ODS_CODE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no ODS code")
    return OdsCode(text)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from start to end, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a period cannot end on {self.end} and start on {self.start}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end

    def within(self, other: "Period") -> bool:
        return other.start <= self.start and self.end <= other.end

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True, order=True)
class FinancialYear:
    """1 April to 31 March, written 2025/26 and named by the year it starts in."""

    starts_in: int

    @classmethod
    def parse(cls, text: str) -> Self:
        found = _FINANCIAL_YEAR.fullmatch(text)
        if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
            raise ValueError(f"{text!r} is no financial year; they are written 2025/26")
        return cls(int(found[1]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The financial year a day lies in."""
        return cls(day.year if (day.month, day.day) >= (4, 1) else day.year - 1)

    @property
    def period(self) -> Period:
        following = date(self.starts_in + 1, 4, 1)
        return Period(date(self.starts_in, 4, 1), following - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.starts_in}/{(self.starts_in + 1) % 100:02d}"
