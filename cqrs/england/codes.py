"""Organisation codes of the right pattern (DOMAIN.md 4.1), each given once."""

from collections.abc import Callable
from random import Random


class Codes:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def practice(self, letters: str) -> str:
        return self._new(lambda: f"{self._rng.choice(letters)}8{self._rng.randint(1000, 9999)}")

    def recent_practice(self) -> str:
        """Practices opened in this century begin with Y0."""
        return self._new(lambda: f"Y0{self._rng.randint(1000, 8999)}")

    def pcn(self) -> str:
        return self._new(lambda: f"U{self._rng.randint(100, 99999):05d}")

    def _new(self, draw: Callable[[], str]) -> str:
        while (code := draw()) in self._given:
            pass
        self._given.add(code)
        return code
