"""Lines are kept column by column in their calculation, and read through a view."""

import hashlib
import json
import shutil
from datetime import date
from decimal import Decimal

from chassis.db import Database
from chassis.ids import new_id
from chassis.migrate import CHASSIS, migrate
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.nhs.formulas.qof import WORKED, qof
from tests.services.declarations.period import NOW

RUN = """
insert into calculation_run
    (id, quality_service, digest, specification, prevalences, demonstration, started_at)
values ($1, 'QOF2526/1', 'digest', '{}', '{}', true, $2)
"""
CALCULATION = """
insert into calculation (declaration_id, version, run_id, list_size, list_on, list_stands_in,
    points, pounds, provisional, hash, calculated_at)
values ($1, 1, $2, 12000, $3, false, 22, 5664.13, false, 'hash', $4)
"""
LINE = "insert into calculation_line values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)"
LINES = [
    ("CHOL004", 231, 660, 700, Decimal("22.00"), Decimal("5664.13"), True, False),
    ("MH003", 0, 0, None, Decimal("0.00"), Decimal("-0.05"), False, True),
]
READ = """
select indicator, numerator, denominator, register, points, pounds, earnable, provisional
from calculation_line where declaration_id = $1 and version = 1 order by indicator
"""


async def test_lines_of_before_are_read_as_they_were(new_database, tmp_path):
    *shared, folder = MIGRATIONS_OF_ALL
    earlier = tmp_path / folder.parent.name / folder.name
    earlier.mkdir(parents=True)
    for file in sorted(folder.glob("*.sql")):
        if file.name < "0055":
            shutil.copy(file, earlier)
    dsn = await new_database([CHASSIS, *shared, earlier])
    database = await Database.connect(dsn, name="declarations", pool_size=2)
    try:
        with_lines, without, run = new_id(), new_id(), new_id()
        async with database.transaction() as tx:
            await tx.execute(RUN, run, NOW)
            for declaration in (with_lines, without):
                await tx.execute(CALCULATION, declaration, run, date(2026, 1, 1), NOW)
            for line in reversed(LINES):
                await tx.execute(LINE, with_lines, *line)
        await migrate(dsn, [CHASSIS, *MIGRATIONS_OF_ALL])
        async with database.reader() as reader:
            assert [tuple(row) for row in await reader.fetch(READ, with_lines)] == LINES
            assert await reader.fetch(READ, without) == []
    finally:
        await database.close()


async def test_every_line_is_read_to_the_penny(period):
    await period.calculated("A81001")
    declaration = (await period.of("A81001"))["id"]
    async with period.db.reader() as reader:
        rows = {row["indicator"]: row for row in await reader.fetch(READ, declaration)}
    assert sorted(rows) == sorted(indicator.code for indicator in qof().indicators)
    for worked in WORKED:
        row = rows[worked.indicator]
        counts = (row["numerator"], row["denominator"], row["register"])
        assert counts == (worked.numerator, worked.denominator, worked.register)
        assert (str(row["points"]), str(row["pounds"])) == (worked.points, worked.pounds)
        assert row["earnable"] == (worked.denominator > 0)


async def test_the_hash_pins_each_line_as_it_is_written(period):
    await period.calculated("A81001")
    declaration = (await period.of("A81001"))["id"]
    async with period.db.reader() as reader:
        rows = {row["indicator"]: row for row in await reader.fetch(READ, declaration)}
        kept = await reader.fetchrow(
            "select c.*, r.digest, r.prevalence_set from calculation c"
            " join calculation_run r on r.id = c.run_id where declaration_id = $1",
            declaration,
        )
    lines = [rows[indicator.code] for indicator in qof().indicators]
    content = {
        "declaration": declaration,
        "digest": kept["digest"],
        "prevalence_set": str(kept["prevalence_set"]),
        "list_size": kept["list_size"],
        "list_on": kept["list_on"].isoformat(),
        "lines": [[*list(x)[:4], str(x["points"]), str(x["pounds"])] for x in lines],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert kept["hash"] == hashlib.sha256(text.encode()).hexdigest()


async def test_the_lines_of_a_calculation_are_found_by_its_key(period):
    async with period.db.transaction() as tx:
        await tx.execute("set local enable_seqscan = off")
        plan = "\n".join(row[0] for row in await tx.fetch(f"explain {READ}", new_id()))
    assert "Index Scan using calculation_pkey on calculation" in plan
    assert "(declaration_id = " in plan
