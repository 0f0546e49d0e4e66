"""What becomes of a mail that is not simply taken."""

import asyncio
from datetime import timedelta

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from services.notifications.email import commands, sending
from services.notifications.email.domain import GIVE_UP, LEASE, Outcome, Verdict
from services.notifications.preferences.domain import Choice
from tests.services.notifications.centre import declaration, event, offer
from tests.services.notifications.email.conftest import mail_to
from tests.support.eventually import eventually

P = "A99001"
SERVICE, ADMINISTRATOR = Role.SERVICE_MANAGEMENT, Role.USER_ADMINISTRATOR
SERVICE_WORK = (sending.write_mails, sending.send_mails)
ADDRESS = "service-management@a99001.example"


@pytest.fixture
async def waiting(office):
    """One mail is on its way to the practice's Service Management."""
    await office.choose(office.centre.people[P, SERVICE], Choice.AT_ONCE)
    await office.centre.hear(offer("made"))
    return office


async def test_a_server_that_is_away_for_a_while_loses_and_doubles_nothing(waiting):
    await waiting.centre.hear(*[offer("made") for _ in range(9)])
    await waiting.server.stop()
    for _ in range(3):
        await waiting.deliver()
        await waiting.passes(timedelta(hours=1))
    assert waiting.server.mails == []
    assert set(await waiting.statuses()) <= {"WAITING", "RETRYING"}
    await waiting.server.start()
    for _ in range(2):
        await waiting.deliver()
    assert waiting.server.recipients() == [ADDRESS] * 10
    assert len({str(mail["Message-ID"]) for _, mail in waiting.server.mails}) == 10
    assert [kind for kind, _ in await waiting.told()] == ["email.sent.v1"] * 10


async def test_the_background_work_goes_on_where_the_server_left_it(waiting):
    await waiting.server.stop()
    worker = waiting.worker()
    work = [asyncio.create_task(part(worker)) for part in SERVICE_WORK]

    async def retrying():
        assert await waiting.statuses() == ["RETRYING"]

    async def sent():
        await waiting.passes(timedelta(minutes=10))
        assert await waiting.statuses() == ["SENT"]

    await eventually(retrying)
    await waiting.server.start()
    await eventually(sent)
    worker.stop.set()
    await asyncio.wait_for(asyncio.gather(*work), 2)
    assert waiting.server.recipients() == [ADDRESS]


async def test_a_mail_that_cannot_be_written_holds_up_no_other(waiting):
    other = waiting.centre.people["QZ9", Role.APPROVAL_MANAGEMENT]
    await waiting.choose(other, Choice.AT_ONCE)
    await waiting.centre.hear(declaration("declared"))
    async with waiting.db.transaction() as tx:
        await tx.execute(
            "update message set subject_code = 'OF_ANOTHER_DAY' where kind = 'TASK'"
            " and subject_code = 'OFFER_MADE'"
        )
    await waiting.deliver()
    assert waiting.server.recipients() == ["approval-management@qz9.example"]
    assert await waiting.statuses() == ["RETRYING", "SENT"]


async def test_a_server_that_is_away_is_not_asked_for_every_mail(waiting):
    await waiting.centre.hear(*[offer("made") for _ in range(9)])
    await waiting.server.stop()
    await waiting.deliver()
    tried = [row for row in await waiting.deliveries() if row["attempts"]]
    assert 1 <= len(tried) <= waiting.mail.connections


async def test_a_mail_put_off_is_tried_again_later_and_later(waiting):
    waiting.server.refused[ADDRESS] = "451 4.7.1 Greylisted, try again"
    pauses = []
    for _ in range(3):
        await waiting.deliver()
        [row] = await waiting.deliveries()
        pauses.append(row["due_at"])
        assert (row["status"], row["problem_code"]) == ("RETRYING", "451")
        await waiting.send()  # not due yet
        assert (await waiting.deliveries())[0]["attempts"] == row["attempts"]
        await waiting.passes(timedelta(hours=1))
    assert pauses == sorted(pauses)
    waiting.server.refused.clear()
    await waiting.deliver()
    assert (waiting.server.recipients(), await waiting.statuses()) == ([ADDRESS], ["SENT"])


