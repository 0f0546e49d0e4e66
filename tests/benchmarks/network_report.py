"""The report on networks for all of England, beside the bare index scan of the same rows.

python -m tests.benchmarks.network_report [times]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

from chassis.db import Database
from chassis.migrate import CHASSIS, migrate
from cqrs.embedded.postgres import Postgres
from nhs.directory import Acting
from services.organisations import MIGRATIONS
from services.organisations.network.report import store
from services.organisations.network.report.store import Wanted
from tests.services.organisations.england_sized import have_england

TIMES = 200
TODAY, YEAR = date(2026, 4, 9), (date(2025, 4, 1), date(2026, 3, 31))
EVER = (date(2013, 4, 1), date(2026, 3, 31))
VIEWERS = {"England": "ENG", "an ICB": "Q01", "a PCN": "U00005"}
ASKED = {
    "any dates": Wanted(*EVER),
    "a year": Wanted(*YEAR),
    "of a PCN": Wanted(TODAY, TODAY, pcn="U00005"),
    "of a practice": Wanted(*EVER, practice="A00005"),
}
_BARE = """
select source, target, valid_from, valid_to from relationship r
where known_to is null and kind = 'MEMBER_OF'
    and valid_from <= $2 and coalesce(valid_to, 'infinity') >= $1 %(narrowed)s
order by target, source, valid_from limit $3
"""


async def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            await migrate(server.dsn("postgres"), [CHASSIS, *MIGRATIONS])
            database = await Database.connect(server.dsn("postgres"), name="benchmark")
            await have_england(database)
            await measure(database, times)
            await database.close()
        finally:
            server.stop()


async def measure(database: Database, times: int) -> None:
    for name, wanted in ASKED.items():
        for limit, page in ((51, "page of 50"), (1_001, "page of 1,000")):
            await timed(f"bare index scan, {name}, {page}", bare(database, wanted, limit), times)
            for viewer, code in VIEWERS.items():
                work = report(database, code, wanted, limit)
                await timed(f"report for {viewer}, {name}, {page}", work, times)


def report(
    database: Database, code: str, wanted: Wanted, limit: int
) -> Callable[[], Awaitable[object]]:
    async def work() -> object:
        async with database.reader() as reader:
            acting = Acting(code, TODAY)
            return await store.page(reader, acting, wanted, (None, None, None), limit)

    return work


def bare(database: Database, wanted: Wanted, limit: int) -> Callable[[], Awaitable[object]]:
    narrowed = ""
    if code := wanted.pcn or wanted.practice:
        narrowed = f"and {'target' if wanted.pcn else 'source'} = '{code}'"
    statement = _BARE % {"narrowed": narrowed}

    async def work() -> object:
        async with database.reader() as reader:
            return await reader.fetch(statement, wanted.first, wanted.last, limit)

    return work


async def timed(what: str, work: Callable[[], Awaitable[object]], times: int) -> None:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await work()
        taken.append(1_000 * (time.perf_counter() - begun))
    p99 = statistics.quantiles(taken, n=100)[98]
    middle = statistics.median(taken)
    sys.stdout.write(f"{what:56} median {middle:7.1f} ms   p99 {p99:7.1f} ms\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES))
