from datetime import UTC, datetime

import pytest

from chassis.mail import Mail
from chassis.running import Running
from services.notifications.app import SERVICE
from tests.services.notifications.centre import Served, make_centre
from tests.services.notifications.email.office import KEY, MailServer, Office
from tests.support.sample.fixtures import answering


@pytest.fixture
async def server():
    """A mail server that listens."""
    started = await MailServer().start()
    yield started
    await started.stop()


@pytest.fixture
async def office(database, server):
    """The small world, everybody's address known, and its mail server."""
    made = Office(await make_centre(database), server, mail_to(server))
    made.at = datetime(2025, 3, 13, 6, tzinfo=UTC)  # before the digests of the day
    await made.know()
    return made


def mail_to(server: MailServer, **others) -> Mail:
    told = {
        "host": "127.0.0.1",
        "port": server.port,
        "sender": "no-reply@cqrs.example",
        "public_url": "https://cqrs.example",
        "key": KEY,
        "tls": "none",
        "connections": 2,
        "help_email": "help@cqrs.example",
        "help_telephone": "01632 960000",
    }
    return Mail(**{**told, **others})


@pytest.fixture
async def served(dsn, settings, issuer, server):
    """The service answering on a port, and able to send mail."""
    sending = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_tls": "none",
        "smtp_sender": "no-reply@cqrs.example",
        "mail_key": KEY.decode(),
        "public_url": "https://cqrs.example",
    }
    async with Running.of(SERVICE, settings(dsn, **sending)) as running:
        centre = await make_centre(running.database)
        async with running.database.transaction() as tx:
            await tx.execute("update directory.person set issuer = $1", issuer.address)
        async with answering(running, issuer) as client:
            yield Served(centre, client)
