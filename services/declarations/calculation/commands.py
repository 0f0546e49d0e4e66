"""Calculates declarations, many at a time; what cannot be calculated says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from chassis.db import Tx
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.achievement import store as achievement
from services.declarations.agreements import store as agreements
from services.declarations.calculation import differences, store
from services.declarations.calculation.domain import (
    Blocker,
    ListSize,
    RuleBook,
    calculate,
    missing_values,
    rule_book,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be calculated: a declaration, and its newest calculation (0: none)."""

    declaration: UUID
    quality_service: str
    service_code: str
    achievement_date: date
    provider: str
    calculation_version: int


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


async def _begin(tx: Tx, identity: str, *, demonstration: bool, now: datetime) -> _Run | Blocker:
    """Freeze the constants, or say which is not known yet."""
    service = (await agreements.specifications(tx, [identity])).get(identity)
    if service is None:
        message = f"{identity} has not been heard of yet"
        return Blocker("SERVICE_NOT_YET_KNOWN", None, message)
    prevalences = await store.current_prevalences(tx, identity)
    missing = [group for group in service.prevalence_groups if group not in prevalences.values]
    if missing:
        message = f"no national prevalence has been loaded for {', '.join(missing)}"
        return Blocker("NATIONAL_PREVALENCE_MISSING", None, message)
    try:
        book = rule_book(service, prevalences.id, prevalences.values)
    except LookupError as error:
        return Blocker("SERVICE_NOT_SOUND", None, f"{identity} cannot be calculated: {error}")
    run = await store.run_of(
        tx, identity, service, prevalences, demonstration=demonstration, now=now
    )
    return _Run(run, service, book, demonstration)


async def _calculate(
    tx: Tx, run: _Run, subjects: Sequence[Subject], now: datetime
) -> dict[UUID, Outcome]:
    values = await _values(tx, subjects)
    lists = await _list_sizes(tx, run.service, subjects)
    numbered = [(subject.declaration, subject.calculation_version) for subject in subjects]
    hashes = await store.current_hashes(tx, numbered)
    waiting: dict[UUID, Outcome] = {}
    calculated: dict[UUID, Calculated] = {}
    new: list[store.NewCalculation] = []
    for subject in subjects:
        mine, size = values.get(_key(subject), {}), lists.get(subject.provider)
        blockers = missing_values(run.book, mine) + _list_blocker(subject, size)
        if blockers or size is None:
            waiting[subject.declaration] = Incomplete(tuple(blockers), submitted=bool(mine))
            continue
        result = calculate(subject.declaration, run.book, mine, size)
        changed = hashes.get(subject.declaration) != result.hash
        version = subject.calculation_version + changed
        calculated[subject.declaration] = Calculated(
            version, result.points, result.pounds, result.provisional, changed
        )
        if changed:
            new.append(store.NewCalculation(subject.declaration, version, run.id, size, result))
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


def _key(subject: Subject) -> tuple[str, date, str]:
    return subject.service_code, subject.achievement_date, subject.provider


async def _values(
    tx: Tx, subjects: Sequence[Subject]
) -> dict[tuple[str, date, str], dict[str, Mapping[str, int | None]]]:
    found: dict[tuple[str, date, str], dict[str, Mapping[str, int | None]]] = {}
    for row in await achievement.values_of(tx, [_key(subject) for subject in subjects]):
        key = (row["service_code"], row["achievement_date"], row["provider"])
        found.setdefault(key, {})[row["indicator"]] = {
            "numerator": row["numerator"],
            "denominator": row["denominator"],
            "register": row["register"],
        }
    return found


async def _list_sizes(
    tx: Tx, service: QualityServiceSpecification, subjects: Sequence[Subject]
) -> dict[str, ListSize]:
    """Each provider's list at the date the service names, else at the achievement date."""
    named = service.parameters.provider_list_on
    wanted = [(s.provider, named or s.achievement_date) for s in subjects]
    sizes = await store.list_sizes(tx, wanted)
    return {provider: size for (provider, _), size in sizes.items()}


def _list_blocker(subject: Subject, size: ListSize | None) -> list[Blocker]:
    if size is not None:
        return []
    message = f"no list size of {subject.provider} is known"
    return [Blocker("LIST_SIZE_UNKNOWN", None, message)]
