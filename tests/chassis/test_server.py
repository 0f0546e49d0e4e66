import json

from chassis.migrate import CHASSIS
from chassis.running import Running
from tests.support.database import NewDatabase
from tests.support.issuer import TestIssuer
from tests.support.sample.fixtures import NewSettings, Sample, answering
from tests.support.sample.service import service


async def test_it_is_live_and_ready_once_its_database_is_migrated(sample: Sample) -> None:
    assert await sample.get("/health/live") == (200, "live")
    status, body = await sample.get("/health/ready")
    assert (status, json.loads(body)) == (200, {"database": "ready"})


async def test_it_is_not_ready_before_migrations_and_the_readers_assignment(
    new_database: NewDatabase, settings: NewSettings, issuer: TestIssuer
) -> None:
    dsn = await new_database([CHASSIS])
    async with Running.of(service, settings(dsn)) as running:
        running.worker()
        async with answering(running, issuer) as sample:
            status, body = await sample.get("/health/ready")
    missing = json.loads(body)
    assert status == 503
    assert missing["database"] == "waits for 1 migrations, the first sample/0001_note.sql"
    assert missing["reader"] == "waits for the broker to say what to read"
