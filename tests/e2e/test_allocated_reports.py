"""Reports a board lets others run, and who may come in: through the gateway, by events."""

from typing import Any

import pytest

from cqrs.play.cast import DECLARATION
from tests.e2e.test_stories import ask, codes
from tests.support.eventually import eventually
from tests.support.period import ICB

pytestmark = pytest.mark.xdist_group("system")

ALLOCATE = """mutation ($to: OdsCode!, $other: OdsCode!) { allocateReports(reports: [
  {report: DECLARATION_STATUS, to: $to}, {report: DECLARATION_STATUS, to: $other,
   serviceCode: "NONE2526"}], reason: "peer review") { done refused { code } } }"""
WITHDRAW = """mutation ($ids: [ID!]!) {
  withdrawAllocatedReports(ids: $ids, reason: "reviewed") { done } }"""
SEEN = """query ($other: OdsCode!) {
  report: declarations(filter: {provider: $other}, expanded: true) { totalCount }
  list: declarations(filter: {provider: $other}) { totalCount }
  organisation(odsCode: $other) { declarations { totalCount } } }"""


async def test_an_allocated_report_shows_more_within_a_second_and_no_more_once_withdrawn(
    declared, cast
):
    one, other = declared.participating[:2]
    board, practice = cast("Organisation Administrator", ICB), cast(DECLARATION, one)

    async def seen() -> dict[str, Any]:
        answer = await practice.ask(SEEN, other=other)
        counts = {name: answer[name]["totalCount"] for name in ("report", "list")}
        return counts | {"join": answer["organisation"]["declarations"]["totalCount"]}

    nothing = {"report": 0, "list": 0, "join": 0}
    assert await seen() == nothing
    given = (await board.ask(ALLOCATE, to=one, other=other))["allocateReports"]
    assert (len(given["done"]), given["refused"]) == (2, [])

    async def shown() -> None:
        assert await seen() == nothing | {"report": 1}

    await eventually(shown, 1.0)
    await board.ask(WITHDRAW, ids=given["done"])

    async def gone() -> None:
        assert await seen() == nothing

    await eventually(gone, 1.0)


REQUEST = """mutation { requestAccess(request: {organisation: "%s", roles: [{role: VIEW}],
  reason: "to look", name: "Some Body", email: "some.body@mail.example",
  emailAgain: "some.body@mail.example"}) { id status } }"""


async def test_whoever_has_a_token_may_ask_for_access_through_the_gateway_and_nothing_else(
    declared, cast
):
    token = "some-body"
    answer = await ask(cast, token, None, REQUEST % declared.participating[0])
    assert answer["data"]["requestAccess"]["status"] == "REQUESTED"
    mine = await ask(cast, token, None, "{ myAccessRequests { totalCount } }")
    assert mine["data"]["myAccessRequests"]["totalCount"] == 1
    everything = await ask(cast, token, None, "{ me { roles { role } } offers { totalCount } }")
    assert codes(everything) == dict.fromkeys(("me", "offers"), "PERSON_NOT_KNOWN")
