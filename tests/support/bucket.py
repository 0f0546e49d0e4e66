"""A server that speaks S3, over a folder, with one bucket in it."""

import asyncio
import socket
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from chassis.objects import Bucket
from cqrs.embedded.ports import free_port
from tests.support.eventually import eventually


@pytest.fixture
async def bucket(tmp_path: Path) -> AsyncIterator[Bucket]:
    port = free_port()
    async with object_store(tmp_path / "buckets", port):
        yield Bucket(
            url="s3://evidence/here",
            endpoint=f"http://127.0.0.1:{port}",
            region="eu-west-2",
            access_key="somebody",
            secret_key="a key for tests",
        )


@asynccontextmanager
async def object_store(folder: Path, port: int) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """The server, a process of its own: it may be killed, and another take its folder."""
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "localbucket", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            await eventually(lambda: _listens(port))
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def serving(
    answer: Callable[[StreamReader, StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The address of whatever answers so, in the place of a store."""

    async def once(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError):
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _listens(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=1).close()
