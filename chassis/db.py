"""The database of a service: reads, and the transactions that alone may write."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeAlias

import asyncpg

from chassis.connections import GIVE_UP_SOON, connecting, make_ready
from chassis.db_errors import Connection, PooledConnection, errors_named
from chassis.errors import TransientError

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""The loop time by which the request at hand must be answered; becomes statement_timeout."""

LOCK_TIMEOUT_MS = 2_000
"""A clash over a row is a transient refusal, not a queue."""

_CONNECTING = 10.0

_GONE = (asyncpg.PostgresError, asyncpg.InternalClientError, OSError)
"""What an attempt to tidy up a connection may meet."""


class Reader:
    """Reads of one moment: everything read through it is one snapshot."""

    def __init__(self, connection: PooledConnection, name: str) -> None:
        self._connection = connection
        self.name = name
        """The service whose database this is."""

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        with errors_named(self._connection):
            return await self._connection.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        with errors_named(self._connection):
            return await self._connection.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: object) -> Any:
        with errors_named(self._connection):
            return await self._connection.fetchval(sql, *args)

    async def plan_anew(self) -> None:
        """Have each statement from here on planned for what it is given, until the end.

        For those that ask much of tables that grow fast: a statement that is run often keeps the
        plan it had when they were small, until autovacuum has looked at them.
        """
        await self.fetchval("select set_config('plan_cache_mode', 'force_custom_plan', true)")

    async def stream(self, sql: str, *args: object) -> AsyncIterator[asyncpg.Record]:
        """Rows as they come, for results that should not be held whole."""
        with errors_named(self._connection):
            async for row in self._connection.cursor(sql, *args, prefetch=1_000):
                yield row

    async def copy_csv(
        self, put: Callable[[bytes], Coroutine[Any, Any, None]], sql: str, *args: object
    ) -> None:
        """The rows of a query as CSV, written by the database part by part, with no header."""
        with errors_named(self._connection):
            await self._connection.copy_from_query(sql, *args, output=put, format="csv")


class Tx(Reader):
    """A transaction. Only `Database.transaction()` makes one, so only there can anything change."""

    def __init__(self, connection: PooledConnection, name: str) -> None:
        super().__init__(connection, name)
        self._at_end: dict[AtEnd, dict[Any, Any]] = {}

    def at_end(self, work: "AtEnd") -> dict[Any, Any]:
        """What `work` will be called with, once, right before the commit: write into it.

        For what is done once a transaction however many commands ask for it, or must hold its locks
        but briefly.
        """
        return self._at_end.setdefault(work, {})

    async def end(self) -> None:
        """Do what was left for the end; the database calls it."""
        for work, noted in self._at_end.items():
            await work(self, noted)

    async def execute(self, sql: str, *args: object) -> str:
        """Run a statement; answers PostgreSQL's words, such as `UPDATE 3`."""
        with errors_named(self._connection):
            return await self._connection.execute(sql, *args)

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with errors_named(self._connection):
            await self._connection.executemany(sql, rows)

    async def copy(
        self,
        table: str,
        *,
        columns: Sequence[str],
        records: Iterable[Sequence[object]],
        schema: str | None = None,
    ) -> None:
        """COPY rows into the table: several times as fast as inserting them."""
        with errors_named(self._connection):
            await self._connection.copy_records_to_table(
                table, columns=list(columns), records=records, schema_name=schema
            )

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A block that may fail alone: its exception undoes it, and the transaction goes on."""
        await self.execute("savepoint block")
        try:
            yield
        except Exception:
            await self.execute("rollback to savepoint block")
            raise
        await self.execute("release savepoint block")


AtEnd: TypeAlias = Callable[[Tx, dict[Any, Any]], Awaitable[None]]


class Database:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", name: str) -> None:
        self._pool = pool
        self.name = name

    @classmethod
    async def connect(cls, dsn: str, *, name: str, pool_size: int = 10) -> "Database":
        """Open a pool on the database of the named service."""
        with connecting(dsn):
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=pool_size,
                timeout=_CONNECTING,
                init=make_ready,
                reset=_as_it_was,
                server_settings={
                    **GIVE_UP_SOON,
                    "application_name": name,
                    "lock_timeout": str(LOCK_TIMEOUT_MS),
                    "jit": "off",
                },
            )
        return cls(pool, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """All or nothing; committed at the end of the block, undone by any exception."""
        async with self._unit("begin") as connection:
            tx = Tx(connection, self.name)
            yield tx
            await tx.end()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        """One snapshot, in which PostgreSQL itself refuses to write."""
        async with self._unit("begin isolation level repeatable read read only") as connection:
            yield Reader(connection, self.name)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Reader]:
        """A connection for itself, outside any transaction, for locks that a session holds.

        What it still holds at the end of the block is given back.
        """
        async with self._connection() as connection:
            try:
                yield Reader(connection, self.name)
            finally:
                await _unlock(connection)

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def _unit(self, begin: str) -> AsyncIterator[PooledConnection]:
        async with self._connection() as connection:
            with errors_named(connection):
                await connection.execute(f"{begin}; {_statement_timeout()}")
            try:
                yield connection
            except BaseException:
                await _undo(connection)
                raise
            with errors_named(connection):
                ended = await connection.execute("commit")
            if ended != "COMMIT":  # PostgreSQL itself would say no more than ROLLBACK
                raise RuntimeError("it was not committed: an error in it had been passed over")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PooledConnection]:
        with errors_named():
            connection = await self._pool.acquire(timeout=_remaining())
        try:
            yield connection
        finally:
            with errors_named():
                await self._pool.release(connection)


async def _as_it_was(_: Connection) -> None:
    """Nothing to reset: what a transaction sets is local to it."""


async def _undo(connection: PooledConnection) -> None:
    """Roll back; where that fails the pool throws the connection away, which does the same."""
    with suppress(*_GONE, asyncpg.InterfaceError):
        await connection.execute("rollback")


async def _unlock(connection: PooledConnection) -> None:
    try:
        await connection.execute("select pg_advisory_unlock_all()")
    except _GONE:
        connection.terminate()
    except asyncpg.InterfaceError:
        pass  # the connection is gone, and its locks with it


def _remaining() -> float | None:
    """The seconds left to the request at hand."""
    until = deadline.get()
    if until is None:
        return None
    left = until - asyncio.get_running_loop().time()
    if left <= 0:
        raise TransientError("the request ran out of time")
    return left


def _statement_timeout() -> str:
    left = _remaining()
    return "" if left is None else f"set local statement_timeout = {max(1, int(left * 1000))}"
