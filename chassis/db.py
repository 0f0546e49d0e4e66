"""The database of a service: reads, and the transactions that alone may write."""

import asyncio
import socket
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg
from prometheus_client import Counter

from chassis import wire
from chassis.errors import DomainError, TransientError

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""The loop time by which the request at hand must be answered; becomes statement_timeout."""

LOCK_TIMEOUT_MS = 2_000
"""A clash over a row is a transient refusal, not a queue."""

_CONNECTING = 10.0

GIVE_UP_SOON = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""Has the server end, within some eleven seconds, the session of who was cut off from it.

It would hold its locks for two hours else: the relay's, and those of rows.
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
PooledConnection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_TRANSIENT = (
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCachedStatementError,  # a migration passed by
    OSError,  # refused, reset and timed out among them
)

_PERHAPS = (
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
)
"""It depends on what was done: `_may_pass` knows."""

_GONE = (asyncpg.PostgresError, asyncpg.InternalClientError, OSError)
"""What an attempt to tidy up a connection may meet."""

_NO_TEXT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_HALF_A_CHARACTER = "surrogates not allowed"
"""What Python says of half of a character that JSON writes as two."""

transient_errors = Counter(
    "cqrs_database_transient_errors_total", "Errors of the database that may pass.", ["kind"]
)

_refusals: dict[str, tuple[str, str, str | None]] = {}


def constraint_means(constraint: str, code: str, message: str, *, field: str | None = None) -> None:
    """Say which refusal it is when a write breaks the constraint of this name."""
    _refusals[constraint] = (code, message, field)


@contextmanager
def errors_named(connection: "Connection | PooledConnection | None" = None) -> Iterator[None]:
    """Turn the driver's errors into ours: transient, refused, or (left as it is) a bug.

    Without a connection: those of making one, or giving it back.
    """
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        refusal = _refusals.get(error.constraint_name or "")
        if refusal is None:
            raise
        code, message, field = refusal
        raise DomainError(code, message, field=field) from error
    except (*_NO_TEXT, asyncpg.DataError) as error:
        if isinstance(error, _NO_TEXT) or _HALF_A_CHARACTER in str(error):
            message = "A text holds a character that cannot be stored, such as NUL."
            raise DomainError("TEXT_NOT_VALID", message) from error
        raise
    except (*_TRANSIENT, *_PERHAPS) as error:
        what = _may_pass(error, connection)
        if what is None:
            raise
        transient_errors.labels(type(error).__name__).inc()
        raise TransientError(f"{what}: {error}") from error


def _may_pass(error: Exception, connection: "Connection | PooledConnection | None") -> str | None:
    """In words what may pass; None for what does not."""
    if isinstance(error, _TRANSIENT):
        return type(error).__name__
    if isinstance(error, asyncpg.ObjectNotInPrerequisiteStateError):
        # Somebody keeps everybody out of the database, to restore it for example.
        return type(error).__name__ if connection is None else None
    if isinstance(error, asyncpg.InternalClientError):
        # The server ended the connection, and the driver lost its way in what it still sent
        # (MagicStack/asyncpg issue 1069): of no more use to anybody.
        if connection is not None:
            connection.terminate()
        return _LOST
    return None if isinstance(error, ValueError) or not _lost(connection) else _LOST


_LOST = "the connection was lost"


class NoEntryError(Exception):
    """The database lets nobody in as we come: a wrong password, role or name."""


@contextmanager
def connecting(dsn: str) -> Iterator[None]:
    """Say of a connection that cannot be made where it was to lead, and no password."""
    where = urlsplit(dsn)
    place = f"{where.netloc.rpartition('@')[2]}{where.path}"
    try:
        with errors_named():
            yield
    except TransientError as error:
        raise TransientError(f"no connection to {place}: {error}") from error
    except _NO_ENTRY as error:
        raise NoEntryError(f"no entry to {place}: {error}") from error


_NO_ENTRY = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)


def _lost(connection: "Connection | PooledConnection | None") -> bool:
    try:
        return connection is None or connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back
        return True


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
                init=_made_ready,
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


async def _made_ready(connection: Connection) -> None:
    _end_when_silent(connection)
    await json_as_values(connection)


def _end_when_silent(connection: Connection) -> None:
    """Have the kernel end a connection whose server is gone: who waited for an answer is told."""
    # asyncpg has no other way to it.
    line = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001
    if line.family == socket.AF_UNIX:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, option in _OURS.items():
        if hasattr(socket, option):  # each system has some of them
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), int(GIVE_UP_SOON[name]))


_OURS = {
    "tcp_keepalives_idle": "TCP_KEEPIDLE",
    "tcp_keepalives_interval": "TCP_KEEPINTVL",
    "tcp_keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}
"""What our end calls them."""


async def json_as_values(connection: Connection) -> None:
    """Read and write json and jsonb as Python values, in COPY as well."""
    for kind, prefix in (("json", b""), ("jsonb", b"\x01")):
        await connection.set_type_codec(
            kind,
            schema="pg_catalog",
            format="binary",
            encoder=_encoder(prefix),
            decoder=_decoder(len(prefix)),
        )


def _encoder(prefix: bytes) -> Any:
    return lambda value: prefix + wire.encode(value)


def _decoder(skip: int) -> Any:
    return lambda data: wire.decode(bytes(data)[skip:])


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
