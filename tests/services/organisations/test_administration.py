"""Reports that organisations let others run, and the separation of duties."""

from datetime import timedelta

import pytest

from chassis.clock import Clock
from chassis.ids import new_id
from services.organisations.administration.domain import Days, switched
from tests.services.organisations.conftest import somebody

BOARD, NETWORK, DAY = "administrator.qq1", "network.u99002", timedelta(days=1)
TODAY = Clock.from_setting("", demonstration=False).today()
ALLOCATE = (
    "mutation($reports: [AllocatedReportInput!]!) { allocateReports(reports: $reports,"
    ' reason: "for the review") { done refused { id code field } counts { name value } } }'
)
WITHDRAW = (
    'mutation($ids: [ID!]!) { withdrawAllocatedReports(ids: $ids, reason: "done")'
    " { done refused { code } } }"
)
LIST = (
    "query($filter: AllocatedReportFilter) { allocatedReports(filter: $filter) { totalCount"
    " edges { node { report serviceCode grantedBy { odsCode } grantedTo { odsCode } withdrawnAt"
    " history { change reason by { id } } } } } }"
)
SWITCH = (
    "mutation($separated: Boolean!, $from: Date, $to: Date, $reason: String!)"
    " { switchSeparationOfDuties(duty: DECLARATIONS, separated: $separated, validFrom: $from,"
    " validTo: $to, reason: $reason) { off { duty validFrom validTo } history { change reason } } }"
)
SEEN = (
    "select provider, service_code, pounds"
    " from directory.report_scope($1, $2, 'DECLARATION_STATUS')"
    " where provider like 'A%' and $2 between valid_from and valid_to order by 1"
)
OWN = ("A99001", None, True)


@pytest.fixture
async def decided(organisations):
    """An Organisation Administrator of the board, PCN Management of the network, and others."""
    await organisations.add(
        somebody(BOARD, QQ1=["ORGANISATION_ADMINISTRATOR"]),
        somebody(NETWORK, U99002=["PCN_MANAGEMENT"]),
        somebody("viewer", A99001=["VIEW"]),
    )
    await organisations.told()
    return organisations


def status_of(to, **changes):
    return {"report": "DECLARATION_STATUS", "to": to} | changes


async def allocate(organisations, *reports, by=BOARD):
    return (await organisations.ask(by, ALLOCATE, reports=list(reports))).data["allocateReports"]


async def told_of(organisations, code):
    """The payload of the one event there is."""
    ((payload,),) = await organisations.rows("select payload from chassis.outbox")
    assert payload["ods_code"] == code
    await organisations.told()
    return payload


async def test_a_board_lets_those_below_it_run_a_report_until_it_takes_it_back(decided):
    assert await decided.rows(SEEN, "A99001", TODAY) == [OWN]
    outcome = await allocate(decided, status_of("A99001", serviceCode="QOF2526"))
    payload = await told_of(decided, "QQ1")
    (told,) = payload["allocated_reports"]
    assert told == {
        "id": outcome["done"][0],
        "report": "DECLARATION_STATUS",
        "service_code": "QOF2526",
        "to": "A99001",
        "valid_from": str(TODAY),
        "valid_to": None,
    }
    beside = [("A99002", "QOF2526", True), ("A99003", "QOF2526", False)]  # as the board sees them
    assert await decided.rows(SEEN, "A99001", TODAY) == [OWN, *beside]

    (edge,) = (await decided.ask("viewer", LIST)).data["allocatedReports"]["edges"]
    assert edge["node"]["grantedBy"] == {"odsCode": "QQ1"}
    assert [entry["reason"] for entry in edge["node"]["history"]] == ["for the review"]

    done = await decided.ask(BOARD, WITHDRAW, ids=outcome["done"])
    assert done.data["withdrawAllocatedReports"] == {"done": outcome["done"], "refused": []}
    assert (await told_of(decided, "QQ1"))["allocated_reports"] == []
    assert await decided.rows(SEEN, "A99001", TODAY) == [OWN]
    (edge,) = (await decided.ask(BOARD, LIST)).data["allocatedReports"]["edges"]
    changes = [entry["change"] for entry in edge["node"]["history"]]
    assert changes == ["REPORT_ALLOCATED", "REPORT_WITHDRAWN"]
    today = {"on": str(TODAY), "given": True}
    listed = (await decided.ask(BOARD, LIST, filter=today)).data["allocatedReports"]
    assert listed["totalCount"] == 0


async def test_a_network_lets_its_members_run_a_report_and_nobody_else(decided):
    outcome = await allocate(decided, status_of("A99003"), status_of("98A"), by=NETWORK)
    assert [one["code"] for one in outcome["refused"]] == ["NOT_BELOW_YOU"]
    assert {row[0] for row in await decided.rows(SEEN, "A99003", TODAY)} == {
        "A99001",
        "A99002",
        "A99003",
    }


