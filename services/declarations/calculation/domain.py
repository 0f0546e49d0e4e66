"""From values to points and pounds: one run's rules, compiled, over one provider's numbers."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from nhs.formulas import binding
from nhs.formulas.compilation import Compiled, compile_formula
from nhs.formulas.specification import Indicator, QualityServiceSpecification

Values = Mapping[str, Mapping[str, int | None]]
"""By indicator: numerator, denominator and register."""

RESULTS = ("points_paid", "pounds")
LIST_SIZE = "list_size"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be calculated: a declaration, and its newest calculation (0: none)."""

    declaration: UUID
    quality_service: str
    service_code: str
    period_start: date
    achievement_date: date
    provider: str
    calculation_version: int
    indicator: str | None = None
    """The one that is declared; None: all of the service."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why there is no calculation yet, and whom it waits for."""

    code: str
    indicator: str | None
    message: str
    provider: str | None = None
    """The member that a network waits for, or a network that nobody takes part in."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one indicator earned; `earnable` is false where its cohort was empty."""

    indicator: str
    numerator: int | None
    denominator: int | None
    register: int | None
    points: Decimal
    pounds: Decimal
    earnable: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class ListSize:
    patients: int
    counted_on: date
    stands_in: bool
    """Counted on another day than the one the service names."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is neither a value nor a list size: exact, with where it comes from."""

    value: Fraction
    source: str
    on: date | None = None
    stands_in: bool = False
    """Of another day than the one the service names."""

    @property
    def origin(self) -> dict[str, Any]:
        """Where it comes from, as a calculation keeps it beside the number."""
        dated = {"on": self.on.isoformat(), "stands_in": self.stands_in} if self.on else {}
        return {"source": self.source, **dated}


