"""The Network organisation relationship report, over HTTP as the gateway asks for it."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from tests.services.organisations.conftest import ADMINISTRATOR, somebody

REPORT = """
query ($filter: NetworkRelationshipFilter!, $first: Int, $after: String) {
  networkRelationships(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      practice { odsCode name } pcn { odsCode name } practiceSubIcb { odsCode }
      pcnSubIcb { odsCode } subIcbsMatch validFrom validTo listSize { on patients }
    } }
  }
}
"""
DOWNLOAD = """
mutation ($filter: NetworkRelationshipFilter!) {
  requestNetworkRelationshipsDownload(filter: $filter) { csv xlsx }
}
"""
YEAR = {"from": "2022-01-01", "to": "2022-12-31"}
LEAD, OTHER, NETWORK, PRACTICE = "view.qq1", "view.qq2", "pcn.u99002", "view.a99001"
A1_BEFORE = ("A99001", "U99001", "2019-10-01", "2022-03-31")
A1, A2, A3 = (
    ("A99001", "U99002", "2022-04-01", None),
    ("A99002", "U99002", "2019-10-01", None),
    ("A99003", "U99002", "2019-10-01", None),
)


@pytest.fixture
async def people(organisations):
    await organisations.add(
        somebody(LEAD, QQ1=["VIEW"]),
        somebody(OTHER, QQ2=["VIEW"]),
        somebody(NETWORK, U99002=["PCN_VIEW"]),
        somebody(PRACTICE, A99001=["VIEW"]),
    )
    await organisations.told()
    return organisations


async def asked(organisations, who, **options):
    wanted = YEAR | options.pop("filter", {})
    return await organisations.ask(who, REPORT, filter=wanted, **options)


async def report(organisations, who, **filter):  # noqa: A002 (GraphQL's word)
    answer = (await asked(organisations, who, filter=filter)).data["networkRelationships"]
    rows = [_row(edge["node"]) for edge in answer["edges"]]
    assert answer["totalCount"] == len(rows)
    return rows


def _row(node):
    codes = node["practice"]["odsCode"], node["pcn"]["odsCode"]
    return (*codes, node["validFrom"], node["validTo"])


async def test_a_commissioner_sees_those_it_commissions_or_leads_all_of_the_period(people):
    assert await report(people, LEAD) == [A1_BEFORE, A1, A2, A3]
    assert await report(people, OTHER) == [A3]
    assert await report(people, LEAD, to="2022-03-31") == [A1_BEFORE, A2, A3]
    assert await report(people, LEAD, **{"from": "2022-04-01"}) == [A1, A2, A3]


async def test_of_a_network_current_practices_are_shown_of_a_practice_past_ones_too(people):
    assert await report(people, LEAD, pcn="U99002") == [A1, A2, A3]
    assert await report(people, LEAD, pcn="U99001") == []
    assert await report(people, LEAD, pcn="U99001", to="2022-03-31") == [A1_BEFORE]
    assert await report(people, LEAD, practice="A99001") == [A1_BEFORE, A1]
    assert await report(people, OTHER, practice="A99001") == []


async def test_practices_and_networks_see_the_current_practices_of_their_network(people):
    for who in (NETWORK, PRACTICE):
        assert await report(people, who) == [A1, A2, A3]
        assert await report(people, who, practice="A99001") == [A1]
    march = {"from": "2022-03-01", "to": "2022-03-31"}
    assert await report(people, NETWORK, **march) == [A2, A3]
    assert await report(people, PRACTICE, **march) == [A1_BEFORE]


async def test_current_is_today_where_the_period_ends_later(people):
    future = {"from": "2030-01-01", "to": "2031-01-01"}
    assert await report(people, LEAD, pcn="U99002", **future) == [A1, A2, A3]


async def test_a_row_shows_both_sub_icbs_whether_they_match_and_the_list(people):
    answer = await asked(people, LEAD, filter={"pcn": "U99002"})
    rows = [edge["node"] for edge in answer.data["networkRelationships"]["edges"]]
    assert [
        (row["practiceSubIcb"]["odsCode"], row["pcnSubIcb"]["odsCode"], row["subIcbsMatch"])
        for row in rows
    ] == [("98A", "98A", True), ("98A", "98A", True), ("98B", "98A", False)]
    assert [row["listSize"] for row in rows] == [
        {"on": "2026-01-01", "patients": 12000},
        {"on": "2026-01-01", "patients": 8000},
        None,
    ]
    assert rows[2]["practice"]["name"] == "PRACTICE A99003"


async def test_pages_follow_on(people):
    first = (await asked(people, LEAD, first=3)).data["networkRelationships"]
    cursor = first["pageInfo"]["endCursor"]
    rest = (await asked(people, LEAD, first=3, after=cursor)).data["networkRelationships"]
    shown = [_row(edge["node"]) for edge in first["edges"] + rest["edges"]]
    assert shown == [A1_BEFORE, A1, A2, A3]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_an_allocated_report_shows_what_its_grantor_sees(people):
    async with people.database.transaction() as tx:
        await tx.execute(
            "insert into allocated_report (id, granted_by, report, granted_to, valid_from)"
            " values (gen_random_uuid(), 'QQ1', 'NETWORK_RELATIONSHIPS', 'A99002', '2022-01-01')"
        )
    await people.add(somebody("view.a99002", A99002=["VIEW"]))
    assert await report(people, "view.a99002", to="2022-03-31") == [A1_BEFORE, A2, A3]


WRONG = [
    ({"from": "2023-01-01"}, "DATES_OUT_OF_ORDER", "filter.to"),
    ({"from": "1900-01-01"}, "PERIOD_TOO_LONG", "filter.to"),
    ({"pcn": "A99001"}, "CODE_NOT_VALID", "filter.pcn"),
    ({"practice": "U9900"}, "CODE_NOT_VALID", "filter.practice"),
    ({"pcn": "U00000"}, "ORGANISATION_NOT_FOUND", "filter.pcn"),
    ({"practice": "Z99999"}, "ORGANISATION_NOT_FOUND", "filter.practice"),
    ({"practice": "U99001"}, "ORGANISATION_NOT_FOUND", "filter.practice"),
    ({"pcn": "U99001", "practice": "A99001"}, "ONE_OF_TWO", "filter"),
]


@pytest.mark.parametrize(("wrong", "code", "field"), WRONG)
async def test_what_cannot_be_meant_is_refused_by_field(people, wrong, code, field):
    for document in (REPORT, DOWNLOAD):
        answer = await people.ask(LEAD, document, filter=YEAR | wrong)
        extensions = answer.body["errors"][0]["extensions"]
        assert (extensions["code"], extensions["field"]) == (code, field)


async def downloaded(organisations, who, **filter):  # noqa: A002 (GraphQL's word)
    answer = await organisations.ask(who, DOWNLOAD, filter=YEAR | filter)
    paths, client = answer.data["requestNetworkRelationshipsDownload"], organisations.client
    contents = []
    for path in (paths["csv"], paths["xlsx"]):
        async with client.http.get(f"{client.address}{path}") as response:
            assert response.status == 200
            contents.append(await response.read())
    lines = csv.DictReader(io.StringIO(contents[0].decode("utf-8-sig"), newline=""))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(contents[1])).get_sheet_by_index(0)
    header, *cells = sheet.to_python()
    return list(lines), [dict(zip(header, row, strict=True)) for row in cells]


COLUMNS = (
    "Practice Code",
    "PCN Code",
    "Relationship Start Date",
    "Relationship End Date",
)


@pytest.mark.parametrize("who", [LEAD, OTHER, NETWORK, PRACTICE])
async def test_both_files_hold_just_the_rows_of_the_list(people, who):
    lines, cells = await downloaded(people, who)
    shown = await report(people, who)
    assert [tuple(line[name] or None for name in COLUMNS) for line in lines] == shown
    assert [tuple(str(cell[name] or "") or None for name in COLUMNS) for cell in cells] == shown
    for line, cell in zip(lines, cells, strict=True):
        assert line == {name: str(_whole(value)) for name, value in cell.items()}


def _whole(value):
    """A workbook knows no whole numbers."""
    return int(value) if isinstance(value, float) else value


async def test_a_name_like_a_formula_is_no_formula_in_a_file(people):
    async with people.database.transaction() as tx:
        name = "=HYPERLINK(1)"
        await tx.execute("update organisation set name = $1 where ods_code = 'A99003'", name)
    lines, cells = await downloaded(people, OTHER)
    assert lines[0]["Practice Name"] == "'=HYPERLINK(1)"
    assert cells[0]["Practice Name"] == "=HYPERLINK(1)"


async def test_a_file_asked_for_by_somebody_unlinked_since_is_refused(people):
    answer = await people.ask(LEAD, DOWNLOAD, filter=YEAR)
    path = answer.data["requestNetworkRelationshipsDownload"]["csv"]
    unlink = """mutation ($id: ID!) { unlinkPerson(id: $id, organisation: "QQ1") { id } }"""
    (row,) = await people.rows("select id from person where subject = $1", LEAD)
    await people.ask(ADMINISTRATOR, unlink, id=str(row[0]))
    async with people.client.http.get(f"{people.client.address}{path}") as response:
        assert response.status == 403
        assert (await response.json())["errors"][0]["extensions"]["code"] == "NOT_LINKED"
