"""What becomes of one's messages, heard through the gateway as it happens elsewhere."""

import pytest

from cqrs.play.cast import SERVICE
from cqrs.supervisor.first_people import ADMINISTRATOR
from tests.e2e.story import PAID
from tests.e2e.test_stories import GRANT, WITHDRAW
from tests.support.listening import Listening, listening

pytestmark = pytest.mark.xdist_group("system")

UPDATES = """subscription { messageUpdates { number change counts { unread }
  message { subjectCode body organisation { odsCode name } about { person { subject: id } } } } }"""


async def update(events: Listening):
    number, data = await events.data()
    assert number == str(data["messageUpdates"]["number"])
    return data["messageUpdates"]


async def test_a_role_given_is_told_at_once_and_a_lost_stream_goes_on(story, cast):
    someone, administrator = cast(SERVICE, PAID), cast.first(ADMINISTRATOR.subject)
    me = (await someone.ask("{ me { person { id } } }"))["me"]["person"]["id"]
    given = {"id": me, "at": PAID, "role": "VIEW"}
    opened = {"token": await someone.token(), "X_Acting_For": PAID}
    async with listening(cast.gateway.address, UPDATES, **opened) as events:
        begin = await update(events)
        await administrator.ask(GRANT, **given)
        told = await update(events)
    assert told["number"] == begin["number"] + 1
    assert told["counts"]["unread"] == begin["counts"]["unread"] + 1
    message = told["message"]
    assert (told["change"], message["subjectCode"]) == ("RAISED", "PERSON_ROLE_GRANTED")
    assert message["organisation"]["name"] in message["body"]
    assert message["about"] == [{"person": {"subject": me}}]
    await administrator.ask(WITHDRAW, **given)
    last = told["number"]
    async with listening(cast.gateway.address, UPDATES, last=last, **opened) as events:
        told = await update(events)
    assert (told["number"], told["message"]["subjectCode"]) == (last + 1, "PERSON_ROLE_WITHDRAWN")
