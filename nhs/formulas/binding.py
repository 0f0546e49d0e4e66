"""What a rule's names are bound to.

`values.…` and `provider.list_size` are whole numbers that differ from provider to provider; figures
differ too, and are exact: an adjusted population, what was earned or paid before, where in the year
a period stands. `indicator.…`, `constants.…` and `national.…` are fixed for a run, which freezes
them. National figures are dated sets of their own: the prevalence of each group by the group's
code, and the average list by its name.
"""

from collections.abc import Mapping
from fractions import Fraction

from nhs.formulas.specification import Indicator, QualityServiceSpecification

VARIABLE = frozenset(
    {"values.numerator", "values.denominator", "values.register", "provider.list_size"}
)
ADJUSTED_POPULATION = "provider.adjusted_population"
PREVIOUS_POINTS = "previous.points"
"""What this indicator earned in `parameters.previous_service`: income protection."""
PAYMENT = "payment.pounds"
"""What was authorised for `parameters.payment_of`, in all and before anything was recovered."""
PERIOD_NUMBER, PERIOD_COUNT = "period.number", "period.count"
LAST_PERIOD = "period.is_last"
"""1 in the last period of the service, which takes the remainder, and 0 in the others."""
PERIOD = frozenset({PERIOD_NUMBER, PERIOD_COUNT, LAST_PERIOD})
COUNTED_IN_YEAR = "year.counted"
"""Patients that this indicator counts in the service's other periods: in those before, and as many
as were paid for in those that finance has approved already. Whoever counts once a year is counted
in one of them (DOMAIN 3.6)."""
FIGURE = PERIOD | {ADJUSTED_POPULATION, PREVIOUS_POINTS, PAYMENT, COUNTED_IN_YEAR}
OF_INDICATOR = frozenset({PREVIOUS_POINTS, COUNTED_IN_YEAR})
"""Figures that each indicator has of its own."""
INDICATOR = frozenset({"indicator.points", "indicator.lower", "indicator.upper"})
PREVALENCE = "national.prevalence"
AVERAGE_LIST = "average_list"
"""Of the networks: practices' average is a constant of the published version (DOMAIN 10.7)."""
NATIONAL = frozenset({PREVALENCE, f"national.{AVERAGE_LIST}"})


class UnboundNameError(LookupError):
    """A name stands for something that is not there; the message says which."""


def resolvable(service: QualityServiceSpecification, target: str) -> bool:
    """Whether a binding's target is something a calculation can supply."""
    constants = {f"constants.{constant.name}" for constant in service.constants}
    return target in VARIABLE | FIGURE | INDICATOR | NATIONAL | constants


def variables(indicator: Indicator) -> dict[str, str]:
    """The formula's names that take whole numbers of a provider, with what they are."""
    return {name: to for name, to in indicator.bindings.items() if to in VARIABLE}


def figures(indicator: Indicator) -> dict[str, str]:
    """The formula's names that take figures, with the key each is known by.

    What was earned or counted before is known by indicator: `previous.points` of AF006 is
    `previous.points.AF006`.
    """
    return {
        name: f"{to}.{indicator.code}" if to in OF_INDICATOR else to
        for name, to in indicator.bindings.items()
        if to in FIGURE
    }


def constants(
    service: QualityServiceSpecification,
    indicator: Indicator,
    national: Mapping[str, Fraction],
) -> dict[str, Fraction]:
    """The formula's names that are the same for every provider of a run, exactly."""
    fixed = {name: to for name, to in indicator.bindings.items() if to not in VARIABLE | FIGURE}
    return {name: _resolve(service, indicator, national, to) for name, to in fixed.items()}


def _resolve(
    service: QualityServiceSpecification,
    indicator: Indicator,
    national: Mapping[str, Fraction],
    target: str,
) -> Fraction:
    if target == PREVALENCE:
        return _prevalence(indicator, national)
    kind, _, name = target.partition(".")
    if kind == "indicator":
        return _figure(indicator, name)
    if target in NATIONAL and name in national:
        return national[name]
    for constant in service.constants:
        if kind == "constants" and constant.name == name:
            return Fraction(constant.value)
    raise UnboundNameError(f"{service.code} {indicator.code}: nothing is bound to {target}")


def _prevalence(indicator: Indicator, prevalences: Mapping[str, Fraction]) -> Fraction:
    group = indicator.prevalence_group
    if group is None or group not in prevalences:
        raise UnboundNameError(f"{indicator.code}: no national prevalence for group {group}")
    return prevalences[group]


def _figure(indicator: Indicator, name: str) -> Fraction:
    """Points as they are; thresholds, which are percentages, as proportions."""
    figures = {"points": indicator.points, "lower": indicator.lower, "upper": indicator.upper}
    figure = figures.get(name)
    if figure is None:
        raise UnboundNameError(f"{indicator.code}: it has no {name}")
    return Fraction(figure) / (1 if name == "points" else 100)
