"""A bulk claim of 10,000 rows: read and checked by all rules, then submitted.

    python -m tests.benchmarks.bulk_claims [rows]

Prints figures, fails on none.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from uuid import UUID

from chassis.db import Database
from chassis.migrate import CHASSIS, migrate
from cqrs.embedded.postgres import Postgres
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.benchmarks.declarations import timed
from tests.services.declarations.bulk.filling import (
    as_csv,
    as_xlsx,
    asked,
    filled,
    look,
    run,
    submitted,
    template,
)
from tests.services.declarations.claiming import begin_claims, many_take_part
from tests.services.declarations.period import Period

ROWS = 10_000
COMPONENTS = ("PHLEB", "WOUND")


async def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            await migrate(server.dsn("postgres"), [CHASSIS, *MIGRATIONS_OF_ALL])
            database = await Database.connect(server.dsn("postgres"), name="benchmark")
            await measure(Period(database, Path(folder)), rows)
            await database.close()
        finally:
            server.stop()


async def measure(period: Period, rows: int) -> None:
    await period.begin()
    await begin_claims(period, budget="750000000.00")
    codes = await many_take_part(period, rows // len(COMPONENTS))
    async with period.db.transaction() as tx:
        await tx.execute("analyze")
    quantities = {(code, name): "3" for code in codes for name in COMPONENTS}
    handed = await timed("template handed out", template(period), rows)
    given = filled(handed, quantities)
    for form in (as_xlsx, as_csv):
        name = f"claims.{form.__name__[3:]}"
        bulk = await asked(period, form(given), who="tier 1", name=name)
        await timed(f"{name} read and checked", run(period, UUID(bulk)), rows)
    seen = await timed("preview of 1,000 rows", look(period, bulk), 1_000)
    done = await timed("submitted", submitted(period, bulk), rows)
    assert (seen["rowCount"], done["status"]) == (rows, "SUBMITTED"), done["errors"][:3]


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
