"""A line of a calculation in words: why it pays what it pays, for who knows no formula.

Every shipped formula has a summary of its own; any other is told step by step. The same values
always give the same words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from nhs.formulas.explain import Explained
from nhs.formulas.formula import Formula, Step, Value
from services.declarations.calculation import written
from services.declarations.calculation.units import Unit, units

Say = Callable[["Facts"], str]


@dataclass(frozen=True, slots=True)
class Facts:
    """A line's formula with every value of it, inputs included, and what its inputs are."""

    formula: Formula
    values: Mapping[str, Value]
    units: Mapping[str, Unit]

    def shown(self, name: str) -> str:
        return written.shown(self.values[name], self.units[name])

    def share(self, name: str) -> str:
        """A percentage with two places."""
        return written.share(self.number(name))

    def set(self, name: str) -> str:
        """A percentage that was set, not worked out."""
        return written.threshold(self.number(name))

    def number(self, name: str) -> Fraction:
        """The value; nought where it cannot be earned."""
        value = self.values[name]
        return value if isinstance(value, Fraction) else Fraction(0)


def facts(formula: Formula, tree: Mapping[str, Explained], bindings: Mapping[str, str]) -> Facts:
    values = {name: one.value for name, one in tree.items()}
    return Facts(formula, values, units(formula, bindings))


def summary(of: Facts) -> str:
    """A paragraph; for a formula without one of its own, what its last steps come to."""
    say, needed = _SUMMARIES.get(of.formula.formula.partition("@")[0], (_generic, ()))
    return say(of) if all(name in of.values for name in needed) else _generic(of)


def steps(of: Facts) -> list[str]:
    """Each step of the formula as a sentence, in order; without points where none can be earned."""
    return [_sentence(of, step) for step in of.formula.steps if not _pointless(of, step)]


def _pointless(of: Facts, step: Step) -> bool:
    """Whether it only says that what is paid otherwise earns no points."""
    return (step.name, step.arguments) == ("points_paid", ("points",)) and not of.number("points")


def _sentence(of: Facts, step: Step) -> str:
    name = written.words(step.name)
    if not isinstance(of.values[step.name], Fraction):
        return f"{begun(name)} cannot be worked out: it would be a part of nobody."
    return f"{begun(name)}: {_worked(of, step)}."


def begun(name: str) -> str:
    return name[:1].upper() + name[1:]


def _worked(of: Facts, step: Step) -> str:
    result = of.shown(step.name)
    given = [f"{written.words(name)} {of.shown(name)}" for name in step.arguments]
    match step.operator:
        case "linear":
            return (
                f"{given[0]}, with nothing up to {given[1]} and all at {given[2]}, gives {result}"
            )
        case "steps":
            return f"{given[0]} reaches {_reached(of, step)}, which gives {result}"
        case "choose":
            above = of.number(step.arguments[0]) > 0
            return f"{given[0]} is {'' if above else 'not '}above nought, so {result}"
        case "min" | "max":
            word = "smaller" if step.operator == "min" else "larger"
            return f"the {word} of {' and '.join(given)} is {result}"
        case "round2" | "round0" | "floor":
            return f"{given[0]}, {_ROUNDED[step.operator]}, is {result}"
        case operator:
            return f"{_SIGNS.get(operator, f' {operator} ').join(given)} = {result}"


_SIGNS: Final = {"ratio": " ÷ ", "product": " × ", "sum": " + ", "difference": " − "}  # noqa: RUF001 - the signs that people read
_ROUNDED: Final = {
    "round2": "to two decimal places",
    "round0": "to a whole number",
    "floor": "counting whole ones only",
}


def _reached(of: Facts, step: Step) -> str:
    value, thresholds = of.number(step.arguments[0]), step.arguments[1::2]
    passed = [name for name in thresholds if value >= of.number(name)]
    return of.shown(passed[-1]) if passed else "no step"


