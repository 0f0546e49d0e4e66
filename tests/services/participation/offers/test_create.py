"""Offering a service."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.participation.offers.commands import deciding, making
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.making import (
    NewOffers,
    ProvidersChoice,
    ProvidersFilter,
)
from tests.services.participation.conftest import DUE, NOW, PRACTICES, QOF, person
from tests.support.directory import have_organisation, relate


def listing(*codes: str) -> NewOffers:
    return NewOffers(QOF, DUE, providers=ProvidersChoice(rows=dict.fromkeys(codes, 0)))


def reaching(**wanted: object) -> NewOffers:
    return NewOffers(QOF, DUE, providers=ProvidersChoice(filter=ProvidersFilter(**wanted)))


ALL = reaching()


def refusals(outcome):
    return {refused.id: refused.code for refused in outcome.refused}


async def test_every_provider_of_a_list_is_offered_the_service_with_one_event_each(published):
    outcome = await published.offer()
    assert outcome.message == "The selected service(s) have been successfully Offered"
    assert len(outcome.done) == len(PRACTICES)
    events = await published.events()
    assert {kind for kind, _ in events} == {"offer.made.v1"}
    assert sorted(payload["provider"] for _, payload in events) == PRACTICES
    assert len({payload["action"] for _, payload in events}) == 1
    one = events[0][1]
    assert (one["status"], one["version"], one["payment_type"]) == ("OFFERED", 1, "QOF")
    assert (one["starts_on"], one["ends_on"]) == ("2025-04-01", "2026-03-31")
    assert (one["commissioner"], one["acting_for"]) == ("QHM", "QHM")


async def test_a_filter_shows_all_practices_that_are_commissioned_on_the_day(published):
    before = await published.traces()
    ask = Ask(published.commissioner(), NOW, dry_run=True)
    outcome = await making.create_offers(published.db, ask, ALL)
    assert outcome.done == PRACTICES
    assert outcome.counts["done"] == len(PRACTICES)
    members = await making.create_offers(published.db, ask, reaching(member_of="U00001"))
    assert members.done == ["A81001"]
    assert await published.traces() == before


async def test_the_offers_are_made_to_those_whom_the_dry_run_showed(published):
    ask = Ask(published.commissioner(), NOW, dry_run=True)
    await published.offer("A81001")
    shown = await making.create_offers(published.db, ask, ALL)
    assert refusals(shown) == {"A81001": "OFFER_EXISTS"}
    async with published.db.transaction() as tx:
        await have_organisation(tx, "A81009", OrganisationKind.PRACTICE)
        await relate(tx, "A81009", RelationshipKind.COMMISSIONED_BY, "00L")
    chosen = replace(ALL, providers=ProvidersChoice(selection=shown.selection))
    made = await making.create_offers(published.db, replace(ask, dry_run=False), chosen)
    assert (len(made.done), made.refused) == (len(PRACTICES) - 1, [])
    rows = await published.rows("select provider from offer order by provider")
    assert [row["provider"] for row in rows] == PRACTICES


async def test_a_filter_offers_nothing_without_a_dry_run(published):
    before = await published.traces()
    with pytest.raises(DomainError) as refused:
        await making.create_offers(published.db, Ask(published.commissioner(), NOW), ALL)
    assert (refused.value.code, refused.value.field) == ("DRY_RUN_FIRST", "providers")
    assert await published.traces() == before


async def test_what_was_shown_for_one_service_is_not_offered_another(published):
    ask = Ask(published.commissioner(), NOW, dry_run=True)
    shown = await making.create_offers(published.db, ask, ALL)
    other = await published.publish_like_qof("QOF2627")
    before = await published.traces()
    chosen = ProvidersChoice(selection=shown.selection)
    new = replace(ALL, quality_service=other, providers=chosen)
    with pytest.raises(DomainError) as refused:
        await making.create_offers(published.db, replace(ask, dry_run=False), new)
    assert refused.value.code == "SELECTION_EXPIRED"
    assert await published.traces() == before


async def test_a_filter_that_reaches_nobody_says_so(published):
    ask = Ask(published.commissioner(), NOW, dry_run=True)
    nobody = await making.create_offers(published.db, ask, reaching(commissioner="01H"))
    assert (nobody.done, nobody.refused, nobody.selection) == ([], [], None)
    assert nobody.message == "Nothing matches: there is nothing to choose from"


async def test_each_provider_that_cannot_be_offered_it_is_refused_by_itself(published):
    async with published.db.transaction() as tx:
        await tx.execute(
            "update directory.organisation set closed_on = '2025-03-31', status = 'CLOSED'"
            " where ods_code = 'A81003'"
        )
    await published.offer("A81002")
    outcome = await published.offer("A81001", "A81001", "A81002", "A81003", "B81001", "U00001", "X")
    assert len(outcome.done) == 1
    assert refusals(outcome) == {
        "A81002": "OFFER_EXISTS",
        "A81003": "PROVIDER_CLOSED",
        "B81001": "NOT_COMMISSIONED",
        "U00001": "PROVIDER_KIND",
        "X": "NOT_YET_KNOWN",
    }
    assert outcome.message.endswith("successfully Offered; 5 could not be")


async def test_a_rejected_offer_is_cancelled_before_it_is_offered_again(offered):
    rows = await offered.rows("select id from offer where provider = 'A81001'")
    choice = deciding.Choice(rows={rows[0]["id"]: 1})
    provider, commissioner = Ask(offered.provider(), NOW), Ask(offered.commissioner(), NOW)
    await deciding.reject_offers(offered.db, provider, choice, None)
    assert refusals(await offered.offer("A81001")) == {"A81001": "OFFER_EXISTS"}
    choice = deciding.Choice(rows={rows[0]["id"]: 2})
    await deciding.cancel_offers(offered.db, commissioner, choice, None)
    assert len((await offered.offer("A81001")).done) == 1


async def test_who_took_part_is_offered_it_anew_from_the_day_after(offered):
    """Or months that were declared and paid by the first would be so by the second, too."""
    await offered.accept(offered.provider("A81001"))
    rows = await offered.rows("select id, version from offer where provider = 'A81001'")
    chosen = deciding.Choice(rows={row["id"]: row["version"] for row in rows})
    in_july = datetime(2025, 7, 1, 9, tzinfo=UTC)
    await deciding.cancel_offers(offered.db, Ask(offered.commissioner(), in_july), chosen, None)
    anew = {"now": in_july, "response_due_on": date(2025, 7, 31)}
    before = await offered.traces()
    refused = await offered.offer("A81001", **anew)
    assert refusals(refused) == {"A81001": "TOOK_PART_ALREADY"}
    assert "until 2025-07-01" in refused.refused[0].message
    assert await offered.traces() == before
    made = await offered.offer("A81001", **anew, starts_on=date(2025, 7, 2))
    assert len(made.done) == 1


async def test_who_never_began_to_take_part_is_offered_it_anew_as_before(offered):
    await offered.accept(offered.provider("A81001"))
    rows = await offered.rows("select id, version from offer where provider = 'A81001'")
    chosen = deciding.Choice(rows={row["id"]: row["version"] for row in rows})
    await deciding.cancel_offers(offered.db, Ask(offered.commissioner(), NOW), chosen, None)
    assert len((await offered.offer("A81001")).done) == 1


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"quality_service": "QOF2526/9"}, "QUALITY_SERVICE_NOT_FOUND"),
        ({"starts_on": date(2025, 3, 31)}, "OUTSIDE_SERVICE_DATES"),
        ({"response_due_on": date(2025, 3, 12)}, "RESPONSE_DATE_PAST"),
    ],
)
async def test_terms_that_cannot_be_refuse_the_whole_command(published, terms, code):
    before = await published.traces()
    with pytest.raises(DomainError) as refused:
        await published.offer(**terms)
    assert refused.value.code == code
    assert await published.traces() == before


async def test_what_has_been_corrected_is_offered_as_corrected(published):
    await published.publish_like_qof("QOF2526", id="QOF2526/2", version=2)
    before = await published.traces()
    with pytest.raises(DomainError, match="offer QOF2526/2") as refused:
        await published.offer()
    assert refused.value.code == "VERSION_CORRECTED"
    assert await published.traces() == before
    assert len((await published.offer(quality_service="QOF2526/2")).done) == len(PRACTICES)


async def test_a_commissioners_own_scheme_is_offered_by_it_and_those_below_it(published):
    scheme = await published.publish_like_qof("LES2526", kind="CLAIM", owner="QHM")
    before = await published.traces()
    other = published.commissioner("QNA")
    with pytest.raises(DomainError) as refused:
        await published.offer("B81001", by=other, quality_service=scheme)
    assert refused.value.code == "NOT_YOUR_SERVICE"
    assert await published.traces() == before
    for by, provider in (("QHM", "A81001"), ("00L", "A81002")):
        commissioner = published.commissioner(by)
        made = await published.offer(provider, by=commissioner, quality_service=scheme)
        assert len(made.done) == 1


async def test_a_draft_cannot_be_offered(participation):
    with pytest.raises(DomainError, match="no published quality service"):
        await participation.offer()


async def test_without_the_role_or_for_another_payment_type_nothing_is_offered(published):
    before = await published.traces()
    nobody = person("QHM", Role.VIEW)
    other = replace(nobody, roles={Role.COMMISSIONING_MANAGEMENT: frozenset({"NCD"})})
    for who in (nobody, other):
        with pytest.raises(DomainError) as refused:
            await published.offer(by=who)
        assert refused.value.code == "ROLE_REQUIRED"
    assert await published.traces() == before


async def test_two_commissioners_who_offer_at_once_make_one_offer_for_each_provider(published):
    async with asyncio.TaskGroup() as together:
        both = [
            together.create_task(published.offer(by=published.commissioner(code)))
            for code in ("QHM", "00L")
        ]
    done = [len(task.result().done) for task in both]
    assert sum(done) == len(PRACTICES)
    assert len(await published.events()) == len(PRACTICES)
    refused = [code for task in both for code in refusals(task.result()).values()]
    assert refused == ["OFFER_EXISTS"] * len(PRACTICES)


async def test_a_command_sent_twice_under_one_key_is_done_once(published):
    who = published.commissioner()
    key = IdempotencyKey(str(uuid4()), who.person_id, "QHM", "createOffers", "same input")
    new = listing(*PRACTICES)
    first = await making.create_offers(published.db, Ask(who, NOW, key), new)
    second = await making.create_offers(published.db, Ask(who, NOW, key), new)
    assert second == first
    other = replace(key, fingerprint="other input")
    with pytest.raises(DomainError) as refused:
        await making.create_offers(published.db, Ask(who, NOW, other), new)
    assert refused.value.code == "KEY_REUSED"
    assert len(await published.events()) == len(PRACTICES)


async def test_a_key_under_which_all_was_refused_is_not_used_up(published):
    who = published.commissioner()
    key = IdempotencyKey(str(uuid4()), who.person_id, "QHM", "createOffers", "same input")
    new = listing("A81009")
    first = await making.create_offers(published.db, Ask(who, NOW, key), new)
    assert refusals(first) == {"A81009": "NOT_YET_KNOWN"}
    async with published.db.transaction() as tx:
        await have_organisation(tx, "A81009", OrganisationKind.PRACTICE)
        await relate(tx, "A81009", RelationshipKind.COMMISSIONED_BY, "00L")
    second = await making.create_offers(published.db, Ask(who, NOW, key), new)
    assert len(second.done) == 1
