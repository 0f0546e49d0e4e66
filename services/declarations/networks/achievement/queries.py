"""Network achievement put together: what a network, or many together, achieved by indicator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.values import FinancialYear
from services.declarations.agreements import store as agreements
from services.declarations.networks.achievement import store
from services.declarations.networks.periods import Period
from services.declarations.sight import Sight

TOGETHER: Final = ""
"""The network of sums over several."""


@dataclass(frozen=True, slots=True)
class Service:
    code: str
    name: str
    dates: tuple[date, ...]
    """The latest first."""


async def years(reader: Reader, sight: Sight) -> dict[str, list[Service]]:
    """Services by the financial year their achievement dates lie in, the latest year first."""
    found: dict[str, dict[str, Service]] = {}
    for row in await store.dates(reader, sight):
        services = found.setdefault(str(FinancialYear.of(row["achievement_date"])), {})
        one = services.setdefault(row["code"], Service(row["code"], row["name"], ()))
        services[row["code"]] = replace(one, dates=(*one.dates, row["achievement_date"]))
    return {
        year: sorted(services.values(), key=lambda one: one.code)
        for year, services in found.items()
    }


@dataclass(frozen=True, slots=True)
class IndicatorAchieved:
    """What was achieved of an indicator, as far as it is in."""

    code: str
    name: str
    points_available: Decimal
    numerator: int | None = None
    denominator: int | None = None
    members: int = 0
    """Those that take part."""
    reported: int = 0
    """Those of them whose data is in."""
    counted_numerator: int | None = None
    """What the points stand on: other than the sum where something has changed since."""
    counted_denominator: int | None = None
    points: Decimal | None = None
    pounds: Decimal | None = None
    declaration: UUID | None = None
    status: str | None = None
    held: bool = False


async def indicators(
    reader: Reader,
    sight: Sight,
    networks: Sequence[str],
    period: Period,
    *,
    together: bool = False,
) -> dict[str, list[IndicatorAchieved]]:
    """By network, every indicator in the published order; under TOGETHER, all networks' sums."""
    blank = await _blank(reader, period)
    summed = _by(await store.sums(reader, networks, period, together=together))
    earned = _by(await store.earned(reader, sight, networks, period, together=together))
    own = [] if together else await store.own(reader, sight, networks, period)
    declared = {(row["network"], row["indicator"]): row for row in own}
    return {
        network: [
            _achieved(
                one,
                summed.get((network, one.code)),
                earned.get((network, one.code)),
                declared.get((network, one.code)) or declared.get((network, None)),
            )
            for one in blank
        ]
        for network in ([TOGETHER] if together else networks)
    }


async def codes(reader: Reader, services: Sequence[str]) -> dict[str, list[str]]:
    """What is measured of a provider by each published version, in its order."""
    found = await agreements.specifications(reader, services)
    return {one: [i.code for i in of.indicators if i.fields] for one, of in found.items()}


async def _blank(reader: Reader, period: Period) -> list[IndicatorAchieved]:
    found = await agreements.specifications(reader, [period.quality_service])
    service = found[period.quality_service]
    return [IndicatorAchieved(one.code, one.name, one.points) for one in service.indicators]


def _by(rows: Sequence[Record]) -> Mapping[tuple[str, str], Record]:
    return {(row["network"], row["indicator"]): row for row in rows}


_SUMMED: Final = ("numerator", "denominator", "members", "reported")
_EARNED: Final = ("counted_numerator", "counted_denominator", "points", "pounds")


def _achieved(
    blank: IndicatorAchieved, summed: Record | None, earned: Record | None, declared: Record | None
) -> IndicatorAchieved:
    known: dict[str, Any] = {}
    if summed:
        known |= {name: summed[name] for name in _SUMMED}
    if earned:
        known |= {name: earned[name] for name in _EARNED}
    if declared:
        known |= {name: declared[name] for name in ("status", "held")}
        known["declaration"] = declared["id"]
    return replace(blank, **known)


@dataclass(frozen=True, slots=True)
class Member:
    row: Record
    values: Mapping[str, Record]
    """By indicator: what has been received of it."""


async def members(
    reader: Reader, networks: Sequence[str], period: Period
) -> dict[str, list[Member]]:
    """By network, its members on the achievement date with what each achieved."""
    values: dict[str, dict[str, Record]] = {}
    for row in await store.values(reader, networks, period):
        values.setdefault(row["practice"], {})[row["indicator"]] = row
    found: dict[str, list[Member]] = {network: [] for network in networks}
    for row in await store.members(reader, networks, period):
        found[row["network"]].append(Member(row, values.get(row["practice"], {})))
    return found


@dataclass(frozen=True, slots=True)
class Declared:
    """The declarations of a network, or of its members, added up."""

    statuses: Mapping[str, int]
    points: Decimal
    pounds: Decimal | None
    """None where one of them may not be seen."""


async def declared(
    reader: Reader,
    sight: Sight,
    networks: Sequence[str],
    period: Period,
    *,
    together: bool = False,
) -> dict[str, Declared]:
    rows = await store.declared(reader, sight, networks, period, together=together)
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(row["network"], []).append(row)
    return {network: _declared(of) for network, of in found.items()}


def _declared(rows: Sequence[Record]) -> Declared:
    seen = all(row["sees_pounds"] for row in rows)
    return Declared(
        {row["status"]: row["count"] for row in rows},
        total(row["points"] for row in rows),
        total(row["pounds"] for row in rows) if seen else None,
    )


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """Of points or pounds; None where there are none yet."""
    return sum((one for one in amounts if one is not None), start=Decimal("0.00"))


NOTHING_DECLARED: Final = Declared({}, Decimal("0.00"), None)
