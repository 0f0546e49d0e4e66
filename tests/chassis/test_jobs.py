"""Work that outlasts a request, and the workers that die at it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis import jobs
from chassis.db import Database
from chassis.errors import DomainError, TransientError
from chassis.jobs import Job, JobHandler, JobRun, enqueue, find, run_jobs
from tests.support.eventually import eventually

NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
PERSON = uuid4()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(jobs, "_IDLE", 0.01)
    monkeypatch.setattr(jobs, "_BACK_OFF", 0.01)


@pytest.fixture
async def effects(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("create table effect (n int)")
    return database


async def ask(database: Database, kind: str = "load", n: int = 1) -> UUID:
    async with database.transaction() as tx:
        return await enqueue(tx, kind, {"n": n}, person=PERSON, organisation="ENG", now=NOW)


async def see(database: Database, job: UUID) -> Job:
    async with database.reader() as reader:
        found = await find(reader, job)
        assert found
        return found


async def ended(database: Database, job: UUID) -> Job:
    async def check() -> Job:
        found = await see(database, job)
        assert found.status in {"DONE", "FAILED"}
        return found

    return await eventually(check)


async def effect_count(database: Database) -> int:
    async with database.reader() as reader:
        return await reader.fetchval("select count(*) from effect")


@asynccontextmanager
async def worker(database: Database, handlers: Mapping[str, JobHandler]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(run_jobs(database, handlers, stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def load(run: JobRun) -> dict[str, object]:
    await run.progress(1, 2)
    async with run.db.transaction() as tx:
        await tx.execute("insert into effect values ($1)", run.input["n"])
        await run.finish(tx, {"loaded": run.input["n"]})
    return {}


async def test_a_job_is_done_and_its_answer_kept(effects):
    job = await ask(effects, n=7)
    assert (await see(effects, job)).status == "WAITING"

    async with worker(effects, {"load": load}):
        done = await ended(effects, job)

    assert (done.status, done.answer, done.done, done.total) == ("DONE", {"loaded": 7}, 1, 2)
    assert (done.person, done.organisation) == (PERSON, "ENG")


async def test_several_workers_do_each_job_once(effects):
    asked = [await ask(effects, n=n) for n in range(10)]

    async with worker(effects, {"load": load}), worker(effects, {"load": load}):
        for job in asked:
            assert (await ended(effects, job)).status == "DONE"

    assert await effect_count(effects) == 10


async def test_a_refusal_fails_the_job_with_its_code_and_is_not_tried_again(effects):
    async def refuse(run: JobRun) -> dict[str, object]:
        async with run.db.transaction() as tx:
            await tx.execute("insert into effect values (1)")
            raise DomainError("BAD_LINE", "Line 3 is too short.", line=3)

    job = await ask(effects)
    async with worker(effects, {"load": refuse}):
        failed = await ended(effects, job)

    assert failed.status == "FAILED"
    assert failed.error == {
        "code": "BAD_LINE",
        "message": "Line 3 is too short.",
        "field": None,
        "line": 3,
    }
    assert await effect_count(effects) == 0


async def test_a_bug_fails_the_job_without_its_details(effects):
    async def break_down(_: JobRun) -> dict[str, object]:
        raise KeyError("secret")

    job = await ask(effects)
    async with worker(effects, {"load": break_down}):
        failed = await ended(effects, job)

    assert failed.error == {"code": "INTERNAL", "message": "It failed: see the log."}


async def test_a_transient_error_is_tried_again(effects):
    async def second_time(run: JobRun) -> dict[str, object]:
        if run.attempt == 1:
            raise TransientError("not now")
        return await load(run)

    job = await ask(effects)
    async with worker(effects, {"load": second_time}):
        assert (await ended(effects, job)).status == "DONE"
    assert await effect_count(effects) == 1


async def test_a_job_interrupted_leaves_nothing_and_is_done_by_the_next_worker(effects):
    begun = asyncio.Event()

    async def hang(run: JobRun) -> dict[str, object]:
        async with run.db.transaction() as tx:
            await tx.execute("insert into effect values (1)")
            begun.set()
            await asyncio.Event().wait()
        return {}

    job = await ask(effects)
    async with worker(effects, {"load": hang}):
        await begun.wait()
    assert (await see(effects, job)).status == "WAITING"
    assert await effect_count(effects) == 0

    async with worker(effects, {"load": load}):
        assert (await ended(effects, job)).status == "DONE"
    assert await effect_count(effects) == 1


async def test_a_worker_that_is_cancelled_leaves_no_job_running(effects):
    begun, undone = asyncio.Event(), asyncio.Event()

    async def hang(_: JobRun) -> dict[str, object]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            undone.set()
        return {}

    await ask(effects)
    working = asyncio.create_task(run_jobs(effects, {"load": hang}, asyncio.Event()))
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert undone.is_set(), "its lock is free, so another may be at the job already"


async def test_a_worker_that_lost_its_job_to_another_changes_nothing_any_more(effects, dsn):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(run: JobRun) -> dict[str, object]:
        begun.set()
        await go_on.wait()
        return await load(run)

    job = await ask(effects)
    other = await Database.connect(dsn, name="other")
    async with worker(other, {"load": slow}):
        await begun.wait()
        await lose_locks(effects)
        async with worker(effects, {"load": load}):
            assert (await ended(effects, job)).status == "DONE"
        go_on.set()
    await other.close()

    assert await effect_count(effects) == 1


async def lose_locks(database: Database) -> None:
    """End the sessions that hold a job's lock, as a network that is cut would."""
    async with database.reader() as reader:
        await reader.fetch(
            "select pg_terminate_backend(pid) from pg_locks"
            " where locktype = 'advisory' and pid <> pg_backend_pid()"
        )


async def test_a_job_that_never_ends_is_given_up(effects):
    job = await ask(effects)
    async with effects.transaction() as tx:
        await tx.execute("update chassis.job set status = 'RUNNING', attempts = 5")

    async with worker(effects, {"load": load}):
        failed = await ended(effects, job)

    assert failed.error
    assert failed.error["code"] == "GAVE_UP"
    assert await effect_count(effects) == 0
