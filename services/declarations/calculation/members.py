"""The members of a network: whose values are counted, their sums, and what a calculation keeps.

Pure, as a domain is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from services.declarations.calculation.domain import (
    Blocker,
    ListSize,
    RuleBook,
    Values,
    missing_values,
)

PARTS = ("numerator", "denominator", "register")


class Standing(StrEnum):
    """What a practice is to a network on the achievement date."""

    COUNTED = "COUNTED"
    NOT_PARTICIPATING = "NOT_PARTICIPATING"
    """A member without an Approved sign-up of its own: neither counted nor waited for."""
    LEFT = "LEFT"
    """It belonged to the network in the period, and left before the day."""
    ELSEWHERE = "ELSEWHERE"
    """Another network has it on the day, by a membership that began later."""


@dataclass(frozen=True, slots=True)
class Member:
    practice: str
    valid_from: date
    valid_to: date | None
    """Its last day, if that has come by the achievement date: what follows changes nothing."""
    standing: Standing
    list_size: ListSize | None = None
    values: Values = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        return self.standing is Standing.COUNTED

    def as_json(self, indicators: Sequence[str]) -> dict[str, Any]:
        """As a calculation keeps it, with its values of these indicators."""
        kept: dict[str, Any] = {
            "practice": self.practice,
            "from": self.valid_from.isoformat(),
            "to": self.valid_to and self.valid_to.isoformat(),
            "standing": self.standing.value,
        }
        if self.list_size is not None:
            kept["list_size"] = self.list_size.patients
            kept["list_on"] = self.list_size.counted_on.isoformat()
        values = {code: _parts(self.values[code]) for code in indicators if code in self.values}
        return kept | ({"values": values} if values else {})


def _parts(values: Mapping[str, int | None]) -> dict[str, int | None]:
    return {part: values.get(part) for part in PARTS}


def counted(members: Sequence[Member]) -> list[Member]:
    return [member for member in members if member.counted]


def summed(members: Sequence[Member], indicators: Sequence[str]) -> Values:
    """Sums over the members that count: of numerators, of denominators, of registers.

    A part that any of them lacks has no sum.
    """
    return {code: _sums([one.values.get(code, {}) for one in members]) for code in indicators}


def _sums(values: Sequence[Mapping[str, int | None]]) -> dict[str, int | None]:
    sums: dict[str, int | None] = {}
    for part in PARTS:
        numbers = [one.get(part) for one in values]
        known = [number for number in numbers if number is not None]
        sums[part] = sum(known) if known and len(known) == len(numbers) else None
    return sums


def network_list(members: Sequence[Member]) -> ListSize | None:
    """The lists of the members that count, together; dated by the oldest of them."""
    sizes = [one.list_size for one in members if one.list_size is not None]
    if not sizes or len(sizes) < len(members):
        return None
    return ListSize(
        sum(size.patients for size in sizes),
        min(size.counted_on for size in sizes),
        any(size.stands_in for size in sizes),
    )


def blockers(
    network: str, on_day: date, members: Sequence[Member], book: RuleBook, *, of_values: bool
) -> list[Blocker]:
    """Whom the network waits for: each member that counts and lacks something, by its code.

    `of_values`: whether the members' values are waited for, and not only their lists.
    """
    if not members:
        message = f"no member of {network} takes part on {on_day}: there is nothing to sum"
        return [Blocker("NO_MEMBER_TAKES_PART", None, message, network)]
    found: list[Blocker] = []
    for member in members:
        code = member.practice
        for lacking in missing_values(book, member.values) if of_values else ():
            message = f"{code}: {lacking.message}"
            found.append(Blocker(lacking.code, lacking.indicator, message, code))
        if member.list_size is None:
            message = f"no list size of {code} is known"
            found.append(Blocker("LIST_SIZE_UNKNOWN", None, message, code))
    return found


def membership(
    on_day: date, members: Sequence[Member], indicators: Sequence[str]
) -> dict[str, Any]:
    """What the receipt shows of the membership at the date, and what the hash pins."""
    return {
        "membership_on": on_day.isoformat(),
        "members": [member.as_json(indicators) for member in members],
    }
