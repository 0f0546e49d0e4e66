"""What each value of a formula is: money, points, a share of people, or a plain number.

It is told from what the inputs are bound to, and followed through the steps; where that does not
tell, the value is a plain number, which is never wrong.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from nhs.formulas.formula import Formula, Step


class Unit(StrEnum):
    POUNDS = "POUNDS"
    POINTS = "POINTS"
    SHARE = "SHARE"
    NUMBER = "NUMBER"


_TARGETS: Final = {
    "payment.pounds": Unit.POUNDS,
    "previous.points": Unit.POINTS,
    "indicator.points": Unit.POINTS,
    "indicator.lower": Unit.SHARE,
    "indicator.upper": Unit.SHARE,
    "national.prevalence": Unit.SHARE,
}
_CONSTANTS: Final = {
    "pounds": Unit.POUNDS,
    "fee": Unit.POUNDS,
    "rate": Unit.POUNDS,
    "points": Unit.POINTS,
    "share": Unit.SHARE,
    "coverage": Unit.SHARE,
}
"""By a word of a constant's name, the first that fits."""
_RESULTS: Final = {"pounds": Unit.POUNDS, "points_paid": Unit.POINTS}
_TAKEN: Final = {"linear": 3, "steps": 2, "choose": 1}
"""The argument whose unit the result has; of all others, the first."""


def units(formula: Formula, bindings: Mapping[str, str]) -> dict[str, Unit]:
    """By name, inputs and steps alike."""
    known = {name: _of_input(bindings.get(name, "")) for name in formula.inputs}
    people = {name for name, target in bindings.items() if target.startswith("values.")}
    for step in formula.steps:
        known[step.name] = _RESULTS.get(step.name) or _of_step(step, known, people)
    return known


def _of_input(target: str) -> Unit:
    kind, _, name = target.partition(".")
    if kind != "constants":
        return _TARGETS.get(target, Unit.NUMBER)
    words = name.split("_")
    return next((unit for word, unit in _CONSTANTS.items() if word in words), Unit.NUMBER)


def _of_step(step: Step, known: Mapping[str, Unit], people: set[str]) -> Unit:
    given = [known[name] for name in step.arguments]
    if step.operator == "ratio":
        return _of_ratio(step, given, people)
    if step.operator == "product":
        return next((unit for unit in (Unit.POUNDS, Unit.POINTS) if unit in given), Unit.NUMBER)
    return given[_TAKEN.get(step.operator, 0)]


def _of_ratio(step: Step, given: list[Unit], people: set[str]) -> Unit:
    """People of people are a share; a list against another list, or shares, a plain number."""
    above, below = given
    if above == below:
        return Unit.SHARE if step.arguments[0] in people else Unit.NUMBER
    return above if below is Unit.NUMBER else Unit.NUMBER
