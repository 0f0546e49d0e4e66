"""What a load asks stays in proportion to its rows, however tables grew since it was planned.

A statement that was run often keeps its plan until autovacuum has looked at the tables, a minute
later: the plan for a few rows read thousands of rows for each of thousands, for minutes. Here are
practices by the month, each counted by a network of its own.
"""

from datetime import timedelta

import pytest

from chassis.db import Tx
from services.declarations import due
from tests.services.declarations.period import ACHIEVED_ON, Period

MANY = 1_500
FEW = [("QOF2526", ACHIEVED_ON, "A81001")]
MONTHS = 12
ALL = [("QOF2526", ACHIEVED_ON + timedelta(n % MONTHS), f"P{n // MONTHS}") for n in range(MANY)]


async def _mark(tx: Tx, subjects: list[due.Subject]) -> None:
    await due.mark_providers(tx, subjects, "achievement was loaded")


@pytest.mark.parametrize("ask", [due.hold_still, due.statuses_of, _mark])
async def test_rows_read_are_in_proportion_to_the_values(period: Period, ask) -> None:
    await period.calculated("A81001")
    async with period.db.transaction() as tx:
        for table in ("declaration", "calculation", "directory.relationship"):
            await tx.execute(f"alter table {table} set (autovacuum_enabled = false)")
            await tx.execute(f"analyze {table}")
        for _ in range(10):
            await ask(tx, FEW)
        await tx.execute(_DECLARATIONS, MANY, MONTHS)
        await tx.execute(_CALCULATIONS)
        before = await tx.fetchval(_READ)
        await ask(tx, ALL)
        assert await tx.fetchval(_READ) - before < 30 * MANY


_DECLARATIONS = """
insert into declaration
select (jsonb_populate_record(d, jsonb_build_object(
    'id', gen_random_uuid(), 'offer_id', gen_random_uuid(), 'provider', who || n / $2,
    'achievement_date', d.achievement_date + n % $2))).*
from declaration d, generate_series(0, $1 - 1) n, unnest(array['P', 'U']) who
"""
_CALCULATIONS = """
insert into calculation (declaration_id, version, run_id, list_size, list_on, list_stands_in,
    points, pounds, provisional, hash, calculated_at, stood_on)
select d.id, c.version, c.run_id, c.list_size, c.list_on, c.list_stands_in,
    c.points, c.pounds, c.provisional, c.hash, c.calculated_at,
    case when d.provider like 'U%' then jsonb_build_object('members', jsonb_build_array(
        jsonb_build_object('practice', replace(d.provider, 'U', 'P'), 'standing', 'COUNTED'))) end
from declaration d, calculation c where d.provider ~ '^[PU][0-9]'
"""


_READ = "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
