"""Accepting, rejecting, withdrawing, cancelling and extending, in bulk."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from chassis.errors import DomainError
from nhs.roles import Role
from services.participation.offers.commands import deciding, following
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.deciding import Choice
from services.participation.offers.domain.looking import OfferFilter
from services.participation.offers.domain.offer import Status
from tests.services.participation.conftest import DUE, NOW, PRACTICES, person


async def choice(participation, *providers):
    found = await participation.rows(
        "select id, version from offer where provider = any ($1)", providers or PRACTICES
    )
    return Choice(rows={row["id"]: row["version"] for row in found})


def codes(outcome):
    return Counter(refused.code for refused in outcome.refused)


async def statuses(participation):
    found = await participation.rows("select status, cancel_kind from offer order by provider")
    return [tuple(row) for row in found]


async def test_a_provider_accepts_and_an_event_carries_the_whole_offer(offered):
    provider = offered.provider()
    outcome = await deciding.accept_offers(
        offered.db, Ask(provider, NOW), await choice(offered, "A81001")
    )
    assert outcome.message == "The selected service(s) have been successfully Accepted"
    assert outcome.counts["neverOpened"] == 1
    kind, payload = (await offered.events())[-1]
    assert kind == "offer.accepted.v1"
    assert (payload["status"], payload["version"]) == ("APPROVED", 2)
    assert (payload["by"], payload["acting_for"]) == (str(provider.person_id), "A81001")
    history = await offered.rows(
        "select what, at, by from offer_history where offer = $1 order by version",
        outcome.done[0],
    )
    assert [row["what"] for row in history] == ["MADE", "ACCEPTED"]


async def test_what_is_opened_is_no_longer_counted_as_never_opened(offered):
    chosen = await choice(offered, "A81001")
    identity = next(iter(chosen.rows))
    provider = Ask(offered.provider(), NOW)
    first = await following.open_offer(offered.db, provider, identity)
    later = replace(provider, now=NOW + timedelta(days=1))
    assert await following.open_offer(offered.db, later, identity) == first
    outcome = await deciding.accept_offers(offered.db, replace(provider, dry_run=True), chosen)
    assert outcome.counts["neverOpened"] == 0
    with pytest.raises(DomainError, match="No such offer"):
        await following.open_offer(offered.db, Ask(offered.provider("A81002"), NOW), identity)


async def test_a_cancellation_of_offers_in_all_four_statuses_refuses_two_and_names_why(offered):
    """The story of the Message Centre: two are cancelled, two events."""
    db, commissioner = offered.db, Ask(offered.commissioner(), NOW)
    await offered.accept(offered.provider("A81001"))
    rejected = await choice(offered, "A81002")
    await deciding.reject_offers(db, Ask(offered.provider("A81002"), NOW), rejected, None)
    await deciding.withdraw_offers(db, commissioner, await choice(offered, "A81003"), None)
    before = len(await offered.events())
    four = await choice(offered, *PRACTICES[:4])
    outcome = await deciding.cancel_offers(db, commissioner, four, "Merged")
    assert len(outcome.done) == 2
    assert codes(outcome) == {"TRANSITION_NOT_ALLOWED": 2}
    told = {refused.message.split(";")[0] for refused in outcome.refused}
    assert told == {"The offer is OFFERED", "The offer is CANCELLED"}
    events = (await offered.events())[before:]
    assert [kind for kind, _ in events] == ["offer.cancelled.v1"] * 2
    assert {(p["provider"], p["ended_on"]) for _, p in events} == {
        ("A81001", "2025-03-31"),
        ("A81002", None),
    }
    assert (await statuses(offered))[:4] == [
        ("CANCELLED", "CANCELLED"),
        ("CANCELLED", "CANCELLED"),
        ("CANCELLED", "WITHDRAWN"),
        ("OFFERED", None),
    ]


async def test_a_stale_version_is_refused_row_by_row_and_nothing_comes_of_it(offered):
    seen = await choice(offered, "A81001")
    await offered.accept(offered.provider())
    before = await offered.traces()
    outcome = await deciding.withdraw_offers(
        offered.db, Ask(offered.commissioner(), NOW), seen, None
    )
    assert codes(outcome) == {"STALE_VERSION": 1}
    assert "APPROVED" in outcome.refused[0].message
    assert await offered.traces() == before


async def test_two_who_select_all_at_once_do_it_once(offered):
    commissioner = offered.commissioner()
    tokens = []
    for _ in range(2):
        shown = await deciding.withdraw_offers(
            offered.db,
            Ask(commissioner, NOW, dry_run=True),
            Choice(filter=OfferFilter(status=[Status.OFFERED])),
            None,
        )
        tokens.append(shown.selection)
    async with asyncio.TaskGroup() as together:
        both = [
            together.create_task(
                deciding.withdraw_offers(
                    offered.db, Ask(commissioner, NOW), Choice(selection=token), None
                )
            )
            for token in tokens
        ]
    outcomes = [task.result() for task in both]
    assert sorted(len(outcome.done) for outcome in outcomes) == [0, len(PRACTICES)]
    assert sum((codes(o) for o in outcomes), Counter()) == {"STALE_VERSION": len(PRACTICES)}
    kinds = Counter(kind for kind, _ in await offered.events())
    assert kinds["offer.withdrawn.v1"] == len(PRACTICES)


async def test_a_filter_is_for_a_dry_run_which_changes_nothing(offered):
    before = await offered.traces()
    ask = Ask(offered.commissioner(), NOW)
    with pytest.raises(DomainError) as refused:
        await deciding.withdraw_offers(offered.db, ask, Choice(filter=OfferFilter()), None)
    assert refused.value.code == "DRY_RUN_FIRST"
    shown = await deciding.withdraw_offers(
        offered.db, replace(ask, dry_run=True), Choice(filter=OfferFilter(provider="X")), None
    )
    assert shown.counts["chosen"] == 0
    assert shown.selection is None
    assert shown.message == "Nothing matches: there is nothing to choose from"
    assert await offered.traces() == before


async def test_a_selection_is_for_its_own_command_and_person(offered):
    ask = Ask(offered.commissioner(), NOW)
    shown = await deciding.withdraw_offers(
        offered.db, replace(ask, dry_run=True), Choice(filter=OfferFilter()), None
    )
    chosen = Choice(selection=shown.selection)
    for other, call in (
        (ask, deciding.cancel_offers),
        (Ask(offered.commissioner(), NOW), deciding.withdraw_offers),
    ):
        with pytest.raises(DomainError) as refused:
            await call(offered.db, other, chosen, None)
        assert refused.value.code == "SELECTION_EXPIRED"


async def test_nobody_acts_on_offers_between_others(offered):
    before = await offered.traces()
    everything = await choice(offered)
    neighbour = await deciding.accept_offers(
        offered.db, Ask(offered.provider("A81002"), NOW), everything
    )
    assert len(neighbour.done) == 1
    assert codes(neighbour) == {"OFFER_NOT_FOUND": len(PRACTICES) - 1}
    stranger = await deciding.withdraw_offers(
        offered.db, Ask(offered.commissioner("QNA"), NOW), everything, None
    )
    assert codes(stranger) == {"OFFER_NOT_FOUND": len(PRACTICES)}
    below = await deciding.withdraw_offers(
        offered.db, Ask(offered.commissioner("00L"), NOW), everything, None
    )
    assert codes(below) == {"NOT_YOURS": len(PRACTICES)}
    network = await deciding.accept_offers(
        offered.db, Ask(offered.provider("U00001"), NOW), everything
    )
    assert codes(network) == {"NOT_YOURS": 1, "OFFER_NOT_FOUND": len(PRACTICES) - 1}
    assert await offered.traces() == (before[0], *(count + 1 for count in before[1:4]), before[4])


async def test_those_above_a_commissioner_may_act_for_it(published):
    await published.offer(by=published.commissioner("00L"))
    outcome = await deciding.withdraw_offers(
        published.db, Ask(published.commissioner("QHM"), NOW), await choice(published), None
    )
    assert len(outcome.done) == len(PRACTICES)


async def test_a_role_for_other_payment_types_refuses_each_row(offered):
    who = replace(person("A81001"), roles={Role.SERVICE_MANAGEMENT: frozenset({"NCD"})})
    before = await offered.traces()
    outcome = await deciding.accept_offers(
        offered.db, Ask(who, NOW), await choice(offered, "A81001")
    )
    assert codes(outcome) == {"ROLE_REQUIRED": 1}
    assert await offered.traces() == before


async def test_without_the_role_the_whole_command_is_refused(offered):
    before, chosen = await offered.traces(), await choice(offered)
    for call, who in (
        (deciding.accept_offers, person("A81001", Role.VIEW)),
        (deciding.accept_offers, offered.commissioner()),
        (lambda *given: deciding.cancel_offers(*given, None), offered.provider()),
        (lambda *given: deciding.extend_offers(*given, DUE), person("QHM", Role.SUPERVISOR)),
    ):
        with pytest.raises(DomainError) as refused:
            await call(offered.db, Ask(who, NOW), chosen)
        assert refused.value.code == "ROLE_REQUIRED"
    assert await offered.traces() == before


async def test_after_the_response_date_an_offer_is_extended_and_then_accepted(offered):
    late = NOW + timedelta(days=30)
    outcome = await offered.accept(offered.provider(), late)
    assert codes(outcome) == {"RESPONSE_DATE_PASSED": 1}
    until = date(2025, 4, 30)
    ask = Ask(offered.commissioner(), late)
    await deciding.extend_offers(offered.db, ask, await choice(offered), until)
    kind, payload = (await offered.events())[-1]
    assert (kind, payload["response_due_on"]) == ("offer.extended.v1", "2025-04-30")
    assert len((await offered.accept(offered.provider(), late)).done) == 1


async def test_an_unknown_offer_is_refused_by_its_id(offered):
    unknown = uuid4()
    outcome = await deciding.accept_offers(
        offered.db, Ask(offered.provider(), NOW), Choice(rows={unknown: 1})
    )
    assert [(r.id, r.code) for r in outcome.refused] == [(str(unknown), "OFFER_NOT_FOUND")]
    assert outcome.message == "None of the selected service(s) could be Accepted"
