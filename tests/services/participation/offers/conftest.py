"""The service over real HTTP, and people with tokens."""

from collections.abc import AsyncIterator

import pytest

from chassis.running import Running
from nhs.roles import Role
from services.participation.app import SERVICE
from tests.support.directory import have_person
from tests.support.sample.fixtures import Sample, answering

PEOPLE = {
    "author": {"ENG": [Role.CATALOGUE_MANAGER]},
    "publisher": {"ENG": [Role.CATALOGUE_MANAGER]},
    "icb": {"QHM": [Role.COMMISSIONING_MANAGEMENT]},
    "other": {"QNA": [Role.COMMISSIONING_MANAGEMENT]},
    "practice": {"A81001": [Role.SERVICE_MANAGEMENT]},
    "neighbour": {"A81002": [Role.SERVICE_MANAGEMENT]},
    "clerk": {"A81001": [Role.USER_ADMINISTRATOR]},
    "two": {"A81001": [Role.SERVICE_MANAGEMENT], "A81002": [Role.VIEW]},
}


@pytest.fixture
def now() -> str:
    """When the stories happen."""
    return "2025-03-13T09:00Z"


@pytest.fixture
async def service(participation, dsn, settings, issuer, now) -> AsyncIterator[Sample]:
    async with participation.db.transaction() as tx:
        for subject, held in PEOPLE.items():
            await have_person(tx, subject, held)
        await tx.execute("update directory.person set issuer = $1", issuer.address)
    given = settings(dsn, now=now, demonstration=True)
    async with Running.of(SERVICE, given) as running, answering(running, issuer) as client:
        yield client
