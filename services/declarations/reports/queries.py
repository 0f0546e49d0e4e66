"""The reports as files: how their rows are read, and who is shown which columns.

Each report that has pounds comes twice: for who sees no pounds their columns are not there.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.errors import DomainError
from chassis.export import Cell, Report
from nhs.directory import Principal
from nhs.values import FinancialYear
from services.declarations.payments.store import PaymentFilter
from services.declarations.reports import domain, store
from services.declarations.reports.domain import (
    ALLOCATED,
    COLUMNS,
    MONEY,
    OF_ONE_SERVICE,
    WITHOUT,
    WORDS,
    Columns,
    Name,
)
from services.declarations.results import queries as results
from services.declarations.results import store as results_store
from services.declarations.results.queries import ResultsAsked
from services.declarations.sight import Sight
from services.declarations.spending import store as spending


@dataclass(frozen=True, slots=True)
class Asked:
    service: str | None = None
    achievement_date: date | None = None
    provider: str | None = None
    financial_year: str | None = None
    expanded: bool = False
    """With the organisations that others let the caller's see in this report."""

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $9."""
        year = FinancialYear.parse(self.financial_year).period if self.financial_year else None
        days = (year.start, year.end) if year else (None, None)
        return self.service, self.achievement_date, self.provider, *days


@dataclass(frozen=True, slots=True)
class SummaryAsked:
    declaration: UUID


Rows = AsyncIterator[Record]
Source = Callable[[Reader, Sight, Any], Rows]


def _report(
    name: str, asked: type[Any], columns: Columns, source: Source, *, with_pounds: bool
) -> Report[Any]:
    chosen = [(title, key) for title, key in columns if with_pounds or key not in MONEY]
    keys = [key for _, key in chosen]

    async def rows(
        reader: Reader, principal: Principal, wanted: Any
    ) -> AsyncIterator[Sequence[Cell]]:
        sight = Sight.of_pounds(principal) if with_pounds else Sight.of(principal)
        async for row in source(reader, sight, wanted):
            yield [_cell(key, row[key]) for key in keys]

    titles = [title for title, _ in chosen]
    return Report(name if with_pounds else f"{name}-points", titles, asked, rows)


def _expanded(name: Name, source: Source) -> Source:
    """Over what was allocated as well, where that is asked for."""

    def read(reader: Reader, sight: Sight, asked: Asked) -> Rows:
        return source(reader, sight.expanded(ALLOCATED[name]) if asked.expanded else sight, asked)

    return read


def _cell(key: str, value: Any) -> Cell:
    """As people read it: Awaiting provider approval."""
    if key in WORDS and isinstance(value, str):
        return value.replace("_", " ").capitalize()
    return value  # type: ignore[no-any-return]  # rows hold nothing but cells


def _of(sql: str) -> Source:
    def read(reader: Reader, sight: Sight, asked: Asked) -> Rows:
        return reader.stream(sql, *sight.arguments, *asked.arguments)

    return read


def _declarations(reader: Reader, sight: Sight, asked: Asked) -> Rows:
    return reader.stream(store.declarations(sight), *sight.arguments, *asked.arguments)


async def _results(reader: Reader, sight: Sight, asked: Asked) -> Rows:
    wanted = await results.dated(reader, sight, _results_asked(asked))
    sql, arguments = results_store.whole(sight, wanted)
    async for row in reader.stream(sql, *arguments):
        yield row


async def _by_indicator(reader: Reader, sight: Sight, asked: Asked) -> Rows:
    wanted = await results.dated(reader, sight, _results_asked(asked))
    for row in await results_store.by_indicator(reader, sight, wanted, (None,), None):
        yield row


def _results_asked(asked: Asked) -> ResultsAsked:
    return ResultsAsked(asked.service or "", asked.achievement_date, asked.provider)


async def _payments(reader: Reader, sight: Sight, asked: Asked) -> Rows:
    wanted = PaymentFilter(
        service=asked.service, provider=asked.provider, financial_year=asked.financial_year
    )
    sql, arguments = spending.whole(sight, wanted)
    async for row in reader.stream(sql, *arguments):
        yield row


def _summary(reader: Reader, sight: Sight, asked: SummaryAsked) -> Rows:
    return reader.stream(store.SUMMARY, *sight.arguments, asked.declaration)


_SOURCES: Final[dict[Name, Source]] = {
    Name.MISSING_DATA: _of(store.MISSING_DATA),
    Name.SUBMISSION_AUDIT: _of(store.SUBMISSIONS),
    Name.ACHIEVEMENT_RESULTS: _results,
    Name.ACHIEVEMENT_BY_INDICATOR: _by_indicator,
    Name.DECLARATION_STATUS: _declarations,
    Name.DECLARATION_HISTORY: _of(store.HISTORY),
    Name.PAYMENTS: _payments,
}


def _file(name: Name) -> str:
    return name.value.lower().replace("_", "-")


WITH_POUNDS: Final[Mapping[Name, Report[Asked]]] = {
    name: _report(
        _file(name), Asked, COLUMNS[name], _expanded(name, _SOURCES[name]), with_pounds=True
    )
    for name in Name
}
WITHOUT_POUNDS: Final[Mapping[Name, Report[Asked]]] = {
    name: _report(
        _file(name), Asked, COLUMNS[name], _expanded(name, _SOURCES[name]), with_pounds=False
    )
    for name in Name
    if name is not Name.PAYMENTS
}
SUMMARY: Final = {
    with_pounds: _report(
        "achievement-summary", SummaryAsked, domain.SUMMARY, _summary, with_pounds=with_pounds
    )
    for with_pounds in (True, False)
}
REPORTS: Final = (*WITH_POUNDS.values(), *WITHOUT_POUNDS.values(), *SUMMARY.values())


def report_of(principal: Principal, name: Name, asked: Asked) -> Report[Asked]:
    """The report as the caller may have it; refused where it asks for what is not there."""
    sight = Sight.of_pounds(principal) if name is Name.PAYMENTS else Sight.of(principal)
    if name in OF_ONE_SERVICE and not asked.service:
        message = "This report is of one service at a time: name it."
        raise DomainError("SERVICE_REQUIRED", message, field="filter.service")
    _check(name, asked)
    return (WITH_POUNDS if sight.pounds_types else WITHOUT_POUNDS)[name]


def _check(name: Name, asked: Asked) -> None:
    """Refuse what would be asked for in vain, rather than answer something else."""
    if asked.expanded and name not in ALLOCATED:
        message = f"{name} is none of the reports that an organisation may let others run"
        raise DomainError("REPORT_NOT_EXPANDED", message, field="expanded")
    here, there = WITHOUT.get(name, (None, None))
    if here and getattr(asked, here) is not None:
        message = f"{name} cannot be narrowed by {there}"
        raise DomainError("FILTER_NOT_OF_REPORT", message, field=f"filter.{there}")
