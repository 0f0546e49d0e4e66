"""Who was in which network, and when, as far as somebody's organisation sees it.

Everybody known here may ask: the register is public. What an organisation is shown is its own part
of it, and what others let it see in this report.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

from asyncpg import Record

from chassis.db import Database, Reader
from chassis.errors import DomainError
from chassis.export import Cell, Report
from nhs.directory import Principal
from nhs.roles import OrganisationKind
from services.organisations.network.report import store
from services.organisations.network.report.domain import ReportFilter
from services.organisations.network.report.store import Wanted

Row: TypeAlias = Record


async def page(
    db: Database, principal: Principal, asked: ReportFilter, after: Sequence[Any], limit: int
) -> list[Row]:
    async with db.reader() as reader:
        await check(reader, asked)
        return await store.page(reader, principal.acting, _wanted(principal, asked), after, limit)


async def count(db: Database, principal: Principal, asked: ReportFilter) -> int:
    async with db.reader() as reader:
        return await store.count(reader, principal.acting, _wanted(principal, asked))


async def check(reader: Reader, asked: ReportFilter) -> None:
    """Refuse what cannot be meant, and codes of nobody known."""
    asked.check()
    for field, code, kind in (
        ("pcn", asked.pcn, OrganisationKind.PCN),
        ("practice", asked.practice, OrganisationKind.PRACTICE),
    ):
        if code is not None and await store.kind_of(reader, code) != kind:
            message = f"There is no {field} {code} here."
            raise DomainError("ORGANISATION_NOT_FOUND", message, field=f"filter.{field}")


def _wanted(principal: Principal, asked: ReportFilter) -> Wanted:
    first, last = asked.days(principal.organisation_kind, principal.today)
    return Wanted(first, last, asked.pcn, asked.practice)


async def _rows(
    reader: Reader, principal: Principal, asked: ReportFilter
) -> AsyncIterator[Sequence[Cell]]:
    async for row in store.all_rows(reader, principal.acting, _wanted(principal, asked)):
        yield (*(row[name] for name in _FIELDS), _MATCH[row["sub_icbs_match"]])


_COLUMNS = {
    "Practice Code": "practice",
    "Practice Name": "practice_name",
    "Practice Sub ICB Code": "practice_sub_icb",
    "Practice Sub ICB Name": "practice_sub_icb_name",
    "PCN Code": "pcn",
    "PCN Name": "pcn_name",
    "PCN Sub ICB Code": "pcn_sub_icb",
    "PCN Sub ICB Name": "pcn_sub_icb_name",
    "Relationship Start Date": "valid_from",
    "Relationship End Date": "valid_to",
    "List Size": "patients",
    "List Size Date": "counted_on",
}
"""Named as in the partner file of ODS, which people know."""
_FIELDS = tuple(_COLUMNS.values())
_MATCH = {True: "Yes", False: "No", None: None}

REPORT = Report(
    "network-relationships",
    (*_COLUMNS, "Practice Sub ICB and PCN Sub ICB Match?"),
    ReportFilter,
    _rows,
)
