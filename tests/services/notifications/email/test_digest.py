"""One mail a day with what is unread or still to be done."""

import asyncio
from datetime import timedelta

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from services.notifications.preferences.domain import Choice, Kind
from tests.services.notifications.centre import declaration, event, many, offer
from tests.services.notifications.email.office import html, plain
from tests.support.directory import have_person

P, C = "A99001", "QZ9"
SERVICE, COMMISSIONING = Role.SERVICE_MANAGEMENT, Role.COMMISSIONING_MANAGEMENT
TO = "service-management@a99001.example"


@pytest.fixture
async def days(office):
    """Nobody has chosen anything; it is before the first day's hour."""

    async def hour(day: int, hour: int) -> None:
        office.at = office.at.replace(day=13 + day, hour=hour)
        await office.deliver()

    office.hour = hour
    return office


async def test_by_default_it_comes_once_at_the_hour(days):
    await days.centre.hear(offer("made"), offer("made"))
    await days.hour(0, 6)
    assert days.server.mails == []
    for hour in (7, 8, 23):
        await days.hour(0, hour)
    [mail] = days.server.to(TO)
    assert mail["Subject"] == "Your day: 2 tasks"
    text = plain(mail)
    assert "Organisation A99001 (A99001)" in text
    assert text.count("accept or reject it, by 31 March 2025") == 2
    assert html(mail).count("accept or reject it, by 31 March 2025") == 2


async def test_what_comes_after_the_hour_is_for_the_next_day_and_nothing_comes_twice(days):
    await days.hour(0, 7)
    await days.centre.hear(offer("made"))
    await days.hour(0, 12)
    assert days.server.mails == []
    await days.hour(1, 7)
    await days.centre.hear(offer("withdrawn"))
    await days.hour(2, 9)
    assert [str(m["Subject"]) for m in days.server.to(TO)] == [
        "Your day: 1 task",
        "Your day: 1 message",
    ]


async def test_there_is_none_where_nothing_is_unread_or_to_be_done(days):
    one = new_id()
    await days.centre.hear(offer("made", one), offer("accepted", one))
    await days.consider()
    async with days.db.transaction() as tx:
        await tx.execute("update message set status = 'READ', outstanding = 0")
    await days.hour(0, 7)
    assert (days.server.mails, await days.deliveries()) == ([], [])


async def test_a_task_that_was_read_but_not_done_is_in_it(days):
    await days.centre.hear(offer("made"))
    async with days.db.transaction() as tx:
        await tx.execute("update message set status = 'READ'")
    await days.hour(0, 7)
    assert days.server.recipients() == [TO]


async def test_two_processes_make_it_once(days):
    await days.centre.hear(offer("made"))
    await days.consider()
    days.at = days.at.replace(hour=7)
    await asyncio.gather(days.consider(), days.consider())
    assert len(await days.deliveries()) == 1


async def test_a_day_that_was_missed_is_in_the_next_ones(days):
    await days.centre.hear(offer("made"))
    await days.hour(9, 7)
    assert days.server.recipients() == [TO]


async def test_who_wants_no_more_of_a_kind_has_none_of_it_in_the_digest(days):
    await days.centre.hear(offer("made"))
    await days.consider()
    await days.choose(days.centre.people[P, SERVICE], Choice.NEVER, Kind.OFFERS)
    await days.hour(0, 7)
    assert days.server.mails == []


async def test_who_stopped_the_digest_is_not_sent_the_one_that_waits(days):
    await days.centre.hear(offer("made"))
    await days.consider()
    days.at = days.at.replace(hour=7)
    await days.consider()
    await days.choose(days.centre.people[P, SERVICE], Choice.NEVER)
    await days.deliver()
    assert (days.server.mails, await days.statuses()) == ([], ["WITHHELD"])


async def test_somebody_of_two_organisations_has_both_in_one_mail_tasks_first(days):
    async with days.db.transaction() as tx:
        both = await have_person(tx, "both", {P: [SERVICE], "A99002": [SERVICE]})
    known = {"id": str(both), "person_id": str(both), "version": 1}
    await days.centre.hear(
        event("contact.changed", {**known, "name": "Both", "email": "both@x.example"}),
        offer("withdrawn"),
        offer("made"),
        offer("made", provider="A99002"),
    )
    await days.hour(0, 7)
    [mail] = days.server.to("both@x.example")
    assert mail["Subject"] == "Your day: 2 tasks and 1 message"
    text = plain(mail)
    order = ["Organisation A99001 (A99001)", "Offered:", "Withdrawn:", "A99002 (A99002)"]
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)


async def test_who_left_an_organisation_is_mailed_no_more_of_it(days):
    async with days.db.transaction() as tx:
        both = await have_person(tx, "both", {P: [SERVICE], "A99002": [SERVICE]})
    known = {"id": str(both), "person_id": str(both), "version": 1}
    await days.centre.hear(
        event("contact.changed", {**known, "name": "Both", "email": "both@x.example"}),
        offer("made"),
        offer("made", provider="A99002"),
    )
    await _leave(days, both, P)
    await days.hour(0, 7)
    [mail] = days.server.to("both@x.example")
    assert mail["Subject"] == "Your day: 1 task"
    assert "A99001" not in plain(mail)


async def test_who_left_has_nothing_in_a_digest_that_is_not_sent(days):
    await days.centre.hear(offer("made"))
    await _leave(days, days.centre.people[P, SERVICE], P)
    await days.hour(0, 7)
    assert (days.server.mails, await days.statuses()) == ([], ["WITHHELD"])


async def _leave(days, person, organisation):
    async with days.db.transaction() as tx:
        await tx.execute(
            "delete from directory.person_link where person_id = $1 and organisation = $2",
            person,
            organisation,
        )


async def test_a_long_digest_shows_the_newest_and_counts_the_rest(days):
    await days.centre.hear(*[offer("made") for _ in range(57)])
    await days.hour(0, 7)
    [mail] = days.server.to(TO)
    assert plain(mail).count("accept or reject it") == 50
    assert "and 7 more in the Message Centre" in plain(mail)


async def test_acceptances_are_told_of_to_those_who_ask_for_it_and_to_nobody_else(days):
    person = days.centre.people[C, COMMISSIONING]
    await days.centre.hear(*[offer("accepted", one) for one in many(2)])
    await days.choose(person, Choice.DAILY, Kind.ACCEPTANCES)
    await days.choose(days.centre.people[P, SERVICE], Choice.DAILY, Kind.ACCEPTANCES)
    accepted = offer("accepted")
    for _ in range(2):
        await days.centre.hear(accepted)
    await days.centre.hear(offer("accepted", provider="A99002"), declaration("held"))
    await days.hour(0, 7)
    [mail] = days.server.to("commissioning-management@qz9.example")
    assert mail["Subject"] == "Your day: 2 accepted offers"
    assert "Accepted: QOF2526/1 (2) Organisation A99001, Organisation A99002" in plain(mail)
    rows = [r for r in await days.centre.rows() if r["person_id"] == person]
    assert rows == []  # the Message Centre has nothing of it
    days.at += timedelta(days=1)
    await days.deliver()
    assert len(days.server.to("commissioning-management@qz9.example")) == 1
