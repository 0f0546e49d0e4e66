"""Forgetting what nobody will ask for again."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from chassis import idempotency
from chassis.clock import Clock
from chassis.db import Database
from chassis.errors import TransientError
from chassis.files import Files

log = structlog.get_logger()

_EVERY = 600.0
_AT_ONCE = 5_000

HEARD = timedelta(days=60)
"""Longer than any topic that is reacted to keeps its records."""
JOBS = timedelta(days=60)
FILES = timedelta(days=1)
"""The job that reads an upload has long begun by then, or nobody ever asked for it."""


async def keep_house(db: Database, files: Files, clock: Clock, stop: asyncio.Event) -> None:
    """Tidy up now and then, until told to stop."""
    while not stop.is_set():
        try:
            await tidy(db, clock.now())
            await asyncio.to_thread(files.forget, FILES)
        except (TransientError, OSError) as error:
            log.info("housekeeping.later", reason=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY)


async def tidy(db: Database, now: datetime) -> None:
    """Forget what has expired: keys and selections by the business clock, the rest by the real."""
    await _forget(db, _KEYS, now - idempotency.KEPT)
    await _forget(db, _SELECTIONS, now)
    await _forget(db, _HEARD, HEARD)
    await _forget(db, _JOBS, JOBS)


async def _forget(db: Database, sql: str, limit: datetime | timedelta) -> None:
    """In bites, so that nobody waits for long."""
    while True:
        async with db.transaction() as tx:
            gone = await tx.execute(sql, limit, _AT_ONCE)
        if gone != f"DELETE {_AT_ONCE}":
            return


_KEYS = """
delete from chassis.idempotency where ctid = any(array(
    select ctid from chassis.idempotency where at <= $1 limit $2 for update skip locked
))
"""

_SELECTIONS = """
delete from chassis.selection where ctid = any(array(
    select ctid from chassis.selection where expires_at <= $1 limit $2 for update skip locked
))
"""

_HEARD = """
delete from chassis.inbox where ctid = any(array(
    select ctid from chassis.inbox where heard_at < now() - $1::interval
    limit $2 for update skip locked
))
"""

_JOBS = """
delete from chassis.job where ctid = any(array(
    select ctid from chassis.job
    where status in ('DONE', 'FAILED') and changed_at < now() - $1::interval
    limit $2 for update skip locked
))
"""
