"""Calculates declarations, many at a time; what cannot be calculated says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
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
            waiting = Incomplete((run,), submitted=False)
            outcomes |= {subject.declaration: waiting for subject in chosen}
    return outcomes


@dataclass(frozen=True, slots=True)
class Rules:
    """A published version with its rules, compiled with the constants that hold now."""

    service: QualityServiceSpecification
    prevalences: store.Prevalences
    book: RuleBook


async def rules_of(reader: Reader, identity: str) -> Rules | Blocker:
    """The rules by which a version is calculated now, or which constant is not known yet."""
    service = (await agreements.specifications(reader, [identity])).get(identity)
    if service is None:
        message = f"{identity} has not been heard of yet"
        return Blocker("SERVICE_NOT_YET_KNOWN", None, message)
    prevalences = await store.current_prevalences(reader, identity)
    missing = [group for group in service.prevalence_groups if group not in prevalences.values]
    if missing:
        message = f"no national prevalence has been loaded for {', '.join(missing)}"
        return Blocker("NATIONAL_PREVALENCE_MISSING", None, message)
    if service.needs_average_list and binding.AVERAGE_LIST not in prevalences.values:
        message = "no average list of England's networks has been loaded"
        return Blocker("AVERAGE_LIST_MISSING", None, message)
    try:
        book = rule_book(service, prevalences.id, prevalences.values)
    except LookupError as error:
        return Blocker("SERVICE_NOT_SOUND", None, f"{identity} cannot be calculated: {error}")
    return Rules(service, prevalences, book)


async def _begin(tx: Tx, identity: str, *, demonstration: bool, now: datetime) -> _Run | Blocker:
    """Freeze the constants, or say which is not known yet."""
    rules = await rules_of(tx, identity)
    if isinstance(rules, Blocker):
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
        size, blockers = known.list_size, _blockers(run, subject, known, year)
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
    run: _Run, subject: Subject, known: Known, year: Accepted | Blocker | None
) -> tuple[Blocker, ...]:
    """Also of an indicator that a corrected version has no more, and of a year not accepted."""
    if not run.book.of(subject.indicator).rules:
        message = f"{run.service.code} has no indicator {subject.indicator} any more"
        return (Blocker("INDICATOR_NOT_PUBLISHED", subject.indicator, message),)
    return (*known.blockers, year) if isinstance(year, Blocker) else known.blockers


def _origins(known: Known, year: Accepted | Blocker | None) -> Mapping[str, Any]:
    """Where its figures come from, and what it is an advance on."""
    if not isinstance(year, Accepted):
        return known.origins
    return {**known.origins, advances.ORIGIN: year.origin}
