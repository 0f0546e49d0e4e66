"""The demonstration's clock: a file that every process of the system reads again on change."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_ENGLAND = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class DemonstrationClock:
    path: Path

    def set(self, day: str, hour: int = 9) -> datetime:
        """Make it this hour of the day (ISO), by the clock on the wall in England."""
        moment = datetime.fromisoformat(day).replace(hour=hour, tzinfo=_ENGLAND)
        unnamed = self.path.with_suffix(".new")
        unnamed.write_text(moment.isoformat())
        unnamed.rename(self.path)
        return moment
