"""From an account in one service to a mail from another, and back by its link."""

import aiohttp
import pytest

from cqrs.england.people import person
from cqrs.play.cast import SERVICE
from cqrs.play.period import Period
from tests.support.eventually import eventually

pytestmark = pytest.mark.xdist_group("system")

PREFERENCES = "{ emailPreferences { preferences { kind choice } changes { kind byLink } } }"


async def test_who_joins_is_mailed_at_once_and_stops_that_by_the_link(
    declared: Period, system, cast
):
    practice = declared.participating[0]
    address = person(SERVICE, practice, ()).email
    async with aiohttp.ClientSession() as session:

        async def mails():
            async with session.get(f"{system.running.mail}/email", params={"to": address}) as told:
                return [mail for mail in await told.json() if mail["subject"].startswith("Account")]

        async def came():
            [mail] = await mails()
            async with session.get(f"{system.running.mail}/email/{mail['id']}") as told:
                return await told.json()

        mail = await eventually(came)
        assert "You can act for" in mail["text"]
        assert address not in mail["text"]
        link = mail["headers"]["list-unsubscribe"].strip(" <>")
        assert link.startswith(f"{system.running.gateway}/links/notifications/")
        async with session.get(link) as page:
            assert (page.status, "<button" in await page.text()) == (200, True)
        async with session.post(link, data={"List-Unsubscribe": "One-Click"}) as done:
            assert done.status == 200
        async with session.post(f"{link[:-1]}", data={}) as forged:
            assert forged.status == 403
    told = (await cast(SERVICE, practice).ask(PREFERENCES))["emailPreferences"]
    assert {"kind": "ACCOUNT", "choice": "NEVER"} in told["preferences"]
    assert told["changes"] == [{"kind": "ACCOUNT", "byLink": True}]
