"""England's collection loaded by its job, beside a bare COPY of the same file.

    python -m tests.benchmarks.loads [practices]

552 values a practice: numerator, denominator and register of 76 indicators, and what was adjusted.
Prints figures, fails on none.
"""

import asyncio
import csv
import random
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
from rich.progress import BarColumn, DownloadColumn, Progress, TimeElapsedColumn

from chassis import jobs
from chassis.db import Database
from chassis.migrate import CHASSIS, migrate
from chassis.process import seldom_collect
from cqrs.embedded.postgres import Postgres
from services.declarations.achievement import commands as achievement
from services.declarations.achievement import store
from services.declarations.achievement.domain import COLUMNS
from services.declarations.agreements import commands as agreements
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.benchmarks.calculation import wide
from tests.benchmarks.declarations import PRACTICES, england, timed
from tests.services.declarations.period import NOW, SERVICE_ID, Period, row

VALUES = 552
_BARE = f"create table bare ({', '.join(f'{name} text' for name in COLUMNS)})"


async def main(practices: int) -> None:
    seldom_collect()  # as a service does
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            await migrate(server.dsn("postgres"), [CHASSIS, *MIGRATIONS_OF_ALL])
            database = await Database.connect(server.dsn("postgres"), name="benchmark")
            await measure(Period(database, Path(folder)), practices, server)
            await database.close()
        finally:
            server.stop()


async def measure(period: Period, practices: int, server: Postgres) -> None:
    codes = [f"B{number:05}" for number in range(practices)]
    await period.begin()
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, SERVICE_ID, 2, wide())
        await england(tx, codes)
    first, second = (period.folder / name for name in ("first.csv", "second.csv"))
    rows = practices * VALUES
    for path, seed in ((first, 1), (second, 2)):
        write(path, codes, seed)
    sys.stdout.write(f"a file of {first.stat().st_size / 1e6:,.0f} MB\n")
    await timed("bare COPY of the file", copied(server, first), rows)
    await timed("load it", loaded(period, first), rows)
    await timed("load the same again", loaded(period, first), rows)
    await timed("load other values over it", loaded(period, second), rows)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"the most memory of ours: {most:,.0f} MB\n")


def write(path: Path, codes: list[str], seed: int) -> None:
    draw = random.Random(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for code in codes:
            writer.writerows(extract(code, draw))


def extract(code: str, draw: random.Random) -> Iterator[list[str]]:
    """The values of a practice, as its system writes them."""
    left = VALUES
    for indicator in wide().indicators:
        denominator = draw.randint(50, 2_000)
        values = {"numerator": draw.randint(0, denominator), "denominator": denominator}
        values["register"] = draw.randint(denominator, 3 * denominator)
        for part, field in indicator.fields.items():
            left -= 1
            yield row(code, indicator.code, field, str(values[part]))
    adjusted = [(one.code, name) for one in wide().indicators for name in one.adjustments]
    for indicator, name in adjusted[:left]:
        yield row(code, indicator, name, str(draw.randint(0, 99)))


async def copied(server: Postgres, path: Path) -> None:
    """The least that keeping the rows can cost: as text, without an index, unchecked."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    await connection.execute(_BARE)
    await connection.copy_to_table("bare", source=path, format="csv", header=True)
    await connection.execute("drop table bare")
    await connection.close()


async def loaded(period: Period, path: Path) -> None:
    """By the job that a worker runs, its progress looked at as a person would."""
    job = await asked(period, path)
    stop = asyncio.Event()
    worker = asyncio.ensure_future(
        jobs.run_jobs(period.db, {achievement.JOB: achievement.load}, stop)
    )
    columns = (BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("load")
        while (found := await state(period, job)).status in ("WAITING", "RUNNING"):
            progress.update(task, completed=found.done, total=found.total)
            await asyncio.sleep(0.2)
    stop.set()
    await worker
    assert found.status == "DONE", found.error
    sys.stdout.write(f"{found.answer}\n")


async def asked(period: Period, path: Path) -> UUID:
    who = await period.principal("data load")
    how = {"person": who.person_id, "organisation": "ENG", "now": NOW}
    async with period.db.transaction() as tx:
        job = await jobs.enqueue(tx, achievement.JOB, {"path": str(path)}, **how)
        await store.open_load(tx, job, path.name, **how)
    return job


async def state(period: Period, job: UUID) -> jobs.Job:
    async with period.db.reader() as reader:
        found = await jobs.find(reader, job)
    assert found is not None
    return found


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else PRACTICES))
