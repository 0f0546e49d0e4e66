"""10,000 approvals in one mutation, beside a bare UPDATE and COPY of the same rows.

    python -m tests.benchmarks.approvals [declarations]

Prints figures, fails on none.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from chassis.db import Database
from chassis.migrate import CHASSIS, migrate
from chassis.process import seldom_collect
from cqrs.embedded.postgres import Postgres
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.benchmarks.declarations import england, timed
from tests.services.declarations.period import Period

DECLARATIONS = 10_000
_WAITING = """
update declaration set status = 'AWAITING_COMMISSIONER_APPROVAL', calculation_version = 1,
    points = 139.47, pounds = 37227.05, declared_by = array[gen_random_uuid()], blockers = '[]'
"""
_UPDATED = "update declaration set version = version + 1, changed_at = now()"
_COLUMNS = """
select attname from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 order by attnum
"""

Written = dict[str, list[tuple[Any, ...]]]
"""Rows by the table they are copied into."""


async def main(many: int) -> None:
    seldom_collect()  # as a service does
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            await migrate(server.dsn("postgres"), [CHASSIS, *MIGRATIONS_OF_ALL])
            database = await Database.connect(server.dsn("postgres"), name="benchmark")
            await measure(Period(database, Path(folder)), many)
            await database.close()
        finally:
            server.stop()


async def measure(period: Period, many: int) -> None:
    await waiting(period, many)
    for who, action in (("approver", "APPROVED"), ("finance", "FINANCE_APPROVED")):
        choose: dict[str, Any] = {"filter": {"waitingForMe": True}}
        looking = period.approve(who, [], choose=choose, dryRun=True)
        shown = await timed(f"{who}: dry run with the total", looking, many)
        chosen = {"selection": shown["selection"]}
        before = time.process_time()
        answer = await timed(f"{who}: commit", period.approve(who, [], choose=chosen), many)
        sys.stdout.write(
            f"{'of that our own processor time':36} {time.process_time() - before:7.2f} s\n"
        )
        assert len(answer["done"]) == len(shown["done"])
        again = written_again(period.db, await bare(period.db, action))
        await timed("bare UPDATE, and COPY of as much", again, many)


async def waiting(period: Period, many: int) -> None:
    """Declared, and waiting for the commissioner."""
    await period.begin()
    async with period.db.transaction() as tx:
        await england(tx, [f"B{number:05}" for number in range(many)])
    while await period.open():
        pass
    async with period.db.transaction() as tx:
        await tx.execute("delete from due")
        await tx.execute(_WAITING)
        await tx.execute("analyze")


async def bare(database: Database, action: str) -> Written:
    """What the approval wrote, read back, and tables without an index to write it to again."""
    async with database.transaction() as tx:
        rows: Written = {}
        for table, which in (
            ("declaration_history", f"where action = '{action}'"),
            ("chassis.outbox", f"where type = 'declaration.{action.lower().replace('_', '-')}.v1'"),
        ):
            copy = f"bare_{table.rpartition('.')[2]}"
            rows[copy] = [tuple(row) for row in await tx.fetch(f"select * from {table} {which}")]  # noqa: S608 - nothing but our own words
            await tx.execute(f"create table if not exists {copy} as table {table} with no data")
    return rows


async def written_again(database: Database, rows: Written) -> None:
    """The least that it can cost: one UPDATE of the declarations, COPY of entries and events."""
    async with database.transaction() as tx:
        await tx.execute(_UPDATED)
        for table, records in rows.items():
            columns = [row["attname"] for row in await tx.fetch(_COLUMNS, table)]
            await tx.copy(table, columns=columns, records=records)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else DECLARATIONS))
