"""Figures of declarations: populations, what was earned or paid before, where a period stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from uuid import UUID

from chassis.db import Reader
from nhs.formulas import binding
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.agreements import store as agreements
from services.declarations.calculation import store
from services.declarations.calculation.domain import Blocker, Figure, RuleBook, Subject
from services.declarations.calculation.year import counted_in_year
from services.declarations.figures import store as loaded
from services.declarations.figures.domain import Kind
from services.declarations.payments import store as ledger

Found = tuple[dict[str, Figure], list[Blocker]]


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is known, for every subject; by what it is known by."""

    periods: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    """By first day: the number of the period, and how many there are."""
    populations: Mapping[tuple[str, date], Figure] = field(default_factory=dict)
    payments: Mapping[str, Figure] = field(default_factory=dict)
    points: Mapping[tuple[str, str], Figure] = field(default_factory=dict)
    counted: Mapping[tuple[str, date, str], Figure] = field(default_factory=dict)
    """By provider, achievement date and indicator; nothing where nobody was counted."""


async def figures_of(
    reader: Reader,
    service: QualityServiceSpecification,
    book: RuleBook,
    subjects: Sequence[Subject],
) -> dict[UUID, Found]:
    """The figures each declaration takes, and what of them is not known; empty if none takes any.

    A statement for each kind that the service takes, whatever the number of declarations.
    """
    taken = {key for rule in book.rules for key in rule.figures}
    if not taken or not subjects:
        return {}
    known = await _read(reader, service, taken, subjects)
    return {
        subject.declaration: _of(service, book.of(subject.indicator), subject, known)
        for subject in subjects
    }


async def _read(
    reader: Reader,
    service: QualityServiceSpecification,
    taken: set[str],
    subjects: Sequence[Subject],
) -> _Known:
    providers = sorted({subject.provider for subject in subjects})
    parameters = service.parameters
    days = [(one.provider, parameters.provider_list_on or one.achievement_date) for one in subjects]
    earned = {key for key in taken if key.startswith(binding.PREVIOUS_POINTS)}
    counted = {key for key in taken if key.startswith(binding.COUNTED_IN_YEAR)}
    return _Known(
        await _periods(reader, subjects[0]) if taken & binding.PERIOD else {},
        await _populations(reader, days) if binding.ADJUSTED_POPULATION in taken else {},
        await _payments(reader, str(parameters.payment_of), providers)
        if binding.PAYMENT in taken
        else {},
        await _points(reader, str(parameters.previous_service), providers) if earned else {},
        await _counted(reader, subjects) if counted else {},
    )


def _of(
    service: QualityServiceSpecification, book: RuleBook, subject: Subject, known: _Known
) -> Found:
    found: dict[str, Figure] = {}
    blockers: list[Blocker] = []
    for key in dict.fromkeys(key for rule in book.rules for key in rule.figures):
        one = _figure(service, key, subject, known)
        if isinstance(one, Figure):
            found[key] = one
        else:
            blockers.append(one)
    return found, blockers


def _figure(
    service: QualityServiceSpecification, key: str, subject: Subject, known: _Known
) -> Figure | Blocker:
    provider, parameters = subject.provider, service.parameters
    if key in binding.PERIOD:
        return _of_period(key, subject, known)
    if key == binding.ADJUSTED_POPULATION:
        day = parameters.provider_list_on or subject.achievement_date
        message = f"no adjusted population of {provider} is known"
        return known.populations.get((provider, day)) or Blocker(
            "ADJUSTED_POPULATION_UNKNOWN", None, message
        )
    if key == binding.PAYMENT:
        message = (
            f"{parameters.payment_of} is not all finance-approved here for {provider}, "
            "and nothing has been agreed for it"
        )
        return known.payments.get(provider) or Blocker("PAYMENT_UNKNOWN", None, message)
    if key.startswith(binding.COUNTED_IN_YEAR):
        indicator = key.removeprefix(f"{binding.COUNTED_IN_YEAR}.")
        nobody = Figure(Fraction(0), f"other periods of {subject.service_code}")
        return known.counted.get((provider, subject.achievement_date, indicator), nobody)
    indicator = key.removeprefix(f"{binding.PREVIOUS_POINTS}.")
    message = (
        f"{indicator}: what {provider} earned in {parameters.previous_service} is not "
        "finance-approved here, and nothing has been agreed for it"
    )
    return known.points.get((provider, indicator)) or Blocker(
        "PREVIOUS_POINTS_UNKNOWN", indicator, message
    )


