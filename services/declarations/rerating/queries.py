"""What would change, to the penny, before anything is written."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.export import Cell, Report
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.rerating import store
from services.declarations.rerating.domain import Rerated, Tally
from services.declarations.rerating.following import following
from services.declarations.rerating.rating import Asked, rated
from services.declarations.rerating.store import Whose
from services.declarations.sight import not_found

LOOKS: Final = (Role.FINANCE_MANAGEMENT, Role.APPROVAL_MANAGEMENT, Role.FINANCE_VIEW)
"""Who may ask: over what their organisation commissions, which for England's is all of it."""


@dataclass(slots=True)
class WhatIf:
    """What a change comes to, and every declaration that it touches."""

    tally: Tally = field(default_factory=Tally)
    payments: list[Rerated] = field(default_factory=list)
    """Those that differ, and those that cannot be calculated so, in order."""
    declarations: list[Rerated] = field(default_factory=list)
    """The same of what finance has not approved."""

    def add(self, one: Rerated) -> None:
        self.tally.add(one)
        if one.differs or one.after is None:
            (self.declarations if one.payment is None else self.payments).append(one)


async def what_if(reader: Reader, asked: Asked) -> WhatIf:
    """Reads only."""
    found = WhatIf()
    async for one in rated(reader, asked):
        found.add(one.rerated)
    return found


async def what_follows(reader: Reader, asked: Asked, found: WhatIf) -> WhatIf:
    """Of other lines: what stands on the payments that would be others. Reads only."""
    follows = WhatIf()
    for one in await following(reader, asked, found.payments):
        follows.add(one)
    return follows


def after(rows: list[Rerated], key: tuple[str | None, UUID | None], limit: int) -> list[Rerated]:
    """A page of rows that are in the order of their keys."""
    provider, declaration = key
    if provider is None or declaration is None:
        return rows[:limit]
    return [row for row in rows if row.key > (provider, declaration)][:limit]


async def find(reader: Reader, principal: Principal, rerating: UUID) -> Record:
    """A re-rating with the sums of what the organisation commissions; refused as not there."""
    row = await store.find(reader, Whose.of(principal, *LOOKS), rerating)
    if row is None:
        raise not_found("re-rating", rerating)
    return row


@dataclass(frozen=True, slots=True)
class ReratingAsked:
    rerating: UUID


async def _rows(
    reader: Reader, principal: Principal, asked: ReratingAsked
) -> AsyncIterator[Sequence[Cell]]:
    await find(reader, principal, asked.rerating)
    async for row in store.parts(reader, Whose.of(principal, *LOOKS), asked.rerating):
        yield (
            row["provider"],
            row["payee"],
            row["commissioner"],
            row["service_code"],
            row["indicator"],
            row["period_start"],
            row["period_end"],
            row["before"],
            row["after"],
            row["amount"],
            row["points"],
            row["status"].title(),
            row["decided_at"],
            row["refusal_reason"],
        )


FILE: Final = Report(
    "re-rating",
    (
        "Provider Code",
        "Payee Code",
        "Commissioner Code",
        "Quality Service",
        "Indicator",
        "Period Start Date",
        "Period End Date",
        "Before",
        "After",
        "Difference",
        "Points",
        "Status",
        "Decided",
        "Refusal Reason",
    ),
    ReratingAsked,
    _rows,
)
