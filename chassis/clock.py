"""The business clock. Everything that depends on the date asks it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ENGLAND = ZoneInfo("Europe/London")

_FILE = "file:"
_RATE = re.compile(r"(?P<moment>[^@]+)(@(?P<rate>\d+(\.\d+)?))?")

Now = Callable[[], datetime]


class ClockError(ValueError):
    """The setting does not say a time, or may not be used here."""


class Clock:
    def __init__(self, read: Now) -> None:
        self._read = read

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        return self._read()

    def today(self) -> date:
        """The date on the wall in England."""
        return self.now().astimezone(ENGLAND).date()

    @classmethod
    def from_setting(cls, setting: str | None, demonstration: bool = False) -> "Clock":
        """Read the setting.

        "" is the real time. A demonstration may set another: a moment stands still there, a moment
        and a rate (`2025-03-13T09:00Z@3600`) run on from it at so many seconds a second, and
        `file:PATH` is a file that holds a moment and is read again when it changes.
        """
        if not setting:
            return cls(_real)
        if not demonstration:
            raise ClockError("only a demonstration may set the clock")
        if setting.startswith(_FILE):
            return cls(_Written(Path(setting.removeprefix(_FILE))).now)
        return cls(_set_to(setting))


def _real() -> datetime:
    return datetime.now(UTC)


def _set_to(setting: str) -> Now:
    found = _RATE.fullmatch(setting.strip())
    if not found:
        raise ClockError(f"not a time: {setting!r}")
    start, rate, origin = _moment(found["moment"]), float(found["rate"] or 0), _real()

    def now() -> datetime:
        return start + timedelta(seconds=(_real() - origin).total_seconds() * rate)

    return now


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ClockError(f"not a time: {text!r}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=ENGLAND)).astimezone(UTC)


class _Written:
    """A time that somebody else writes into a file, and may move."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._now: Now = _real
        self.now()

    def now(self) -> datetime:
        stat = self._path.stat()
        seen = stat.st_mtime_ns, stat.st_ino  # a writer replaces the file whole
        if seen != self._seen:
            self._now, self._seen = _set_to(self._path.read_text()), seen
        return self._now()
