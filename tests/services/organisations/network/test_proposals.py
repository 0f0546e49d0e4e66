"""Memberships proposed by networks and decided by commissioners, over HTTP."""

import asyncio

import pytest

from tests.services.organisations.conftest import somebody
from tests.services.organisations.network.conftest import (
    CONFIRM,
    LEAD,
    LIST,
    NETWORK,
    OTHER_ICB,
    OTHER_NETWORK,
    PRACTICE,
    PROPOSE,
    REFUSE,
    VIEWER,
    WITHDRAW,
    rows,
)

A1_BEFORE = ("U99001", "2019-10-01", "2022-03-31", "ODS")


async def leaving(networks, practice="A99002", on="2026-10-01"):
    return await networks.propose(practice, "LEAVE", on)


async def joining(networks, practice="A99002", on="2026-10-01"):
    """The practice moves from U99002 to U99001."""
    return await networks.propose(practice, "JOIN", on, by=OTHER_NETWORK)


async def test_a_proposal_changes_nothing_and_tells_who_is_to_decide(networks):
    proposed = await leaving(networks)
    assert (proposed["version"], proposed["status"]) == (1, "PROPOSED")
    assert proposed["commissioner"] == {"odsCode": "QQ1"}
    assert await networks.memberships("A99002") == [("U99002", "2019-10-01", None, "ODS")]
    ((kind, told),) = await networks.events()
    assert kind == "membership.proposed.v1"
    assert (told["practice"], told["pcn"], told["kind"]) == ("A99002", "U99002", "LEAVE")
    assert (told["commissioner"], told["proposed_for"]) == ("QQ1", "U99002")
    assert told["by"] == told["proposed_by"]


async def test_who_is_to_decide_is_the_lowest_commissioner_that_can(networks):
    await networks.organisations.add(
        somebody("decider.98a", **{"98A": ["ORGANISATION_ADMINISTRATOR"]})
    )
    assert (await leaving(networks))["commissioner"] == {"odsCode": "98A"}


async def test_a_membership_confirmed_to_end_is_told_and_what_was_known_is_kept(networks):
    proposed = await leaving(networks, on="2026-05-01")
    await networks.organisations.told()
    answer = await networks.confirm(proposed)
    assert answer["done"] == [proposed["id"]]
    assert answer["message"] == "The selected proposal(s) have been successfully Confirmed"
    ended = ("U99002", "2019-10-01", "2026-04-30", "PROPOSAL")
    assert await networks.memberships("A99002") == [ended]
    kept = await networks.organisations.rows(
        "select valid_to::text, origin, known_to is not null from relationship"
        " where source = 'A99002' and kind = 'MEMBER_OF' order by known_from"
    )
    assert kept == [(None, "ODS", True), ("2026-04-30", "PROPOSAL", False)]
    confirmed, changed = sorted(await networks.events())
    assert (confirmed[0], confirmed[1]["status"]) == ("membership.confirmed.v1", "CONFIRMED")
    assert confirmed[1]["acting_for"] == "QQ1"
    assert changed[0] == "organisation.changed.v1"
    (change,) = changed[1]["changes"]
    assert change == {
        "change": "MEMBERSHIP_ENDED",
        "target": "U99002",
        "valid_from": "2019-10-01",
        "valid_to": "2026-04-30",
        "origin": "PROPOSAL",
    }


async def test_what_was_known_on_a_day_can_be_asked_after_a_membership_was_ended(networks):
    """A membership ended today with effect from 1 May: on 15 May it was known yesterday."""
    proposed = await leaving(networks, on="2026-05-01")
    await networks.confirm(proposed)
    document = """
      query ($known: Date) {
        organisation(odsCode: "A99002", asAt: "2026-05-15", asKnownOn: $known) {
          memberOf { odsCode }
        }
      }"""
    shown = {}
    for known in ("2026-06-01", None):
        answer = await networks.ask(NETWORK, document, known=known)
        shown[known] = answer.data["organisation"]["memberOf"]
    assert shown == {"2026-06-01": {"odsCode": "U99002"}, None: None}


async def test_a_practice_that_joins_another_network_is_told_as_ended_and_started(networks):
    proposed = await joining(networks)
    await networks.organisations.told()
    await networks.confirm(proposed)
    assert await networks.memberships("A99002") == [
        ("U99002", "2019-10-01", "2026-09-30", "PROPOSAL"),
        ("U99001", "2026-10-01", None, "PROPOSAL"),
    ]
    told = dict(await networks.events())["organisation.changed.v1"]
    changes = [(one["change"], one["target"], one["valid_to"]) for one in told["changes"]]
    assert changes == [
        ("MEMBERSHIP_ENDED", "U99002", "2026-09-30"),
        ("MEMBERSHIP_STARTED", "U99001", None),
    ]


