"""The sample service answering on a real port, over a database of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chassis.ids import new_id
from chassis.migrate import CHASSIS
from chassis.running import Running
from chassis.settings import Settings
from cqrs.embedded.ports import free_port
from tests.support.database import NewDatabase
from tests.support.eventually import eventually
from tests.support.issuer import AUDIENCE, TestIssuer
from tests.support.sample.service import MIGRATIONS, service


@dataclass
class Answer:
    status: int
    body: dict[str, Any]
    headers: Any

    @property
    def data(self) -> Any:
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def found(self) -> Any:
        """The data, though some entities were refused because they are not there to be seen."""
        codes = {error["extensions"]["code"] for error in self.body.get("errors", ())}
        assert codes <= {"NOT_FOUND"}, self.body
        return self.body["data"]

    @property
    def code(self) -> str:
        return self.body["errors"][0]["extensions"]["code"]


@dataclass
class Sample:
    """A client of the running sample service."""

    address: str
    issuer: TestIssuer
    running: Running
    http: aiohttp.ClientSession
    stop: asyncio.Event
    """Set, it ends the process, as it were."""

    async def ask(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        **headers: str,
    ) -> Answer:
        """Ask as Anna, unless another token (or "" for none) is given."""
        bearer = self.issuer.token("anna") if token is None else token
        return await self.send(
            {"query": query, "variables": variables},
            headers={
                **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    async def send(self, body: Any, **options: Any) -> Answer:
        async with self.http.post(f"{self.address}/graphql", json=body, **options) as response:
            return Answer(response.status, await response.json(), response.headers)

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(f"{self.address}{path}") as response:
            return response.status, await response.text()

    async def count(self, table: str) -> int:
        async with self.running.database.reader() as reader:
            return await reader.fetchval(f"select count(*) from {table}")  # noqa: S608


NewSettings = Callable[..., Settings]


@pytest.fixture
def settings(issuer: TestIssuer, tmp_path: Path) -> NewSettings:
    def make(dsn: str, **others: Any) -> Settings:
        return Settings(
            **{
                "database_url": dsn,
                "issuer": issuer.address,
                "audience": AUDIENCE,
                "jwks_url": issuer.jwks_url,
                "port": free_port(),
                "files": tmp_path,
                "files_key": "a key for tests",
                "pool_size": 4,
                **others,
            }
        )

    return make


@asynccontextmanager
async def answering(running: Running, issuer: TestIssuer) -> AsyncIterator[Sample]:
    stop = asyncio.Event()
    part = asyncio.create_task(running.api()(stop))
    address = f"http://127.0.0.1:{running.settings.port}"
    async with aiohttp.ClientSession() as http:
        sample = Sample(address, issuer, running, http, stop)
        await eventually(lambda: sample.get("/health/live"))
        yield sample
    stop.set()
    await part


@pytest.fixture
async def sample(
    new_database: NewDatabase, settings: NewSettings, issuer: TestIssuer
) -> AsyncIterator[Sample]:
    """Anna may write for A1, Rita may only read for it, and Otto is of A2."""
    dsn = await new_database([CHASSIS, MIGRATIONS])
    async with Running.of(service, settings(dsn)) as running:
        async with running.database.transaction() as tx:
            people = [("anna", "A1", True), ("rita", "A1", False), ("otto", "A2", True)]
            await tx.executemany(
                "insert into person (subject, organisation, may_write, id) values ($1, $2, $3, $4)",
                [(*person, new_id()) for person in people],
            )
        async with answering(running, issuer) as client:
            yield client
