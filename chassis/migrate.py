"""Plain SQL migrations, forward only: the files of some folders, in the order of their names."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chassis.connections import connecting
from chassis.db import Reader
from chassis.db_errors import Connection, errors_named

CHASSIS = Path(__file__).parent / "migrations"
"""The chassis' own tables; always the first of the folders."""

_LOCK = 0x6D696772  # "migr": one number for every service, each has its own database
_LOCK_TIMEOUT = "10s"

_LOG = """
create schema if not exists chassis;
create table if not exists chassis.migration (
    name text primary key,
    hash text not null,
    applied_at timestamptz not null default now()
)
"""


class MigrationError(Exception):
    """A migration that has been applied was changed afterwards, or two share a name."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    """Folder and file, as in `participation/0001_offers.sql`."""
    sql: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(dsn: str, folders: Sequence[Path]) -> list[str]:
    """Apply what has not been applied, each file in a transaction; answers the names applied."""
    migrations = list(_found(folders))
    with connecting(dsn):
        connection = await asyncpg.connect(dsn, server_settings={"application_name": "migrate"})
    try:
        with errors_named(connection):
            return await _applied(connection, migrations)
    finally:
        await connection.close()


async def pending(reader: Reader, folders: Sequence[Path]) -> list[str]:
    """The names of the migrations the database has not seen yet."""
    names = [migration.name for migration in _found(folders)]
    if await reader.fetchval("select to_regclass('chassis.migration') is null"):
        return names
    return await reader.fetchval(_PENDING, names)  # type: ignore[no-any-return]


_PENDING = """
select coalesce(array_agg(name order by place), '{}')
from unnest($1::text[]) with ordinality as wanted (name, place)
where not exists (select from chassis.migration as applied where applied.name = wanted.name)
"""


async def _applied(connection: Connection, migrations: Sequence[Migration]) -> list[str]:
    # Before anything else, or two starters race to create the schema.
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    await connection.execute(_LOG)
    rows = await connection.fetch("select name, hash from chassis.migration")
    log: dict[str, str] = {row["name"]: row["hash"] for row in rows}
    due = [migration for migration in migrations if migration.name not in log]
    for migration in migrations:
        if log.get(migration.name, migration.hash) != migration.hash:
            raise MigrationError(f"{migration.name} was changed after it had been applied")
    for migration in due:
        await _apply(connection, migration)
    return [migration.name for migration in due]


async def _apply(connection: Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into chassis.migration (name, hash) values ($1, $2)",
            migration.name,
            migration.hash,
        )


def _found(folders: Sequence[Path]) -> Iterator[Migration]:
    seen: set[str] = set()
    for folder in folders:
        for file in sorted(folder.glob("*.sql")):
            name = f"{folder.resolve().parent.name}/{file.name}"
            if name in seen:
                raise MigrationError(f"two migrations are called {name}")
            seen.add(name)
            yield Migration(name, file.read_text())
