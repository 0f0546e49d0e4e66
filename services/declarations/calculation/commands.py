"""Calculates declarations, many at a time; what cannot be calculated says why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from chassis.db import Reader, Tx
from nhs.formulas import binding
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.agreements import store as agreements
from services.declarations.calculation import advances, differences, store
from services.declarations.calculation.advances import Accepted
from services.declarations.calculation.domain import (
    Blocker,
    RuleBook,
    Subject,
    calculate,
    rule_book,
)
from services.declarations.calculation.inputs import Known, gather


@dataclass(frozen=True, slots=True)
class Calculated:
    """The calculation that now holds; `changed` if it is not the one that held before."""

    version: int
    points: Decimal
    pounds: Decimal
    provisional: bool
    changed: bool
    differences: str | None = None
    """What is not as in the calculation before, in words."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Why there can be no calculation; `submitted` if some values, but not all, are there."""

    blockers: tuple[Blocker, ...]
    submitted: bool

    @property
    def of_members(self) -> bool:
        """Whether it waits for what members of a network have achieved."""
        return any(blocker.provider is not None for blocker in self.blockers)


Outcome = Calculated | Incomplete


@dataclass(frozen=True, slots=True)
class _Run:
    id: UUID
    service: QualityServiceSpecification
    book: RuleBook
    demonstration: bool


async def calculate_all(
    tx: Tx, subjects: Sequence[Subject], *, demonstration: bool, now: datetime
) -> dict[UUID, Outcome]:
    """Calculate the declarations; a run says whether it was made in a demonstration."""
    outcomes: dict[UUID, Outcome] = {}
    for identity in sorted({subject.quality_service for subject in subjects}):
        chosen = [subject for subject in subjects if subject.quality_service == identity]
        run = await _begin(tx, identity, demonstration=demonstration, now=now)
        if isinstance(run, _Run):
            outcomes |= await _calculate(tx, run, chosen, now)
        else:
            outcomes |= await _waiting(tx, run, chosen)
    return outcomes


async def _waiting(
    reader: Reader, lacking: "Lacking", subjects: Sequence[Subject]
) -> dict[UUID, Outcome]:
    """What all of a version lack, and what each lacks beside: it too can be chased meanwhile."""
    if lacking.rules is None:
        waiting = Incomplete(lacking.blockers, submitted=False)
        return {subject.declaration: waiting for subject in subjects}
    service, book = lacking.rules
    gathered = await gather(reader, service, book, subjects)
    years = await advances.accepted(reader, subjects)
    outcomes: dict[UUID, Outcome] = {}
    for subject in subjects:
        known, year = gathered[subject.declaration], years.get(subject.declaration)
        own = _blockers(service, book, subject, known, year)
        submitted = known.submitted and bool(own)
        outcomes[subject.declaration] = Incomplete((*lacking.blockers, *own), submitted=submitted)
    return outcomes


