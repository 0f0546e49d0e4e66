"""Figures of single providers that people load: what each may be. Pure: no I/O, no clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from chassis.errors import DomainError

MOST: Final = 10_000
"""So many are loaded by one call; a second set adds to the first."""
LIMIT: Final = Decimal(10) ** 10


class Kind(StrEnum):
    ADJUSTED_POPULATION = "ADJUSTED_POPULATION"
    """Patients weighted by need, of a day: the base of most network payments."""
    AGREED_PAYMENT = "AGREED_PAYMENT"
    """What a line paid in all, where it was not paid here: the base of aspiration."""
    AGREED_POINTS = "AGREED_POINTS"
    """What an indicator of a line earned, where it was not earned here: income protection."""


_PLACES: Final = {Kind.ADJUSTED_POPULATION: 6, Kind.AGREED_PAYMENT: 2, Kind.AGREED_POINTS: 2}


@dataclass(frozen=True, slots=True)
class Given:
    """A figure as it was written."""

    provider: str
    value: str
    indicator: str | None = None


@dataclass(frozen=True, slots=True)
class FigureSet:
    """What is loaded together, from one source; checked by `check`."""

    kind: Kind
    name: str
    source: str
    service: str | None
    counted_on: date | None
    given: Sequence[Given]


def check(figures: FigureSet) -> list[Decimal]:
    """The numbers, in the order given; refused whole where anything is at fault."""
    _check_subject(figures)
    if not 0 < len(figures.given) <= MOST:
        message = f"A set holds 1 to {MOST:,} figures, not {len(figures.given):,}."
        raise DomainError("FIGURE_COUNT", message, field="values")
    _check_keys(figures)
    return [_number(figures.kind, one) for one in figures.given]


def _check_subject(figures: FigureSet) -> None:
    """A population is of a day, all else of a line."""
    of_a_day = figures.kind is Kind.ADJUSTED_POPULATION
    for field, value, wanted in (
        ("service", figures.service, not of_a_day),
        ("countedOn", figures.counted_on, of_a_day),
    ):
        if wanted and value is None:
            raise DomainError("FIELD_MISSING", f"{figures.kind} takes {field}.", field=field)
        if not wanted and value is not None:
            raise DomainError("FIELD_UNKNOWN", f"{figures.kind} has no {field}.", field=field)
    for field, text in (("name", figures.name), ("source", figures.source)):
        if not text.strip():
            raise DomainError("FIELD_MISSING", f"A set says its {field}.", field=field)


def _check_keys(figures: FigureSet) -> None:
    by_indicator = figures.kind is Kind.AGREED_POINTS
    for one in figures.given:
        if by_indicator != (one.indicator is not None):
            word = "for an indicator" if by_indicator else "for a provider as a whole"
            message = f"{figures.kind} is {word}: {one.provider} names {one.indicator}."
            raise DomainError("INDICATOR_NOT_VALID", message, field="values", provider=one.provider)
    times = Counter((one.provider, one.indicator or "") for one in figures.given)
    if twice := sorted(key for key, count in times.items() if count > 1):
        message = f"The set names {' '.join(twice[0]).strip()} more than once."
        raise DomainError("FIGURE_TWICE", message, field="values", provider=twice[0][0])


def _number(kind: Kind, given: Given) -> Decimal:
    try:
        value = Decimal(given.value)
    except InvalidOperation:
        value = Decimal(-1)
    most = _PLACES[kind]
    if not value.is_finite() or not 0 <= value < LIMIT or value != round(value, most):
        message = (
            f"{given.provider}: {given.value!r} is no number from 0 "
            f"with at most {most} decimal places."
        )
        raise DomainError("FIGURE_NOT_VALID", message, field="values", provider=given.provider)
    return value
