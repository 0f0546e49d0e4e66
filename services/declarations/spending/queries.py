"""Accruals: what is authorised, declared, calculated, and what values so far would earn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from asyncpg import Record

from chassis.db import Reader
from services.declarations.forecast.domain import NOTHING, Worth
from services.declarations.forecast.queries import forecasts
from services.declarations.sight import Sight
from services.declarations.spending import store
from services.declarations.spending.store import AccrualFilter, Key

STAGES = ("authorised", "declared", "calculated")


@dataclass(frozen=True, slots=True)
class Amount:
    """How many, their points, and pounds where all of them may be seen."""

    count: int = 0
    points: Decimal = store.NOTHING
    pounds: Decimal | None = store.NOTHING

    def plus(self, other: "Amount") -> "Amount":
        pounds = None
        if self.pounds is not None and other.pounds is not None:
            pounds = self.pounds + other.pounds
        return Amount(self.count + other.count, self.points + other.points, pounds)


@dataclass(slots=True)
class _Forecast:
    count: int = 0
    worth: Worth = NOTHING


@dataclass(frozen=True, slots=True)
class Accrual:
    """One period of one service and commissioner; `row` is None where all are added up."""

    row: Record | None
    stages: dict[str, Amount] = field(default_factory=dict)

    @property
    def total(self) -> Amount:
        whole = Amount()
        for amount in self.stages.values():
            whole = whole.plus(amount)
        return whole


async def accruals(
    reader: Reader,
    sight: Sight,
    wanted: AccrualFilter,
    after: Sequence[object],
    limit: int | None,
) -> list[Accrual]:
    """A page of them, each with what it is forecast to add."""
    rows = await store.accruals(reader, sight, wanted, after, limit)
    added = await _forecasts(reader, sight, wanted, [_key(row) for row in rows])
    return [_accrual(row, added.get(_key(row), _Forecast())) for row in rows]


def _key(row: Record) -> Key:
    return row["service_code"], row["achievement_date"], row["commissioner"]


async def _forecasts(
    reader: Reader, sight: Sight, wanted: AccrualFilter, keys: Sequence[Key]
) -> dict[Key, _Forecast]:
    added: dict[Key, _Forecast] = {}
    async for one in forecasts(reader, store.to_forecast(reader, sight, wanted, keys)):
        if one.received:
            group = added.setdefault(_key(one.row), _Forecast())
            group.count += 1
            group.worth = group.worth.plus(one.worth)
    return added


def _accrual(row: Record, added: _Forecast) -> Accrual:
    sees = row["sees_pounds"]
    stages = {
        stage: Amount(
            row[f"{stage}_count"],
            row[f"{stage}_points"],
            row[f"{stage}_pounds"] if sees else None,
        )
        for stage in STAGES
    }
    worth = added.worth
    stages["forecast"] = Amount(added.count, worth.points, worth.pounds if sees else None)
    return Accrual(row, stages)


async def total(reader: Reader, sight: Sight, wanted: AccrualFilter) -> Accrual:
    """All of them added up, stage by stage."""
    first = (None, None, None, None)
    stages = {stage: Amount() for stage in (*STAGES, "forecast")}
    for one in await accruals(reader, sight, wanted, first, None):
        for stage, amount in one.stages.items():
            stages[stage] = stages[stage].plus(amount)
    return Accrual(None, stages)
