"""As at which day something is asked for, and as it was known on which.

A fact has both times: `valid_from`/`valid_to` are the days on which it was true, `known_from`/
`known_to` the moments between which we took it for true.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chassis.clock import ENGLAND


@dataclass(frozen=True, slots=True)
class Moment:
    as_at: date | None = None
    """None where no day is asked for: today, for what is asked as at a day."""
    known_on: date | None = None
    """As known at the end of that day; None for what is known now."""

    @property
    def is_present(self) -> bool:
        return self.as_at is None and self.known_on is None

    def day(self, today: date) -> date:
        return self.as_at or today

    @property
    def known_before(self) -> datetime | None:
        """The first moment whose knowledge does not count any more."""
        return None if self.known_on is None else _end_of(self.known_on)

    @property
    def day_ends(self) -> datetime | None:
        return None if self.as_at is None else _end_of(self.as_at)


PRESENT = Moment()


def _end_of(day: date) -> datetime:
    following = day if day == date.max else day + timedelta(days=1)
    return datetime.combine(following, time.min, ENGLAND)


def known(fact: str, known_before: str) -> str:
    """The condition that a fact was known then, over its row and the parameter of that moment."""
    then = f"{known_before}::timestamptz"
    return f"""(
    {then} is null and {fact}.known_to is null
    or {fact}.known_from < {then} and coalesce({fact}.known_to, 'infinity') >= {then}
)"""


def holds(fact: str, day: str) -> str:
    """The condition that a fact was true on the day in the parameter."""
    return f"{fact}.valid_from <= {day} and coalesce({fact}.valid_to, 'infinity') >= {day}"
