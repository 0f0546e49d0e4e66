"""A change of the past over England, finance-approved, beside a bare read of the same lines.

    python -m tests.benchmarks.whatif [practices]

Prints figures, fails on none. 76 indicators a practice, as in the national collection of 2023/24.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from chassis.db import Database
from chassis.ids import new_id
from chassis.jobs import JobRun
from chassis.migrate import CHASSIS, migrate
from cqrs.embedded.postgres import Postgres
from services.declarations.app import MIGRATIONS_OF_ALL
from services.declarations.rerating import commands
from tests.benchmarks.calculation import waiting
from tests.benchmarks.declarations import PRACTICES, timed
from tests.services.declarations.period import Period
from tests.services.declarations.rerating.rating import decide, propose, what_if

CHANGES: dict[str, dict[str, Any]] = {
    "a constant": {"constants": [{"name": "average_list", "value": "10000"}]},
    "a national figure": {"national": [{"name": "AF", "value": "0.0212"}]},
    "lists and values as known": {"listSizesAsKnown": True, "valuesAsKnown": True},
}
_PAID = """
with paid as (
    insert into payment (id, version, declaration_id, quality_service, service_code, payment_type,
        financial_year, period_start, period_end, provider, commissioner, payee, status,
        authorised_at)
    select gen_random_uuid(), 1, d.id, d.quality_service, d.service_code, d.payment_type, '2025/26',
        d.period_start, d.period_end, d.provider, d.commissioner, d.provider, 'AUTHORISED', now()
    from declaration d
    returning id, declaration_id
), entered as (
    insert into ledger_entry (id, payment_id, kind, amount, points, calculation_version,
        provisional, narrative, entered_at)
    select gen_random_uuid(), p.id, 'AUTHORISED', d.pounds, d.points, 1, false, '', now()
    from paid p join declaration d on d.id = p.declaration_id
    returning id, payment_id
), states as (
    insert into entry_state (entry_id, payment_id, status)
    select id, payment_id, 'AUTHORISED' from entered
)
update declaration set status = 'FINANCE_APPROVED'
"""


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
    await paid(period, practices)
    lines = practices * 76
    for _ in range(2):
        await timed("bare read of the columns", bare(period.db, _COLUMNS), lines)
    await timed("bare read of the lines, row by row", bare(period.db, _LINES), lines)
    found: Any = None
    for name, change in reversed(CHANGES.items()):
        before = time.process_time()
        found = await timed(f"what if: {name}", what_if(period, change), lines)
        said = (
            f"{time.process_time() - before:7.2f} s of our own, {found['paid']['changed']} differ"
        )
        sys.stdout.write(f"{'':36} {said}\n")
    await timed("owed on D as known on K, by payee", owed(period), practices)
    change = CHANGES["a constant"]
    asked = await propose(period, change, found["fingerprint"], working=False)
    made = await timed("propose: the job", commands.make(await running(period)), practices)
    shown = await timed("approve: dry run", decide(period, asked, dry_run=True), practices)
    done = await timed("approve", decide(period, asked), practices)
    assert made["count"] == len(shown["done"]) == len(done["done"])


async def paid(period: Period, practices: int) -> None:
    """Calculated by the service, paid by one statement."""
    await waiting(period, practices)
    await timed("calculate, lines stored", drained(period), practices * 76)
    async with period.db.transaction() as tx:
        await tx.execute(_PAID)
    async with period.db.transaction() as tx:
        await tx.execute("analyze")


async def drained(period: Period) -> None:
    while await period.drain():
        pass


async def running(period: Period) -> JobRun:
    """The job, as a worker begins it."""
    async with period.db.transaction() as tx:
        job = await tx.fetchval(
            "update chassis.job set status = 'RUNNING', attempts = 1 where kind = 'rerate'"
            " returning id"
        )
    return JobRun(period.db, job, 1, {}, new_id(), "QHM", period.now)


_COLUMNS = """
select declaration_id, indicators, numerators, denominators, registers, hundredths, pence
from calculation
"""
_LINES = "select * from calculation_line"


async def bare(database: Database, sql: str) -> int:
    count = 0
    async with database.reader() as reader:
        async for _ in reader.stream(sql):
            count += 1
    return count


async def owed(period: Period) -> Any:
    return await period.ask(
        "finance",
        """query ($at: DateTime!) { owedTotals(on: "2026-03-31", knownAt: $at, by: PAYEE,
            first: 1000) { edges { node { key owed } } } }""",
        at=period.now.isoformat(),
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else PRACTICES))
