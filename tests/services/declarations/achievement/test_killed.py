"""A load whose worker is killed half-way leaves nothing, and the next worker does all of it."""

import asyncio
import csv
import sys
from typing import Any
from uuid import UUID

from chassis import jobs
from chassis.db import Database
from services.declarations.achievement import commands as achievement
from services.declarations.achievement import store
from services.declarations.achievement.domain import COLUMNS
from services.declarations.app import SERVICE
from tests.services.declarations.period import Period, extract_rows, row, worked_values
from tests.support.eventually import eventually

WORKER = """
import asyncio, sys
from chassis.db import Database
from chassis.jobs import run_jobs
from services.declarations.app import SERVICE

async def work():
    database = await Database.connect(sys.argv[1], name="declarations", pool_size=4)
    await run_jobs(database, SERVICE.jobs, asyncio.Event())

asyncio.run(work())
"""
LOCK = """
select pg_advisory_xact_lock(hashtext('achievement'), hashtext('QOF2526' || '2026-03-31'::date))
"""


async def asked(period: Period) -> UUID:
    """A load is asked for: a practice's values, and a row at fault."""
    path = period.folder / "INDICATOR_VALUES.csv"
    rows = [row("A81001", "AF006", "Numerator", "many"), *extract_rows("A81002", worked_values())]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    who = await period.principal("data load")
    how: Any = {"person": who.person_id, "organisation": "ENG", "now": period.now}
    async with period.db.transaction() as tx:
        job = await jobs.enqueue(tx, achievement.JOB, {"path": str(path)}, **how)
        await store.open_load(tx, job, path.name, **how)
    period.last_load = job
    return job


async def count(database: Database, sql: str) -> int:
    async with database.reader() as reader:
        return int(await reader.fetchval(sql))


STAGED = "select count(*) from achievement_staging"
KEPT = "select count(*) from achievement_value"


async def test_a_load_whose_worker_is_killed_half_way_is_done_whole_by_the_next(
    period: Period, dsn: str
):
    job = await asked(period)
    async with period.db.transaction() as tx:
        await tx.execute(LOCK)  # somebody is at these values: the load waits with all of it staged
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, dsn)

        async def staged() -> None:
            async with period.db.reader() as reader:
                found = await jobs.find(reader, job)
                waits = await reader.fetchval(
                    "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                )
            assert found is not None
            assert (found.status, found.done == found.total, waits) == ("RUNNING", True, 1)

        await eventually(staged, 30)
        assert await count(period.db, STAGED) > 0
        worker.kill()
        await worker.wait()
    assert await count(period.db, KEPT) == 0

    stop = asyncio.Event()
    running = asyncio.ensure_future(jobs.run_jobs(period.db, SERVICE.jobs, stop))

    async def done() -> None:
        async with period.db.reader() as reader:
            found = await jobs.find(reader, job)
        assert found is not None
        assert found.status == "DONE"

    await eventually(done, 30)
    stop.set()
    await running
    assert await count(period.db, KEPT) == len(worked_values())
    assert await count(period.db, STAGED) == 0
    assert await period.problems() == [("VALUE_NOT_A_NUMBER", 2, "VALUE")]
