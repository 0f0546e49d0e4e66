"""How a service is asked: one small interface, so that the client behind it can be another."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp

_KEPT_ALIVE = 3.0
"""Seconds an idle connection is kept: less than the services keep theirs, so none is met dead."""


class UnavailableError(Exception):
    """The service cannot be reached, or what it sent is no answer."""


class TooLateError(Exception):
    """The service did not answer in time."""


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


class HttpTransport:
    """Asks over HTTP/1.1 with aiohttp."""

    def __init__(self, *, connections: int = 100, answer_limit: int = 16 * 1024 * 1024) -> None:
        self._limit = answer_limit
        self._kept = self._session(connections, keep=True)
        self._fresh = self._session(connections, keep=False)

    @staticmethod
    def _session(connections: int, *, keep: bool) -> aiohttp.ClientSession:
        connector = (
            aiohttp.TCPConnector(limit=connections, keepalive_timeout=_KEPT_ALIVE)
            if keep
            else aiohttp.TCPConnector(limit=connections, force_close=True)
        )
        jar = aiohttp.DummyCookieJar()
        return aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False)

    async def send(
        self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, once: bool
    ) -> Reply:
        """Ask; a query that met a dead connection is sent a second time, a mutation never."""
        try:
            async with asyncio.timeout(seconds):
                try:
                    return await self._post(self._fresh if once else self._kept, url, body, headers)
                except (aiohttp.ClientConnectionError, ConnectionError):
                    if once:
                        raise
                return await self._post(self._fresh, url, body, headers)
        except TimeoutError as error:
            raise TooLateError(url) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise UnavailableError(f"{url}: {error!r}") from error

    async def _post(
        self, session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Reply:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return Reply(answer.status, await self._read(answer))

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        length = 0
        async for part in answer.content.iter_any():
            length += len(part)
            if length > self._limit:
                raise UnavailableError("the answer is too long")
            parts.append(part)
        return b"".join(parts)

    async def close(self) -> None:
        await self._kept.close()
        await self._fresh.close()
