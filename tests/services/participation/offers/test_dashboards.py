"""What the dashboards ask: Offered Services, My Services, who takes part, on whichever day."""

from datetime import UTC, date, datetime

import pytest

from services.participation.offers.commands import deciding
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.deciding import Choice
from tests.services.participation.conftest import NOW, PRACTICES
from tests.services.participation.offers.speaking import ask, offer

MINE = """
query($year: FinancialYear, $filter: OfferFilter, $order: OfferOrder, $first: Int, $after: String) {
  myServices(financialYear: $year, filter: $filter, order: $order, first: $first, after: $after) {
    totalCount
    pageInfo { endCursor }
    edges { node { serviceCode status responseStatus responseDaysLeft } }
  }
}
"""
OFFERED = """
query($status: [OfferStatus!]) {
  offeredServices(financialYear: "2025/26") {
    qualityService { id name }
    offered approved rejected cancelled total
    overdue dueWithinWeek neverOpened nextResponseDueOn responseDaysLeft
    offers(status: $status) { totalCount edges { node { provider { odsCode } status } } }
  }
}
"""
DETAIL = """
query($id: ID!) {
  offer(id: $id) {
    status firstOpenedAt firstOpenedBy { id }
    history { what status reason at by { id } actingFor { odsCode } }
    qualityService { name domains { name groups { name indicators { code points } } } }
  }
}
"""


def nodes(connection):
    return [edge["node"] for edge in connection["edges"]]


async def mine(service, **variables):
    answer = await ask(service, "practice", MINE, variables)
    return answer.data["myServices"]


class TestOn20March2026:
    """QOF 2026/27 was offered on 13 March; the financial year is still 2025/26."""

    @pytest.fixture
    def now(self):
        return "2026-03-20T09:00Z"

    @pytest.fixture
    async def offered_on_13_march(self, service, participation):
        await participation.publish()
        qof = await participation.publish_like_qof(
            "QOF2627", starts_on="2026-04-01", ends_on="2027-03-31"
        )
        await participation.offer(
            "A81001",
            now=datetime(2026, 3, 13, 9, tzinfo=UTC),
            quality_service=qof,
            response_due_on=date(2026, 3, 31),
        )
        return service

    async def test_my_services_does_not_show_it_by_default(self, offered_on_13_march):
        assert (await mine(offered_on_13_march))["totalCount"] == 0

    async def test_my_services_shows_it_for_the_year_that_is_named(self, offered_on_13_march):
        named = nodes(await mine(offered_on_13_march, year="2026/27"))
        in_filter = nodes(await mine(offered_on_13_march, filter={"financialYear": "2026/27"}))
        assert named == in_filter
        assert named == [
            {
                "serviceCode": "QOF2627",
                "status": "OFFERED",
                "responseStatus": "AWAITED",
                "responseDaysLeft": 11,
            }
        ]


async def test_my_services_begins_with_what_awaits_an_answer(service, participation):
    await offer(service, providers=["A81001"])
    for code in ("MMR2526", "ROTA2526"):
        other = await participation.publish_like_qof(code)
        await participation.offer("A81001", quality_service=other)
    rows = await participation.rows("select id from offer where service_code = 'MMR2526'")
    choice = Choice(rows={rows[0]["id"]: 1})
    await deciding.accept_offers(participation.db, Ask(participation.provider(), NOW), choice)
    first = await mine(service, year="2025/26", first=2)
    assert [node["serviceCode"] for node in nodes(first)] == ["QOF2526", "ROTA2526"]
    rest = await mine(service, year="2025/26", after=first["pageInfo"]["endCursor"])
    assert [node["serviceCode"] for node in nodes(rest)] == ["MMR2526"]
    backwards = {"by": "SERVICE", "descending": True}
    other_way = nodes(await mine(service, year="2025/26", order=backwards))
    assert [node["serviceCode"] for node in other_way] == ["ROTA2526", "QOF2526", "MMR2526"]


async def test_a_cursor_is_of_its_own_order(service, participation):
    await offer(service, providers=["A81001"])
    cursor = (await mine(service, year="2025/26"))["pageInfo"]["endCursor"]
    by_day = {"by": "RESPONSE_DUE_ON"}
    variables = {"year": "2025/26", "order": by_day, "after": cursor}
    answer = await ask(service, "practice", MINE, variables)
    assert answer.code == "CURSOR_NOT_VALID"


