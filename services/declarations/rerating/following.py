"""Payments of other lines that stand on those which a change makes others: what they would be.

Aspiration is a part of what the year before was paid, income protection pays its points again. Each
is calculated anew from what it froze, but for what it takes of a payment that would be another; and
then what stands on that in its turn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.formulas import binding
from nhs.formulas.specification import Parameters
from services.declarations.calculation.figures import authorised_for, earned_in
from services.declarations.rerating import store
from services.declarations.rerating.domain import ZERO, Change, Rerated
from services.declarations.rerating.inputs import frozen
from services.declarations.rerating.rating import Asked, RulesOfRuns, with_figures

LONGEST: Final = 10
"""A year stands on the year before: a chain of lines is never so long, nor is there a circle."""


@dataclass(slots=True)
class _Moved:
    """By how much what a provider was paid and earned in a line would be another."""

    pounds: Decimal = ZERO
    points: dict[str, Decimal] = field(default_factory=dict)
    """By indicator."""

    def add(self, one: Rerated) -> None:
        self.pounds += one.difference
        for line in one.lines() if one.after is not None else ():
            more = (line.points_after or ZERO) - (line.points_before or ZERO)
            self.points[line.indicator] = self.points.get(line.indicator, ZERO) + more


_Base = tuple[str, str]
"""Line and provider."""


async def following(reader: Reader, asked: Asked, changed: Sequence[Rerated]) -> list[Rerated]:
    """All that stands on the payments that would be others, in order; reads only."""
    rules = RulesOfRuns(reader, replace(asked, change=Change()))
    found: dict[UUID, Rerated] = {}
    first = moved = _moved(changed)
    bases = set(moved)
    for _ in range(LONGEST):
        new = await _standing_on(reader, asked, rules, moved, bases) if bases else []
        found |= {one.declaration: one for one in new}
        moved = first | _moved(found.values())  # no line stands on itself
        bases = {(one.service, one.provider) for one in new} & moved.keys()
    return sorted(found.values(), key=lambda one: one.key)


def _moved(changed: Iterable[Rerated]) -> dict[_Base, _Moved]:
    """Nothing stands on what finance has not approved.

    What comes to the same pounds is not proposed, so that its points stay.
    """
    moved: dict[_Base, _Moved] = {}
    for one in changed:
        if one.payment is not None and one.difference:
            moved.setdefault((one.service, one.provider), _Moved()).add(one)
    return moved


async def _standing_on(
    reader: Reader,
    asked: Asked,
    rules: RulesOfRuns,
    moved: Mapping[_Base, _Moved],
    bases: Iterable[_Base],
) -> list[Rerated]:
    new = []
    async for row in store.standing_on(reader, asked.whose, sorted(bases)):
        by = await rules.of(row["run_id"])
        if figures := _figures(row, by.service.parameters, moved):
            new.append(with_figures(by, row, figures).rerated)
    return new


def _figures(
    row: Record, parameters: Parameters, moved: Mapping[_Base, _Moved]
) -> dict[str, Fraction]:
    """Those that stand on what would be another; what was agreed stands as it was agreed."""
    known, provider = frozen(row), row["provider"]
    paid = moved.get((str(parameters.payment_of), provider), _Moved())
    earned = moved.get((str(parameters.previous_service), provider), _Moved())
    more = {f"{binding.PREVIOUS_POINTS}.{code}": points for code, points in earned.points.items()}
    sources = dict.fromkeys(more, earned_in(str(parameters.previous_service)))
    more[binding.PAYMENT] = paid.pounds
    sources[binding.PAYMENT] = authorised_for(str(parameters.payment_of))
    return {
        key: value + Fraction(more[key])
        for key, value in known.figures.items()
        if more.get(key) and known.origins.get(key, {}).get("source") == sources[key]
    }