async def test_a_refusal_says_why_and_changes_no_membership(networks):
    proposed = await leaving(networks)
    await networks.organisations.told()
    answer = await networks.ask(LEAD, REFUSE, choose=rows(proposed), reason="  Not yet ")
    assert answer.data["refuseMembershipProposals"]["done"] == [proposed["id"]]
    (shown,) = await networks.listed(NETWORK)
    assert (shown["status"], shown["refusalReason"]) == ("REFUSED", "Not yet")
    assert [kind for kind, _ in await networks.events()] == ["membership.refused.v1"]
    assert await networks.memberships("A99002") == [("U99002", "2019-10-01", None, "ODS")]
    again = await leaving(networks)
    assert again["status"] == "PROPOSED"


async def test_a_refusal_without_a_reason_is_refused(networks):
    proposed = await leaving(networks)
    for reason, code in ((" ", "REASON_REQUIRED"), ("x" * 301, "REASON_NOT_VALID")):
        refused = await networks.refused(LEAD, REFUSE, choose=rows(proposed), reason=reason)
        assert refused == (code, "reason")


async def test_a_proposal_is_withdrawn_by_its_network_as_it_was_seen(networks):
    proposed = await leaving(networks)
    named = {"id": proposed["id"], "version": 1}
    assert await networks.refused(OTHER_NETWORK, WITHDRAW, **named) == ("PROPOSAL_NOT_FOUND", "id")
    stale = await networks.refused(NETWORK, WITHDRAW, **named | {"version": 2})
    assert stale == ("STALE_VERSION", "version")
    await networks.organisations.told()
    answer = await networks.ask(NETWORK, WITHDRAW, **named)
    withdrawn = {"status": "WITHDRAWN", "version": 2}
    assert answer.data["withdrawMembershipProposal"] == withdrawn
    assert [kind for kind, _ in await networks.events()] == ["membership.withdrawn.v1"]
    again = await networks.refused(NETWORK, WITHDRAW, **named | {"version": 2})
    assert again == ("TRANSITION_NOT_ALLOWED", None)
    (refused,) = (await networks.confirm(proposed))["refused"]
    assert refused["code"] == "STALE_VERSION"


async def test_the_history_says_who_did_what_for_whom_and_why(networks):
    proposed = await leaving(networks)
    await networks.confirm(proposed)
    (shown,) = await networks.listed(NETWORK)
    assert [
        (one["version"], one["status"], one["reason"], one["actingFor"]["odsCode"])
        for one in shown["history"]
    ] == [(1, "PROPOSED", "It suits us", "U99002"), (2, "CONFIRMED", None, "QQ1")]
    assert shown["history"][0]["by"] is not None


PROPOSALS = [
    ({"practice": "Z99999"}, "ORGANISATION_NOT_FOUND", "practice"),
    ({"practice": "U99001"}, "ORGANISATION_NOT_FOUND", "practice"),
    ({"kind": "JOIN"}, "MEMBER_ALREADY", "practice"),
    ({"effectiveOn": "2019-10-01"}, "DATE_TOO_FAR", "effectiveOn"),
    ({"practice": "A99001", "effectiveOn": "2025-01-01", "kind": "JOIN"}, "MEMBER_ALREADY", None),
    ({"reason": ""}, "REASON_REQUIRED", "reason"),
]


async def test_proposals_that_cannot_be_are_refused(networks):
    well = {
        "practice": "A99002",
        "kind": "LEAVE",
        "effectiveOn": "2026-10-01",
        "reason": "It suits us",
    }
    for wrong, code, field in PROPOSALS:
        refused = await networks.refused(NETWORK, PROPOSE, proposal=well | wrong)
        assert refused == (code, field or "practice"), wrong
    assert await networks.refused(VIEWER, PROPOSE, proposal=well) == ("ROLE_REQUIRED", None)
    none = await networks.refused(OTHER_NETWORK, PROPOSE, proposal=well)
    assert none == ("NOT_A_MEMBER", "practice")
    other = well | {"practice": "A99003", "kind": "JOIN"}
    refused = await networks.refused(OTHER_NETWORK, PROPOSE, proposal=other)
    assert refused == ("NOT_COMMISSIONED", "practice")


async def test_a_closed_practice_joins_nobody(networks):
    async with networks.organisations.database.transaction() as tx:
        await tx.execute(
            "update organisation set status = 'CLOSED', closed_on = '2026-06-30'"
            " where ods_code = 'A99002'"
        )
    proposal = {
        "practice": "A99002",
        "kind": "JOIN",
        "effectiveOn": "2026-10-01",
        "reason": "It suits us",
    }
    refused = await networks.refused(OTHER_NETWORK, PROPOSE, proposal=proposal)
    assert refused == ("PRACTICE_CLOSED", "effectiveOn")


async def test_about_one_practice_one_proposal_waits_at_a_time(networks):
    await leaving(networks)
    proposal = {
        "practice": "A99002",
        "kind": "JOIN",
        "effectiveOn": "2026-10-01",
        "reason": "It suits us",
    }
    refused = await networks.refused(OTHER_NETWORK, PROPOSE, proposal=proposal)
    assert refused == ("PROPOSAL_PENDING", "practice")


async def test_the_same_key_proposes_once(networks):
    proposal = {
        "practice": "A99002",
        "kind": "LEAVE",
        "effectiveOn": "2026-10-01",
        "reason": "It suits us",
    }
    ids = set()
    for _ in range(2):
        answer = await networks.ask(NETWORK, PROPOSE, proposal=proposal, key="once")
        ids.add(answer.data["proposeMembership"]["id"])
    assert len(ids) == 1
    assert len(await networks.listed(NETWORK)) == 1