Figures = Mapping[str, Fraction]
"""By the key that `binding.figures` gives."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What each indicator earned, column by column, in the published order: as they are stored.

    Points are in hundredths and pounds in pence: a national calculation has half a million of each.
    """

    indicators: list[str] = field(default_factory=list)
    numerators: list[int | None] = field(default_factory=list)
    denominators: list[int | None] = field(default_factory=list)
    registers: list[int | None] = field(default_factory=list)
    hundredths: list[int] = field(default_factory=list)
    pence: list[int] = field(default_factory=list)
    earnable: list[bool] = field(default_factory=list)
    provisional: list[bool] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    lines: Lines
    points: Decimal
    pounds: Decimal
    provisional: bool
    hash: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One indicator's formula, with the constants of the run written into its code."""

    indicator: str
    provisional: bool
    takes: tuple[str, ...]
    """What its code takes, in order: numerator, denominator, register, list_size."""
    values: tuple[str, ...]
    """Those of them that are submitted."""
    figures: tuple[str, ...]
    """What its code takes after those, by key."""
    calculate: Compiled

    def missing(self, values: Mapping[str, int | None]) -> list[str]:
        return [part for part in self.values if values.get(part) is None]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule of a published version under one set of national prevalences."""

    digest: str
    prevalence_set: UUID | None
    rules: tuple[Rule, ...]

    @property
    def indicators(self) -> list[str]:
        return [rule.indicator for rule in self.rules]

    def of(self, indicator: str | None) -> "RuleBook":
        """The rules of one declaration: all, or those of the indicator that is declared apart."""
        if indicator is None:
            return self
        return replace(self, rules=tuple(r for r in self.rules if r.indicator == indicator))


def rule_book(
    service: QualityServiceSpecification,
    prevalence_set: UUID | None,
    prevalences: Mapping[str, Fraction],
) -> RuleBook:
    """Compile a version's rules.

    LookupError if a prevalence they need is not there, or a constant does not hold yet when the
    service starts: no period is paid by a figure of a later day.
    """
    for constant in service.not_in_force:
        raise LookupError(f"its {constant.name} holds from {constant.effective} only")
    digest = service.digest
    key = (digest, prevalence_set, tuple(sorted(prevalences.items())))
    if key not in _books:
        rules = tuple(_rule(service, indicator, prevalences) for indicator in service.indicators)
        _books[key] = RuleBook(digest, prevalence_set, rules)
        if len(_books) > MOST_BOOKS:
            del _books[next(iter(_books))]
    return _books[key]


MOST_BOOKS = 64
_books: dict[tuple[object, ...], RuleBook] = {}
"""Compiled before: a digest names every rule and constant of its version."""


def _rule(
    service: QualityServiceSpecification,
    indicator: Indicator,
    prevalences: Mapping[str, Fraction],
) -> Rule:
    varying, figures = binding.variables(indicator), binding.figures(indicator)
    calculate = compile_formula(
        service.formula(indicator.formula),
        constants=binding.constants(service, indicator, prevalences),
        counts=tuple(varying),
        figures=tuple(figures),
        outputs=RESULTS,
    )
    takes = tuple(to.partition(".")[2] for to in varying.values())
    submitted = tuple(part for part in takes if part != LIST_SIZE)
    keys = tuple(figures.values())
    return Rule(indicator.code, indicator.provisional, takes, submitted, keys, calculate)


def missing_values(book: RuleBook, values: Values) -> list[Blocker]:
    """Each indicator that lacks something its rule needs, in the published order."""
    blockers = []
    for rule in book.rules:
        code = rule.indicator
        mine = values.get(code, {})
        if None in map(mine.get, rule.values):
            message = f"{code}: no {' and no '.join(rule.missing(mine))} has been received"
            blockers.append(Blocker("VALUES_MISSING", code, message))
    return blockers


def calculate(  # noqa: PLR0917 - each is what the payment stands on
    declaration: UUID,
    book: RuleBook,
    values: Values,
    list_size: ListSize,
    stood_on: Mapping[str, Any] | None = None,
    figures: Figures | None = None,
) -> Result:
    """The lines of a complete declaration, their totals, and the hash that pins them."""
    lines = lines_of(book, values, list_size.patients, figures or {})
    return sealed(declaration, book, list_size, lines, stood_on)


def lines_of(book: RuleBook, values: Values, patients: int, figures: Figures) -> Lines:
    """What each indicator earned; every value must be there."""
    given = exact(figures)
    each = [line_of(rule, values.get(rule.indicator, {}), patients, given) for rule in book.rules]
    return Lines(*map(list, zip(*each, strict=True)))


def sealed(
    declaration: UUID,
    book: RuleBook,
    list_size: ListSize,
    lines: Lines,
    stood_on: Mapping[str, Any] | None,
) -> Result:
    """Lines with their totals, and the hash over all they stand on."""
    return Result(
        lines,
        Decimal(sum(lines.hundredths)).scaleb(-2),
        Decimal(sum(lines.pence)).scaleb(-2),
        any(lines.provisional),
        fingerprint(declaration, book, list_size, lines, stood_on),
    )


def exact(figures: Figures) -> dict[str, tuple[int, int]]:
    """Figures as compiled rules take them."""
    return {key: figure.as_integer_ratio() for key, figure in figures.items()}


def line_of(
    rule: Rule,
    values: Mapping[str, int | None],
    patients: int,
    figures: Mapping[str, tuple[int, int]],
) -> tuple[Any, ...]:
    """A value for each column; results are rounded, and what cannot be earned is nothing."""
    given = [patients if name == LIST_SIZE else values[name] for name in rule.takes]
    for key in rule.figures:
        given += figures[key]
    points_n, points_d, pounds_n, pounds_d = rule.calculate(*given)
    return (
        rule.indicator,
        values.get("numerator"),
        values.get("denominator"),
        values.get("register"),
        points_n * 100 // points_d if points_d else 0,
        pounds_n * 100 // pounds_d if pounds_d else 0,
        points_d > 0 and pounds_d > 0,
        rule.provisional,
    )


def fingerprint(
    declaration: UUID,
    book: RuleBook,
    list_size: ListSize,
    lines: Lines,
    stood_on: Mapping[str, Any] | None,
) -> str:
    """SHA-256 of everything the result stands on, and the result, as canonical JSON."""
    counts = (lines.indicators, lines.numerators, lines.denominators, lines.registers)
    worth = (_written(lines.hundredths), _written(lines.pence))
    content: dict[str, Any] = {
        "declaration": str(declaration),
        "digest": book.digest,
        "prevalence_set": book.prevalence_set and str(book.prevalence_set),
        "list_size": list_size.patients,
        "list_on": list_size.counted_on.isoformat(),
        "lines": list(zip(*counts, *worth, strict=True)),
    }
    if stood_on is not None:
        content["stood_on"] = stood_on
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_PLACES = tuple(f".{rest:02}" for rest in range(100))


def _written(hundredths: Sequence[int]) -> list[str]:
    """With two places, as decimals are written."""
    return [
        f"{n // 100}{_PLACES[n % 100]}" if n >= 0 else f"-{-n // 100}{_PLACES[-n % 100]}"
        for n in hundredths
    ]


def number(text: str) -> Decimal:
    """A number that can be calculated with and written down; 0 for what is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return value if value.is_finite() and places(value) <= _MOST_PLACES else Decimal(0)


def places(value: Decimal) -> int:
    """Decimal places of a finite number."""
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


_MOST_PLACES: Final = 60
"""Twice what a proportion has that was divided to 28 digits; Python writes no fraction of 4,300."""