WRONG = [
    (status_of("A99003"), "NOT_BELOW_YOU"),
    (status_of("QQ1"), "NOT_BELOW_YOU"),
    (status_of("ENG"), "NOT_BELOW_YOU"),
    (status_of("A99999"), "ORGANISATION_NOT_KNOWN"),
    (status_of("A99001", validFrom=str(TODAY - DAY)), "DATE_PASSED"),
    (
        status_of("A99001", validFrom=str(TODAY + DAY), validTo=str(TODAY)),
        "DATES_OUT_OF_ORDER",
    ),
    (status_of("A99001", serviceCode="qof 25"), "SERVICE_CODE_NOT_VALID"),
    (
        {"report": "NETWORK_RELATIONSHIPS", "to": "A99001", "serviceCode": "QOF2526"},
        "NOT_OF_A_SERVICE",
    ),
]


async def test_what_cannot_be_allocated_is_refused_and_the_rest_is_allocated(decided):
    for report, code in WRONG:
        outcome = await allocate(decided, report)
        assert ([one["code"] for one in outcome["refused"]], outcome["done"]) == ([code], [])
        assert outcome["refused"][0]["id"] == report["to"]
    assert await decided.told() == []
    assert await decided.rows("select * from administration_change") == []
    outcome = await allocate(decided, WRONG[0][0], status_of("A99001"), status_of("A99001"))
    assert len(outcome["done"]) == 1
    codes = [one["code"] for one in outcome["refused"]]
    assert codes == ["NOT_BELOW_YOU", "ALLOCATED_ALREADY"]
    again = await allocate(decided, status_of("A99001", validFrom=str(TODAY + DAY)))
    assert [one["code"] for one in again["refused"]] == ["ALLOCATED_ALREADY"]


async def test_nobody_withdraws_what_another_organisation_allocated(decided):
    outcome = await allocate(decided, status_of("A99001"))
    await decided.told()
    for id_ in (outcome["done"][0], str(new_id())):
        answer = await decided.ask(NETWORK, WITHDRAW, ids=[id_])
        assert [one["code"] for one in answer.data["withdrawAllocatedReports"]["refused"]] == [
            "NOT_FOUND"
        ]
    assert await decided.told() == []


async def test_an_unknown_report_is_no_report(decided):
    answer = await decided.ask(BOARD, ALLOCATE, reports=[{"report": "GOSSIP", "to": "A99001"}])
    assert "GOSSIP" in answer.body["errors"][0]["message"]


async def switch(organisations, separated, since=TODAY, until=None, reason="one person left"):
    return await organisations.ask(
        BOARD,
        SWITCH,
        separated=separated,
        **{"from": str(since)},
        to=until and str(until),
        reason=reason,
    )


async def test_the_separation_of_duties_is_switched_off_and_on_by_days(decided):
    until = TODAY + 30 * DAY
    off = (await switch(decided, separated=False, until=until)).data["switchSeparationOfDuties"]
    assert off["off"] == [{"duty": "DECLARATIONS", "validFrom": str(TODAY), "validTo": str(until)}]
    assert (await told_of(decided, "QQ1"))["duties"] == [
        {
            "kind": "DECLARATIONS",
            "separated": False,
            "valid_from": str(TODAY),
            "valid_to": str(until),
        }
    ]
    later = TODAY + 10 * DAY
    on = (await switch(decided, separated=True, since=later)).data["switchSeparationOfDuties"]
    assert on["off"] == [
        {"duty": "DECLARATIONS", "validFrom": str(TODAY), "validTo": str(later - DAY)}
    ]
    assert [entry["change"] for entry in on["history"]] == [
        "SEPARATION_SWITCHED_OFF",
        "SEPARATION_SWITCHED_ON",
    ]
    joined = "select commissioner from directory.duties_joined('DECLARATIONS', $1)"
    assert await decided.rows(joined, later - DAY) == [("QQ1",)]
    assert await decided.rows(joined, later) == []


async def test_a_switch_that_cannot_be_set_is_refused_and_nothing_comes_of_it(decided):
    for given, code in (
        ({"separated": True}, "SEPARATED_ALREADY"),
        ({"separated": False, "since": TODAY - DAY}, "DATE_PASSED"),
        ({"separated": False, "until": TODAY - DAY}, "DATES_OUT_OF_ORDER"),
        ({"separated": False, "reason": " "}, "REASON_REQUIRED"),
    ):
        assert (await switch(decided, **given)).code == code
    assert await decided.told() == []
    assert await decided.rows("select * from administration_change") == []


def test_what_was_set_for_later_falls_away_where_the_switch_is_set_anew():
    off = [Days(TODAY, TODAY + DAY), Days(TODAY + 5 * DAY)]
    again = Days(TODAY + DAY, TODAY + 2 * DAY)
    assert switched(off, TODAY + DAY, again) == [Days(TODAY, TODAY), again]
    assert switched(off, TODAY, None) == []