async def test_who_does_not_commission_the_network_decides_nothing(networks):
    proposed = await networks.propose("A99003", "LEAVE", "2026-10-01")
    before = await networks.traces()
    (refused,) = (await networks.confirm(proposed, by=OTHER_ICB))["refused"]
    assert refused["code"] in {"PROPOSAL_NOT_FOUND", "NOT_YOURS"}
    assert await networks.traces() == before
    assert await networks.refused(NETWORK, CONFIRM, choose=rows(proposed)) == (
        "ROLE_REQUIRED",
        None,
    )


async def test_proposals_are_seen_by_those_who_see_practice_or_network(networks):
    await leaving(networks)
    for who, seen in ((NETWORK, 1), (LEAD, 1), (PRACTICE, 1), (OTHER_NETWORK, 0), (OTHER_ICB, 0)):
        assert len(await networks.listed(who)) == seen, who
    assert [one["toDecide"] for one in await networks.listed(LEAD, toDecide=True)] == [True]
    assert await networks.listed(NETWORK, toDecide=True) == []
    assert await networks.listed(LEAD, status="CONFIRMED") == []
    assert len(await networks.listed(LEAD, practice="A99002", pcn="U99002")) == 1


async def test_all_that_a_filter_shows_are_confirmed_by_the_selection(networks):
    first, second = await leaving(networks), await networks.propose("A99003", "LEAVE", "2026-10-01")
    everything = {"choose": {"filter": {"status": "PROPOSED"}}}
    assert await networks.refused(LEAD, CONFIRM, **everything) == ("DRY_RUN_FIRST", "choose")
    answer = await networks.ask(LEAD, CONFIRM, **everything, dryRun=True)
    shown = answer.data["confirmMembershipProposals"]
    assert set(shown["done"]) == {first["id"], second["id"]}
    assert await networks.memberships("A99003") == [("U99002", "2019-10-01", None, "ODS")]
    chosen = {"selection": shown["selection"]}
    done = await networks.ask(LEAD, CONFIRM, choose=chosen, key="all")
    assert {c["name"]: c["value"] for c in done.data["confirmMembershipProposals"]["counts"]} == {
        "done": "2",
        "refused": "0",
    }
    again = await networks.ask(LEAD, CONFIRM, choose=chosen, key="all")
    assert again.data == done.data


async def test_a_page_of_proposals_follows_on(networks):
    await leaving(networks)
    await networks.propose("A99003", "LEAVE", "2026-10-01")
    first = (await networks.ask(LEAD, LIST, first=1)).data["membershipProposals"]
    cursor = first["pageInfo"]["endCursor"]
    rest = (await networks.ask(LEAD, LIST, first=1, after=cursor)).data["membershipProposals"]
    codes = [edge["node"]["practice"]["odsCode"] for edge in first["edges"] + rest["edges"]]
    assert codes == ["A99003", "A99002"]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_two_confirmations_at_once_confirm_once(networks):
    proposed = await leaving(networks)
    answers = await asyncio.gather(*(networks.confirm(proposed) for _ in range(2)))
    assert sorted(len(one["done"]) for one in answers) == [0, 1]
    (refused,) = [one["refused"][0]["code"] for one in answers if one["refused"]]
    assert refused == "STALE_VERSION"
    assert len(await networks.memberships("A99002")) == 1


async def test_what_has_changed_since_it_was_proposed_is_judged_anew(networks):
    proposed = await joining(networks)
    async with networks.organisations.database.transaction() as tx:
        await tx.execute(
            "update organisation set closed_on = '2026-09-30' where ods_code = 'U99001'"
        )
    (refused,) = (await networks.confirm(proposed))["refused"]
    assert (refused["code"], refused["field"]) == ("PCN_CLOSED", "effectiveOn")
    assert await networks.memberships("A99002") == [("U99002", "2019-10-01", None, "ODS")]


async def test_while_an_import_runs_a_confirmation_is_to_be_tried_again(networks):
    proposed = await leaving(networks)
    async with networks.organisations.database.transaction() as tx:
        await tx.execute("select pg_advisory_xact_lock($1)", 0x6F6473)
        answer = await networks.ask(LEAD, CONFIRM, choose=rows(proposed))
    assert answer.code == "TRY_AGAIN"
    assert (await networks.confirm(proposed))["done"] == [proposed["id"]]


ENTITY = """
query ($id: ID!) {
  _entities(representations: [{__typename: "MembershipProposal", id: $id}]) {
    ... on MembershipProposal { status }
  }
}
"""


@pytest.mark.parametrize(("who", "seen"), [(LEAD, {"status": "PROPOSED"}), (OTHER_ICB, None)])
async def test_others_refer_to_a_proposal_within_sight(networks, who, seen):
    proposed = await leaving(networks)
    answer = await networks.ask(who, ENTITY, id=proposed["id"])
    assert answer.found["_entities"] == [seen]
