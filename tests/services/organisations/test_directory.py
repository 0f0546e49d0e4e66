"""Asking about organisations, and importing them, over HTTP as the gateway does."""

import asyncio
from contextlib import suppress

import pytest

from nhs.directory import MIGRATIONS as AS_HEARD
from services.organisations import MIGRATIONS as AS_OWNED
from tests.services.organisations.conftest import ADMINISTRATOR, DATA_LOAD
from tests.services.organisations.small_england import FILES, PRACTICES
from tests.support.eventually import eventually
from tests.support.files_of_ods import csv_file, practice

ORGANISATION = """
query ($code: OdsCode!, $on: Date) {
  organisation(odsCode: $code) {
    name kind status openedOn
    listSize(on: $on) { on patients }
    memberOf(on: $on) { odsCode }
    commissioner(on: $on) { odsCode partOf { odsCode } }
    members(on: $on, first: 1) { totalCount pageInfo { hasNextPage } edges { node { odsCode } } }
    relationships { kind target { odsCode } validFrom validTo }
  }
}
"""
LIST = """
query ($filter: OrganisationsFilter, $first: Int, $after: String) {
  organisations(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { odsCode } }
  }
}
"""


async def find(organisations, code, on):
    answer = await organisations.ask(ADMINISTRATOR, ORGANISATION, code=code, on=on)
    return answer.data["organisation"]


async def listed(organisations, first=100, after=None, **wanted):
    answer = await organisations.ask(ADMINISTRATOR, LIST, filter=wanted, first=first, after=after)
    page = answer.data["organisations"]
    return [edge["node"]["odsCode"] for edge in page["edges"]], page


async def test_a_practice_is_shown_as_it_was_on_a_day(organisations):
    before = await find(organisations, "A99001", "2022-03-31")
    assert before["memberOf"] == {"odsCode": "U99001"}
    assert before["commissioner"] == {"odsCode": "98A", "partOf": {"odsCode": "QQ1"}}
    assert before["listSize"] is None
    after = await find(organisations, "A99001", "2026-04-01")
    assert after["memberOf"] == {"odsCode": "U99002"}
    assert after["listSize"] == {"on": "2026-01-01", "patients": 12000}
    assert [one["validTo"] for one in after["relationships"]] == [None, "2022-03-31", None]


async def test_a_network_shows_its_members_on_a_day_page_by_page(organisations):
    assert (await find(organisations, "U99001", "2022-04-01"))["members"]["totalCount"] == 0
    members = (await find(organisations, "U99002", "2022-04-01"))["members"]
    assert members["totalCount"] == 3
    assert members["pageInfo"] == {"hasNextPage": True}
    assert [edge["node"]["odsCode"] for edge in members["edges"]] == ["A99001"]


async def test_there_is_no_organisation_of_an_unknown_code(organisations):
    assert await find(organisations, "Z99999", "2026-04-01") is None


FILTERS = [
    ({"kind": "ICB"}, ["QQ1", "QQ2"]),
    ({"kind": "PRACTICE", "commissionedBy": "QQ1"}, ["A99001", "A99002"]),
    ({"commissionedBy": "98B"}, ["A99003"]),
    ({"memberOf": "U99001", "on": "2022-03-31"}, ["A99001"]),
    ({"memberOf": "U99001"}, []),
    ({"search": "a990"}, ["A99001", "A99002", "A99003"]),
    ({"search": "ice a99002"}, ["A99002"]),
    ({"kind": "PRACTICE", "on": "1970-01-01"}, []),
    ({"kind": "PCN", "status": "ACTIVE"}, ["U99001", "U99002"]),
]


async def test_organisations_are_filtered_counted_and_ordered_by_code(organisations):
    for wanted, found in FILTERS:
        codes, page = await listed(organisations, **wanted)
        assert (codes, page["totalCount"]) == (found, len(found)), wanted


async def test_pages_follow_on(organisations):
    first, page = await listed(organisations, first=2, kind="PRACTICE")
    rest, last = await listed(
        organisations, first=2, after=page["pageInfo"]["endCursor"], kind="PRACTICE"
    )
    assert first + rest == ["A99001", "A99002", "A99003"]
    assert not last["pageInfo"]["hasNextPage"]


async def test_references_of_others_are_answered_in_their_order_in_one_batch(organisations):
    entities = "query($all: [_Any!]!) { _entities(representations: $all) {"
    entities += " ... on Organisation { odsCode memberOf { odsCode } } } }"
    codes = ["A99003", "Z99999", "A99001"]
    references = [{"__typename": "Organisation", "odsCode": code} for code in codes]
    answer = await organisations.ask(ADMINISTRATOR, entities, all=references)
    assert [one and one["odsCode"] for one in answer.found["_entities"]] == [
        "A99003",
        None,
        "A99001",
    ]


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
        assert {"name": "PRACTICE_ADDED", "value": "1"} in done["report"]["counts"]
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
    assert await find(organisations, "A99004", "2026-04-01") is None


async def test_a_file_that_was_never_uploaded_is_refused(organisations):
    uploads = [{"id": "01a20661-05d0-75ef-9f2a-4fa4228f4778", "name": "ePCN.xlsx"}]
    answer = await organisations.ask(DATA_LOAD, IMPORT, uploads=uploads, dryRun=False)
    assert answer.code == "UPLOAD_NOT_FOUND"
    nothing = await organisations.ask(DATA_LOAD, IMPORT, uploads=[], dryRun=False)
    assert nothing.code == "NOTHING_UPLOADED"


COLUMNS = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'directory' order by 1, 2
"""


async def test_the_views_have_the_shape_of_the_tables_others_keep(new_database):
    from chassis.db import Database
    from chassis.migrate import CHASSIS

    shapes = []
    for folders in (AS_HEARD, AS_OWNED):
        database = await Database.connect(await new_database([CHASSIS, *folders]), name="test")
        async with database.reader() as reader:
            shapes.append([tuple(row) for row in await reader.fetch(COLUMNS)])
        await database.close()
    heard, owned = shapes
    assert [row[:2] for row in heard] == [row[:2] for row in owned]


async def test_the_same_files_again_tell_nobody(organisations, worker):
    done = await imported(organisations, "lists.csv", FILES["lists.csv"])
    assert done["outcome"] == "UNCHANGED"
    assert await organisations.told() == []