@dataclass(frozen=True, slots=True)
class Rules:
    """A published version with its rules, compiled with the constants that hold now."""

    service: QualityServiceSpecification
    prevalences: store.Prevalences
    book: RuleBook


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why nothing of a version can be calculated yet."""

    blockers: tuple[Blocker, ...]
    rules: tuple[QualityServiceSpecification, RuleBook] | None = None
    """Where national figures are all that it lacks: for what its rules take, not to pay by."""


async def rules_of(reader: Reader, identity: str) -> Rules | Lacking:
    """The rules by which a version is calculated now, or which constants are not known yet."""
    service = (await agreements.specifications(reader, [identity])).get(identity)
    if service is None:
        message = f"{identity} has not been heard of yet"
        return Lacking((Blocker("SERVICE_NOT_YET_KNOWN", None, message),))
    prevalences = await store.current_prevalences(reader, identity)
    missing = tuple(_missing_figures(service, prevalences))
    try:
        if missing:
            return Lacking(missing, (service, rule_book(service, None, _any_figures(service))))
        book = rule_book(service, prevalences.id, prevalences.values)
    except LookupError as error:
        message = f"{identity} cannot be calculated: {error}"
        return Lacking((Blocker("SERVICE_NOT_SOUND", None, message),))
    return Rules(service, prevalences, book)


def _any_figures(service: QualityServiceSpecification) -> Mapping[str, Fraction]:
    """In place of national figures, where nothing is calculated by them."""
    return dict.fromkeys((*service.prevalence_groups, binding.AVERAGE_LIST), Fraction(1))


def _missing_figures(
    service: QualityServiceSpecification, prevalences: store.Prevalences
) -> Iterator[Blocker]:
    """The national figures that a version takes, and that have not been loaded for it."""
    missing = [group for group in service.prevalence_groups if group not in prevalences.values]
    if missing:
        message = f"no national prevalence has been loaded for {', '.join(missing)}"
        yield Blocker("NATIONAL_PREVALENCE_MISSING", None, message)
    if service.needs_average_list and binding.AVERAGE_LIST not in prevalences.values:
        message = "no average list of England's networks has been loaded"
        yield Blocker("AVERAGE_LIST_MISSING", None, message)


async def _begin(tx: Tx, identity: str, *, demonstration: bool, now: datetime) -> _Run | Lacking:
    """Freeze the constants, or say which is not known yet."""
    rules = await rules_of(tx, identity)
    if isinstance(rules, Lacking):
        return rules
    run = await store.run_of(
        tx, identity, rules.service, rules.prevalences, demonstration=demonstration, now=now
    )
    return _Run(run, rules.service, rules.book, demonstration)


async def _calculate(
    tx: Tx, run: _Run, subjects: Sequence[Subject], now: datetime
) -> dict[UUID, Outcome]:
    gathered = await gather(tx, run.service, run.book, subjects)
    years = await advances.accepted(tx, subjects)
    numbered = [(subject.declaration, subject.calculation_version) for subject in subjects]
    hashes = await store.current_hashes(tx, numbered)
    waiting: dict[UUID, Outcome] = {}
    calculated: dict[UUID, Calculated] = {}
    new: list[store.NewCalculation] = []
    for subject in subjects:
        known, book = gathered[subject.declaration], run.book.of(subject.indicator)
        year = years.get(subject.declaration)
        size, blockers = known.list_size, _blockers(run.service, run.book, subject, known, year)
        if blockers or size is None:
            waiting[subject.declaration] = Incomplete(blockers, submitted=known.submitted)
            continue
        stood_on = known.stood_on
        result = calculate(subject.declaration, book, known.values, size, stood_on, known.figures)
        changed = hashes.get(subject.declaration) != result.hash
        version = subject.calculation_version + changed
        calculated[subject.declaration] = Calculated(
            version, result.points, result.pounds, result.provisional, changed
        )
        if changed:
            made = store.NewCalculation(
                subject.declaration, version, run.id, size, result, stood_on, _origins(known, year)
            )
            new.append(made)
    await store.keep(tx, new, now)
    return waiting | calculated | await _compared(tx, calculated, new)


async def _compared(
    tx: Tx, calculated: Mapping[UUID, Calculated], new: Sequence[store.NewCalculation]
) -> dict[UUID, Outcome]:
    """Those that were calculated before, with what is not as it was then."""
    again = {
        one.declaration: ((one.declaration, one.version - 1), (one.declaration, one.version))
        for one in new
        if one.version > 1
    }
    if not again:
        return {}
    found = await differences.between(tx, list(again.values()))
    return {
        identity: replace(calculated[identity], differences=str(found[pair]))
        for identity, pair in again.items()
    }


def _blockers(
    service: QualityServiceSpecification,
    book: RuleBook,
    subject: Subject,
    known: Known,
    year: Accepted | Blocker | None,
) -> tuple[Blocker, ...]:
    """Also of an indicator that a corrected version has no more, and of a year not accepted."""
    if not book.of(subject.indicator).rules:
        message = f"{service.code} has no indicator {subject.indicator} any more"
        return (Blocker("INDICATOR_NOT_PUBLISHED", subject.indicator, message),)
    return (*known.blockers, year) if isinstance(year, Blocker) else known.blockers


def _origins(known: Known, year: Accepted | Blocker | None) -> Mapping[str, Any]:
    """Where its figures come from, and what it is an advance on."""
    if not isinstance(year, Accepted):
        return known.origins
    return {**known.origins, advances.ORIGIN: year.origin}
