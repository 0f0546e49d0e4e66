"""Extracts as CQRS writes them (DOMAIN 1.13): who may have them, and how their rows are read."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.db import Reader
from chassis.errors import DomainError
from chassis.export import Cell, Report, RowSource, Statement, StatementSource
from nhs.directory import Principal
from services.declarations.achievement.domain import COLUMNS, NETWORK_COLUMNS
from services.declarations.extracts import store
from services.declarations.sight import Sight


@dataclass(frozen=True, slots=True)
class ExtractAsked:
    """Of one line of services: of one achievement date and provider, or (None) of all in sight."""

    service: str
    achievement_date: date | None = None
    provider: str | None = None


def _statement(sql: str) -> StatementSource[ExtractAsked]:
    def of(principal: Principal, asked: ExtractAsked) -> Statement:
        sight = Sight.of(principal)
        wanted = (asked.service, asked.achievement_date, asked.provider)
        return sql, (*sight.arguments, *wanted)

    return of


def _rows(sql: str) -> RowSource[ExtractAsked]:
    """The same rows one by one, for a workbook."""
    statement = _statement(sql)

    async def read(
        reader: Reader, principal: Principal, asked: ExtractAsked
    ) -> AsyncIterator[Sequence[Cell]]:
        text, arguments = statement(principal, asked)
        async for row in reader.stream(text, *arguments):
            yield tuple(row)

    return read


def _extract(name: str, columns: Sequence[str], sql: str) -> Report[ExtractAsked]:
    return Report(
        name, columns, ExtractAsked, _rows(sql), for_programs=True, statement=_statement(sql)
    )


VALUES: Final = _extract("INDICATOR_VALUES", COLUMNS, store.VALUES)
POINTS: Final = _extract(
    "INDICATOR_ACHIEVED_POINTS",
    ("QUALITY_SERVICE", "ORG_CODE", "ACH_DATE", "IND_CODE", "POINTS", "APPROVED"),
    store.POINTS,
)
NETWORK_VALUES: Final = _extract("NCD_VALUES", NETWORK_COLUMNS, store.NETWORK_VALUES)
EXTRACTS: Final = (VALUES, POINTS, NETWORK_VALUES)


async def check(reader: Reader, principal: Principal, asked: ExtractAsked) -> None:
    """Refuse whoever sees no achievement, and a service that nobody knows."""
    Sight.of(principal)
    if not await store.is_known(reader, asked.service):
        message = f"No published quality service {asked.service} is known"
        raise DomainError("UNKNOWN_SERVICE", message, field="service")