async def test_after_days_a_mail_is_given_up_and_that_is_told(waiting):
    waiting.server.refused[ADDRESS] = "451 4.7.1 Greylisted, try again"
    await waiting.deliver()
    await waiting.passes(GIVE_UP + timedelta(hours=1))
    await waiting.send()
    assert await waiting.statuses() == ["FAILED"]
    [(kind, told)] = await waiting.told()
    assert (kind, told["outcome"], told["code"]) == ("email.failed.v1", "FAILED", "451")


async def test_an_address_that_bounces_is_told_to_its_administrator_and_written_to_no_more(waiting):
    waiting.server.refused[ADDRESS] = f"550 5.1.1 <{ADDRESS}> no such mailbox"
    await waiting.deliver()
    [row] = await waiting.deliveries()
    assert (row["status"], row["problem_code"]) == ("FAILED", "550")
    assert row["problem"] == "5.1.1 (address) no such mailbox"
    assert [told["outcome"] for _, told in await waiting.told()] == ["FAILED"]
    warned = [r for r in await waiting.centre.rows() if r["subject_code"] == "MAIL_BOUNCED"]
    assert [r["person_id"] for r in warned] == [waiting.centre.people[P, ADMINISTRATOR]]
    assert ADDRESS not in str(warned) + str(await waiting.centre.events())
    waiting.server.refused.clear()
    await waiting.centre.hear(offer("made"))
    await waiting.deliver()
    assert (await waiting.statuses()).count("WITHHELD") == 1
    assert ADDRESS not in waiting.server.recipients()


async def test_a_new_address_is_written_to_again(waiting):
    waiting.server.refused[ADDRESS] = "550 5.1.1 no such mailbox"
    await waiting.deliver()
    changed = waiting.contact(SERVICE, P, version=2, email="new@a99001.example")
    await waiting.centre.hear(changed, offer("made"))
    await waiting.deliver()
    assert "new@a99001.example" in waiting.server.recipients()


async def test_a_change_of_anything_else_is_no_new_address(waiting):
    waiting.server.refused[ADDRESS] = "550 5.1.1 no such mailbox"
    await waiting.deliver()
    waiting.server.refused.clear()
    changed = waiting.contact(SERVICE, P, version=2, name="Another name")
    await waiting.centre.hear(changed, offer("made"))
    await waiting.deliver()
    assert ADDRESS not in waiting.server.recipients()


async def test_a_second_bounce_of_one_address_is_not_told_again(waiting):
    waiting.server.refused[ADDRESS] = "550 5.1.1 no such mailbox"
    await waiting.centre.hear(offer("made"))
    await waiting.deliver()
    warned = [r for r in await waiting.centre.rows() if r["subject_code"] == "MAIL_BOUNCED"]
    assert len(warned) == 1


async def test_what_is_no_address_is_not_tried(waiting):
    broken = waiting.contact(SERVICE, P, version=2, email="nobody at all\r\nBcc: x@x.example")
    await waiting.centre.hear(broken)
    await waiting.deliver()
    assert ADDRESS not in str(waiting.server.mails)
    assert (await waiting.deliveries())[0]["problem_code"] == "ADDRESS_NOT_VALID"


async def test_a_mail_refused_for_what_it_is_does_not_make_the_address_bounce(waiting):
    waiting.server.refused_content = "554 5.6.0 We do not like it"
    await waiting.deliver()
    waiting.server.refused_content = ""
    await waiting.centre.hear(offer("made"))
    await waiting.deliver()
    assert sorted(await waiting.statuses()) == ["FAILED", "SENT"]


