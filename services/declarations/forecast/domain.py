"""What values would earn, and how many more patients would earn more: by the compiled rules.

No formula is written here: a rule is asked what a larger numerator is worth. Pure: no I/O.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nhs.formulas.specification import Indicator
from services.declarations.calculation.domain import Rule, line_of

GREATEST = 2_147_483_647
"""The largest count a value can hold."""

Numbers = Mapping[str, int | None]
Exact = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, order=True)
class Worth:
    """Points in hundredths, and pence: as results are rounded."""

    hundredths: int = 0
    pence: int = 0

    @property
    def points(self) -> Decimal:
        return Decimal(self.hundredths).scaleb(-2)

    @property
    def pounds(self) -> Decimal:
        return Decimal(self.pence).scaleb(-2)

    def plus(self, other: "Worth") -> "Worth":
        return Worth(self.hundredths + other.hundredths, self.pence + other.pence)

    def less(self, other: "Worth") -> "Worth":
        return Worth(self.hundredths - other.hundredths, self.pence - other.pence)

    def beyond(self, other: "Worth") -> bool:
        """Whether either is more."""
        return self.hundredths > other.hundredths or self.pence > other.pence


NOTHING: Final = Worth()


@dataclass(frozen=True, slots=True)
class Step:
    """So many more patients, the fewest that bring it, what they bring, and what they reach."""

    patients: int
    gain: Worth
    reaches: str
    """How many reach what: 12 more patients reach the upper threshold of 50 %."""

    def words(self, *, with_pounds: bool) -> str:
        gain = f"+{self.gain.points:.2f} points"
        if with_pounds:
            gain += f", about £{self.gain.pounds:,.2f}"
        return f"{self.reaches}: {gain}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What an indicator's values would earn; `missing` names what is not there yet."""

    indicator: Indicator
    values: Numbers
    worth: Worth | None
    missing: tuple[str, ...] = ()
    following: Step | None = None
    """The next gain, however small: the fewest patients that bring any."""
    everything: Step | None = None
    """All that can be earned; None where it is, or where there is no end to it."""


def worth(
    rules: Sequence[Rule], known: Mapping[str, Numbers], patients: int, figures: Exact
) -> tuple[Worth, tuple[str, ...]]:
    """What everything that is there earns; and the indicators that lack something."""
    hundredths, pence, lacks = 0, 0, []
    for rule in rules:
        values = known.get(rule.indicator, {})
        if lacking(rule, values, figures):
            lacks.append(rule.indicator)
            continue
        line = line_of(rule, values, patients, figures)
        hundredths, pence = hundredths + line[4], pence + line[5]
    return Worth(hundredths, pence), tuple(lacks)


def lacking(rule: Rule, values: Numbers, figures: Exact) -> tuple[str, ...]:
    """The values and figures a rule needs that are not there."""
    return (*rule.missing(values), *(key for key in rule.figures if key not in figures))


def expected(
    rule: Rule, indicator: Indicator, values: Numbers, patients: int, figures: Exact
) -> Expected:
    """What an indicator earns, and the next steps up."""
    missing = lacking(rule, values, figures)
    if missing:
        return Expected(indicator, values, None, missing)

    def at(numerator: int) -> Worth:
        return _earned(rule, {**values, "numerator": numerator}, patients, figures)

    earned, now = _earned(rule, values, patients, figures), values.get("numerator")
    # What may pay less for more has no next step to speak of.
    if now is None or "numerator" not in rule.takes or indicator.pays_less_because is not None:
        return Expected(indicator, values, earned)
    most = _most(indicator, values)
    best = at(most)
    following = _first(now, most, lambda there: there.beyond(earned), at)
    everything = _first(now, most, lambda there: not best.beyond(there), at)
    if everything == GREATEST:  # each of any number is paid for
        everything = None
    steps = [
        Step(to - now, at(to).less(earned), _reaches(indicator, values, to, whole=to == everything))
        if to is not None
        else None
        for to in (following, everything)
    ]
    return Expected(indicator, values, earned, (), *steps)


def _earned(rule: Rule, values: Numbers, patients: int, figures: Exact) -> Worth:
    line = line_of(rule, values, patients, figures)
    return Worth(line[4], line[5])


def _most(indicator: Indicator, values: Numbers) -> int:
    """The largest numerator there can be."""
    if indicator.yes_no:
        return 1
    denominator = values.get("denominator")
    return GREATEST if denominator is None else denominator


def _reaches(indicator: Indicator, values: Numbers, numerator: int, *, whole: bool) -> str:
    """What the numerator reaches, by the name of the threshold where it is one."""
    now, denominator = values.get("numerator") or 0, values.get("denominator")
    one, more = numerator - now == 1, f"{numerator - now:,} more"
    lower, upper = indicator.lower, indicator.upper
    if indicator.yes_no:
        return "A yes earns everything"
    if denominator is None or lower is None or upper is None:
        return f"{more} earn{'s' * one} {'everything' if whole else 'anything more'}"
    patients = f"{more} patient{'s' * (not one)}"
    if numerator * 100 >= upper * denominator:
        return f"{patients} reach{'es' * one} the upper threshold of {_plain(upper)} %"
    if now * 100 <= lower * denominator:
        return f"{patients} get{'s' * one} above the lower threshold of {_plain(lower)} %"
    return f"{patients} earn{'s' * one} more"


def _plain(threshold: Decimal) -> str:
    """Without places that say nothing: 50, 62.5."""
    return f"{threshold.normalize():f}"


def _first(
    now: int, most: int, holds: Callable[[Worth], bool], at: Callable[[int], Worth]
) -> int | None:
    """The smallest numerator above `now` of which it holds, if it does of the largest.

    More achievement never pays less, which publishing checks: so it is found by halves.
    """
    if holds(at(now)) or not holds(at(most)):
        return None
    low, high = now, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(at(middle)) else (middle, high)
    return high
