"""The same object store, in a folder and behind S3."""

import asyncio
import os
import signal
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from chassis.errors import DomainError, TransientError
from chassis.objects import PART, Bucket, Objects
from chassis.settings import Settings
from cqrs.embedded.ports import free_port
from tests.support.bucket import object_store, serving

KEY = "QHM/01990000-0000-7000-8000-000000000001/0a1b"


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Objects:
    return Objects("sample", tmp_path / "objects" if request.param == "folder" else bucket)


def file_of(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a file"
    path.write_bytes(content)
    return path


async def content(objects: Objects, key: str = KEY) -> bytes:
    kept = await objects.get(key)
    parts = [part async for part in kept.parts()]
    assert kept.size == sum(len(part) for part in parts)
    return b"".join(parts)


async def test_what_is_put_is_got_again(objects: Objects, tmp_path: Path) -> None:
    await objects.put(KEY, file_of(tmp_path, b"hello"))
    assert await content(objects) == b"hello"
    await objects.put(KEY, file_of(tmp_path, b""))
    assert await content(objects) == b""


async def test_a_large_object_comes_in_parts(objects: Objects, tmp_path: Path) -> None:
    large = os.urandom(7_000_000)
    await objects.put(KEY, file_of(tmp_path, large))
    kept = await objects.get(KEY)
    parts = [part async for part in kept.parts()]
    assert len(parts) > 1
    assert max(map(len, parts)) < 20 * PART
    assert b"".join(parts) == large


async def test_what_was_deleted_is_not_there_and_may_be_deleted_again(objects, tmp_path) -> None:
    await objects.put(KEY, file_of(tmp_path, b"hello"))
    await objects.delete(KEY)
    await objects.delete(KEY)
    with pytest.raises(DomainError) as refused:
        await objects.get(KEY)
    assert refused.value.code == "FILE_NOT_FOUND"
    assert "QHM" not in refused.value.message


async def test_services_share_a_place_and_no_object(objects: Objects, tmp_path: Path) -> None:
    await objects.put(KEY, file_of(tmp_path, b"hello"))
    with pytest.raises(DomainError):
        await Objects("another", objects._place).get(KEY)


@pytest.mark.parametrize("key", ["../QHM", "/QHM", "QHM/", "", "QHM/a b", "QHM/%2e"])
async def test_a_key_leads_nowhere_else(objects: Objects, tmp_path: Path, key: str) -> None:
    for refused in (objects.get(key), objects.delete(key), objects.put(key, tmp_path)):
        with pytest.raises(ValueError, match="is no key"):
            await refused


async def test_a_store_that_is_away_may_soon_be_back(bucket: Bucket, tmp_path: Path) -> None:
    away = Objects("sample", replace(bucket, endpoint=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(TransientError, match="does not answer"):
        await away.get(KEY)
    with pytest.raises(TransientError, match="does not answer"):
        await away.put(KEY, file_of(tmp_path, b"hello"))


@pytest.mark.parametrize("size", [3_000_000, 20_000_000])
async def test_of_a_file_whose_store_dies_meanwhile_nothing_is_kept(bucket, tmp_path, size) -> None:
    """It is killed while the file is on its way, in one request or in parts."""
    folder, port = tmp_path / "stores", free_port()
    away = replace(bucket, endpoint=f"http://127.0.0.1:{port}")
    async with object_store(folder, port) as store:

        async def killing(reader: StreamReader, writer: StreamWriter) -> None:
            back, there = await asyncio.open_connection("127.0.0.1", port)
            answering, passed = asyncio.create_task(_pass_on(back, writer)), 0
            while passed < 2_000_000 and (part := await reader.read(PART)):
                passed += len(part)
                there.write(part)
                await there.drain()
            if passed >= 2_000_000:
                store.kill()
            await answering
            there.close()

        async with serving(killing) as endpoint:
            dying = Objects("sample", replace(away, endpoint=endpoint))
            with pytest.raises(TransientError, match="does not answer"):
                await dying.put(KEY, file_of(tmp_path, os.urandom(size)))
        assert store.wait(5) == -signal.SIGKILL
    async with object_store(folder, port):
        with pytest.raises(DomainError) as refused:
            await Objects("sample", away).get(KEY)
        assert refused.value.code == "FILE_NOT_FOUND"
        await Objects("sample", away).put(KEY, file_of(tmp_path, b"whole"))
        assert await content(Objects("sample", away)) == b"whole"


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(PART):
            writer.write(part)
            await writer.drain()


async def test_of_a_bucket_that_is_gone_no_file_is_said_to_be(bucket, tmp_path) -> None:
    """Whoever deletes an object from it must try again: it may be there in the one restored."""
    gone = Objects("sample", replace(bucket, url="s3://gone"))
    for asked in (gone.get(KEY), gone.delete(KEY), gone.put(KEY, file_of(tmp_path, b"hello"))):
        with pytest.raises(TransientError, match="does not answer"):
            await asked


async def test_nothing_is_lacking_where_the_objects_are_to_be(objects: Objects) -> None:
    assert await objects.lacking() is None


async def test_a_bucket_that_is_not_there_is_named(bucket: Bucket) -> None:
    told = await Objects("sample", replace(bucket, url="s3://none")).lacking()
    assert told == f"finds no bucket s3://none at {bucket.endpoint}"


async def test_a_store_that_is_not_there_is_named(bucket: Bucket) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    told = await Objects("sample", replace(bucket, endpoint=nobody)).lacking()
    assert told is not None
    assert told.startswith(f"finds no object store at {nobody} (")
    assert "\n" not in told


async def test_whom_the_store_refuses_is_told_why_and_no_key_is_repeated(bucket: Bucket) -> None:
    """As Amazon's own answers a wrong key; with the real store: test_real_objects.py."""
    said = b"<Error><Code>SignatureDoesNotMatch</Code><Message>hidden</Message></Error>"
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"

    async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head % len(said) + said)
        await writer.drain()

    async with serving(refuse) as endpoint:
        wrong = replace(bucket, endpoint=endpoint, secret_key="hidden")
        told = await Objects("sample", wrong).lacking()
    assert told == (
        f"is not let into {bucket.url} at {endpoint} (SignatureDoesNotMatch): see CQRS_OBJECTS_…"
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"objects": "s3://"}, "s3://bucket"),
        ({"objects": "s3://evidence", "objects_endpoint": "store:9000"}, "objects_endpoint"),
        ({"objects": "s3://evidence", "objects_access_key": "x"}, "objects_secret_key"),
        ({"objects": "s3://evidence", "objects_secret_key": "x"}, "objects_access_key"),
    ],
)
def test_a_setting_that_names_no_place_is_refused(given: dict[str, str], named: str) -> None:
    needed = {"database_url": "x", "issuer": "x", "jwks_url": "x", "files_key": "x"}
    with pytest.raises(ValidationError, match=named):
        Settings(**needed, **given)


def test_a_process_is_told_where_its_objects_are(tmp_path: Path) -> None:
    needed = {"database_url": "x", "issuer": "x", "jwks_url": "x", "files_key": "x"}
    told = Settings(**needed, files=tmp_path)
    assert told.objects_place == tmp_path / "objects"
    assert Settings(**needed, objects="/kept").objects_place == Path("/kept")
    s3 = Settings(
        **needed,
        objects="s3://evidence",
        objects_access_key="us",
        objects_secret_key=SecretStr("hidden"),
    )
    assert s3.objects_place == Bucket("s3://evidence", access_key="us", secret_key="hidden")
    assert "hidden" not in repr(s3)