async def test_who_has_no_address_yet_is_written_to_once_it_is_heard_of(waiting):
    async with waiting.db.transaction() as tx:
        await tx.execute("delete from contact")
    await waiting.deliver()
    assert await waiting.statuses() == ["RETRYING"]
    await waiting.know()
    await waiting.deliver()
    assert waiting.server.recipients() == [ADDRESS]


async def test_a_connection_that_breaks_after_the_mail_went_leaves_it_uncertain(waiting):
    waiting.server.breaks_after_content = True
    await waiting.deliver()
    assert await waiting.statuses() == ["UNCERTAIN"]
    assert [told["outcome"] for _, told in await waiting.told()] == ["UNCERTAIN"]
    waiting.server.breaks_after_content = False
    await waiting.passes(timedelta(days=1))
    await waiting.deliver()
    assert waiting.server.recipients() == [ADDRESS]


async def test_a_mail_whose_sender_died_is_shown_and_not_sent_again(waiting):
    await waiting.consider()
    await waiting.passes(timedelta(minutes=1))
    claimed = await waiting.claim()
    await waiting.deliver()
    assert await waiting.statuses() == ["SENDING"]  # perhaps it still lives
    await waiting.passes(LEASE)
    await waiting.deliver()
    assert (waiting.server.mails, await waiting.statuses()) == ([], ["UNCERTAIN"])
    assert [told["outcome"] for _, told in await waiting.told()] == ["UNCERTAIN"]
    now = sending.real_now()
    late = Outcome(Verdict.LATER, "451", "x")
    await commands.settle(waiting.db, claimed.delivery, late, now=now, at=waiting.at)
    assert await waiting.statuses() == ["UNCERTAIN"]
    sent = Outcome(Verdict.SENT)
    await commands.settle(waiting.db, claimed.delivery, sent, now=now, at=waiting.at)
    assert await waiting.statuses() == ["SENT"]  # it had gone after all


async def test_a_process_that_is_stopped_before_the_mail_went_leaves_it_to_another(waiting):
    reached = asyncio.Event()

    async def says_nothing(_reader, writer):
        reached.set()
        await waiting_for_good.wait()
        writer.close()

    waiting_for_good = asyncio.Event()
    await waiting.server.stop()
    async with await asyncio.start_server(says_nothing, "127.0.0.1", waiting.server.port):
        await waiting.consider()
        await waiting.passes(timedelta(minutes=1))
        sending_it = asyncio.create_task(waiting.send())
        await reached.wait()
        sending_it.cancel()
        await asyncio.wait([sending_it])
        waiting_for_good.set()
    assert await waiting.statuses() == ["RETRYING"]
    await waiting.server.start()
    await waiting.deliver()
    assert (waiting.server.recipients(), await waiting.statuses()) == ([ADDRESS], ["SENT"])


async def test_a_bounce_of_somebody_whose_organisation_is_not_known_is_kept_all_the_same(waiting):
    waiting.server.refused[ADDRESS] = "550 5.1.1 no such mailbox"
    async with waiting.db.transaction() as tx:
        person = waiting.centre.people[P, SERVICE]
        await tx.execute("insert into directory.person_link values ($1, 'A99999')", person)
    await waiting.deliver()
    assert await waiting.statuses() == ["FAILED"]


async def test_contacts_heard_out_of_order_leave_the_newest(office):
    person = str(new_id())
    told = [
        {"id": person, "person_id": person, "version": n, "name": "x", "email": f"{n}@x.example"}
        for n in (2, 3, 1)
    ]
    for one in told:
        await office.centre.hear(event("contact.changed", one))
    async with office.db.reader() as reader:
        kept = await reader.fetchval("select email from contact where person_id = $1::uuid", person)
    assert kept == "3@x.example"


async def test_no_mail_goes_out_in_the_clear_where_it_should_not(waiting):
    """Without an answer to STARTTLS nothing goes out in the clear."""
    waiting.mail = mail_to(waiting.server, tls="starttls")
    await waiting.deliver()
    assert (waiting.server.mails, await waiting.statuses()) == ([], ["RETRYING"])
