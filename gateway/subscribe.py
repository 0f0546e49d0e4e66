"""Subscriptions: streams of events, each completed with what other services know.

The stream is that of the service that owns the root field; its events are passed on under the ids
they came with. A gateway keeps nothing of a stream: `Last-Event-ID` goes to the service as it came,
so a client may come back to any gateway. A stream that ends without `complete` is one to come back
for.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway import errors, metrics
from gateway.answer import Gateway, caller
from gateway.errors import RequestError
from gateway.event_stream import (
    COMMENT,
    COMPLETE,
    MEDIA_TYPE,
    NEXT,
    RESET,
    Event,
    EventTooLongError,
    events,
)
from gateway.execute import Execution
from gateway.headers import LAST_EVENT
from gateway.operation import Operation
from gateway.plan import Plan, sent_variables

log = structlog.get_logger()

QUIET_SECONDS = 12
"""A comment is sent when there was nothing else to send for so long."""
LOST_SECONDS = 40
"""A service that is silent for longer, its comments included, is taken for dead."""
QUEUED = 100
"""So many events wait for a client that takes them slowly."""
PATIENCE = 10.0
"""Seconds a full queue is waited for; then the client is told to begin anew."""
TAKING_SECONDS = 60.0
"""Seconds in which a client must take what it is sent."""
_STALLED_SECONDS = 10
"""A client told to begin anew that takes nothing for so long is let go."""
_CONNECT_SECONDS = 5
_CLOSING_SECONDS = 0.5
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class StreamRefusedError(Exception):
    """A service would not open the stream, and said why."""

    def __init__(self, told: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(told)
        self.told = told


def refused(told: Sequence[Mapping[str, Any]], request_id: str) -> Response:
    """The stream of what is refused: why, and its end."""
    said = Event(NEXT, orjson.dumps({"errors": told})).written() + Event(COMPLETE).written()
    return Response(said, 200, {**_HEADERS, "x-request-id": request_id}, MEDIA_TYPE)


class _SlowError(Exception):
    """The client takes its events too slowly."""


@dataclass(frozen=True, slots=True)
class Subscribing:
    """What a client subscribes to, and with which headers."""

    operation: Operation
    variables: Mapping[str, Any]
    headers: Mapping[str, str]
    request_id: str
    last_event: str | None = None


@dataclass
class Streams:
    """The open streams of this gateway: so many in all, and so many for each token."""

    gateway: Gateway
    most: int
    most_each: int
    seconds: float
    """How long a service may take to open a stream, and the rest of an event to be asked for."""
    session: aiohttp.ClientSession | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _open: Counter[str] = field(default_factory=Counter)

    async def open(self, wanted: Subscribing) -> "EventStream":
        """Ask the service for the stream; raises RequestError where there is none to be had."""
        operations = self.gateway.operations
        sound = operations.variables(wanted.operation, wanted.variables)
        plan = await operations.plan(wanted.operation, sound)
        if plan.introspection is not None:
            raise RequestError(errors.BAD_REQUEST, "Ask about the schema with a query.")
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._place(wanted))
            answer = await stack.enter_async_context(self._asked(wanted, plan))
            if answer.content_type != MEDIA_TYPE:
                raise StreamRefusedError(await _told(wanted, answer))
            heard = events(answer.content.iter_any())
            return EventStream(self, wanted, plan, heard, stack.pop_all())

    async def close(self) -> None:
        self.stopping.set()
        if self.session is not None:
            await self.session.close()

    @asynccontextmanager
    async def _place(self, wanted: Subscribing) -> AsyncIterator[None]:
        token = wanted.headers.get("authorization", "")
        key = hashlib.sha256(token.encode()).hexdigest()
        if self._open[key] >= self.most_each or self._open.total() >= self.most:
            message = "Too many streams are open: close one, or come back later."
            raise RequestError(errors.TOO_MANY_STREAMS, message, status=429)
        self._open[key] += 1
        try:
            with metrics.streams.track_inprogress():
                yield
        finally:
            self._open[key] -= 1
            self._open += Counter()  # forgets those at nought

    @asynccontextmanager
    async def _asked(
        self, wanted: Subscribing, plan: Plan
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        first = plan.stages[0].requests[0]
        variables = sent_variables(first, wanted.variables)
        body = orjson.dumps({"query": first.document, "variables": variables})
        sent = {**wanted.headers, "content-type": "application/json", "accept": MEDIA_TYPE}
        if wanted.last_event is not None:
            sent[LAST_EVENT] = wanted.last_event
        try:
            url = self.gateway.services.urls[first.graph]
            async with asyncio.timeout(self.seconds):
                answer = await self._session().post(url, data=body, headers=sent)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("service.lost", service=first.graph, reason=repr(error))
            message = "The stream is not available at the moment."
            raise RequestError(errors.SERVICE_UNAVAILABLE, message, status=503) from None
        async with answer:
            yield answer

    def _session(self) -> aiohttp.ClientSession:
        if self.session is None:
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=_CONNECT_SECONDS, sock_read=LOST_SECONDS
            )
            connector = aiohttp.TCPConnector(limit=0)
            nothing_kept = aiohttp.DummyCookieJar()  # one client's cookies are no other's
            self.session = aiohttp.ClientSession(
                timeout=timeout, connector=connector, cookie_jar=nothing_kept
            )
        return self.session


async def _told(wanted: Subscribing, answer: aiohttp.ClientResponse) -> list[dict[str, Any]]:
    """What a service says that would not open a stream."""
    try:
        said = orjson.loads(await answer.read())
        return [errors.heard(one, wanted.request_id).told() for one in said["errors"]]
    except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError):
        return [errors.unavailable(wanted.request_id).told()]


@dataclass
class EventStream:
    """One open stream: an ASGI application that answers with it."""

    streams: Streams
    wanted: Subscribing
    plan: Plan
    heard: AsyncIterator[Event | None]
    resources: AsyncExitStack
    _queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(QUEUED))
    """None where the service's stream ended."""
    overrun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client has fallen behind."""

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        headers = {**_HEADERS, "content-type": MEDIA_TYPE, "x-request-id": self.wanted.request_id}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        async with self.resources:
            with suppress(OSError, TimeoutError):  # the client is gone, or takes nothing
                await send({"type": "http.response.start", "status": 200, "headers": raw})
                await self._until_one_ends(
                    self._write(send), _gone(receive), self._stalled(), self.streams.stopping.wait()
                )
                async with asyncio.timeout(_CLOSING_SECONDS):
                    await send(_part(b"", more=False))

    async def _until_one_ends(self, *parts: Coroutine[Any, Any, Any]) -> None:
        """The stream is over once the service, the client or the gateway ends it."""
        reader = asyncio.create_task(self._read())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reader, *tasks):
                task.cancel()
            await asyncio.gather(reader, *tasks, return_exceptions=True)

    async def _read(self) -> None:
        """Complete what the service says, and queue it, until it ends or cannot be read."""
        try:
            await self._pass_on()
        except _SlowError:
            self.overrun.set()
            return
        except (aiohttp.ClientError, TimeoutError, OSError, EventTooLongError) as error:
            graph = self.plan.stages[0].requests[0].graph
            log.warning("stream.lost", service=graph, reason=repr(error))
        except Exception:  # the edge: without an end the client would wait for ever
            log.exception("stream.failed", request_id=self.wanted.request_id)
        await self._queue.put(None)

    async def _pass_on(self) -> None:
        async for event in self.heard:
            if event is not None:
                await self._put(await self._completed(event))

    async def _put(self, event: Event) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._queue.put(event)
        except TimeoutError:
            raise _SlowError from None

    async def _completed(self, event: Event) -> Event:
        if event.name != NEXT:
            return event
        by = caller(self.wanted.request_id, self.wanted.headers, self.streams.seconds)
        services = self.streams.gateway.services
        execution = Execution(services, self.plan, by, self.wanted.variables)
        data = await execution.event(event.data)
        answer = {"errors": execution.errors} if execution.errors else {}
        return Event(NEXT, orjson.dumps({**answer, "data": data}), event.id)

    async def _write(self, send: Send) -> None:
        """Send what is queued, until the end; a client that fell behind is told to begin anew."""
        event = await self._next(send)
        while event is not None and not self.overrun.is_set():
            metrics.stream_events.inc()
            async with asyncio.timeout(TAKING_SECONDS):
                await send(_part(event.written()))
            event = await self._next(send)
        if self.overrun.is_set():
            await send(_part(Event(RESET).written()))

    async def _next(self, send: Send) -> Event | None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):  # wait_for may swallow being cancelled
                    return await self._queue.get()
            async with asyncio.timeout(TAKING_SECONDS):
                await send(_part(COMMENT))

    async def _stalled(self) -> None:
        """Until a client that was told to begin anew has taken nothing for too long."""
        await self.overrun.wait()
        await asyncio.sleep(_STALLED_SECONDS)


def _part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
