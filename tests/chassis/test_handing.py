"""Objects handed out by signed paths, to whoever may have them when they fetch them."""

import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import pytest

from chassis import files as files_module
from chassis.auth import Identity
from chassis.ids import new_id
from tests.support.sample.fixtures import Sample
from tests.support.sample.service import DRAWINGS

DRAWN = b"\x89PNG " * 30_000
WRITE = 'mutation { writeNote(title: "ol\u00e9/\\"", cost: "1.00") { done } }'


@pytest.fixture
async def note(sample: Sample, tmp_path: Path) -> UUID:
    """A note of A1, and what was drawn beside it."""
    written = UUID((await sample.ask(WRITE)).data["writeNote"]["done"][0])
    (tmp_path / "drawing").write_bytes(DRAWN)
    await sample.running.files.objects.put(f"A1/{written}", tmp_path / "drawing")
    return written


def path_of(sample: Sample, note: UUID, subject: str = "anna", organisation: str = "A1") -> str:
    asker = Identity(sample.issuer.address, subject)
    return DRAWINGS.path(sample.running.files, asker, organisation, note)


async def refused(sample: Sample, path: str) -> tuple[int, str]:
    async with sample.http.get(f"{sample.address}{path}") as response:
        return response.status, (await response.json())["errors"][0]["extensions"]["code"]


async def test_an_object_is_fetched_by_a_path_without_a_token(sample: Sample, note: UUID) -> None:
    async with sample.http.get(f"{sample.address}{path_of(sample, note)}") as response:
        assert response.status == 200
        assert await response.read() == DRAWN
        headers = response.headers
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"] == "attachment; filename*=utf-8''ol%C3%A9%2F%22.png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "sandbox" in headers["Content-Security-Policy"]


async def test_a_role_taken_away_since_the_path_was_handed_out_is_gone(sample, note) -> None:
    path = path_of(sample, note)
    async with sample.running.database.transaction() as tx:
        await tx.execute("update person set may_write = false where subject = 'anna'")
    assert await refused(sample, path) == (403, "ROLE_REQUIRED")
    async with sample.running.database.transaction() as tx:
        await tx.execute("delete from person where subject = 'anna'")
    assert await refused(sample, path) == (403, "PERSON_NOT_KNOWN")


async def test_another_organisation_is_handed_nothing(sample: Sample, note: UUID) -> None:
    assert await refused(sample, path_of(sample, note, "otto", "A2")) == (403, "NOT_FOUND")


async def test_a_path_that_was_tampered_with_is_refused(sample: Sample, note: UUID) -> None:
    bare, _, query = path_of(sample, note).partition("?")
    given = dict(parse_qsl(query))
    theirs = dict(parse_qsl(path_of(sample, note, "otto", "A2").partition("?")[2]))
    for tampered in (
        bare,
        f"{bare}?{urlencode(given | {'ask': theirs['ask']})}",
        f"{bare}?{urlencode(given | {'expires': str(int(time.time()) + 10**6)})}",
        f"{bare.replace('drawings', 'others')}?{query}",
        f"{bare}?{query}&more=1",
    ):
        assert await refused(sample, tampered) == (403, "PATH_NOT_SIGNED")


async def test_a_path_expires(sample: Sample, note: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "LIFETIME", -1)
    assert await refused(sample, path_of(sample, note)) == (403, "PATH_EXPIRED")


async def test_an_object_that_is_gone_is_not_there(sample: Sample, note: UUID) -> None:
    await sample.running.files.objects.delete(f"A1/{note}")
    assert await refused(sample, path_of(sample, note)) == (404, "FILE_NOT_FOUND")
    assert await refused(sample, path_of(sample, new_id())) == (403, "NOT_FOUND")
