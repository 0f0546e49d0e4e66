"""Subscriptions: server-sent events in GraphQL's mode of distinct connections.

`event: next` with `id: <number>` for each result, `event: complete` at an end that is one, a
comment when nothing else was said for a while. A stream that ends without `complete` is one to come
back for, with the last number in `Last-Event-ID`; after `event: reset` without it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import structlog
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send

from chassis import metrics
from chassis.auth import UnauthenticatedError
from chassis.errors import DomainError, TransientError
from chassis.graphql import errors
from chassis.graphql.live import Live, ResetError

MEDIA_TYPE = "text/event-stream"
LAST_EVENT_HEADER = "last-event-id"

QUIET_SECONDS = 12
QUEUED = 100
"""So many events wait for a client that takes them slowly."""
PATIENCE = 10.0
"""Seconds a full queue is waited for; then the client is told to begin anew."""
TAKING_SECONDS = 60.0
"""Seconds in which a client must take what it is sent."""
MOST_EACH = 10
MOST = 2_000
"""Open streams of a person, and of this process."""
_CLOSING_SECONDS = 0.5

log = structlog.get_logger()


class TooManyStreamsError(DomainError):
    def __init__(self) -> None:
        message = "Too many streams are open: close one, or come back later."
        super().__init__("TOO_MANY_STREAMS", message, most=MOST_EACH)


class _SlowError(Exception):
    """The client takes its events too slowly."""


@dataclass
class Streams:
    """The open streams of this process."""

    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is to end: clients come back to another."""
    _open: Counter[UUID] = field(default_factory=Counter)

    @contextmanager
    def place(self, person: UUID) -> Iterator[None]:
        if self._open[person] >= MOST_EACH or self._open.total() >= MOST:
            raise TooManyStreamsError
        self._open[person] += 1
        try:
            with metrics.streams.track_inprogress():
                yield
        finally:
            self._open[person] -= 1
            self._open += Counter()  # forgets those at nought


def _event(name: str, body: Mapping[str, Any] | None = None, number: int | None = None) -> bytes:
    line = b"" if number is None else b"id: %d\n" % number
    data = orjson.dumps(body, default=str) if body is not None else b""
    return line + b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


_COMMENT = b":\n\n"
_COMPLETE = _event("complete")
_RESET = _event("reset", {})


@dataclass
class EventStream:
    """One open stream: an ASGI application that answers with it."""

    results: AsyncGenerator[Any]
    live: Live
    expires: float
    """When the caller's token does, on the real clock."""
    streams: Streams
    resources: ExitStack
    request_id: str
    overrun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client has fallen behind."""
    _queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUED))
    """None where the stream ends."""

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        with self.resources, suppress(OSError, TimeoutError):  # the client is gone
            await send(_start(self.request_id))
            await self._until_one_ends(
                self._write(send), _gone(receive), self._stalled(), self.streams.closing.wait()
            )
            async with asyncio.timeout(_CLOSING_SECONDS):
                await send(_part(b"", more=False))

    async def _until_one_ends(self, *parts: Coroutine[Any, Any, Any]) -> None:
        """The stream is over once the subscription, the client or the process ends it."""
        reader = asyncio.create_task(self._read())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reader, *tasks):
                task.cancel()
            await asyncio.gather(reader, *tasks, return_exceptions=True)

    async def _read(self) -> None:
        """Make the events, and queue them, until the subscription or the token ends."""
        try:
            await self._put(await self._made())
            await self._put(None)
        except _SlowError:
            self.overrun.set()

    async def _made(self) -> bytes:
        """Queue the events; answers how it ends."""
        left = asyncio.timeout(max(0.0, self.expires - time.time()))
        try:
            async with left, aclosing(self.results):
                async for result in self.results:
                    if (end := _ends(result.errors or ())) is not None:
                        return end
                    await self._put(self._next_event(result))
        except _SlowError:
            raise
        except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
            expired = UnauthenticatedError("expiry", "The token has expired.")
            return self._refusal(expired if left.expired() else error) + _COMPLETE
        return _COMPLETE

    def _next_event(self, result: Any) -> bytes:
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = errors.answer(result.errors, self.request_id)
        return _event("next", body, self.live.number)

    def _refusal(self, error: Exception) -> bytes:
        return _event("next", {"errors": [errors.describe(error, self.request_id)]})

    async def _put(self, part: bytes | None) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._queue.put(part)
        except TimeoutError:
            raise _SlowError from None

    async def _write(self, send: Send) -> None:
        """Send what is queued; a client that fell behind is told to begin anew."""
        part: bytes | None = _COMMENT  # so that it knows it is open
        while part is not None and not self.overrun.is_set():
            async with asyncio.timeout(TAKING_SECONDS):
                await send(_part(part))
            metrics.stream_parts.inc()
            part = await self._next()
        if self.overrun.is_set():
            await send(_part(_RESET))

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(QUIET_SECONDS):  # wait_for may swallow being cancelled
                return await self._queue.get()
        except TimeoutError:
            return _COMMENT

    async def _stalled(self) -> None:
        """Until a client that was told to begin anew has taken nothing for too long."""
        await self.overrun.wait()
        await asyncio.sleep(PATIENCE)


def _ends(found: Sequence[GraphQLError]) -> bytes | None:
    """How the stream ends if it does: what failed for a moment is had by coming back for it."""
    causes = [errors.cause(error) for error in found]
    if any(isinstance(one, ResetError) for one in causes):
        return _RESET
    if passing := [one for one in causes if isinstance(one, TransientError | TimeoutError)]:
        log.warning("stream.cut", reason=repr(passing[0]))
        return b""
    return None


def _start(request_id: str) -> dict[str, Any]:
    headers = {
        "content-type": MEDIA_TYPE,
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-request-id": request_id,
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
