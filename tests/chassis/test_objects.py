"""The same object store, in a folder and behind S3."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from chassis.errors import DomainError, TransientError
from chassis.objects import PART, Bucket, Objects
from chassis.settings import Settings
from cqrs.embedded.ports import free_port

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


def test_a_process_is_told_where_its_objects_are(tmp_path: Path) -> None:
    needed = {"database_url": "x", "issuer": "x", "jwks_url": "x", "files_key": "x"}
    told = Settings(**needed, files=tmp_path)
    assert told.objects_place == tmp_path / "objects"
    assert Settings(**needed, objects="/kept").objects_place == Path("/kept")
    s3 = Settings(**needed, objects="s3://evidence", objects_secret_key=SecretStr("hidden"))
    assert s3.objects_place == Bucket("s3://evidence", secret_key="hidden")
    assert "hidden" not in repr(s3)
