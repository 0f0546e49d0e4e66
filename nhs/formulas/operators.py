"""What each operator means, over fractions: the definition the compiled code is held to."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import floor, prod
from typing import Final

from nhs.formulas.formula import NOT_EARNABLE, Value

ZERO: Final = Fraction(0)


def apply(operator: str, arguments: list[Value]) -> Value:
    """One step. What cannot be earned stays so, whatever is done with it."""
    if operator == "choose":
        return _choose(*arguments)
    numbers = [a for a in arguments if isinstance(a, Fraction)]
    if len(numbers) < len(arguments):
        return NOT_EARNABLE
    if operator == "ratio":
        return numbers[0] / numbers[1] if numbers[1] else NOT_EARNABLE
    return _OPERATORS[operator](*numbers)


def _choose(condition: Value, then: Value, otherwise: Value) -> Value:
    """Only the chosen side counts: the other may be impossible."""
    if not isinstance(condition, Fraction):
        return NOT_EARNABLE
    return then if condition > 0 else otherwise


def linear(achievement: Fraction, lower: Fraction, upper: Fraction, points: Fraction) -> Fraction:
    """Nothing at or below the lower threshold, everything at the upper, a line between."""
    if achievement <= lower:
        return ZERO
    if achievement >= upper:
        return points
    return (achievement - lower) / (upper - lower) * points


def steps(value: Fraction, *pairs: Fraction) -> Fraction:
    """What the last threshold reached gives."""
    given = ZERO
    for threshold, gives in zip(pairs[::2], pairs[1::2], strict=True):
        if value >= threshold:
            given = gives
    return given


def half_up(value: Fraction, places: int) -> Fraction:
    """Round half away from zero, exactly."""
    scaled = abs(value) * 10**places
    rounded = Fraction(floor(scaled + Fraction(1, 2)), 10**places)
    return rounded if value >= 0 else -rounded


_OPERATORS: Final[Mapping[str, Callable[..., Fraction]]] = {
    "product": lambda *numbers: prod(numbers, start=Fraction(1)),
    "sum": lambda *numbers: sum(numbers, start=ZERO),
    "difference": lambda left, right: left - right,
    "min": lambda *numbers: min(numbers),
    "max": lambda *numbers: max(numbers),
    "linear": linear,
    "steps": steps,
    "round2": lambda value: half_up(value, 2),
    "round0": lambda value: half_up(value, 0),
    "floor": lambda value: Fraction(floor(value)),
}
