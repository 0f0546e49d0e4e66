"""Where the values of a calculation came from: a load or a person, and what they replaced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from asyncpg import Record

from chassis.db import Reader
from services.declarations.calculation.domain import Line
from services.declarations.calculation.members import PARTS

Numbers = tuple[int | None, ...]
"""Numerator, denominator and register."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Every version of the values of one service and day, oldest first."""

    versions: Mapping[tuple[str, str], Sequence[Record]] = field(default_factory=dict)
    """By provider and indicator."""
    calculated_at: datetime | None = None

    def of(self, provider: str, indicator: str, numbers: Numbers) -> dict[str, Any] | None:
        """How the numbers that were calculated with came; None if nobody submitted any."""
        versions = self.versions.get((provider, indicator), ())
        used = _used(versions, numbers, self.calculated_at)
        if used is None:
            return None
        replaced = _as_json(versions[used - 1]) if used else None
        return {"provider": provider, **_as_json(versions[used]), "replaced": replaced}

    def of_line(self, providers: Mapping[str, Numbers | None], line: Line) -> list[dict[str, Any]]:
        """Of the provider's own values (None: as the line has them), or of each member's."""
        own = (line.numerator, line.denominator, line.register)
        found = [self.of(code, line.indicator, given or own) for code, given in providers.items()]
        return [one for one in found if one is not None]


async def read(
    reader: Reader, service: str, day: date, providers: Iterable[str], calculated_at: datetime
) -> Origins:
    rows = await reader.fetch(_VERSIONS, service, day, list(providers))
    by_value = groupby(rows, key=lambda row: (row["provider"], row["indicator"]))
    return Origins({key: list(versions) for key, versions in by_value}, calculated_at)


_VERSIONS = """
with version as (
    select provider, indicator, numerator, denominator, register, how, submitted_by, submitted_at,
        load_id, submission_id, loaded_by, loaded_at, acting_for, default_values_used,
        null::bigint as position
    from achievement_value
    where service_code = $1 and achievement_date = $2 and provider = any($3)
    union all
    select provider, indicator, numerator, denominator, register, how, submitted_by, submitted_at,
        load_id, submission_id, loaded_by, loaded_at, acting_for, default_values_used, position
    from achievement_value_past
    where service_code = $1 and achievement_date = $2 and provider = any($3)
)
select v.*, l.file_name from version v left join achievement_load l on l.id = v.load_id
order by v.provider, v.indicator, v.position nulls last
"""


def _used(versions: Sequence[Record], numbers: Numbers, at: datetime | None) -> int | None:
    """The latest version with these numbers, of those that were there when it was calculated."""
    same = [n for n, one in enumerate(versions) if tuple(one[part] for part in PARTS) == numbers]
    there = [n for n in same if at is None or versions[n]["loaded_at"] <= at]
    return max(there or same, default=None)


def _as_json(row: Record) -> dict[str, Any]:
    """What stood in for values that nobody submitted is said where there was such."""
    word = row["default_values_used"]
    return {part: row[part] for part in PARTS} | {
        "how": row["how"],
        "submitted_by": row["submitted_by"],
        "submitted_at": row["submitted_at"].isoformat(),
        "load": row["load_id"] and str(row["load_id"]),
        "file": row["file_name"],
        "submission": row["submission_id"] and str(row["submission_id"]),
        "entered_by": str(row["loaded_by"]),
        "acting_for": row["acting_for"],
        "entered_at": row["loaded_at"].isoformat(),
        **({"default_values_used": word} if word else {}),
    }
