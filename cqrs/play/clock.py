"""The demonstration's clock: a file that every process of the system reads again on change."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

_ENGLAND = ZoneInfo("Europe/London")


class Clock(Protocol):
    def set(self, day: str, hour: int = 9) -> datetime:
        """Make it this hour of the day (ISO), by the clock on the wall in England."""
        ...


def moment(day: str, hour: int) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=_ENGLAND)


@dataclass(frozen=True)
class DemonstrationClock:
    path: Path

    def set(self, day: str, hour: int = 9) -> datetime:
        """Make it this hour of the day (ISO), by the clock on the wall in England."""
        now = moment(day, hour)
        self.write(now.isoformat())
        return now

    def write(self, text: str) -> None:
        """Whole or not at all: it is read while it is written."""
        unnamed = self.path.with_suffix(".new")
        unnamed.write_text(text)
        unnamed.rename(self.path)
