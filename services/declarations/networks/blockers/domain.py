"""Why an open declaration cannot go on, and whose turn it is. Pure: no I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nhs.roles import Role

HELD: Final = "HELD"
PENDING: Final = "RECALCULATION_PENDING"


class Place(StrEnum):
    """Where the person to chase is."""

    PRACTICE = "PRACTICE"
    """The practice whose data it is; else the provider itself."""
    COMMISSIONER = "COMMISSIONER"
    ENGLAND = "ENGLAND"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: who holds one of these roles there."""

    place: Place
    roles: tuple[Role, ...]


VALUES: Final = "VALUES_MISSING"
_ENTERED_BY: Final = {
    "PROVIDER": Turn(Place.PRACTICE, (Role.ACHIEVEMENT_ENTRY,)),
    "COMMISSIONER": Turn(Place.COMMISSIONER, (Role.ACHIEVEMENT_ENTRY,)),
}
_NATIONAL: Final = Turn(Place.ENGLAND, (Role.DATA_LOAD,))
_CATALOGUE: Final = Turn(Place.ENGLAND, (Role.CATALOGUE_MANAGER,))
_OFFERS: Final = Turn(Place.COMMISSIONER, (Role.COMMISSIONING_MANAGEMENT,))
_BY_CODE: Final = {
    HELD: Turn(Place.COMMISSIONER, (Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT)),
    PENDING: None,
    "NO_MEMBER_TAKES_PART": _OFFERS,
    "YEAR_NOT_OFFERED": _OFFERS,
    "YEAR_NOT_ACCEPTED": Turn(Place.PRACTICE, (Role.SERVICE_MANAGEMENT,)),
    "SERVICE_NOT_YET_KNOWN": _CATALOGUE,
    "SERVICE_NOT_SOUND": _CATALOGUE,
    "INDICATOR_NOT_PUBLISHED": _CATALOGUE,
    "PERIOD_NOT_PUBLISHED": _CATALOGUE,
}


def turn(code: str, entered_by: str = "PROVIDER") -> Turn | None:
    """Who can clear a blocker; None where the service itself does, in a moment.

    A value waits for who enters it. Everything that is not named here, list sizes, national figures
    and those of the year before, is loaded at England.
    """
    if code == VALUES:
        return _ENTERED_BY[entered_by]
    return _BY_CODE.get(code, _NATIONAL)
