"""The mail server of a demonstration as a child, as a system starts it."""

from collections.abc import Iterator
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import pytest

from cqrs.supervisor.settings import Addresses, mail_plan
from cqrs.supervisor.supervisor import Supervisor
from tests.support.eventually import eventually


@pytest.fixture(scope="module")
def addresses() -> Iterator[Addresses]:
    drawn = Addresses()
    with Supervisor() as supervisor:
        supervisor.children.start(mail_plan(drawn))
        supervisor.children.wait_until_ready(["mail"], lambda _: None)
        yield drawn


async def _send(addresses: Addresses, to: str, subject: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "no-reply@x.example", to, subject
    message.set_content("Plain\n.words")
    message.add_alternative("<p>Rich <script>words</script></p>", subtype="html")

    async def sent() -> None:  # it takes mails once its other door is open, or a moment later
        host, port = "127.0.0.1", addresses.smtp_port
        await aiosmtplib.send(message, hostname=host, port=port, start_tls=False)

    await eventually(sent)


async def _get(addresses: Addresses, path: str, **headers: str) -> aiohttp.ClientResponse:
    async with (
        aiohttp.ClientSession(addresses.mail) as session,
        session.get(path, headers=headers) as answer,
    ):
        await answer.read()
        return answer


async def test_what_is_sent_is_kept_and_can_be_read(addresses: Addresses) -> None:
    await _send(addresses, "a@x.example", "One")
    await _send(addresses, "b@x.example", "Two & <three>")
    listed = await (await _get(addresses, "/email")).json()
    assert [mail["subject"] for mail in listed[:2]] == ["Two & <three>", "One"]
    chosen = await (await _get(addresses, "/email?to=a@x.example")).json()
    assert [mail["to"] for mail in chosen] == [["a@x.example"]]
    whole = await (await _get(addresses, f"/email/{chosen[0]['id']}")).json()
    assert whole["text"].splitlines() == ["Plain", ".words"]
    assert whole["headers"]["from"] == "no-reply@x.example"
    page = await (await _get(addresses, "/")).text()
    assert "Two &amp; &lt;three&gt;" in page


async def test_a_mail_is_shown_but_may_do_nothing(addresses: Addresses) -> None:
    await _send(addresses, "c@x.example", "Three")
    [mail] = await (await _get(addresses, "/email?to=c@x.example")).json()
    shown = await _get(addresses, f"/email/{mail['id']}/html")
    assert "Rich" in await shown.text()
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await _get(addresses, "/email/999999/html")).status == 404


async def test_a_page_of_another_name_is_answered_nothing(addresses: Addresses) -> None:
    assert (await _get(addresses, "/email", Host="evil.example")).status == 400
