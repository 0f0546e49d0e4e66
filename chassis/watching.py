"""Telling those who wait that a number in the database has risen.

One statement looks for all of them, on one connection, every few hundredths of a second: a NOTIFY
would make those who write commit one after the other, and a query each would not scale.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog

from chassis.db import Database, Reader
from chassis.errors import TransientError

EVERY = 0.04
"""Seconds between looks."""
_AFTER_TROUBLE = 1.0

Numbers: TypeAlias = Callable[[Reader, Sequence[Any]], Awaitable[Mapping[Any, int]]]
"""The numbers of those keys that have one, in one statement. They only ever rise."""

log = structlog.get_logger()


@dataclass(eq=False)
class Watch:
    """What is known of one key's number."""

    number: int = -1
    watched_by: int = 0
    _risen: asyncio.Event = field(default_factory=asyncio.Event)

    def rise(self, number: int) -> None:
        if number > self.number:
            self.number = number
            self._risen.set()
            self._risen = asyncio.Event()

    async def beyond(self, number: int) -> None:
        """Wait until it is greater than that."""
        while self.number <= number:
            await self._risen.wait()


class Watcher:
    """Looks as long as somebody watches, and holds no connection when nobody does."""

    def __init__(self, db: Database, numbers: Numbers) -> None:
        self._db = db
        self._numbers = numbers
        self._watches: dict[Hashable, Watch] = {}
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, key: Hashable) -> AsyncIterator[Watch]:
        watch = self._watches.setdefault(key, Watch())
        watch.watched_by += 1
        if self._looking is None or self._looking.done():
            # In a context of its own: whoever began it has a deadline, and looking has none.
            self._looking = asyncio.create_task(self._look(), context=Context())
        try:
            yield watch
        finally:
            watch.watched_by -= 1
            if not watch.watched_by:
                del self._watches[key]

    async def _look(self) -> None:
        while self._watches:
            try:
                async with self._db.session() as reader:
                    await self._look_with(reader)
            except Exception as error:  # noqa: BLE001 - those who wait would never hear of it
                level = log.warning if isinstance(error, TransientError) else log.error
                level("watcher.later", exc_info=error)
                await asyncio.sleep(_AFTER_TROUBLE)

    async def _look_with(self, reader: Reader) -> None:
        while self._watches:
            for key, number in (await self._numbers(reader, list(self._watches))).items():
                if watch := self._watches.get(key):
                    watch.rise(number)
            await asyncio.sleep(EVERY)
