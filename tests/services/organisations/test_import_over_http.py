"""Importing over HTTP as the gateway does: an upload, a job, a report that is kept."""

import asyncio
from contextlib import suppress

import pytest

from tests.services.organisations.conftest import DATA_LOAD
from tests.services.organisations.small_england import FILES, PRACTICES
from tests.support.eventually import eventually
from tests.support.files_of_ods import csv_file, practice

UPLOAD = 'mutation { requestOrganisationUpload(fileName: "any") { id path } }'
IMPORT = """
mutation ($uploads: [OrganisationImportFile!]!, $dryRun: Boolean!, $key: String) {
  importOrganisations(uploads: $uploads, dryRun: $dryRun, idempotencyKey: $key) { id status }
}
"""
REPORT = """
query ($id: ID!) {
  organisationImport(id: $id) {
    status outcome stepsDone steps error { code }
    report {
      counts { name value } problems { file line column code reason } overlaps { rows { pcnCode } }
      changes { subject opened closed renamed moved amended } warnings { code }
      listed { subject what odsCode was becomes on }
    }
  }
}
"""


async def uploaded(organisations, content):
    signed = (await organisations.ask(DATA_LOAD, UPLOAD)).data["requestOrganisationUpload"]
    client = organisations.client
    async with client.http.put(f"{client.address}{signed['path']}", data=content) as response:
        assert response.status == 201
    return signed["id"]


@pytest.fixture
async def worker(organisations):
    """The service's worker, running its jobs."""
    stop = asyncio.Event()
    jobs = asyncio.create_task(organisations.client.running._jobs(stop))
    yield
    stop.set()
    with suppress(asyncio.CancelledError):
        await jobs


async def imported(organisations, name, content, *, dry_run=False):
    uploads = [{"id": await uploaded(organisations, content), "name": name}]
    for _ in range(2):  # the second one is the first, under the same key
        asked = await organisations.ask(
            DATA_LOAD, IMPORT, uploads=uploads, dryRun=dry_run, key=uploads[0]["id"]
        )
    id_ = asked.data["importOrganisations"]["id"]

    async def done():
        answer = await organisations.ask(DATA_LOAD, REPORT, id=id_)
        assert answer.data["organisationImport"]["status"] in ("DONE", "FAILED")
        return answer.data["organisationImport"]

    return await eventually(done)


async def test_a_file_is_uploaded_shown_dry_and_imported(organisations, worker):
    content = csv_file([*PRACTICES, practice("A99004")])
    for dry_run, outcome, events in ((True, "DRY_RUN", 0), (False, "APPLIED", 1)):
        done = await imported(organisations, "epraccur.csv", content, dry_run=dry_run)
        assert (done["outcome"], done["error"]) == (outcome, None)
        assert {"name": "ORGANISATIONS_CHANGED", "value": "1"} in done["report"]["counts"]
        assert done["report"]["changes"] == [
            {"subject": kind, "opened": 1, "closed": 0, "renamed": 0, "moved": 0, "amended": 0}
            for kind in ("PRACTICE", "COMMISSIONER")
        ]
        assert len(await organisations.told()) == events
    again = await imported(organisations, "epraccur.csv", content)
    assert again["outcome"] == "UNCHANGED"
    assert await organisations.told() == []


async def test_a_malformed_line_is_named_and_nothing_is_applied(organisations, worker):
    content = csv_file([*PRACTICES, practice("A99004", joined="31 March")])
    done = await imported(organisations, "epraccur.csv", content)
    assert done["outcome"] == "REFUSED"
    assert done["report"]["problems"] == [
        {
            "file": "epraccur.csv",
            "line": 4,
            "column": "join date",
            "code": "NOT_A_DATE",
            "reason": "'31 March' is not a date",
        }
    ]
    assert await organisations.told() == []
    assert await organisations.rows("select name from organisation where ods_code = 'A99004'") == []


async def test_a_file_that_was_never_uploaded_is_refused(organisations):
    uploads = [{"id": "01a20661-05d0-75ef-9f2a-4fa4228f4778", "name": "ePCN.xlsx"}]
    answer = await organisations.ask(DATA_LOAD, IMPORT, uploads=uploads, dryRun=False)
    assert answer.code == "UPLOAD_NOT_FOUND"
    nothing = await organisations.ask(DATA_LOAD, IMPORT, uploads=[], dryRun=False)
    assert nothing.code == "NOTHING_UPLOADED"


async def test_the_same_files_again_tell_nobody(organisations, worker):
    done = await imported(organisations, "lists.csv", FILES["lists.csv"])
    assert done["outcome"] == "UNCHANGED"
    assert await organisations.told() == []


PAST = """
query ($after: String) {
  organisationImports(first: 1, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node {
      id status outcome files { name bytes since } report { counts { name } }
    } }
  }
}
"""


async def test_imports_are_listed_with_their_reports_when_their_jobs_are_long_forgotten(
    organisations, worker
):
    await imported(organisations, "epraccur.csv", csv_file([*PRACTICES, practice("A99004")]))
    async with organisations.database.transaction() as tx:
        await tx.execute("delete from chassis.job")
    latest = (await organisations.ask(DATA_LOAD, PAST)).data["organisationImports"]
    assert (latest["totalCount"], latest["pageInfo"]["hasNextPage"]) == (2, True)
    after = latest["pageInfo"]["endCursor"]
    first = (await organisations.ask(DATA_LOAD, PAST, after=after)).data["organisationImports"]
    (one,), (other,) = ([edge["node"] for edge in page["edges"]] for page in (latest, first))
    assert {file["name"] for file in other["files"]} == set(FILES)
    assert (other["outcome"], other["status"], one["id"] != other["id"]) == (
        "APPLIED",
        "DONE",
        True,
    )
    assert other["report"]["counts"]
    again = (await organisations.ask(DATA_LOAD, REPORT, id=other["id"])).data["organisationImport"]
    assert (again["status"], again["outcome"]) == ("DONE", "APPLIED")