def _generic(of: Facts) -> str:
    """The points, and the pounds with the step that they are the rounding of."""
    made = {step.name: step for step in of.formula.steps}
    last = made.get("pounds", of.formula.steps[-1])
    before = made.get(last.arguments[0])
    said = [_sentence(of, before)] if before else []
    if before is None or of.values[before.name] != of.values[last.name]:
        said.append(_sentence(of, last))
    if "points_paid" in made and of.number("points_paid"):
        said.insert(0, f"You earn {of.shown('points_paid')} points.")
    return " ".join(said)


# Summaries ------------------------------------------------------------------------------------


def _achieved(of: Facts, who: str) -> str:
    """How many of how many, between which thresholds, and the points it comes to."""
    if not of.number("denominator"):
        return (
            f"It applied to none of {who} patients, so its {_points(of)} "
            "cannot be earned and nothing is paid."
        )
    share = written.share(
        of.number("achievement"), [of.number(name) for name in ("lower", "upper")]
    )
    begin = "You achieved this" if who == "your" else "Your practices together achieved this"
    return (
        f"{begin} for {of.shown('numerator')} of {of.shown('denominator')} patients, {share}. "
        f"Payment begins above {of.set('lower')} and is full at {of.set('upper')}, "
        f"so {_so_many(of)}."
    )


def _so_many(of: Facts) -> str:
    paid, whole = of.number("points_paid"), of.number("points")
    if not paid:
        return f"you earn none of its {_points(of)}"
    if paid == whole:
        return f"you earn all of its {_points(of)}"
    return f"you earn {of.shown('points_paid')} of {_points(of)}"


def _points(of: Facts) -> str:
    """All that there are to be earned."""
    whole = of.number("points")
    return f"{written.number(whole)} point{'' if whole == 1 else 's'}"


def _worth(of: Facts) -> str:
    """A point for an average list, and for this one."""
    return (
        f"Each point is worth {of.shown('pounds_per_point')} for an average list of "
        f"{of.shown('average_list')}; yours is {of.shown('list_size')}"
    )


def _plain(of: Facts) -> str:
    said = _achieved(of, "your")
    return said if not of.number("points_paid") else f"{said} {_worth(of)}, so {_is(of)}."


def _is(of: Facts) -> str:
    return f"the payment is {of.shown('pounds')}"


def _common(of: Facts) -> str:
    """How common it is here and in England."""
    return (
        f"{of.shown('register')} of your patients, {of.share('prevalence')}, are on the register "
        f"against {of.share('national_prevalence')} in England"
    )


def _by_prevalence(of: Facts) -> str:
    said = _achieved(of, "your")
    if not of.number("points_paid"):
        return said
    return f"{said} {_worth(of)}. {_common(of)}, so {_is(of)}."


def _network(of: Facts) -> str:
    said = _achieved(of, "your practices'")
    if not of.number("points_paid"):
        return said
    return (
        f"{said} Each point is worth {of.shown('pounds_per_point')} for a network of average size, "
        f"{of.shown('average_list')} patients; yours has {of.shown('list_size')}. It applies to "
        f"{of.share('prevalence')} of them against {of.share('national_prevalence')} in England, "
        f"so {_is(of)}."
    )


def _register(of: Facts) -> str:
    return (
        f"The register was produced, which earns all of its {_points(of)}. "
        f"{_worth(of)}. {_common(of)}, so {_is(of)}."
    )


def _yes_no(of: Facts) -> str:
    if not of.number("points_paid"):
        return f"It was answered No, which earns none of its {_points(of)}."
    said = f"It was answered Yes, which earns all of its {_points(of)}."
    return f"{said} {_worth(of)}, so {_is(of)}."


def _each(of: Facts) -> str:
    return f"{of.shown('count')} were counted at {of.shown('fee')} each: {of.shown('pounds')}."


