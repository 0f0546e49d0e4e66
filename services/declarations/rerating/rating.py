"""Calculates a period's declarations as a change would have it; writes nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.errors import NOT_YET_KNOWN, DomainError
from nhs.formulas.binding import AVERAGE_LIST
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.agreements import store as agreements
from services.declarations.calculation.domain import (
    Lines,
    ListSize,
    Result,
    RuleBook,
    lines_of,
    rule_book,
    sealed,
)
from services.declarations.calculation.inputs import Known
from services.declarations.rerating import store
from services.declarations.rerating.domain import Change, Rerated, Worth
from services.declarations.rerating.inputs import Lookup, Otherwise, look_up
from services.declarations.rerating.store import Whose
from services.declarations.sight import not_found

CHUNK: Final = 100
"""Declarations calculated at a stretch: others get their turn in between."""

PREVIEWED: Final = "a change that is only looked at"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose declarations, of which line and period, under which change."""

    whose: Whose
    service: str
    period_start: date
    change: Change
    why: str = PREVIEWED
    """What changed constants then stand on: the source that receipts name."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What declarations of one run are calculated by under the change."""

    identity: str
    service: QualityServiceSpecification
    book: RuleBook
    national: Mapping[str, Fraction]
    demonstration: bool

    def as_json(self) -> dict[str, Any]:
        """As a run freezes them."""
        return {
            "quality_service": self.identity,
            "digest": self.service.digest,
            "prevalence_set": self.book.prevalence_set,
            "demonstration": self.demonstration,
            "specification": self.service.as_json(),
            "prevalences": {name: str(value) for name, value in self.national.items()},
        }


@dataclass(frozen=True, slots=True)
class Rated:
    """One declaration, rated anew: what differs, and what is behind it."""

    basis: Record
    rerated: Rerated
    rules: Rules
    known: Known
    lines: Lines | None
    """None: it cannot be calculated so."""

    @property
    def calculation(self) -> tuple[ListSize, Result]:
        """The list and the sealed result, of one that could be calculated."""
        size, book = self.known.list_size, self.rules.book.of(self.basis["indicator"])
        assert size is not None
        assert self.lines is not None
        kept = self.known.stood_on
        return size, sealed(self.rerated.declaration, book, size, self.lines, kept)


async def rated(reader: Reader, asked: Asked) -> AsyncIterator[Rated]:
    """Every declaration of the period, in the order of the providers."""
    asked.change.check()
    if not await store.is_period(reader, asked.service, asked.period_start):
        raise not_found("payment period", f"{asked.service} {asked.period_start}")
    rules = RulesOfRuns(reader, asked)
    await rules.prepare()
    chunk: list[Record] = []
    async for row in store.bases(reader, asked.whose, asked.service, asked.period_start):
        chunk.append(row)
        if len(chunk) == CHUNK:
            for one in await _chunk(reader, asked, rules, chunk):
                yield one
            chunk = []
            await asyncio.sleep(0)
    for one in await _chunk(reader, asked, rules, chunk):
        yield one


async def _chunk(
    reader: Reader, asked: Asked, rules: "RulesOfRuns", rows: Sequence[Record]
) -> list[Rated]:
    found: list[Rated] = []
    for (run, _), some in groupby(rows, key=itemgetter("run_id", "achievement_date")):
        found.extend(await _of_one_run(reader, asked, await rules.of(run), list(some)))
    return found


async def _of_one_run(
    reader: Reader, asked: Asked, rules: Rules, rows: Sequence[Record]
) -> Iterator[Rated]:
    lookup = Lookup()
    if asked.change.looks_up:
        lookup = await look_up(reader, rules.service, rules.book, rows, asked.change)
    otherwise = Otherwise(rules.service, asked.change, lookup)
    return (_one(otherwise, rules, row) for row in rows)


