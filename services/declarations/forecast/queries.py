"""Forecasts: what the values received so far would be paid, by the rules that hold now."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.values import FinancialYear
from services.declarations.calculation.advances import accepted
from services.declarations.calculation.commands import Lacking, Rules, rules_of
from services.declarations.calculation.domain import Blocker, Subject, exact
from services.declarations.calculation.inputs import Known, gather
from services.declarations.forecast import store
from services.declarations.forecast.domain import (
    NOTHING,
    Expected,
    Worth,
    expected,
    worth,
)
from services.declarations.forecast.store import PeriodFilter
from services.declarations.sight import Sight, not_found

AT_A_TIME: Final = 100
"""Declarations whose values are held together: some hundredths of a second, so that whatever else
the process does has its turn."""
MOST_PERIODS: Final = 1_000
"""Of one provider and year: a hundred services by the month."""


class Basis(StrEnum):
    """What a period's figure is taken from."""

    AUTHORISED = "AUTHORISED"
    DECLARED = "DECLARED"
    CALCULATED = "CALCULATED"
    FORECAST = "FORECAST"
    NOTHING_KNOWN = "NOTHING_KNOWN"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one period's values would earn as they are."""

    row: Record
    worth: Worth = NOTHING
    received: bool = False
    """Whether there is anything to go by."""
    missing: tuple[str, ...] = ()
    """The indicators that lack something."""
    blockers: tuple[str, ...] = ()
    """Why nothing can be forecast."""
    indicators: Sequence[Expected] = field(default_factory=tuple)


async def forecasts(
    reader: Reader, rows: AsyncIterable[Record], *, steps: bool = False
) -> AsyncIterator[Forecast]:
    """Each with its worth, many at a time; with the next steps of its indicators if asked for."""
    rules: dict[str, Rules | Lacking] = {}
    waiting: list[Record] = []
    async for row in rows:
        if waiting and (_batch(row) != _batch(waiting[0]) or len(waiting) == AT_A_TIME):
            async for one in _of(reader, rules, waiting, steps=steps):
                yield one
            waiting = []
        waiting.append(row)
    async for one in _of(reader, rules, waiting, steps=steps):
        yield one


def _batch(row: Record) -> str:
    return str(row["quality_service"])


async def _of(
    reader: Reader, rules: dict[str, Rules | Lacking], rows: Sequence[Record], *, steps: bool
) -> AsyncIterator[Forecast]:
    if not rows:
        return
    identity = _batch(rows[0])
    if identity not in rules:
        rules[identity] = await rules_of(reader, identity)
    found = rules[identity]
    if isinstance(found, Lacking):
        for row in rows:
            yield Forecast(row, blockers=tuple(one.message for one in found.blockers))
        return
    subjects = [_subject(row) for row in rows]
    known = await gather(reader, found.service, found.book, subjects)
    years = await accepted(reader, subjects)
    for row, subject in zip(rows, subjects, strict=True):
        year = years.get(subject.declaration)
        if isinstance(year, Blocker):
            yield Forecast(row, blockers=(year.message,))
        else:
            yield _forecast(row, found, known[subject.declaration], steps=steps)


def _subject(row: Record) -> Subject:
    return Subject(
        row["declaration_id"] or new_id(),
        row["quality_service"],
        row["service_code"],
        row["period_start"],
        row["achievement_date"],
        row["provider"],
        row["calculation_version"],
        row["indicator"],
    )


def _forecast(row: Record, rules: Rules, known: Known, *, steps: bool) -> Forecast:
    if known.list_size is None:
        return Forecast(row, blockers=tuple(one.message for one in known.blockers))
    patients, figures = known.list_size.patients, exact(known.figures)
    chosen = rules.book.of(row["indicator"]).rules
    earned, lacks = worth(chosen, known.values, patients, figures)
    by_code = {one.code: one for one in rules.service.indicators}
    each = [
        expected(
            rule, by_code[rule.indicator], known.values.get(rule.indicator, {}), patients, figures
        )
        for rule in chosen
        if steps
    ]
    return Forecast(row, earned, len(lacks) < len(chosen), lacks, (), each)


async def _each(rows: Sequence[Record]) -> AsyncIterator[Record]:
    for row in rows:
        yield row


async def of_provider(
    reader: Reader, sight: Sight, *, service: str, provider: str, day: date | None
) -> list[Forecast]:
    """Of one achievement date: the one that is next, or the last there was, if none is named.

    One for each declaration there is or will be.
    """
    wanted = PeriodFilter(service=service, provider=provider, achievement_date=day)
    rows = await store.periods(reader, sight, wanted, MOST_PERIODS)
    if not rows:
        raise not_found("participation", f"of {provider} in {service}")
    days = sorted({row["achievement_date"] for row in rows})
    chosen = next((one for one in days if one >= sight.today), days[-1])
    of_day = [row for row in rows if row["achievement_date"] == chosen]
    return [one async for one in forecasts(reader, _each(of_day), steps=True)]


@dataclass(frozen=True, slots=True)
class Period:
    """What one payment period is, or will be, worth; pounds of None may not be seen."""

    row: Record
    basis: Basis
    points: Decimal
    pounds: Decimal | None
    missing: tuple[str, ...] = ()


_BASES: Final = {
    "AWAITING_PROVIDER_APPROVAL": Basis.CALCULATED,
    "AWAITING_COMMISSIONER_APPROVAL": Basis.DECLARED,
    "AWAITING_FINANCE_APPROVAL": Basis.DECLARED,
    "FINANCE_APPROVED": Basis.AUTHORISED,
}


async def year(reader: Reader, sight: Sight, *, provider: str, financial_year: str) -> list[Period]:
    """Every period of a provider's year, each as far as it has come."""
    if not await store.sees(reader, sight, provider):
        raise not_found("provider", provider)
    days = FinancialYear.parse(financial_year).period
    wanted = PeriodFilter(provider=provider, financial_year=(days.start, days.end))
    rows = await store.periods(reader, sight, wanted, MOST_PERIODS + 1)
    if len(rows) > MOST_PERIODS:
        message = f"{provider} has more than {MOST_PERIODS} payment periods in {financial_year}"
        raise DomainError("TOO_MANY_ROWS", message, limit=MOST_PERIODS)
    open_rows = [row for row in rows if row["status"] not in _BASES]
    forecast = {id(one.row): one async for one in forecasts(reader, _each(open_rows))}
    approved = [row["declaration_id"] for row in rows if row["status"] == "FINANCE_APPROVED"]
    paid = {r["declaration_id"]: r for r in await store.authorised(reader, sight, approved)}
    return [_period(row, forecast.get(id(row)), paid) for row in rows]


def _period(row: Record, forecast: Forecast | None, paid: Mapping[UUID, Record]) -> Period:
    sees = row["sees_pounds"]
    if forecast is None:
        entry = paid.get(row["declaration_id"])
        pounds = entry["amount"] if entry else row["pounds"]
        return Period(row, _BASES[row["status"]], row["points"], pounds if sees else None)
    basis = Basis.FORECAST if forecast.received else Basis.NOTHING_KNOWN
    earned = forecast.worth
    return Period(row, basis, earned.points, earned.pounds if sees else None, forecast.missing)
