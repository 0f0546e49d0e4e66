"""What the report on networks may be asked, and of which days it tells."""

import re
from dataclasses import dataclass
from datetime import date

from chassis.errors import DomainError
from nhs.roles import COMMISSIONERS, OrganisationKind

MOST_YEARS = 50
"""A period may cover: the health service is older, networks are far younger."""

_PCN = re.compile(r"U\d{5}")
_PRACTICE = re.compile(r"[A-Z]\d{5}")


@dataclass(frozen=True)
class ReportFilter:
    start: date
    end: date
    pcn: str | None = None
    practice: str | None = None

    def check(self) -> None:
        """Refuse what cannot be meant, by the field that is at fault."""
        if self.end < self.start:
            message = f"The period ends on {self.end}, before it starts on {self.start}."
            raise DomainError("DATES_OUT_OF_ORDER", message, field="filter.to")
        if self.end.year - self.start.year > MOST_YEARS:
            message = f"A period covers {MOST_YEARS} years at most."
            raise DomainError("PERIOD_TOO_LONG", message, field="filter.to", years=MOST_YEARS)
        if self.pcn and self.practice:
            message = "Ask for a PCN or for a practice, not for both."
            raise DomainError("ONE_OF_TWO", message, field="filter")
        _check_form(self.pcn, _PCN, "filter.pcn", "a PCN: U09980")
        _check_form(self.practice, _PRACTICE, "filter.practice", "a practice: A84002")

    def days(self, kind: OrganisationKind, today: date) -> tuple[date, date]:
        """The first and last of the days on some of which a membership holds that is shown.

        Commissioners see all of the period. For a PCN, and for practices and PCNs that ask, only
        *current* memberships count: they hold the earlier of the period's end and today.
        """
        if self.pcn is None and kind in COMMISSIONERS:
            return self.start, self.end
        current = min(self.end, today)
        return current, current


def _check_form(code: str | None, form: re.Pattern[str], field: str, what: str) -> None:
    if code is not None and form.fullmatch(code) is None:
        message = f"{code} cannot be the code of {what}."
        raise DomainError("CODE_NOT_VALID", message, field=field)
