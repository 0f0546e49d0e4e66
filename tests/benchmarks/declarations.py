"""England's period in declarations: load, calculate and approve, beside bare COPYs of the rows.

python -m tests.benchmarks.declarations [practices]
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from chassis.db import Database, Tx
from chassis.ids import new_id
from chassis.migrate import CHASSIS, migrate
from chassis.process import seldom_collect
from cqrs.embedded.postgres import Postgres
from services.declarations.agreements.commands import keep_offers
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import Period, Values, extract_rows, offer

PRACTICES = 6_300
EVER = date(2013, 4, 1)
COPIED = ("achievement_value", "calculation_line")


async def main(practices: int) -> None:
    seldom_collect()  # as a service does
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
    await period.prevalence()
    await timed("open, all incomplete", period.settle(), practices)
    draw = random.Random(2526)
    rows = [row for code in codes for row in extract_rows(code, drawn(draw))]
    await timed("load (the file written as well)", period.load(rows), len(rows))
    await timed("load the same again", period.load(rows), len(rows))
    await timed("calculate, lines stored", period.settle(), practices * 44)
    for table in COPIED:
        await copied(period.db, table)
    async with period.db.transaction() as tx:
        await tx.execute("update declaration set status = 'AWAITING_COMMISSIONER_APPROVAL'")
    for who in ("approver", "finance"):
        everything = period.approve(who, [], choose={"filter": {}}, dryRun=True)
        shown = await timed(f"{who}: dry run", everything, practices)
        chosen = {"selection": shown["selection"]}
        await timed(f"{who}: Select All", period.approve(who, [], choose=chosen), practices)


def drawn(draw: random.Random) -> Values:
    values: Values = {}
    for indicator in qof().indicators:
        denominator = draw.randint(50, 2_000)
        register = draw.randint(denominator, 3 * denominator)
        adjusted = register if indicator.prevalence_adjusted else None
        values[indicator.code] = (draw.randint(0, denominator), denominator, adjusted)
    return values


async def england(tx: Tx, codes: Sequence[str]) -> None:
    """Practices of one sub-ICB, each with a list and an Approved offer."""
    tables: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]] = {
        "organisation": (
            ("ods_code", "version", "kind", "name", "status"),
            [(code, 1, "PRACTICE", code, "ACTIVE") for code in codes],
        ),
        "relationship": (
            ("id", "kind", "source", "target", "valid_from"),
            [(new_id(), "COMMISSIONED_BY", code, "16C", EVER) for code in codes],
        ),
        "list_size": (
            ("ods_code", "counted_on", "patients"),
            [(code, date(2026, 1, 1), 9_000) for code in codes],
        ),
    }
    for table, (columns, records) in tables.items():
        await tx.copy(table, schema="directory", columns=columns, records=records)
    await keep_offers(tx, [offer(code) for code in codes])


async def copied(database: Database, table: str) -> None:
    """The same rows into a table without an index: the least that storing them can cost."""
    async with database.transaction() as tx:
        rows = [tuple(row) for row in await tx.fetch(f"table {table}")]
        await tx.execute(f"create table bare as table {table} with no data")
        columns = [row["attname"] for row in await tx.fetch(_COLUMNS)]
        copying = tx.copy("bare", columns=columns, records=rows)
        await timed(f"bare COPY into {table}", copying, len(rows))
        await tx.execute("drop table bare")


_COLUMNS = """
select attname from pg_attribute where attrelid = 'bare'::regclass and attnum > 0 order by attnum
"""


async def timed(what: str, work: Awaitable[Any], rows: int) -> Any:
    begun = time.perf_counter()
    answer = await work
    seconds = time.perf_counter() - begun
    sys.stdout.write(f"{what:36} {seconds:7.2f} s {rows / seconds:12,.0f} rows/s\n")
    return answer


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else PRACTICES))
