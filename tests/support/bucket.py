"""A server that speaks S3, over a folder, with one bucket in it."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.objects import Bucket
from cqrs.embedded.ports import free_port
from tests.support.eventually import eventually


@pytest.fixture
async def bucket(tmp_path: Path) -> AsyncIterator[Bucket]:
    folder, port = tmp_path / "buckets", free_port()
    (folder / "evidence").mkdir(parents=True)
    command = [sys.executable, "-m", "localbucket", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            await eventually(lambda: _listens(port))
            yield Bucket(
                url="s3://evidence/here",
                endpoint=f"http://127.0.0.1:{port}",
                region="eu-west-2",
                access_key="somebody",
                secret_key="a key for tests",
            )
        finally:
            server.kill()


async def _listens(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=1).close()
