"""A provider's month: what was entered, how far each entry has come, and what it adds up to."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from asyncpg import Record

from chassis.clock import ENGLAND
from chassis.db import Reader
from chassis.export import Cell, Report
from nhs.directory import Principal
from services.declarations.sight import Sight, not_found
from services.declarations.statements import domain, store
from services.declarations.statements.domain import Month

_UNPAID = {"AUTHORISED", "SENT", "FAILED"}
_MOST_OF_A_YEAR = timedelta(days=300)


@dataclass(frozen=True, slots=True)
class StatementAsked:
    provider: str
    month: str


@dataclass(frozen=True, slots=True)
class Statement:
    rows: Sequence[Record]

    @property
    def total(self) -> Decimal:
        return sum((row["amount"] for row in self.rows), Decimal("0.00"))

    def of(self, status: str) -> Decimal:
        amounts = (row["amount"] for row in self.rows if row["status"] == status)
        return sum(amounts, Decimal("0.00"))


async def statement(reader: Reader, principal: Principal, asked: StatementAsked) -> Statement:
    """Refused as not there where the caller may not see the provider's pounds."""
    sight, month = Sight.of_pounds(principal), Month.parse(asked.month)
    if not await store.sees(reader, sight, asked.provider):
        raise not_found("provider", asked.provider)
    rows = await store.entries(reader, sight, asked.provider, month.first, month.next)
    return Statement(rows)


def expected_on(row: Record) -> date | None:
    """When an entry is to be paid, by the calendar of cut-offs or, where there is none, the rule.

    None for what has been paid, or is nothing.
    """
    if row["status"] not in _UNPAID:
        return None
    if row["pay_on"] is not None:
        pay_on: date = row["pay_on"]
        return pay_on
    entered: datetime = row["entered_at"]
    day = entered.astimezone(ENGLAND).date()
    of_a_year = row["period_end"] - row["period_start"] > _MOST_OF_A_YEAR
    return domain.expected_on(row["payment_type"], row["period_end"], day, of_a_year=of_a_year)


async def _rows(
    reader: Reader, principal: Principal, asked: StatementAsked
) -> AsyncIterator[Sequence[Cell]]:
    found = await statement(reader, principal, asked)
    for row in found.rows:
        yield (
            row["entered_at"],
            row["service_code"],
            row["payment_type"],
            row["period_start"],
            row["period_end"],
            row["payee"],
            row["kind"].title(),
            row["points"],
            row["amount"],
            row["status"].replace("_", " ").title(),
            row["status_at"],
            expected_on(row),
            row["narrative"],
            row["reason"],
        )
    yield ("Total", *[None] * 7, found.total, *[None] * 5)


FILE: Final = Report(
    "statement",
    (
        "Entered",
        "Quality Service",
        "Payment Type",
        "Period Start Date",
        "Period End Date",
        "Payee Code",
        "Entry",
        "Points",
        "Amount",
        "Status",
        "Status Since",
        "Expected Pay Date",
        "Narrative",
        "Reason",
    ),
    StatementAsked,
    _rows,
)
