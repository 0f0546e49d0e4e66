from dataclasses import dataclass
from typing import Any

import pytest

from chassis.migrate import CHASSIS
from chassis.running import Running
from services.organisations.app import SERVICE
from services.organisations.people.bootstrap import bootstrap
from tests.services.organisations.importing import NOW, load_files
from tests.services.organisations.small_england import FILES
from tests.support.sample.fixtures import Answer, Sample, answering

ADMINISTRATOR, DATA_LOAD = "administrator.eng", "data-load.eng"


@pytest.fixture
def migrations():
    return [CHASSIS, *SERVICE.migrations]


def first_people(issuer):
    roles = {
        DATA_LOAD: "DATA_LOAD",
        "catalogue-1.eng": "CATALOGUE_MANAGER",
        "catalogue-2.eng": "CATALOGUE_MANAGER",
        ADMINISTRATOR: "ADVANCED_USER_ADMINISTRATOR",
    }
    people = [
        {
            "subject": subject,
            "name": subject,
            "email": f"{subject}@england.example",
            "roles": [role],
        }
        for subject, role in roles.items()
    ]
    return {"organisation": "ENG", "issuer": issuer, "people": people}


@dataclass
class Organisations:
    """The service answering on a port, the small England and its first people in it."""

    client: Sample

    @property
    def database(self):
        return self.client.running.database

    async def ask(self, subject: str, query: str, acting_for: str = "", **variables: Any) -> Answer:
        headers = {"X_Acting_For": acting_for} if acting_for else {}
        token = self.client.issuer.token(subject)
        return await self.client.ask(query, variables, token=token, **headers)

    async def add(self, *people: dict[str, Any], by: str = ADMINISTRATOR, **options: str) -> Answer:
        return await self.ask(by, ADD, people=people, **options)

    async def told(self) -> list[tuple[str, str]]:
        """Type and key of the events since the last time."""
        async with self.database.transaction() as tx:
            found = await tx.fetch("select type, aggregateid from chassis.outbox order by position")
            await tx.execute("delete from chassis.outbox")
        return [tuple(row) for row in found]

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        async with self.database.reader() as reader:
            return [tuple(row) for row in await reader.fetch(sql, *args)]


ADD = """
mutation ($people: [NewPersonInput!]!, $key: String) {
  addPeople(people: $people, idempotencyKey: $key) {
    done refused { id code field } counts { name value } message
  }
}
"""


def somebody(subject: str, **links: list[str]) -> dict[str, Any]:
    """A new person, with roles by organisation."""
    return {
        "subject": subject,
        "name": f"Somebody, {subject}",
        "email": f"{subject}@mail.example",
        "links": [
            {"organisation": code, "roles": [{"role": role} for role in roles]}
            for code, roles in links.items()
        ],
    }


@pytest.fixture
async def organisations(dsn, settings, issuer):
    async with Running.of(SERVICE, settings(dsn)) as running:
        async with running.database.transaction() as tx:
            await bootstrap(tx, first_people(issuer.address), NOW)
        await load_files(running.database, FILES)
        async with answering(running, issuer) as client:
            served = Organisations(client)
            await served.told()
            yield served
