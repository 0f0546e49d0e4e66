"""Values as British readers write them: £5,664.13, 35.00 %, 1 January 2026."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from nhs.formulas.formula import Value
from nhs.formulas.operators import half_up
from services.declarations.calculation.units import Unit

_WORDS: Final = {
    "apdf": "prevalence against England",
    "average_list": "the average list",
    "cpi": "list against the average",
    "fee": "the fee",
    "is_last": "the last period",
    "list_size": "the list",
    "lower": "the lower threshold",
    "most": "the most that is paid for",
    "national_prevalence": "prevalence in England",
    "points": "points to be earned",
    "points_paid": "points paid for",
    "pounds": "the payment in pounds and pence",
    "pounds_per_point": "pounds for a point",
    "upper": "the upper threshold",
}
_EXACT: Final = 6
"""Decimal places that are shown of what goes on."""


def words(name: str) -> str:
    """A formula's name as people say it."""
    return _WORDS.get(name, name.replace("_", " "))


def shown(value: Value, unit: Unit) -> str:
    """A value in its unit, as a step is worked: what is cut says so."""
    if not isinstance(value, Fraction):
        return "what cannot be earned"
    if unit is Unit.POUNDS:
        return pounds(value)
    if unit is Unit.SHARE:
        return f"{number(value * 100, at_least=2)} %"
    return number(value, at_least=2 if unit is Unit.POINTS else 0)


def pounds(value: Fraction) -> str:
    """With pennies at least: £5,664.13, £2.218, -£5,000.00."""
    return f"{'-' if value < 0 else ''}£{number(abs(value), at_least=2)}"


def share(value: Fraction, near: Sequence[Fraction] = ()) -> str:
    """As a percentage with two places; with more where it would pass for one that it is near."""
    percent, places = value * 100, 2
    while any(value != at and half_up(percent, places) == at * 100 for at in near):
        places += 1
    return f"{_decimal(half_up(percent, places), places, 2)} %"


def threshold(value: Fraction) -> str:
    """A percentage that was set, not worked out: 20 %, 12.5 %."""
    return f"{number(value * 100)} %"


def number(value: Fraction, *, at_least: int = 0) -> str:
    """With thousands apart, exactly; what never ends is cut to six places, and says so."""
    rounded = half_up(value, _EXACT)
    return f"{_decimal(rounded, _EXACT, at_least)}{'…' if rounded != value else ''}"


def _decimal(value: Fraction, places: int, at_least: int) -> str:
    """What has no more than so many places, without noughts at the end beyond the least."""
    digits = f"{abs(value) * 10**places}".rjust(places + 1, "0")
    whole, rest = digits[:-places], digits[-places:].rstrip("0").ljust(at_least, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{int(whole):,}.{rest}" if rest else f"{sign}{int(whole):,}"


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
