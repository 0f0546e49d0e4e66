"""A command sent twice under one key is done once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from chassis.db import Database, Tx
from chassis.errors import DomainError

T = TypeVar("T")

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    key: str
    person: UUID
    organisation: str
    operation: str
    fingerprint: str
    """A hash of the operation's input."""


async def once(
    tx: Tx,
    key: IdempotencyKey | None,
    answer: type[T],
    work: Callable[[], Awaitable[T]],
    *,
    now: datetime,
    keep: Callable[[T], bool] = lambda _: True,
) -> T:
    """Do the work, or answer what it answered under this key within the last 24 hours.

    A second caller at the same moment waits for the first, or is told to try again. A refusal
    undoes the transaction, and the key with it; an answer that is not to be kept, because nothing
    came of it, leaves the key free.
    """
    if key is None:
        return await work()
    if earlier := await _claim(tx, key, now):
        return TypeAdapter(answer).validate_python(_same(key, earlier)["answer"])
    done = await work()
    whose = (key.person, key.organisation, key.key)
    if keep(done):
        await tx.execute(_ANSWER, *whose, TypeAdapter(answer).dump_python(done, mode="json"))
    else:
        await tx.execute(_FREE, *whose)
    return done


async def once_alone(
    db: Database,
    key: IdempotencyKey | None,
    answer: type[T],
    work: Callable[[Tx], Awaitable[T]],
    *,
    now: datetime,
    keep: Callable[[T], bool] = lambda _: True,
) -> T:
    """Do the work as `once` does, in a transaction of its own."""
    async with db.transaction() as tx:
        return await once(tx, key, answer, lambda: work(tx), now=now, keep=keep)


# A row that has expired is claimed anew; one that has not is left, and nothing is returned.
_CLAIM = """
insert into chassis.idempotency as earlier
    (person, organisation, key, operation, fingerprint, at)
values ($1, $2, $3, $4, $5, $6)
on conflict (person, organisation, key) do update
    set operation = excluded.operation, fingerprint = excluded.fingerprint,
        answer = null, at = excluded.at
    where earlier.at <= $7
returning true
"""

_EARLIER = """
select operation, fingerprint, answer from chassis.idempotency
where person = $1 and organisation = $2 and key = $3
"""

_ANSWER = """
update chassis.idempotency set answer = $4
where person = $1 and organisation = $2 and key = $3
"""

_FREE = "delete from chassis.idempotency where person = $1 and organisation = $2 and key = $3"


async def _claim(tx: Tx, key: IdempotencyKey, now: datetime) -> asyncpg.Record | None:
    """Take the key; answers who has taken it before."""
    whose = (key.person, key.organisation, key.key)
    claimed = await tx.fetchval(_CLAIM, *whose, key.operation, key.fingerprint, now, now - KEPT)
    return None if claimed else await tx.fetchrow(_EARLIER, *whose)


def _same(key: IdempotencyKey, earlier: asyncpg.Record) -> asyncpg.Record:
    if (earlier["operation"], earlier["fingerprint"]) != (key.operation, key.fingerprint):
        raise DomainError(
            "KEY_REUSED",
            f"The idempotency key {key.key} was used for {earlier['operation']} with other input.",
            field="idempotencyKey",
            operation=earlier["operation"],
        )
    return earlier
