"""Making connections to a database, and having both ends notice that one is dead."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from chassis import wire
from chassis.db_errors import Connection, errors_named
from chassis.errors import TransientError

GIVE_UP_SOON = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""Has the server end, within some eleven seconds, the session of who was cut off from it.

It would hold its locks for two hours else: the relay's, and those of rows.
"""


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


async def make_ready(connection: Connection) -> None:
    """What every new connection of a pool goes through."""
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