async def test_offered_services_lead_to_their_providers_by_status(service, participation):
    await offer(service)
    await participation.accept(participation.provider("A81003"))
    (qof,) = (await ask(service, "icb", OFFERED)).data["offeredServices"]
    assert (qof["offered"], qof["approved"], qof["total"]) == (5, 1, 6)
    assert (qof["overdue"], qof["dueWithinWeek"], qof["neverOpened"]) == (0, 0, 5)
    assert (qof["nextResponseDueOn"], qof["responseDaysLeft"]) == ("2025-03-31", 18)
    listed = [node["provider"]["odsCode"] for node in nodes(qof["offers"])]
    assert listed == ["A81001", "A81002", "A81004", "A81005", "A81006", "A81003"]
    (qof,) = (await ask(service, "icb", OFFERED, {"status": ["APPROVED"]})).data["offeredServices"]
    assert qof["total"] == len(PRACTICES)
    assert nodes(qof["offers"]) == [{"provider": {"odsCode": "A81003"}, "status": "APPROVED"}]
    assert (await ask(service, "other", OFFERED)).data["offeredServices"] == []


async def test_the_detail_of_an_offer_has_its_tree_its_history_and_who_opened_it(service):
    made = await offer(service, providers=["A81001"])
    identity = {"id": made["done"][0]}
    opening = "mutation($id: ID!) { openOffer(id: $id) { firstOpenedBy { id } } }"
    opened = await ask(service, "practice", opening, identity)
    detail = (await ask(service, "icb", DETAIL, identity)).data["offer"]
    assert detail["firstOpenedBy"] == opened.data["openOffer"]["firstOpenedBy"]
    assert detail["firstOpenedAt"] == "2025-03-13T09:00:00+00:00"
    (entry,) = detail["history"]
    assert (entry["what"], entry["actingFor"]) == ("MADE", {"odsCode": "QHM"})
    groups = [group for domain in detail["qualityService"]["domains"] for group in domain["groups"]]
    assert sum(len(group["indicators"]) for group in groups) == 44


async def test_who_takes_part_is_asked_for_a_day_and_a_service(service, participation):
    await offer(service)
    await participation.accept(participation.provider("A81002"))
    query = """
    query($on: Date, $service: String) {
      participation(on: $on, service: $service) {
        totalCount
        edges { node {
          provider { odsCode } commissioner { odsCode } serviceCode startsOn endsOn
          offer { status }
        } }
      }
    }
    """
    on = {"on": "2025-04-01"}
    found = (await ask(service, "icb", query, on | {"service": "QOF2526"})).data["participation"]
    assert nodes(found) == [
        {
            "provider": {"odsCode": "A81002"},
            "commissioner": {"odsCode": "QHM"},
            "serviceCode": "QOF2526",
            "startsOn": "2025-04-01",
            "endsOn": "2026-03-31",
            "offer": {"status": "APPROVED"},
        }
    ]
    for variables in ({}, on | {"service": "MMR2526"}, {"on": "2026-04-01"}):
        answer = await ask(service, "icb", query, variables)
        assert answer.data["participation"]["totalCount"] == 0


async def test_sign_ups_are_asked_for_a_service_that_there_is(service, participation):
    await participation.publish()
    await participation.publish_like_qof(
        "NCDP2526", payment_type=None, requires_pcn_membership=True, accepted_on_behalf=True
    )
    await participation.offer("A81001", quality_service="NCDP2526/1")
    query = """
    query($service: String!) {
      networkSignUps(service: $service, on: "2025-04-01") {
        totalCount
        edges { node { practice { odsCode } network { odsCode } difference offer { status } } }
      }
    }
    """
    found = (await ask(service, "icb", query, {"service": "NCDP2526"})).data["networkSignUps"]
    assert nodes(found) == [
        {
            "practice": {"odsCode": "A81001"},
            "network": {"odsCode": "U00001"},
            "difference": None,
            "offer": {"status": "APPROVED"},
        }
    ]
    assert (await ask(service, "icb", query, {"service": "X"})).code == "QUALITY_SERVICE_NOT_FOUND"
