"""Extracts, results, forecasts, accruals and reminders of a network: by its members' sums."""

import csv
import io
from typing import Any

from tests.services.declarations.network import Network
from tests.services.declarations.paying import fetched

HI03 = {"HI03": (100, 150), "CAN04": (40, 60)}


async def extract(network: Network, who: str = "approver") -> list[dict[str, str]]:
    query = """mutation { requestNetworkValuesExtract(service: "NCD2425") { csv } }"""
    path = (await network.ask(who, query))["requestNetworkValuesExtract"]["csv"]
    return list(csv.DictReader(io.StringIO((await fetched(network, path)).decode(), newline="")))


async def test_members_values_are_extracted_with_the_state_of_their_networks_declaration(
    network: Network,
):
    await network.calculated()
    hi03 = await network.declaration("HI03")
    await network.declare("network", [hi03])
    await network.approve("approver", [await network.declaration("HI03")])
    rows = await extract(network)
    assert list(rows[0]) == [
        "PRMRY_MDCL_CARE_SRVC_SHRT_NAME",
        "ORG_CODE",
        "ACH_DATE",
        "IND_CODE",
        "FIELD_NAME",
        "VALUE",
        "APPROVED_STATUS",
    ]
    assert {row["ORG_CODE"] for row in rows} == {"A81001", "A81002"}
    status = {row["IND_CODE"]: row["APPROVED_STATUS"] for row in rows}
    assert status == {"HI03": "Approved", "CAN04": "Awaiting Service Provider Approval"}
    assert {row["ACH_DATE"] for row in rows} == {"20250331"}


async def test_results_show_the_members_values_and_the_networks_sum(network: Network):
    await network.calculated()
    query = """{ achievementResults(service: "NCD2425", filter: {indicator: "HI03"}) { edges {
        node { provider { odsCode } numerator denominator points pounds reached } } } }"""
    data = await network.ask("approver", query)
    found = [edge["node"] for edge in data["achievementResults"]["edges"]]
    shown = [
        (one["provider"]["odsCode"], one["numerator"], one["points"], one["pounds"])
        for one in found
    ]
    assert shown == [
        ("A81001", 100, None, None),
        ("A81002", 130, None, None),
        ("U00001", 230, "21.38", "4718.34"),
    ]


async def forecast(network: Network, who: str = "network") -> Any:
    query = """{ achievementForecast(service: "NCD2425", provider: "U00001") { points pounds
        blockers missing indicators { indicator points everything { patients words } } } }"""
    return (await network.ask(who, query))["achievementForecast"]


async def test_a_network_is_forecast_by_the_sum_of_its_members(network: Network):
    network.now = network.now.replace(month=3, day=1)
    await network.calculated()
    assert await network.declarations(provider="U00001") == []
    found = await forecast(network)
    assert (found["points"], found["pounds"]) == ("36.05", "7385.61")
    hi03 = next(one for one in found["indicators"] if one["indicator"] == "HI03")
    assert hi03["points"] == "21.38"
    assert hi03["everything"]["patients"] == 26
    assert hi03["everything"]["words"].startswith(
        "26 more patients reach the upper threshold of 80 %: +14.62 points, about £"
    )


async def test_the_accruals_of_a_network_are_those_of_its_indicators_together(network: Network):
    await network.calculated()
    await network.declare("network", [await network.declaration("HI03")])
    query = """{ accruals(filter: {financialYear: "2024/25", service: "NCD2425"}) { edges { node {
        stages { declared { count pounds } calculated { count pounds } total { pounds } } } } } }"""
    (edge,) = (await network.ask("finance", query))["accruals"]["edges"]
    assert edge["node"]["stages"] == {
        "declared": {"count": 1, "pounds": "4718.34"},
        "calculated": {"count": 1, "pounds": "2667.27"},
        "total": {"pounds": "7385.61"},
    }


async def test_a_reminder_of_what_waits_for_members_names_those_that_are_missing(network: Network):
    await network.figures()
    await network.achieved(A81001=HI03)
    waiting = await network.declaration("HI03")
    assert waiting["status"] == "AWAITING_NETWORK_ACHIEVEMENT"
    await network.ask(
        "approver",
        """mutation ($rows: [RowVersion!]!) { remindDeclarations(choose: {rows: $rows}) {
            done } }""",
        rows=[{"id": waiting["id"], "version": waiting["version"]}],
    )
    (event,) = await network.events("declaration.reminded.v1")
    assert (event["turn"], event["waits_for"]) == ("SUBMIT", ["A81002"])
    missing = """mutation { requestDeclarationReport(report: MISSING_DATA,
        filter: {service: "NCD2425"}) { csv } }"""
    path = (await network.ask("approver", missing))["requestDeclarationReport"]["csv"]
    content = (await fetched(network, path)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert {row["Waits For Code"] for row in rows} == {"A81002"}
    assert {row["Indicator"] for row in rows} == {"HI03", "CAN04"}
