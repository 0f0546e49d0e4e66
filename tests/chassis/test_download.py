import base64
import csv
import io
import time
from urllib.parse import parse_qsl, urlencode

import pytest
from python_calamine import CalamineWorkbook

from chassis import files as files_module
from chassis import wire
from tests.support.sample.fixtures import Sample

REQUEST = """mutation ($cost: Pounds!) {
  requestNotesDownload(costAtLeast: $cost) { csv xlsx expiresAt }
}"""
WRITE = (
    "mutation ($title: String!, $cost: Pounds!) { writeNote(title: $title, cost: $cost) {done} }"
)
NOTES = [("=1+1", "2.00"), ("Bread", "1.00"), ("Cheese, ripe", "7.00")]


@pytest.fixture
async def notes(sample: Sample) -> Sample:
    for title, cost in NOTES:
        await sample.ask(WRITE, {"title": title, "cost": cost})
    await sample.ask(WRITE, {"title": "Theirs", "cost": "9.00"}, token=sample.issuer.token("otto"))
    return sample


async def requested(sample: Sample, cost: str = "0.00") -> dict[str, str]:
    return (await sample.ask(REQUEST, {"cost": cost})).data["requestNotesDownload"]


async def fetched(sample: Sample, path: str) -> tuple[int, bytes, dict[str, str]]:
    async with sample.http.get(f"{sample.address}{path}") as response:
        return response.status, await response.read(), dict(response.headers)


async def refused(sample: Sample, path: str) -> tuple[int, str]:
    async with sample.http.get(f"{sample.address}{path}") as response:
        return response.status, (await response.json())["errors"][0]["extensions"]["code"]


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def test_a_list_is_fetched_as_csv_by_a_path_without_a_token(notes: Sample) -> None:
    status, content, headers = await fetched(notes, (await requested(notes))["csv"])
    assert status == 200
    assert lines(content) == [
        ["Title", "Version", "Cost"],
        ["'=1+1", "1", "2.00"],
        ["Bread", "1", "1.00"],
        ["Cheese, ripe", "1", "7.00"],
    ]
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == 'attachment; filename="notes.csv"'
    assert int(headers["Content-Length"]) == len(content)


async def test_a_list_is_fetched_as_a_workbook(notes: Sample) -> None:
    _, content, headers = await fetched(notes, (await requested(notes))["xlsx"])
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    shown = [[title, 1, float(cost)] for title, cost in NOTES]
    assert sheet.to_python() == [["Title", "Version", "Cost"], *shown]
    assert headers["Content-Disposition"] == 'attachment; filename="notes.xlsx"'


async def test_a_file_holds_what_was_asked_for(notes: Sample) -> None:
    _, content, _ = await fetched(notes, (await requested(notes, "2.00"))["csv"])
    assert [line[0] for line in lines(content)[1:]] == ["'=1+1", "Cheese, ripe"]


async def test_a_role_taken_away_since_the_path_was_handed_out_is_gone(notes: Sample) -> None:
    paths = await requested(notes)
    async with notes.running.database.transaction() as tx:
        await tx.execute("update person set may_write = false where subject = 'anna'")
    for path in (paths["csv"], paths["xlsx"]):
        assert await refused(notes, path) == (403, "ROLE_REQUIRED")
    async with notes.running.database.transaction() as tx:
        await tx.execute("delete from person where subject = 'anna'")
    assert await refused(notes, paths["csv"]) == (403, "PERSON_NOT_KNOWN")


async def test_a_path_that_was_tampered_with_is_refused(notes: Sample) -> None:
    path = (await requested(notes))["csv"]
    bare, _, query = path.partition("?")
    given = dict(parse_qsl(query))
    ask = wire.decode(base64.urlsafe_b64decode(given["ask"]))
    otto = base64.urlsafe_b64encode(wire.encode(ask | {"subject": "otto"})).decode()
    for tampered in (
        f"{bare}?{urlencode(given | {'ask': otto})}",
        f"{bare}?{urlencode(given | {'expires': str(int(time.time()) + 10**6)})}",
        path.replace(".csv", ".xlsx"),
        path.replace("/notes.", "/others."),
        f"{path}&more=1",
        bare,
    ):
        assert await refused(notes, tampered) == (403, "PATH_NOT_SIGNED")


async def test_a_path_expires(notes: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "LIFETIME", -1)
    assert await refused(notes, (await requested(notes))["csv"]) == (403, "PATH_EXPIRED")


async def test_a_report_is_fetched_and_never_put(notes: Sample) -> None:
    path = (await requested(notes))["csv"]
    async with notes.http.put(f"{notes.address}{path}", data=b"x") as response:
        assert response.status == 405