def _of_period(key: str, subject: Subject, known: _Known) -> Figure | Blocker:
    if subject.period_start not in known.periods:
        message = f"{subject.quality_service} has no period from {subject.period_start}"
        return Blocker("PERIOD_NOT_PUBLISHED", None, message)
    number, count = known.periods[subject.period_start]
    figures = {
        binding.PERIOD_NUMBER: number,
        binding.PERIOD_COUNT: count,
        binding.LAST_PERIOD: int(number == count),
    }
    source = f"payment periods of {subject.quality_service}"
    return Figure(Fraction(figures[key]), source, subject.period_start)


async def _periods(reader: Reader, subject: Subject) -> dict[date, tuple[int, int]]:
    days = await agreements.period_starts(reader, subject.quality_service)
    return {day: (number, len(days)) for number, day in enumerate(days, start=1)}


async def _populations(
    reader: Reader, wanted: Sequence[tuple[str, date]]
) -> dict[tuple[str, date], Figure]:
    return {
        (row["provider"], row["wanted"]): Figure(
            Fraction(row["value"]),
            f"{row['name']}: {row['source']}",
            row["counted_on"],
            stands_in=row["counted_on"] != row["wanted"],
        )
        for row in await loaded.populations(reader, wanted)
    }


def authorised_for(line: str) -> str:
    """What a payment figure comes from where nothing was agreed instead."""
    return f"payments authorised for {line}"


def earned_in(line: str) -> str:
    """What a figure of points comes from where nothing was agreed instead."""
    return f"points approved for {line}"


async def _payments(reader: Reader, line: str, providers: Sequence[str]) -> dict[str, Figure]:
    """What was agreed of a line stands; else what was authorised for it, once that is all."""
    rows = await ledger.authorised_of(reader, line, providers)
    paid = {row["provider"]: Figure(Fraction(row["pounds"]), authorised_for(line)) for row in rows}
    return paid | {
        row["provider"]: _agreed(row["value"], row["name"], row["source"])
        for row in await loaded.agreed(reader, line, providers)
        if row["figure"] == Kind.AGREED_PAYMENT
    }


async def _points(
    reader: Reader, line: str, providers: Sequence[str]
) -> dict[tuple[str, str], Figure]:
    """What was agreed of a line stands; else what was earned in it, once all is approved."""
    rows = await store.points_of(reader, line, providers)
    earned = {
        (row["provider"], row["indicator"]): Figure(Fraction(row["points"]), earned_in(line))
        for row in rows
    }
    return earned | {
        (row["provider"], row["indicator"]): _agreed(row["value"], row["name"], row["source"])
        for row in await loaded.agreed(reader, line, providers)
        if row["figure"] == Kind.AGREED_POINTS
    }


async def _counted(
    reader: Reader, subjects: Sequence[Subject]
) -> dict[tuple[str, date, str], Figure]:
    asked = [(one.service_code, one.achievement_date, one.provider) for one in subjects]
    return {
        (row["provider"], row["achievement_date"], row["indicator"]): Figure(
            Fraction(row["counted"]), f"other periods of {row['service_code']}"
        )
        for row in await counted_in_year(reader, asked)
    }


def _agreed(value: object, name: str, source: str) -> Figure:
    return Figure(Fraction(str(value)), f"{name}: {source}")
