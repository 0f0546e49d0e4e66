import pytest

from chassis.migrate import CHASSIS
from chassis.running import Running
from services.notifications.app import MIGRATIONS, SERVICE
from tests.services.notifications.centre import Served, make_centre
from tests.support.sample.fixtures import answering


@pytest.fixture
def migrations():
    return [CHASSIS, *MIGRATIONS]


@pytest.fixture
async def served(dsn, settings, issuer):
    """The service answering on a port, with the small world in its database."""
    async with Running.of(SERVICE, settings(dsn)) as running:
        centre = await make_centre(running.database)
        async with running.database.transaction() as tx:
            await tx.execute("update directory.person set issuer = $1", issuer.address)
        async with answering(running, issuer) as client:
            yield Served(centre, client)
