"""What was owed on D as it was known at K: as a list, added up, and as a file."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chassis.clock import ENGLAND
from chassis.db import Reader
from chassis.errors import DomainError
from chassis.export import Cell, Report
from nhs.directory import Principal
from services.declarations.owed import store
from services.declarations.owed.store import OwedAsked
from services.declarations.sight import Sight


def checked(asked: OwedAsked, *, now: datetime) -> OwedAsked:
    """What may be asked: of what comes nothing is known. Without a zone: the clocks of England."""
    moment = asked.known_at
    known_at = moment if moment.tzinfo else moment.replace(tzinfo=ENGLAND)
    if known_at > now:
        message = f"{known_at.isoformat()} has not come: nothing is known as of then."
        raise DomainError("KNOWN_IN_THE_FUTURE", message, field="knownAt", now=now.isoformat())
    return replace(asked, known_at=known_at)


async def _rows(
    reader: Reader, principal: Principal, asked: OwedAsked
) -> AsyncIterator[Sequence[Cell]]:
    async for row in store.every(reader, Sight.of_pounds(principal), asked):
        yield (
            asked.on,
            asked.known_at,
            row["service_code"],
            row["payment_type"],
            row["provider"],
            row["payee"],
            row["commissioner"],
            row["period_start"],
            row["period_end"],
            row["achievement_date"],
            row["status"].replace("_", " ").title(),
            row["version"],
            row["run_id"] and str(row["run_id"]),
            row["points"],
            row["calculated"],
            row["entered"],
            row["owed"],
            row["paid"],
        )


FILE: Final = Report(
    "owed",
    (
        "Owed On",
        "As Known At",
        "Quality Service",
        "Payment Type",
        "Provider Code",
        "Payee Code",
        "Commissioner Code",
        "Period Start Date",
        "Period End Date",
        "Achievement Date",
        "Status",
        "Calculation",
        "Run",
        "Points",
        "Calculated",
        "Entered",
        "Owed",
        "Paid",
    ),
    OwedAsked,
    _rows,
)
