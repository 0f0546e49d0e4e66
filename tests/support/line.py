"""A way to a server that may go dead: nothing is carried any more, and nobody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Line:
    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self.begun = 0
        """How many connections were made."""
        self.alive = asyncio.Event()
        self.alive.set()
        self.url = ""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.begun += 1
        there = await asyncio.open_connection(self._to.hostname, self._to.port)
        try:
            await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))
        finally:
            there[1].close()
            writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self.alive.wait()
                writer.write(data)
        writer.close()


@asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    """A line to the server of the URL, open during the block."""
    made = Line(url)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = made._to.netloc.rpartition("@")[0]
    made.url = made._to._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()
    async with server:
        yield made
