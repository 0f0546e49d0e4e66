"""What runs held before their lines had a table of their own, they hold on."""

import shutil
from uuid import UUID

from chassis.db import Database
from chassis.migrate import CHASSIS, migrate
from services.declarations.app import MIGRATIONS_OF_ALL

RUN, ACCEPTED, REJECTED, FREE = (UUID(int=number) for number in range(1, 5))
BEFORE = """
insert into payment_run (id, commissioner, cut_off, asked_by, asked_for, asked_at)
values ($1, 'QHM', '2026-04-01', $1, 'QHM', now());
"""
PAYMENTS = """
insert into payment (id, version, declaration_id, quality_service, service_code, payment_type,
    financial_year, period_start, period_end, provider, commissioner, payee, status, authorised_at)
select id, 1, id, 'QOF2526/1', 'QOF2526', 'QOF', '2025/26', '2025-04-01', '2026-03-31', 'A81001',
    'QHM', 'A81001', 'AUTHORISED', now() from unnest($1::uuid[]) as id
"""
ENTRIES = """
insert into ledger_entry (id, payment_id, kind, amount, points, calculation_version, provisional,
    narrative, entered_at)
select id, id, 'AUTHORISED', 1, 0, 1, false, 'QOF', now() from unnest($1::uuid[]) as id
"""
STATES = """
insert into entry_state (entry_id, payment_id, status, run_id, answer, answer_reason)
select id, id, 'AUTHORISED', run, answer, reason
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as s (id, run, answer, reason)
"""


async def test_lines_of_before_keep_their_run_and_their_answer(new_database, tmp_path):
    *shared, folder = MIGRATIONS_OF_ALL
    earlier = tmp_path / folder.parent.name / folder.name
    earlier.mkdir(parents=True)
    for file in folder.glob("*.sql"):
        if file.name < "0200":
            shutil.copy(file, earlier)
    dsn = await new_database([CHASSIS, *shared, earlier])
    database = await Database.connect(dsn, name="declarations", pool_size=2)
    try:
        entries = [ACCEPTED, REJECTED, FREE]
        answers = (["ACCEPTED", "REJECTED", None], [None, "No such payee", None])
        async with database.transaction() as tx:
            await tx.execute(BEFORE, RUN)
            await tx.execute(PAYMENTS, entries)
            await tx.execute(ENTRIES, entries)
            await tx.execute(STATES, entries, [RUN, RUN, None], *answers)
        await migrate(dsn, [CHASSIS, *MIGRATIONS_OF_ALL])
        async with database.reader() as reader:
            lines = await reader.fetch(
                "select run_id, entry_id, answer, answer_reason from payment_run_line order by 2"
            )
        assert [tuple(line) for line in lines] == [
            (RUN, ACCEPTED, "ACCEPTED", None),
            (RUN, REJECTED, "REJECTED", "No such payee"),
        ]
    finally:
        await database.close()
