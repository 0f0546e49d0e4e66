"""Which rows a bulk command is about: named as seen, all that a filter reaches, or as shown.

A filter chooses in a dry run only. The dry run answers a token for just the rows it would do the
command to, and the commit names that token: so "Select All" acts on what somebody has been shown,
whatever has come or changed since.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from chassis import selection
from chassis.db import Tx
from chassis.errors import DomainError
from chassis.selection import K

MOST: Final = 20_000
"""Rows of one command."""

F = TypeVar("F")

Matching = Callable[[F, int], Awaitable[Sequence[tuple[K, int]]]]
"""The rows (key and version) that a filter lets pass, and at most so many of them."""


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make such a one of `Choice[UUID, F]`
class Choice(Generic[K, F]):
    """One of the three; a row goes with the version it was seen at."""

    rows: Mapping[K, int] | None = None
    filter: F | None = None
    selection: str | None = None


@dataclass(frozen=True, slots=True)
class Chooser:
    """Who chooses, for which command, and whether only to be shown what would happen."""

    person: UUID
    organisation: str
    operation: str
    now: datetime
    dry_run: bool
    field: str = "choose"
    """What is given to choose by, as refusals name it."""

    async def chosen(
        self, tx: Tx, choice: Choice[K, F], matching: Matching[F, K]
    ) -> Mapping[K, int]:
        """The rows that are meant, each with the version that was seen."""
        if choice.selection is not None:
            return dict(await selection.take(tx, choice.selection, **self._whose))
        rows = choice.rows or {}
        if choice.filter is not None:
            self._only_look()
            rows = dict(await matching(choice.filter, MOST + 1))
        if len(rows) > MOST:
            message = f"One command is about {MOST:,} rows at most: narrow the choice."
            raise DomainError("TOO_MANY_ROWS", message, field=self.field, limit=MOST)
        return rows

    async def shown(self, tx: Tx, rows: Sequence[tuple[K, int]]) -> str | None:
        """Keep what a dry run would do the command to; None where that is nothing."""
        return await selection.keep(tx, rows=rows, **self._whose) if rows else None

    @property
    def _whose(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "organisation": self.organisation,
            "operation": self.operation,
            "now": self.now,
        }

    def _only_look(self) -> None:
        if not self.dry_run:
            message = "A filter chooses in a dry run: commit the selection that it answers."
            raise DomainError("DRY_RUN_FIRST", message, field=self.field)
