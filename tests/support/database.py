"""A fresh, migrated database for each test: a copy of a template made once a worker."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import asyncpg
import pytest

from chassis.db import Database
from chassis.migrate import CHASSIS, migrate
from cqrs.embedded.postgres import Postgres

NewDatabase = Callable[..., Awaitable[str]]


class Templates:
    """Migrated databases to copy, one for each list of folders."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._made: dict[tuple[Path, ...], str] = {}

    async def copy(self, folders: Sequence[Path]) -> str:
        """A new database with the folders' migrations applied; answers its name."""
        template = self._made.get(tuple(folders)) or await self._make(tuple(folders))
        return await self._create(f'template "{template}" strategy file_copy')

    async def drop(self, name: str) -> None:
        await self._run(f'drop database if exists "{name}" with (force)')

    async def _make(self, folders: tuple[Path, ...]) -> str:
        name = await self._create("template template0")
        await migrate(self.server.dsn(name), folders)
        self._made[folders] = name
        return name

    async def _create(self, how: str) -> str:
        name = f"t_{secrets.token_hex(6)}"
        await self._run(f'create database "{name}" {how}')
        return name

    async def _run(self, sql: str) -> None:
        connection = await asyncpg.connect(self.server.dsn())
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def templates(postgres: Postgres) -> Templates:
    return Templates(postgres)


@pytest.fixture
def migrations() -> Sequence[Path]:
    """The folders whose migrations the test's database has; override it beside the tests."""
    return [CHASSIS]


@pytest.fixture
async def new_database(templates: Templates) -> AsyncIterator[NewDatabase]:
    """`await new_database([CHASSIS, …])` answers the dsn of a fresh copy."""
    made: list[str] = []

    async def make(folders: Sequence[Path]) -> str:
        made.append(await templates.copy(folders))
        return templates.server.dsn(made[-1])

    yield make
    for name in made:
        await templates.drop(name)


@pytest.fixture
async def dsn(new_database: NewDatabase, migrations: Sequence[Path]) -> str:
    """The address of the test's own database."""
    return await new_database(migrations)


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = await Database.connect(dsn, name="test", pool_size=10)
    yield database
    await database.close()
