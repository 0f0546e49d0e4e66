"""What a subscription knows of the stream on which it is answered."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from chassis import db
from chassis.watching import Watch, Watcher

EVENT_SECONDS = 10.0
"""How long one event may take to be made."""


class ResetError(Exception):
    """What the client has cannot be continued: it must ask for everything anew."""


@dataclass(kw_only=True)
class Live:
    watcher: Watcher | None
    """None where the service has nothing to wait for."""
    after: int | None
    """The number of the last event the client has got; None for one that begins."""
    renew_caller: Callable[[], Awaitable[None]]
    number: int | None = None
    """Of the event being made: set it before each. The client comes back with it."""

    def watching(self, key: Hashable) -> AbstractAsyncContextManager[Watch]:
        """Watch the key's number."""
        if self.watcher is None:
            raise LookupError("the service does not say what there is to wait for")
        return self.watcher.watching(key)

    async def renew(self) -> None:
        """Begin a new event: the caller as they are now, and time to make it.

        Refuses who may not act for the organisation any more.
        """
        db.deadline.set(asyncio.get_running_loop().time() + EVENT_SECONDS)
        await self.renew_caller()
