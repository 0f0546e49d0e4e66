"""The store of docker-compose.yml itself: what it says to a wrong key, and of a broken put."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chassis.errors import DomainError, TransientError
from chassis.objects import Bucket, Objects
from tests.support.bucket import serving
from tests.support.containers import objects_container

pytestmark = [pytest.mark.containers, pytest.mark.timeout(120)]

KEY = "A81001/0190d5a4/0a1b"


@pytest.fixture(scope="module")
def real() -> Iterator[Bucket]:
    with objects_container() as bucket:
        yield bucket


async def test_what_is_put_is_got_again_and_deleted(real: Bucket, tmp_path: Path) -> None:
    objects, file = Objects("sample", real), tmp_path / "a file"
    file.write_bytes(os.urandom(10_485_760))
    await objects.put(KEY, file)
    kept = await objects.get(KEY)
    assert b"".join([part async for part in kept.parts()]) == file.read_bytes()
    await objects.delete(KEY)
    with pytest.raises(DomainError):
        await objects.get(KEY)


async def test_nothing_is_lacking(real: Bucket) -> None:
    assert await Objects("sample", real).lacking() is None


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"url": "s3://none"}, "finds no bucket s3://none at "),
        ({"access_key": "stranger"}, "is not let into s3://evidence at "),
        ({"secret_key": "hunter2"}, "(SignatureDoesNotMatch)"),
        ({"region": "us-east-1"}, "(AuthorizationHeaderMalformed)"),
        ({"endpoint": "http://127.0.0.1:1"}, "finds no object store at http://127.0.0.1:1 ("),
    ],
)
async def test_what_is_wrong_is_named(real: Bucket, wrong: dict[str, str], named: str) -> None:
    told = await Objects("sample", replace(real, **wrong)).lacking()
    assert named in str(told)
    assert "hunter2" not in str(told)


async def test_of_a_file_that_is_broken_off_nothing_is_kept(real: Bucket, tmp_path: Path) -> None:
    there, file = urlsplit(real.endpoint), tmp_path / "a file"
    file.write_bytes(os.urandom(3_000_000))

    async def cut(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        back, store = await asyncio.open_connection(there.hostname, there.port)
        store.write(await reader.readexactly(2_000_000))
        await store.drain()
        store.write_eof()
        await back.read()
        store.close()

    async with serving(cut) as endpoint:
        with pytest.raises(TransientError, match="does not answer"):
            await Objects("sample", replace(real, endpoint=endpoint)).put(KEY, file)
    with pytest.raises(DomainError) as refused:
        await Objects("sample", real).get(KEY)
    assert refused.value.code == "FILE_NOT_FOUND"