def _once_a_year(of: Facts) -> str:
    if of.number("paid_for") == of.number("count"):
        return _each(of)
    before = of.number("before")
    after = f", after {of.shown('before')} in other periods of the year" if before else ""
    return (
        f"{of.shown('count')} were counted{after}; no more are paid for in a year than the "
        f"{of.shown('most')} on the register, so {of.shown('paid_for')} are, at "
        f"{of.shown('fee')} each: {of.shown('pounds')}."
    )


def _allocated(of: Facts) -> str:
    paid = "all" if of.number("count") <= of.number("allocation") else of.shown("paid_for")
    return (
        f"{of.shown('count')} were counted. {of.set('share')} of your register of "
        f"{of.shown('register')} are allocated, {of.shown('allocation')} whole ones, so {paid} "
        f"are paid for at {of.shown('fee')} each: {of.shown('pounds')}."
    )


def _part_of_year(of: Facts) -> str:
    """What this period's share of a year comes to."""
    if of.number("is_last"):
        return f"the last of {of.shown('periods')} parts takes what is left: {of.shown('pounds')}"
    return f"each of {of.shown('periods')} parts of it is {of.shown('pounds')}"


def _aspiration(of: Facts) -> str:
    return (
        f"The achievement payment of the year before was {of.shown('base')}. "
        f"{of.set('share')} of it, {of.shown('year')}, is advanced; {_part_of_year(of)}. "
        "It is taken off the achievement payment of this year."
    )


def _core(of: Facts) -> str:
    return (
        f"{of.shown('list_rate')} for each of {of.shown('list_size')} registered patients and "
        f"{of.shown('population_rate')} for each of an adjusted population of "
        f"{of.shown('population')} make {of.shown('year')} a year; {_part_of_year(of)}."
    )


def _per_head(of: Facts) -> str:
    return (
        f"{of.shown('rate')} for each of an adjusted population of {of.shown('population')} "
        f"makes {of.shown('year')} a year; {_part_of_year(of)}."
    )


def _share_per_head(of: Facts) -> str:
    return (
        f"{of.shown('rate')} for each of an adjusted population of {of.shown('population')} "
        f"makes {of.shown('whole')}. {of.set('share')} of it, {of.shown('year')}, is paid over "
        f"the year; {_part_of_year(of)}."
    )


_LINEAR: Final = ("numerator", "denominator", "achievement", "lower", "upper", "points")
_VALUE: Final = ("points_paid", "pounds_per_point", "average_list", "list_size", "pounds")
_SHARED: Final = ("register", "prevalence", "national_prevalence")
_YEAR: Final = ("year", "periods", "is_last", "pounds")
_HEADS: Final = ("population", "rate", *_YEAR)
_SUMMARIES: Final[Mapping[str, tuple[Say, Sequence[str]]]] = {
    "qof-prevalence": (_by_prevalence, (*_LINEAR, *_VALUE, *_SHARED)),
    "qof-plain": (_plain, (*_LINEAR, *_VALUE)),
    "iif": (_network, (*_LINEAR, *_VALUE, "prevalence", "national_prevalence")),
    "register": (_register, ("points", *_VALUE, *_SHARED)),
    "yes-no": (_yes_no, ("points", *_VALUE)),
    "item-of-service": (_each, ("count", "fee", "pounds")),
    "item-of-service-once-a-year": (
        _once_a_year,
        ("count", "before", "most", "paid_for", "fee", "pounds"),
    ),
    "allocated-item-of-service": (
        _allocated,
        ("count", "share", "register", "allocation", "paid_for", "fee", "pounds"),
    ),
    "aspiration": (_aspiration, ("base", "share", *_YEAR)),
    "core-funding": (
        _core,
        ("list_rate", "list_size", "population_rate", "population", *_YEAR),
    ),
    "per-head": (_per_head, _HEADS),
    "share-per-head": (_share_per_head, (*_HEADS, "whole", "share")),
}
"""By the formula's name, of any version: what says it, and the values that it needs."""
