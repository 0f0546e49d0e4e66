"""A client of server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from gateway.event_stream import Event, events

_PATIENCE = 10.0


@dataclass
class Listening:
    """An open stream, or the answer of one that was refused."""

    response: aiohttp.ClientResponse
    comments: int = 0
    _parts: AsyncIterator[Event | None] = field(init=False)

    def __post_init__(self) -> None:
        self._parts = events(self.response.content.iter_any())

    async def event(self) -> Event | None:
        """The next event; None where the stream has ended."""
        async with asyncio.timeout(_PATIENCE):
            async for event in self._parts:
                if event is not None:
                    return event
                self.comments += 1
        return None

    async def next(self) -> tuple[str | None, Any]:
        """The id and the answer of the next event, which is one."""
        event = await self.event()
        assert event is not None, "the stream has ended"
        assert event.name == "next", event
        return event.id, orjson.loads(event.data)

    async def data(self) -> tuple[str | None, Any]:
        number, body = await self.next()
        assert "errors" not in body, body
        return number, body["data"]


@asynccontextmanager
async def listening(
    address: str,
    query: str,
    *,
    token: str,
    variables: dict[str, Any] | None = None,
    last: int | str | None = None,
    **headers: str,
) -> AsyncIterator[Listening]:
    """Subscribe, from the event on that was the last; each on a connection of its own."""
    given = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    if last is not None:
        given["Last-Event-ID"] = str(last)
    body = {"query": query, "variables": variables}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{address}/graphql", json=body, headers=given) as response,
    ):
        yield Listening(response)
