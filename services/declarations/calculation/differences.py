"""What one calculation of a declaration has that another had not: inputs, points and pounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from chassis.db import Reader
from nhs.formulas import binding
from services.declarations.calculation import member_changes, store, written
from services.declarations.calculation.domain import Line

LONGEST: Final = 280
"""Characters of a difference in words: it is the reason of an event."""

StoodOn = Mapping[str, Any] | None
"""What a calculation kept beside values and list."""

Version = tuple[UUID, int]
"""A declaration and the number of its calculation."""


@dataclass(frozen=True, slots=True)
class InputChange:
    name: str
    before: str | None
    after: str | None
    said: str | None = None
    """What happened, where there are words for it."""

    def __str__(self) -> str:
        return self.said or f"{self.name} {self.before or 'none'} to {self.after or 'none'}"


@dataclass(frozen=True, slots=True)
class LineChange:
    """One indicator; without the line before or after where the rules have no such indicator."""

    indicator: str
    before: Line | None
    after: Line | None

    @property
    def inputs(self) -> list[InputChange]:
        return _inputs(_counted(self.before), _counted(self.after))

    def __str__(self) -> str:
        said = [str(one) for one in self.inputs]
        was, now = _points(self.before), _points(self.after)
        if was != now:
            said.append(f"{was} to {now} points")
        return f"{self.indicator} {', '.join(said) or 'worth another amount'}"


@dataclass(frozen=True, slots=True)
class Difference:
    inputs: Sequence[InputChange]
    """What every indicator stands on: of a network first the members that came or went."""
    lines: Sequence[LineChange]
    of_members: Sequence[InputChange] = ()
    """The numbers of a network's members, whose sums the lines are."""

    def __str__(self) -> str:
        """In words, most telling first, and no longer than an event bears; no pounds in them."""
        moved = sorted(self.lines, key=lambda line: (not line.inputs, line.indicator))
        return _shortened([*map(str, self.inputs), *map(str, moved), *map(str, self.of_members)])


def compared(
    before: Mapping[str, str],
    after: Mapping[str, str],
    lines_before: Sequence[Line],
    lines_after: Sequence[Line],
    *,
    stood_on: tuple[StoodOn, StoodOn] = (None, None),
) -> Difference:
    """By what they stand on, a network's members among it, and by their lines."""
    came_or_went, numbers = _of_members(*stood_on)
    was = {line.indicator: line for line in lines_before}
    now = {line.indicator: line for line in lines_after}
    changes = [LineChange(code, was.get(code), now.get(code)) for code in sorted({*was, *now})]
    moved = [one for one in changes if _figures(one.before) != _figures(one.after)]
    others = _of_figures(*stood_on)
    return Difference([*came_or_went, *others, *_inputs(before, after)], moved, tuple(numbers))


def _of_figures(before: StoodOn, after: StoodOn) -> list[InputChange]:
    """Figures that changed; of a payment only that it did, for it is pounds."""
    was, now = (dict((one or {}).get("figures", {})) for one in (before, after))
    paid = was.pop(binding.PAYMENT, None), now.pop(binding.PAYMENT, None)
    changes = _inputs(_named(was), _named(now))
    if paid[0] != paid[1]:
        name = "the payment it is a part of"
        changes.insert(0, InputChange(name, None, None, f"{name} changed"))
    return changes


def _named(figures: Mapping[str, str]) -> dict[str, str]:
    """As people call them; where a period stands is no news."""
    return {
        _NAMED.get(key, key.removeprefix("previous.")): written.number(Fraction(figure))
        for key, figure in figures.items()
        if key not in binding.PERIOD
    }


_NAMED: Final = {binding.ADJUSTED_POPULATION: "adjusted population"}


def _of_members(before: StoodOn, after: StoodOn) -> tuple[list[InputChange], list[InputChange]]:
    """Members that came or went, and numbers of those that stayed."""
    was, now = member_changes.by_practice(before), member_changes.by_practice(after)
    came_or_went, numbers = [], []
    for practice in sorted({*was, *now}):
        moved = member_changes.membership(practice, was.get(practice), now.get(practice))
        if moved is not None:
            change, said = moved
            came_or_went.append(InputChange(*change, said))
        elif practice in was:
            changed = member_changes.numbers(practice, was[practice], now[practice])
            numbers += [InputChange(*change) for change in changed]
    return came_or_went, numbers


async def between(
    reader: Reader, pairs: Sequence[tuple[Version, Version]]
) -> dict[tuple[Version, Version], Difference]:
    """What is different in the second of each pair of calculations: three statements for all."""
    versions = sorted({version for pair in pairs for version in pair})
    lines = await store.lines_of(reader, versions)
    bases = await store.bases_of(reader, versions)
    stood_on = await store.stood_on_of(reader, versions)
    return {
        (before, after): compared(
            bases.get(before, {}),
            bases.get(after, {}),
            lines.get(before, []),
            lines.get(after, []),
            stood_on=(stood_on.get(before), stood_on.get(after)),
        )
        for before, after in pairs
    }


def _inputs(before: Mapping[str, str], after: Mapping[str, str]) -> list[InputChange]:
    names = dict.fromkeys((*before, *after))
    changes = (InputChange(name, before.get(name), after.get(name)) for name in names)
    return [one for one in changes if one.before != one.after]


def _counted(line: Line | None) -> dict[str, str]:
    if line is None:
        return {}
    counts = {
        "numerator": line.numerator,
        "denominator": line.denominator,
        "register": line.register,
    }
    return {name: str(count) for name, count in counts.items() if count is not None}


def _figures(line: Line | None) -> tuple[object, ...] | None:
    if line is None:
        return None
    return _counted(line), line.points, line.pounds, line.earnable


def _points(line: Line | None) -> Decimal:
    return line.points if line else Decimal("0.00")


def _shortened(parts: Sequence[str]) -> str:
    said: list[str] = []
    for number, part in enumerate(parts):
        rest = f"and {len(parts) - number} more"
        if len("; ".join([*said, part])) > LONGEST - len(rest) - 2:
            return "; ".join([*said, rest])
        said.append(part)
    return "; ".join(said)
