"""What an error of the database is to us: transient, a refusal, or a bug."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg
from prometheus_client import Counter

from chassis.errors import DomainError, TransientError

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


def _lost(connection: "Connection | PooledConnection | None") -> bool:
    try:
        return connection is None or connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back
        return True
