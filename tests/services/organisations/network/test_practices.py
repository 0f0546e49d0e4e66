"""PCN View and PCN Management: the practices of a network, and their details."""

import pytest

from tests.services.organisations.network.conftest import (
    LEAD,
    NETWORK,
    OTHER_ICB,
    OTHER_NETWORK,
    PRACTICE,
    VIEWER,
)

PRACTICES = """
query ($on: Date, $first: Int, $after: String) {
  networkPractices(on: $on, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { validFrom validTo practice { odsCode name practiceDetails { telephone } } } }
  }
}
"""
EDIT = """
mutation ($practice: OdsCode!, $details: PracticeDetailsInput!, $version: Int, $reason: String) {
  editPracticeDetails(
    practice: $practice, details: $details, version: $version, reason: $reason
  ) {
    version telephone email address openingHours payeeReference clinicalSystem
    actingFor reason by { id } history { version telephone }
  }
}
"""
DETAILS = """
query ($code: OdsCode!) { organisation(odsCode: $code) { practiceDetails { telephone version } } }
"""
ALL = {
    "telephone": "+44 20 7946 0000",
    "email": "reception@surgery.example",
    "address": ["1 High Street", " ", "Town"],
    "openingHours": "Mo-Fr 8:00-18:30\nSa 9:00-12:00",
    "payeeReference": "P-1",
    "clinicalSystem": "A system",
}


async def edited(networks, who=NETWORK, practice="A99001", version=0, **details):
    answer = await networks.ask(
        who, EDIT, practice=practice, details=details, version=version, reason="They moved"
    )
    return answer.data["editPracticeDetails"]


async def listed(networks, who, **options):
    page = (await networks.ask(who, PRACTICES, **options)).data["networkPractices"]
    return [
        (edge["node"]["practice"]["odsCode"], edge["node"]["validFrom"], edge["node"]["validTo"])
        for edge in page["edges"]
    ], page


async def test_a_network_lists_its_practices_with_the_days_of_their_memberships(networks):
    for who in (NETWORK, VIEWER):
        found, page = await listed(networks, who)
        assert found == [
            ("A99001", "2022-04-01", None),
            ("A99002", "2019-10-01", None),
            ("A99003", "2019-10-01", None),
        ]
        assert page["totalCount"] == 3
    assert (await listed(networks, OTHER_NETWORK))[0] == []
    then = await listed(networks, OTHER_NETWORK, on="2022-03-31")
    assert then[0] == [("A99001", "2019-10-01", "2022-03-31")]


async def test_pages_of_practices_follow_on(networks):
    first, page = await listed(networks, NETWORK, first=2)
    rest, last = await listed(networks, NETWORK, first=2, after=page["pageInfo"]["endCursor"])
    assert [row[0] for row in first + rest] == ["A99001", "A99002", "A99003"]
    assert not last["pageInfo"]["hasNextPage"]


async def test_details_are_edited_at_once_and_what_they_were_is_kept(networks):
    first = await edited(networks, **ALL)
    assert first["address"] == ["1 High Street", "Town"]
    assert (first["version"], first["actingFor"], first["reason"]) == (1, "U99002", "They moved")
    second = await edited(networks, version=1, telephone="020 7946 0001", payeeReference=None)
    assert second["telephone"] == "020 7946 0001"
    assert (second["payeeReference"], second["clinicalSystem"]) == (None, "A system")
    assert second["history"] == [
        {"version": 2, "telephone": "020 7946 0001"},
        {"version": 1, "telephone": "+44 20 7946 0000"},
    ]
    (written,) = await networks.organisations.rows(
        "select count(*), count(distinct changed_by) from practice_details"
    )
    assert written == (2, 1)


@pytest.mark.parametrize("who", [NETWORK, VIEWER, PRACTICE, LEAD])
async def test_details_are_seen_by_those_who_see_the_practice(networks, who):
    await edited(networks, telephone="020 7946 0001")
    answer = await networks.ask(who, DETAILS, code="A99001")
    shown = {"telephone": "020 7946 0001", "version": 1}
    assert answer.data["organisation"]["practiceDetails"] == shown


@pytest.mark.parametrize("who", [OTHER_ICB, OTHER_NETWORK])
async def test_details_are_not_seen_by_others(networks, who):
    await edited(networks, telephone="020 7946 0001")
    answer = await networks.ask(who, DETAILS, code="A99001")
    assert answer.data["organisation"]["practiceDetails"] is None


WRONG = [
    ({"telephone": "call us"}, "DETAIL_NOT_VALID", "details.telephone"),
    ({"email": "nowhere"}, "DETAIL_NOT_VALID", "details.email"),
    ({"address": ["line"] * 8}, "DETAIL_NOT_VALID", "details.address"),
    ({"openingHours": "x" * 1001}, "DETAIL_NOT_VALID", "details.openingHours"),
    ({"clinicalSystem": "a\x07b"}, "DETAIL_NOT_VALID", "details.clinicalSystem"),
    ({"telephone": None}, "NOTHING_CHANGED", "details"),
    ({}, "NOTHING_CHANGED", "details"),
]


async def test_details_that_cannot_be_are_refused_by_field(networks):
    for details, code, field in WRONG:
        refused = await networks.refused(NETWORK, EDIT, practice="A99001", details=details)
        assert refused == (code, field), details


async def test_details_are_edited_by_the_management_of_the_practices_own_network(networks):
    new = {"practice": "A99001", "details": {"telephone": "020 7946 0001"}}
    assert await networks.refused(VIEWER, EDIT, **new) == ("ROLE_REQUIRED", None)
    assert await networks.refused(LEAD, EDIT, **new) == ("ROLE_REQUIRED", None)
    assert await networks.refused(OTHER_NETWORK, EDIT, **new) == ("NOT_A_MEMBER", "practice")
    unknown = new | {"practice": "Z99999"}
    assert await networks.refused(NETWORK, EDIT, **unknown) == ("NOT_A_MEMBER", "practice")


async def test_details_seen_at_another_version_are_not_overwritten(networks):
    await edited(networks, telephone="020 7946 0001")
    new = {"practice": "A99001", "details": {"telephone": "020 7946 0002"}}
    for version in (0, 2):
        refused = await networks.refused(NETWORK, EDIT, version=version, **new)
        assert refused == ("STALE_VERSION", "version")
