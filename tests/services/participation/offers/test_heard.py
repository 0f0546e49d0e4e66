"""What offers do when ODS, or the clock, says so."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.handling import take
from chassis.ids import new_id
from chassis.received import Received
from nhs.directory import Acting
from services.participation.app import SERVICE
from services.participation.offers.commands import deciding, following
from services.participation.offers.commands.asking import Ask
from services.participation.offers.store import changes
from tests.services.participation.conftest import DUE, NOW
from tests.support.eventually import eventually

AT = datetime(2025, 10, 1, 9, tzinfo=UTC)


def changed(ods_code, version=2, **others):
    payload = {
        "ods_code": ods_code,
        "version": version,
        "kind": "PRACTICE",
        "name": "A practice",
        "status": "ACTIVE",
        "list_sizes": [],
        "payees": [],
        "relationships": [],
    }
    return Received(
        id=new_id(),
        type="organisation.changed.v1",
        source="organisations",
        time=AT,
        topic="organisations.organisation",
        partition=0,
        offset=0,
        key=ods_code,
        payload=payload | others,
    )


async def hear(participation, *received):
    async with participation.db.transaction() as tx:
        await take(tx, SERVICE.subscription, received)


def membership(valid_to):
    return {
        "id": str(new_id()),
        "kind": "MEMBER_OF",
        "target": "U00001",
        "valid_from": "2024-04-01",
        "valid_to": valid_to,
    }


@pytest.fixture
async def accepted(offered):
    await offered.accept(offered.provider("A81001"))
    return offered


async def ended(participation):
    return [payload for kind, payload in await participation.events() if kind == "offer.ended.v1"]


async def test_a_practice_that_closes_takes_part_until_that_day(accepted):
    closing = changed("A81001", status="CLOSED", closed_on="2025-09-30")
    await hear(accepted, closing)
    (told,) = await ended(accepted)
    assert (told["status"], told["ended_on"]) == ("APPROVED", "2025-09-30")
    assert (told["by"], told["acting_for"]) == (None, None)
    (row,) = await accepted.rows("select what, at from offer_history where what = 'ENDED'")
    assert row["at"] == AT


async def test_a_closure_heard_twice_ends_a_participation_once(accepted):
    closing = changed("A81001", status="CLOSED", closed_on="2025-09-30")
    again = changed("A81001", version=3, status="CLOSED", closed_on="2025-09-30")
    await hear(accepted, closing, closing)
    await hear(accepted, closing)
    await hear(accepted, again)
    assert len(await ended(accepted)) == 1


async def test_a_closure_leaves_what_was_not_accepted_and_others_alone(accepted):
    await hear(accepted, changed("A81002", status="CLOSED", closed_on="2025-09-30"))
    assert await ended(accepted) == []


async def test_leaving_the_last_pcn_ends_what_requires_one_and_nothing_else(accepted):
    leaving = changed("A81001", relationships=[membership("2025-09-30")])
    await hear(accepted, leaving)
    assert await ended(accepted) == []
    async with accepted.db.transaction() as tx:
        await tx.execute("alter table quality_service disable trigger quality_service_frozen")
        await tx.execute("update quality_service set requires_pcn_membership = true")
    moving = [membership("2025-09-30"), membership(None) | {"valid_from": "2025-10-01"}]
    await hear(accepted, changed("A81001", version=3, relationships=moving))
    assert await ended(accepted) == []
    await hear(accepted, changed("A81001", version=4, relationships=[membership("2025-09-30")]))
    (told,) = await ended(accepted)
    assert told["ended_on"] == "2025-09-30"


async def test_who_is_in_no_pcn_any_more_cannot_accept_what_requires_one(offered):
    async with offered.db.transaction() as tx:
        await tx.execute("alter table quality_service disable trigger quality_service_frozen")
        await tx.execute("update quality_service set requires_pcn_membership = true")
    await hear(offered, changed("A81001", relationships=[]))
    before = await offered.traces()
    outcome = await offered.accept(offered.provider("A81001"))
    assert [refused.code for refused in outcome.refused] == ["NOT_IN_A_PCN"]
    assert await offered.traces() == before


async def test_who_is_known_to_close_and_accepts_takes_part_until_then(offered):
    await hear(offered, changed("A81001", closed_on="2025-09-30"))
    await offered.accept(offered.provider("A81001"))
    kind, told = (await offered.events())[-1]
    assert (kind, told["ended_on"]) == ("offer.accepted.v1", "2025-09-30")
    assert await ended(offered) == []


async def test_a_closure_heard_while_the_practice_accepts_ends_what_it_accepted(offered):
    (row,) = await offered.rows("select id from offer where provider = 'A81001'")
    async with offered.db.transaction() as tx:
        held = await changes.held(
            tx, Acting("A81001", NOW.date()), [row["id"]], as_provider=True, lock=True
        )
        await changes.save(tx, [held[row["id"]].offer.accept(NOW.date())])
        closing = changed("A81001", status="CLOSED", closed_on="2025-09-30")
        hearing = asyncio.create_task(hear(offered, closing))
        await eventually(lambda: done_or_waiting(offered, hearing))
    await hearing
    (told,) = await ended(offered)
    assert told["ended_on"] == "2025-09-30"


async def done_or_waiting(participation, task):
    assert task.done() or await participation.rows("select from pg_locks where not granted")


async def reminders(participation):
    kinds = [kind for kind, _ in await participation.events()]
    return kinds.count("offer.response-due.v1")


def morning(day):
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


async def test_who_has_not_answered_is_reminded_a_week_before_and_a_day_before(published):
    await published.offer("A81001", "A81002")
    await published.accept(published.provider("A81002"))
    told = []
    for days in (8, 7, 7, 2, 1, 0, -1):
        await following.remind(published.db, morning(DUE - timedelta(days=days)))
        told.append(await reminders(published))
    assert told == [0, 1, 1, 1, 2, 2, 2]
    (row,) = await published.rows("select version from offer where provider = 'A81001'")
    assert row["version"] == 1


async def test_an_offer_made_within_the_week_is_not_reminded_of_at_once(published):
    await published.offer("A81001", response_due_on=date(2025, 3, 17))
    await following.remind(published.db, NOW)
    assert await reminders(published) == 0
    await following.remind(published.db, morning(date(2025, 3, 16)))
    assert await reminders(published) == 1


async def test_an_extended_offer_is_reminded_of_anew(published):
    await published.offer("A81001")
    await following.remind(published.db, morning(DUE - timedelta(days=1)))
    (row,) = await published.rows("select id, version from offer")
    ask = Ask(published.commissioner(), morning(DUE))
    chosen = deciding.Choice(rows={row["id"]: row["version"]})
    await deciding.extend_offers(published.db, ask, chosen, date(2025, 4, 30))
    await following.remind(published.db, morning(date(2025, 4, 24)))
    assert await reminders(published) == 2


async def test_offers_are_told_again_as_they_stand(accepted):
    async with accepted.db.transaction() as tx:
        again = [event async for event in following.restate(tx)]
    assert {event.type for event in again} == {"offer.restated.v1"}
    latest = {payload["id"]: payload for _, payload in await accepted.events()}
    assert {event.key: event.payload for event in again} == latest


async def resumed(participation):
    return [body for kind, body in await participation.events() if kind == "offer.resumed.v1"]


async def test_a_closure_that_is_taken_back_or_put_off_lets_it_go_on(accepted):
    await hear(accepted, changed("A81001", status="CLOSED", closed_on="2025-09-30"))
    await hear(accepted, changed("A81001", version=3, closed_on="2025-12-31"))
    await hear(accepted, changed("A81001", version=4))
    assert [told["ended_on"] for told in await ended(accepted)] == ["2025-09-30"]
    assert [told["ended_on"] for told in await resumed(accepted)] == ["2025-12-31", None]
    (row,) = await accepted.rows("select status, ended_on from offer where provider = 'A81001'")
    assert tuple(row) == ("APPROVED", None)


async def test_an_older_closure_that_comes_late_changes_nothing(accepted):
    closing = changed("A81001", version=2, status="CLOSED", closed_on="2025-09-30")
    await hear(accepted, changed("A81001", version=3))
    await hear(accepted, closing)
    assert await ended(accepted) == []


async def test_what_was_cancelled_is_not_resumed(accepted):
    await hear(accepted, changed("A81001", status="CLOSED", closed_on="2025-09-30"))
    rows = await accepted.rows("select id, version from offer where provider = 'A81001'")
    chosen = deciding.Choice(rows={row["id"]: row["version"] for row in rows})
    await deciding.cancel_offers(accepted.db, Ask(accepted.commissioner(), AT), chosen, None)
    await hear(accepted, changed("A81001", version=3))
    assert await resumed(accepted) == []


async def test_memberships_that_vanish_resume_nothing(accepted):
    async with accepted.db.transaction() as tx:
        await tx.execute("alter table quality_service disable trigger quality_service_frozen")
        await tx.execute("update quality_service set requires_pcn_membership = true")
    await hear(accepted, changed("A81001", relationships=[membership("2025-09-30")]))
    await hear(accepted, changed("A81001", version=3, relationships=[]))
    assert await resumed(accepted) == []
    await hear(accepted, changed("A81001", version=4, relationships=[membership(None)]))
    assert [told["ended_on"] for told in await resumed(accepted)] == [None]


async def test_closed_before_its_first_day_a_participation_never_began(accepted):
    await hear(accepted, changed("A81001", status="CLOSED", closed_on="2025-03-20"))
    (told,) = await ended(accepted)
    assert told["ended_on"] == "2025-03-31"
