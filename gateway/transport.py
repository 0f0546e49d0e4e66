"""How a service is asked: one small interface, and a lean HTTP/1.1 client behind it.

aiohttp costs a request six times as much (GATEWAY.md's probe), and the gateway's work for a client
is mostly asking. So a connection is one `asyncio.Protocol` that writes head and body at once and
lets httptools read the answer.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, cast
from urllib.parse import urlsplit

import httptools

_KEPT_ALIVE = 3.0
"""Seconds an idle connection is kept: less than the services keep theirs, so none is met dead."""


class UnavailableError(Exception):
    """The service cannot be reached, or what it sent is no answer."""


class TooLateError(Exception):
    """The service did not answer in time."""


class _DeadError(UnavailableError):
    """The connection ended before the first byte of an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


class Transport(Protocol):
    async def send(
        self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, once: bool
    ) -> Reply:
        """POST the body; `once` for what must not be sent a second time.

        Raises UnavailableError or TooLateError and nothing else.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Address:
    host: str
    port: int
    secure: bool
    head: bytes
    """The request line and the Host header."""


@lru_cache(maxsize=256)
def _address(url: str) -> _Address:
    parts = urlsplit(url)
    secure, host = parts.scheme == "https", parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Address(
        host, port, secure, f"POST {path} HTTP/1.1\r\nhost: {parts.netloc}\r\n".encode()
    )


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._parts: list[bytes] = []
        self._length = 0
        self._heard = False
        self.usable = True
        self.idle_since = 0.0

    async def ask(self, request: bytes) -> Reply:
        """Send a whole request and wait for the whole answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._parts, self._length, self._heard = [], 0, False
        self._transport.write(request)
        try:
            return await self._waiting
        except asyncio.CancelledError:
            self.close()  # its answer must not be taken for the next one's
            raise
        finally:
            self._waiting = None

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self._waiting is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(UnavailableError(f"no HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        kind = UnavailableError if self._heard else _DeadError
        self._fail(kind(f"the connection ended: {exc}"))

    def on_body(self, body: bytes) -> None:
        """Keep a part of the answer (called by httptools, as the next is)."""
        self._length += len(body)
        if self._length > self._limit:
            self._fail(UnavailableError("the answer is too long"))
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.usable = False
        if self._waiting is not None and not self._waiting.done():
            reply = Reply(self._parser.get_status_code(), b"".join(self._parts))
            self._waiting.set_result(reply)

    def _fail(self, error: UnavailableError) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
        self.close()


@dataclass
class _Pool:
    """The idle connections to one service, the latest used on top."""

    address: _Address
    limit: int
    idle: list[_Connection] = field(default_factory=list)

    async def take(self, *, fresh: bool) -> _Connection:
        oldest = time.monotonic() - _KEPT_ALIVE
        while self.idle and not fresh:
            connection = self.idle.pop()
            if connection.usable and connection.idle_since > oldest:
                return connection
            connection.close()
        context = ssl.create_default_context() if self.address.secure else None
        _, made = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self.limit), self.address.host, self.address.port, ssl=context
        )
        return made

    def give_back(self, connection: _Connection) -> None:
        if connection.usable:
            connection.idle_since = time.monotonic()
            self.idle.append(connection)
        else:
            connection.close()


class HttpTransport:
    """Asks over HTTP/1.1, inside the cluster."""

    def __init__(self, *, connections: int = 100, answer_limit: int = 16 * 1024 * 1024) -> None:
        self._limit = answer_limit
        self._pools: dict[tuple[str, int], _Pool] = {}
        self._places = asyncio.Semaphore(connections)

    async def send(
        self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, once: bool
    ) -> Reply:
        """Ask; a query that met a dead connection is sent a second time, a mutation never."""
        address = _address(url)
        request = _written(address, body, headers)
        pool = self._pools.get((address.host, address.port))
        if pool is None:
            pool = self._pools[address.host, address.port] = _Pool(address, self._limit)
        try:
            async with asyncio.timeout(seconds), self._places:
                try:
                    return await self._ask(pool, request, fresh=once)
                except _DeadError:
                    if once:
                        raise
                return await self._ask(pool, request, fresh=True)
        except TimeoutError as error:
            raise TooLateError(url) from error
        except OSError as error:
            raise UnavailableError(f"{url}: {error!r}") from error

    @staticmethod
    async def _ask(pool: _Pool, request: bytes, *, fresh: bool) -> Reply:
        connection = await pool.take(fresh=fresh)
        try:
            return await connection.ask(request)
        finally:
            pool.give_back(connection)

    async def close(self) -> None:
        for pool in self._pools.values():
            for connection in pool.idle:
                connection.close()
        await asyncio.sleep(0)  # lets the loop see the connections off


def _written(address: _Address, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The whole request; no header's value may end its line."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise UnavailableError("a header has a line break in it")
    length = b"content-length: %d\r\n\r\n" % len(body)
    return b"".join((address.head, lines.encode("latin-1", "replace"), length, body))