def with_figures(rules: Rules, row: Record, figures: Mapping[str, Fraction]) -> Rated:
    """One declaration as it was frozen, but for these figures."""
    return _one(Otherwise(rules.service, Change(), Lookup(following=figures)), rules, row)


def _one(otherwise: Otherwise, rules: Rules, row: Record) -> Rated:
    book = rules.book.of(row["indicator"])
    known = otherwise.known(row, book)
    lines = None
    if known.list_size is not None and not known.blockers:
        lines = lines_of(book, known.values, known.list_size.patients, known.figures)
    return Rated(row, _rerated(row, known, lines), rules, known, lines)


def _rerated(row: Record, known: Known, lines: Lines | None) -> Rerated:
    before = Worth.of(row["indicators"], row["hundredths"], row["pence"])
    return Rerated(
        declaration=row["declaration_id"],
        service=row["service_code"],
        period_start=row["period_start"],
        provider=row["provider"],
        indicator=row["indicator"],
        payee=row["payee"],
        commissioner=row["commissioner"],
        payment=row["payment_id"],
        stands_on=row["stands_on"],
        adjusts=row["adjusts"],
        by_hand=(row["paid"] or row["pounds"]) - row["pounds"],
        list_before=row["list_size"],
        list_after=known.list_size.patients if known.list_size else None,
        before=before,
        after=Worth.of(lines.indicators, lines.hundredths, lines.pence) if lines else None,
        blockers=known.blockers,
    )


@dataclass(slots=True)
class RulesOfRuns:
    """The rules of each run as the change would have them, compiled once."""

    reader: Reader
    asked: Asked
    other: QualityServiceSpecification | None = None
    """Another published version, if the change names one."""
    figures: Mapping[str, Fraction] | None = None
    """The national figures of another set, if the change names one."""
    known: dict[UUID, Rules] = field(default_factory=dict)

    async def prepare(self) -> None:
        change, line = self.asked.change, self.asked.service
        if change.version is not None:
            found = await agreements.specifications(self.reader, [change.version])
            self.other = found.get(change.version)
            if self.other is None or self.other.code != line:
                message = f"No published version {change.version} of {line} has been heard of yet."
                raise DomainError(NOT_YET_KNOWN, message, field="change.version")
        if change.national_set is not None:
            self.figures = await store.national_set(self.reader, change.national_set, line)
            if self.figures is None:
                message = f"No national figures {change.national_set} were loaded for {line}."
                raise DomainError("NATIONAL_SET_UNKNOWN", message, field="change.nationalSet")

    async def of(self, run: UUID) -> Rules:
        if run not in self.known:
            (row,) = await store.runs(self.reader, [run])
            self.known[run] = self._rules(row)
        return self.known[run]

    def _rules(self, row: Record) -> Rules:
        change = self.asked.change
        was = QualityServiceSpecification.model_validate(row["specification"], extra="ignore")
        service = change.service(self.other or was, self.asked.why)
        national = self._national(row, service)
        loaded = change.national_set if self.figures is not None else row["prevalence_set"]
        identity = change.version or row["quality_service"]
        try:
            book = rule_book(service, None if change.national else loaded, national)
        except LookupError as error:
            message = f"{identity} cannot be calculated so: {error}"
            raise DomainError("SERVICE_NOT_SOUND", message, field="change") from error
        return Rules(identity, service, book, national, row["demonstration"])

    def _national(self, row: Record, service: QualityServiceSpecification) -> dict[str, Fraction]:
        frozen = {name: Fraction(text) for name, text in row["prevalences"].items()}
        given = {name: Fraction(text) for name, text in self.asked.change.national.items()}
        used = {*service.prevalence_groups, AVERAGE_LIST}
        if unknown := sorted(given.keys() - used):
            message = f"{service.code} has no national figure {', '.join(unknown)}."
            raise DomainError("NATIONAL_FIGURE_UNKNOWN", message, field="change.national")
        return dict(self.figures if self.figures is not None else frozen) | given
