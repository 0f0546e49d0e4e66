"""A mail for each message, for those who want it so."""

import asyncio
from datetime import timedelta

from chassis.db import Database
from chassis.ids import new_id
from nhs.roles import Role
from services.notifications.preferences.domain import Choice, Kind
from tests.services.notifications.centre import declaration, event, many, offer
from tests.services.notifications.email.office import html, plain, unsubscribe_link
from tests.support.directory import have_person

P, C = "A99001", "QZ9"
COMMISSIONING, SERVICE, APPROVAL = (
    Role.COMMISSIONING_MANAGEMENT,
    Role.SERVICE_MANAGEMENT,
    Role.APPROVAL_MANAGEMENT,
)


async def test_a_rejection_delivered_thrice_to_eight_readers_is_one_message_and_one_mail(office):
    readers = [office.centre.people[C, COMMISSIONING]]
    async with office.db.transaction() as tx:
        readers += [await have_person(tx, f"r{n}", {C: [COMMISSIONING]}) for n in range(7)]
    known = [
        {
            "id": str(one),
            "person_id": str(one),
            "version": 1,
            "name": "x",
            "email": f"{i}@x.example",
        }
        for i, one in enumerate(readers)
    ]
    await office.centre.hear(*[event("contact.changed", {**one, "version": 2}) for one in known])
    await office.choose(readers[0], Choice.AT_ONCE)
    await office.choose(readers[1], Choice.NEVER)
    rejected = offer("rejected", reason="Too few nurses")
    for _ in range(3):
        await office.centre.hear(rejected)
        await office.deliver()
    assert len(await office.centre.rows()) == 8
    assert office.server.recipients() == ["0@x.example"]
    office.at += timedelta(days=1, hours=3)  # after the hour of the next day's digest
    for _ in range(2):
        await office.deliver()
    assert office.server.recipients() == [f"{n}@x.example" for n in range(8) if n != 1]


async def test_a_mail_says_what_the_message_says_and_how_to_have_no_more_of_them(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    published = {"id": "QOF2526/1", "code": "QOF2526", "version": 1, "name": "QOF <2025/26>"}
    await office.centre.hear(event("quality-service.published", published), offer("made"))
    await office.deliver()
    [(to, mail)] = office.server.mails
    assert to == "service-management@a99001.example"
    assert str(mail["To"]) == '"Service Management, A99001" <service-management@a99001.example>'
    assert mail["Subject"] == "Offered: QOF <2025/26>"
    [delivery] = await office.deliveries()
    assert mail["Message-ID"] == f"<{delivery['id']}@cqrs.example>"
    said = "Organisation QZ9 has offered QOF <2025/26> to Organisation A99001: accept or reject it"
    text = plain(mail)
    for words in (
        "Dear Service Management, A99001,",
        f"{said}, by 31 March 2025.",
        "take the step it asks for by 31 March 2025",
        "https://cqrs.example/",
        "because you hold the role Service Management at Organisation A99001 (A99001)",
        "help@cqrs.example, 01632 960000",
        unsubscribe_link(mail),
    ):
        assert words in text
    assert "QOF &lt;2025/26&gt; to Organisation A99001" in html(mail)
    assert "<2025/26>" not in html(mail)
    assert unsubscribe_link(mail) in html(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_what_was_sent_is_told_without_an_address(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    await office.centre.hear(offer("made"))
    await office.deliver()
    [message] = await office.centre.rows()
    [(kind, told)] = await office.told()
    assert (kind, told["message_id"]) == ("email.sent.v1", str(message["id"]))
    assert told["person_id"] == str(message["person_id"])
    assert "@" not in str(await office.centre.events())


async def test_a_bulk_action_is_one_mail_with_the_count(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    action = str(new_id())
    things = [declaration("declared", one, action=action) for one in many(42)]
    await office.centre.hear(*things[:20])
    await office.consider()
    await office.centre.hear(*things[20:])
    await office.deliver()
    [(_, mail)] = office.server.mails
    assert mail["Subject"] == "Ready to approve: QOF2526/1 (42)"


async def test_what_is_added_after_the_mail_went_is_another_mail_and_no_event_is_in_two(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    action = str(new_id())
    for count in (1, 2):
        await office.centre.hear(declaration("declared", action=action))
        await office.deliver()
        assert len(office.server.mails) == count
    async with office.db.reader() as reader:
        items = await reader.fetch("select delivery_id from email_item")
    assert len({item["delivery_id"] for item in items}) == len(items) == 2


async def test_a_mail_waits_for_more_of_its_bulk_action_but_not_for_ever(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    action = str(new_id())
    for _ in range(2):
        await office.centre.hear(declaration("declared", action=action))
        await office.consider()
        [delivery] = await office.deliveries()
        assert delivery["due_at"] - delivery["made_at"] < timedelta(seconds=10)
    await office.send()
    assert office.server.mails == []
    await office.passes(timedelta(minutes=5))
    await office.centre.hear(declaration("declared", action=action))
    await office.consider()
    await office.send()
    assert len(office.server.mails) == 1


async def test_two_processes_at_once_send_each_mail_once(office, dsn):
    await office.everybody_chooses(Choice.AT_ONCE)
    await office.centre.hear(*[offer("made") for _ in range(30)])
    second = await Database.connect(dsn, name="second", pool_size=4)
    try:
        await asyncio.gather(office.consider(), office.consider())
        await office.passes(timedelta(minutes=1))
        await asyncio.gather(office.send(), office.send(second))
    finally:
        await second.close()
    ids = [str(mail["Message-ID"]) for _, mail in office.server.mails]
    assert len(set(ids)) == len(ids) == 30
    assert await office.statuses() == ["SENT"] * 30


async def test_connections_are_used_for_one_mail_after_another(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    await office.centre.hear(*[offer("made") for _ in range(10)])
    await office.deliver()
    assert len(office.server.mails) == 10
    assert office.server.conversations <= office.mail.connections


async def test_who_unsubscribed_meanwhile_is_not_written_to(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    await office.centre.hear(offer("made"))
    await office.consider()
    await office.choose(office.centre.people[P, SERVICE], Choice.NEVER, Kind.OFFERS)
    await office.deliver()
    assert office.server.mails == []
    [delivery] = await office.deliveries()
    assert (delivery["status"], delivery["problem_code"]) == ("WITHHELD", "NO_LONGER_WANTED")


async def test_who_may_no_longer_sign_in_is_not_written_to(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    await office.centre.hear(offer("made"))
    async with office.db.transaction() as tx:
        await tx.execute("update directory.person set status = 'DISABLED'")
    await office.deliver()
    assert (office.server.mails, await office.statuses()) == ([], ["WITHHELD"])


async def test_where_no_mail_is_sent_nothing_piles_up(office):
    await office.everybody_chooses(Choice.AT_ONCE)
    await office.centre.hear(offer("made"))
    mail, office.mail = office.mail, None
    await office.consider()
    office.mail = mail
    await office.deliver()
    assert (office.server.mails, await office.deliveries()) == ([], [])
