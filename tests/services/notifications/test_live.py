"""Message updates over server-sent events: all of them, once, in order, whoever comes back."""

import asyncio

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from tests.services.notifications.centre import Served, declaration, many, offer
from tests.services.notifications.test_centre import READ, chosen, listed
from tests.support.listening import Listening, listening

P, C = "A99001", "QZ9"
SERVICE = Role.SERVICE_MANAGEMENT
UPDATES = """
subscription { messageUpdates {
  number change message { subjectCode status count } counts { total unread openTasks } } }
"""


def stream(served: Served, role=SERVICE, code=P, last=None):
    subject = f"{role.value.lower().replace('_', '-')}-{code.lower()}"
    token = served.client.issuer.token(subject)
    return listening(served.client.address, UPDATES, token=token, last=last, X_Acting_For=code)


async def update(events: Listening):
    number, data = await events.data()
    assert number == str(data["messageUpdates"]["number"])
    return data["messageUpdates"]


async def subjects(events: Listening, count: int):
    """So many updates: their numbers, and what their messages tell of."""
    found = [await update(events) for _ in range(count)]
    return [(one["number"], one["message"]["subjectCode"]) for one in found]


async def test_a_stream_begins_where_the_mailbox_stands_and_tells_what_follows(served):
    await served.centre.hear(offer("made"))
    async with stream(served) as events:
        begin = await update(events)
        assert (begin["number"], begin["change"], begin["message"]) == (1, None, None)
        assert begin["counts"] == {"total": 1, "unread": 1, "openTasks": 1}
        await served.centre.hear(offer("withdrawn"))
        raised = await update(events)
        assert (raised["number"], raised["change"]) == (2, "RAISED")
        assert raised["message"] == {
            "subjectCode": "OFFER_WITHDRAWN",
            "status": "UNREAD",
            "count": 1,
        }
        assert raised["counts"] == {"total": 2, "unread": 2, "openTasks": 1}


async def test_reading_and_done_tasks_are_told_too(served):
    one = new_id()
    async with stream(served) as events:
        await update(events)
        await served.centre.hear(offer("made", one))
        assert (await update(events))["message"]["status"] == "UNREAD"
        (message,) = await listed(served, SERVICE, P)
        await served.ask(SERVICE, P, READ, choose=chosen(message))
        read = await update(events)
        assert (read["change"], read["message"]["status"]) == ("CHANGED", "READ")
        await served.centre.hear(offer("accepted", one))
        done = await update(events)
        assert (done["number"], done["message"]["status"]) == (3, "DONE")
        assert done["counts"] == {"total": 1, "unread": 0, "openTasks": 0}


async def test_who_comes_back_gets_exactly_what_they_missed(served):
    async with stream(served) as events:
        assert (await update(events))["number"] == 0
        await served.centre.hear(offer("made"))
        assert await subjects(events, 1) == [(1, "OFFER_MADE")]
    await served.centre.hear(offer("withdrawn"))
    await served.centre.hear(offer("ended"))
    async with stream(served, last=1) as events:
        assert await subjects(events, 2) == [(2, "OFFER_WITHDRAWN"), (3, "OFFER_ENDED")]
        await served.centre.hear(offer("extended"))
        assert await subjects(events, 1) == [(4, "OFFER_EXTENDED")]
    async with stream(served, last=0) as events:
        assert [number for number, _ in await subjects(events, 4)] == [1, 2, 3, 4]


async def test_what_many_write_at_once_is_numbered_without_gaps_and_told_once(served):
    """Twelve transactions at a time, while clients come and go."""

    async def write():
        for what in ("withdrawn", "cancelled", "ended"):
            await served.centre.hear(offer(what))

    async def read():
        numbers, last = [], 0
        while len(numbers) < 36:
            async with stream(served, last=last) as events:
                for _ in range(min(5, 36 - len(numbers))):
                    last = (await update(events))["number"]
                    numbers.append(last)
        return numbers

    *_, first, second = await asyncio.gather(*[write() for _ in range(12)], read(), read())
    assert first == second == list(range(1, 37))


async def test_a_bulk_action_is_one_update_a_transaction(served):
    action = str(new_id())
    things = [declaration("declared", one, action=action) for one in many(30)]
    async with stream(served, Role.APPROVAL_MANAGEMENT, C) as events:
        await update(events)
        await served.centre.hear(*things[:20])
        await served.centre.hear(*things[20:])
        updates = [await update(events) for _ in range(2)]
    assert [(one["number"], one["message"]["count"]) for one in updates][-1] == (2, 30)


async def test_others_mailboxes_are_not_told_of(served):
    async with stream(served, Role.SUPERVISOR) as events:
        assert (await update(events))["counts"]["total"] == 0
        await served.centre.hear(offer("made"))
        async with stream(served) as own:
            assert (await update(own))["number"] == 1
        person = served.centre.people[P, Role.SUPERVISOR]
        async with served.centre.database.reader() as reader:
            sql = "select count(*) from mailbox where person_id = $1"
            assert await reader.fetchval(sql, person) == 0


async def test_a_number_of_another_system_begins_anew(served):
    async with stream(served, last=7) as events:
        reset = await events.event()
        assert reset.name == "reset"
        assert await events.event() is None


async def test_who_is_not_linked_any_more_is_told_so_and_nothing_else(served):
    async with stream(served) as events:
        await update(events)
        await served.centre.hear(offer("made"))
        await update(events)
        person = served.centre.people[P, SERVICE]
        async with served.centre.database.transaction() as tx:
            await tx.execute(
                "update directory.person set status = 'DISABLED' where id = $1", person
            )
            await tx.execute("update mailbox set number = number + 1 where person_id = $1", person)
        _, body = await events.next()
        assert body["errors"][0]["extensions"]["code"] == "PERSON_DISABLED"
        assert body["data"] is None
        assert (await events.event()).name == "complete"


@pytest.mark.parametrize(("subject", "status"), [(None, 401), ("nobody", 403)])
async def test_nobody_else_gets_a_stream(served, subject, status):
    token = served.client.issuer.token(subject) if subject else "nonsense"
    async with listening(served.client.address, UPDATES, token=token) as events:
        assert events.response.status == status
        assert (await events.response.json())["errors"]
