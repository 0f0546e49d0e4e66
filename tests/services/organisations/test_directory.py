"""Asking about organisations over HTTP as the gateway does."""

from nhs.directory import MIGRATIONS as AS_HEARD
from services.organisations import MIGRATIONS as AS_OWNED
from tests.services.organisations.conftest import ADMINISTRATOR

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
