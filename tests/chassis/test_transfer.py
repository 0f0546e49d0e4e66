import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import pytest

from chassis import files as files_module
from chassis.errors import DomainError
from chassis.files import GET
from chassis.ids import new_id
from tests.support.sample.fixtures import Sample

REQUEST = "mutation { requestNoteUpload { id path } }"


async def requested(sample: Sample) -> tuple[UUID, str]:
    upload = (await sample.ask(REQUEST)).data["requestNoteUpload"]
    return UUID(upload["id"]), upload["path"]


async def put(sample: Sample, path: str, body: object) -> tuple[int, str]:
    """Answers the status and the code of the refusal, if it was one."""
    async with sample.http.put(f"{sample.address}{path}", data=body) as response:
        answer = await response.json() if response.status != 404 else {}
    refused = answer.get("errors")
    return response.status, refused[0]["extensions"]["code"] if refused else ""


def kept(sample: Sample) -> list[Path]:
    return [path for path in sample.running.settings.files.rglob("*") if path.is_file()]


async def test_a_file_is_put_where_it_was_signed_for_and_found_again(sample: Sample) -> None:
    upload, path = await requested(sample)
    assert path.startswith("/files/sample/note/A1/")
    assert await put(sample, path, b"hello") == (201, "")
    received = sample.running.files.received("note", upload, organisation="A1")
    assert received.read_bytes() == b"hello"


async def test_a_job_reads_what_was_uploaded(sample: Sample) -> None:
    upload, path = await requested(sample)
    query = "mutation($u: ID!) { countUpload(upload: $u) }"
    assert (await sample.ask(query, {"u": str(upload)})).code == "UPLOAD_NOT_FOUND"
    await put(sample, path, b"hello")
    assert (await sample.ask(query, {"u": str(upload)})).data["countUpload"]


async def test_another_organisation_does_not_find_the_file(sample: Sample) -> None:
    upload, path = await requested(sample)
    await put(sample, path, b"hello")
    with pytest.raises(DomainError) as refused:
        sample.running.files.received("note", upload, organisation="A2")
    assert refused.value.code == "UPLOAD_NOT_FOUND"


async def test_a_path_is_good_for_one_file(sample: Sample) -> None:
    _, path = await requested(sample)
    await put(sample, path, b"first")
    assert await put(sample, path, b"second") == (409, "ALREADY_UPLOADED")
    assert [file.read_bytes() for file in kept(sample)] == [b"first"]


async def test_a_path_that_was_tampered_with_is_refused(sample: Sample) -> None:
    _, path = await requested(sample)
    bare, _, query = path.partition("?")
    later = urlencode({**dict(parse_qsl(query)), "expires": str(int(time.time()) + 10**6)})
    for tampered in (
        f"{bare}?{later}",
        f"{bare.replace('/A1/', '/A2/')}?{query}",
        f"{bare[:-36]}{new_id()}?{query}",
        f"{path}&more=1",
        bare,
        path[:-1] + ("0" if path[-1] != "0" else "1"),
    ):
        assert await put(sample, tampered, b"x") == (403, "PATH_NOT_SIGNED")
    assert kept(sample) == []


async def test_a_path_leads_nowhere_else(sample: Sample) -> None:
    _, path = await requested(sample)
    for wrong in (path.replace("/note/", "/..%2f..%2f/"), path.replace("/A1/", "/..%2f/")):
        assert (await put(sample, wrong, b"x"))[0] in (403, 404)


async def test_a_path_to_put_to_is_none_to_fetch_from(sample: Sample) -> None:
    _, path = await requested(sample)
    await put(sample, path, b"hello")
    assert (await sample.get(path))[0] == 403


async def test_a_path_expires(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "LIFETIME", -1)
    _, path = await requested(sample)
    assert await put(sample, path, b"x") == (403, "PATH_EXPIRED")
    assert kept(sample) == []


async def test_a_file_too_large_is_refused_however_it_is_sent(sample: Sample) -> None:
    large = b"x" * 200_001

    async def chunked() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    for body in (large, chunked()):
        _, path = await requested(sample)
        assert await put(sample, path, body) == (413, "FILE_TOO_LARGE")
    assert kept(sample) == []


async def test_an_upload_cut_off_leaves_nothing(sample: Sample) -> None:
    _, path = await requested(sample)
    host, port = "127.0.0.1", sample.running.settings.port
    _, writer = await asyncio.open_connection(host, port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nabc".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    upload, path = await requested(sample)
    assert await put(sample, path, b"hello") == (201, "")
    assert [file.name for file in kept(sample)] == [str(upload)]


async def test_a_file_is_fetched_under_the_name_it_was_given(sample: Sample) -> None:
    files, file = sample.running.files, new_id()
    place = files.path("note", file, organisation="A1")
    place.parent.mkdir(parents=True)
    place.write_text("a,b\n")
    path = files.download("note", file, organisation="A1", name='no"tes/é.csv')
    async with sample.http.get(f"{sample.address}{path}") as response:
        assert (response.status, await response.text()) == (200, "a,b\n")
        assert response.headers["Content-Disposition"] == 'attachment; filename="no_tes__.csv"'
        assert response.headers["Content-Type"].startswith("text/plain")
    place.unlink()
    assert (await sample.get(path))[0] == 404


async def test_a_download_path_is_signed_for_its_name_too(sample: Sample) -> None:
    path = sample.running.files.download("note", new_id(), organisation="A1", name="a.csv")
    assert (await sample.get(path.replace("a.csv", "b.html")))[0] == 403


async def test_each_service_signs_with_its_own_key(sample: Sample) -> None:
    other = files_module.Files("sample", Path("/tmp"), b"another key", ())  # noqa: S108
    ours = sample.running.files
    assert other.sign(GET, "/files/x", {}) != ours.sign(GET, "/files/x", {})


def test_an_organisation_that_cannot_be_part_of_a_path_is_a_bug() -> None:
    files = files_module.Files("sample", Path("/tmp"), b"key", [files_module.FileKind("note", 1)])  # noqa: S108
    for organisation in ("..", "a/b", "", "A1\n"):
        with pytest.raises(ValueError, match="path"):
            files.upload("note", organisation=organisation)
