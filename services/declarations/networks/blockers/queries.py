"""Blockers with what the specification and the calendar say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from asyncpg import Record

from chassis.db import Reader
from nhs.formulas.specification import Indicator
from services.declarations.agreements import store as agreements
from services.declarations.networks.blockers import store
from services.declarations.networks.blockers.domain import Place, Turn, turn
from services.declarations.networks.blockers.store import BlockerFilter
from services.declarations.sight import Sight


@dataclass(frozen=True, slots=True)
class Blocked:
    """One cause; `chased` is the organisation whose turn it is."""

    row: Record
    indicator_name: str | None
    turn: Turn | None
    chased: str | None
    today: date

    @property
    def cut_off(self) -> date | None:
        day: date | None = self.row["cut_off"]
        return day

    @property
    def days_left(self) -> int | None:
        return (self.cut_off - self.today).days if self.cut_off else None


async def blocked(
    reader: Reader,
    sight: Sight,
    wanted: BlockerFilter,
    after: Sequence[object],
    limit: int,
    *,
    now: datetime,
) -> list[Blocked]:
    """A page of causes; three statements, however many there are."""
    rows = await store.page(reader, sight, wanted, after, limit, now=now)
    services = {row["quality_service"] for row in rows if row["indicator"]}
    specifications = await agreements.specifications(reader, sorted(services))
    indicators = {
        (identity, indicator.code): indicator
        for identity, service in specifications.items()
        for indicator in service.indicators
    }
    england = await store.england(reader)
    return [_blocked(row, indicators, england, sight.today) for row in rows]


def _blocked(
    row: Record,
    indicators: Mapping[tuple[str, str], Indicator],
    england: str | None,
    today: date,
) -> Blocked:
    indicator = indicators.get((row["quality_service"], row["indicator"]))
    entered_by = indicator.entered_by if indicator else "PROVIDER"
    whose = turn(row["code"], entered_by)
    places = {
        Place.PRACTICE: row["practice"] or row["provider"],
        Place.COMMISSIONER: row["commissioner"],
        Place.ENGLAND: england,
    }
    chased = places[whose.place] if whose else None
    name = indicator.name if indicator else None
    return Blocked(row, name, whose, chased, today)
