"""The business clock of a storm: the play sets it, and a fault may step it meanwhile."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from cqrs.play.clock import Clock


@dataclass
class SteppingClock:
    clock: Clock
    set_by_play: int = 0
    _day: str = ""
    _turn: Lock = field(default_factory=Lock)
    """A step must not bring back the day that the play is leaving."""

    def set(self, day: str, hour: int = 9) -> datetime:
        with self._turn:
            self._day = day
            self.set_by_play += 1
            return self.clock.set(day, hour)

    def step(self, hour: int) -> datetime:
        """To another hour of the same day, forward or back."""
        with self._turn:
            return self.clock.set(self._day, hour)
