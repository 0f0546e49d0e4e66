"""England's extracts written out, beside a bare COPY TO of the same rows.

python -m tests.benchmarks.extracts [practices]
"""

import asyncio
import random
import resource
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from chassis.db import Database
from chassis.ids import new_id
from chassis.migrate import CHASSIS, migrate
from chassis.sheets import write_copied
from cqrs.embedded.postgres import Postgres
from services.declarations.app import MIGRATIONS_OF_ALL
from services.declarations.extracts import queries
from services.declarations.extracts.queries import ExtractAsked
from tests.benchmarks.declarations import PRACTICES, drawn, england, timed
from tests.services.declarations.paying import fetched
from tests.services.declarations.period import ACHIEVED_ON, Period

OTHERS = {f"SYNTH{number:02}": number for number in range(10)}
"""Further fields of an indicator, so that a practice has as many rows as in 2023/24: 552."""
_VALUES = (
    "service_code",
    "achievement_date",
    "provider",
    "indicator",
    "numerator",
    "denominator",
    "register",
    "others",
    "how",
    "submitted_by",
    "submitted_at",
    "load_id",
    "loaded_by",
    "loaded_at",
    "extracted",
)


async def main(practices: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            await migrate(server.dsn("postgres"), [CHASSIS, *MIGRATIONS_OF_ALL])
            database = await Database.connect(server.dsn("postgres"), name="benchmark")
            await measure(Period(database, Path(folder)), practices)
            await database.close()
        finally:
            server.stop()


async def measure(period: Period, practices: int) -> None:
    codes = [f"B{number:05}" for number in range(practices)]
    await period.begin()
    async with period.db.transaction() as tx:
        await england(tx, codes)
        await tx.copy("achievement_value", columns=_VALUES, records=_values(codes))
    await period.prevalence()
    await timed("open and calculate", period.settle(), practices * 44)
    async with period.db.transaction() as tx:
        await tx.execute("analyze")
    for name, report in (("IndicatorValues", queries.VALUES), ("AchievedPoints", queries.POINTS)):
        await _written(period, name, report)


def _values(codes: list[str]) -> list[tuple[Any, ...]]:
    draw, load, now = random.Random(2526), new_id(), datetime(2026, 4, 1, tzinfo=UTC)
    submitted = datetime(2026, 4, 1, 2, 19, 50)  # noqa: DTZ001 (extracts have no zone)
    origin = (OTHERS, "AUTOMATIC", "AUTOMATED", submitted, load, load, now, True)
    return [
        ("QOF2526", ACHIEVED_ON, code, indicator, *numbers, *origin)
        for code in codes
        for indicator, numbers in drawn(draw).items()
    ]


async def _written(period: Period, name: str, report: Any) -> None:
    """The extract as it is fetched, and its rows again from a table that holds nothing else."""
    sql, arguments = report.statement(
        await period.principal("approver"), ExtractAsked("QOF2526", date(2026, 3, 31))
    )
    async with period.db.transaction() as tx:
        await tx.execute(f"create table bare as {sql}", *arguments)
        rows = await tx.fetchval("select count(*) from bare")
        await timed(f"bare COPY TO of {name}", tx.copy_csv(_nowhere, "table bare"), rows)
        await timed(f"bare COPY TO of {name}, again", tx.copy_csv(_nowhere, "table bare"), rows)
        await tx.execute("drop table bare")
    before = _most_memory()
    with tempfile.TemporaryFile() as out:
        async with period.db.reader() as reader:
            writing = write_copied(out, report.columns, reader, (sql, arguments))
            await timed(f"{name} written to a file", writing, rows)
        more = _most_memory() - before
        sys.stdout.write(f"{out.tell():,} bytes; {more:,.0f} MB more memory at the most\n")
    ask = f"""mutation {{ request{name}Extract(service: "QOF2526",
        achievementDate: "2026-03-31") {{ csv }} }}"""
    path = (await period.ask("approver", ask))[f"request{name}Extract"]["csv"]
    await timed(f"{name} fetched by its path", fetched(period, path), rows)


async def _nowhere(_: bytes) -> None:
    """The least that receiving can cost."""


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else PRACTICES))
