"""Work that outlasts a request: asked for in a transaction, done by a worker, watched meanwhile.

A worker holds an advisory lock while it runs a job, so a job whose worker died is free at once and
is run again from its start. A handler therefore does its work in one transaction, or so that a
second run goes on where the first ended; `JobRun.finish` ties the answer to that transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from chassis.clock import Clock
from chassis.db import Database, Reader, Tx
from chassis.errors import DomainError, TransientError
from chassis.ids import new_id

log = structlog.get_logger()

ATTEMPTS = 5
"""After so many runs that did not end, the job itself is taken for the cause."""

_IDLE = 0.1
_BACK_OFF = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    id: UUID
    kind: str
    person: UUID
    organisation: str
    status: str
    """WAITING, RUNNING, DONE or FAILED."""
    done: int
    total: int | None
    answer: dict[str, Any] | None
    error: dict[str, Any] | None
    """`code`, `message` and facts of a refusal; code INTERNAL for a bug."""
    asked_at: datetime


@dataclass(slots=True)
class JobRun:
    db: Database
    id: UUID
    attempt: int
    input: dict[str, Any]
    person: UUID
    organisation: str
    now: datetime

    async def progress(self, done: int, total: int | None = None) -> None:
        """Show how far it is."""
        async with self.db.transaction() as tx:
            await tx.execute(_PROGRESS, self.id, self.attempt, done, total)

    async def finish(self, tx: Tx, answer: dict[str, Any]) -> None:
        """Mark the job done in the transaction that does its work."""
        if not await tx.fetchval(_FINISH, self.id, self.attempt, answer):
            raise TransientError("the job was taken over by another worker")


JobHandler = Callable[[JobRun], Awaitable[dict[str, Any]]]
"""Does the work and answers what came of it."""


async def enqueue(
    tx: Tx,
    kind: str,
    input: dict[str, Any],  # noqa: A002 - the word the callers use
    *,
    person: UUID,
    organisation: str,
    now: datetime,
) -> UUID:
    """Ask for the work; it starts when the transaction has been committed."""
    job = new_id()
    await tx.execute(_ENQUEUE, job, kind, input, person, organisation, now)
    return job


async def find(reader: Reader, job: UUID) -> Job | None:
    row = await reader.fetchrow(_FIND, job)
    return Job(**dict(row)) if row else None


async def run_jobs(
    db: Database,
    handlers: Mapping[str, JobHandler],
    stop: asyncio.Event,
    *,
    clock: Clock | None = None,
) -> None:
    """Run the jobs of these kinds one after the other, oldest first, until told to stop."""
    worker = _Worker(db, handlers, clock or Clock.from_setting(None))
    while not stop.is_set():
        try:
            pause = 0 if await worker.run_next(stop) else _IDLE
        except TransientError as error:
            log.warning("jobs.waiting", reason=str(error))
            pause = _BACK_OFF
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


class _Worker:
    def __init__(self, db: Database, handlers: Mapping[str, JobHandler], clock: Clock) -> None:
        self._db = db
        self._handlers = handlers
        self._clock = clock

    async def run_next(self, stop: asyncio.Event) -> bool:
        """Run the oldest job nobody else is at; False where there is none."""
        async with self._db.reader() as reader:
            due = await reader.fetch(_DUE, list(self._handlers))
        for row in due:
            async with self._alone(row["id"]) as alone:
                run = await self._start(row["id"]) if alone else None
                if run:
                    await self._until_stopped(run, row["kind"], stop)
                    return True
        return False

    @asynccontextmanager
    async def _alone(self, job: UUID) -> AsyncIterator[bool]:
        """Hold the job's lock, which PostgreSQL gives back if we die."""
        async with self._db.session() as session:
            number = job.int & (2**63 - 1)
            yield await session.fetchval("select pg_try_advisory_lock($1)", number)

    async def _start(self, job: UUID) -> JobRun | None:
        async with self._db.transaction() as tx:
            row = await tx.fetchrow(_START, job)
        if row is None:
            return None
        return JobRun(self._db, now=self._clock.now(), **dict(row))

    async def _until_stopped(self, run: JobRun, kind: str, stop: asyncio.Event) -> None:
        """Run the job; a stop interrupts it, and the next worker starts it again."""
        work = asyncio.ensure_future(self._run(run, kind))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            interrupted = work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        if interrupted:
            await self._save(_AGAIN, run)
            log.info("job.interrupted", job=str(run.id), kind=kind)

    async def _run(self, run: JobRun, kind: str) -> None:
        if run.attempt > ATTEMPTS:
            error = {"code": "GAVE_UP", "message": f"It did not end in {ATTEMPTS} attempts."}
            await self._save(_FAIL, run, error)
            return
        try:
            answer = await self._handlers[kind](run)
        except TransientError as error:
            log.warning("job.waiting", job=str(run.id), kind=kind, reason=str(error))
            await self._save(_LATER, run)
            await asyncio.sleep(_BACK_OFF * run.attempt)
        except DomainError as error:
            await self._save(_FAIL, run, _refusal(error))
        except Exception:
            log.exception("job.failed", job=str(run.id), kind=kind)
            await self._save(_FAIL, run, {"code": "INTERNAL", "message": "It failed: see the log."})
        else:
            await self._save(_FINISH, run, answer)

    async def _save(self, sql: str, run: JobRun, *args: object) -> None:
        async with self._db.transaction() as tx:
            await tx.fetchval(sql, run.id, run.attempt, *args)


def _refusal(error: DomainError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "field": error.field, **error.facts}


_ENQUEUE = """
insert into chassis.job (id, kind, input, person, organisation, asked_at, status)
values ($1, $2, $3, $4, $5, $6, 'WAITING')
"""

_FIND = """
select id, kind, person, organisation, status, done, total, answer, error, asked_at
from chassis.job where id = $1
"""

_DUE = """
select id, kind from chassis.job
where status in ('WAITING', 'RUNNING') and kind = any($1) order by asked_at, id limit 20
"""

_START = """
update chassis.job
set status = 'RUNNING', attempts = attempts + 1, done = 0, changed_at = now()
where id = $1 and status in ('WAITING', 'RUNNING')
returning id, attempts as attempt, input, person, organisation
"""

# Each names the attempt, so that a worker which was taken for dead changes nothing any more.
_PROGRESS = """
update chassis.job set done = $3, total = $4, changed_at = now()
where id = $1 and attempts = $2 and status = 'RUNNING'
"""

_FINISH = """
update chassis.job set status = 'DONE', answer = $3, changed_at = now()
where id = $1 and attempts = $2 and status = 'RUNNING'
returning true
"""

_FAIL = """
update chassis.job set status = 'FAILED', error = $3, changed_at = now()
where id = $1 and attempts = $2 and status = 'RUNNING'
"""

_LATER = """
update chassis.job set status = 'WAITING', changed_at = now()
where id = $1 and attempts = $2 and status = 'RUNNING'
"""

# An interruption is not the job's fault: it does not count as an attempt.
_AGAIN = """
update chassis.job set status = 'WAITING', attempts = attempts - 1, changed_at = now()
where id = $1 and attempts = $2 and status = 'RUNNING'
"""
