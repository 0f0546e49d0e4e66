"""Organisations as many as England's, made in the database: for plans and their times."""

from chassis.db import Database

PRACTICES, PCNS, SUB_ICBS, ICBS, REGIONS = 6_400, 1_275, 106, 42, 7
MOVED = 1_064
"""Practices that were in another network before."""

_ORGANISATIONS = f"""
insert into organisation (ods_code, kind, name, status, changed_at)
select code, kind, code, 'ACTIVE', now()
from (
    select 'ENG', 'NATION'
    union all select 'Y' || lpad(n::text, 2, '0'), 'REGION' from generate_series(1, {REGIONS}) n
    union all select 'Q' || lpad(n::text, 2, '0'), 'ICB' from generate_series(1, {ICBS}) n
    union all select lpad(n::text, 3, '0'), 'SUB_ICB' from generate_series(1, {SUB_ICBS}) n
    union all select 'U' || lpad(n::text, 5, '0'), 'PCN' from generate_series(1, {PCNS}) n
    union all select 'A' || lpad(n::text, 5, '0'), 'PRACTICE' from generate_series(1, {PRACTICES}) n
) made (code, kind)
"""  # noqa: S608 (numbers of ours)
_RELATIONSHIPS = f"""
insert into relationship (id, kind, source, target, line, valid_from, valid_to, known_from)
select gen_random_uuid(), made.kind, source, target, o.number * 4 + array_position(
    array['MEMBER_OF', 'COMMISSIONED_BY', 'PART_OF', 'SUCCESSOR_OF'], made.kind) - 1,
    valid_from, valid_to, now()
from (
    select 'PART_OF', 'Y' || lpad(n::text, 2, '0'), 'ENG', date '2013-04-01', null::date
    from generate_series(1, {REGIONS}) n
    union all
    select 'PART_OF', 'Q' || lpad(n::text, 2, '0'), 'Y' || lpad((n % {REGIONS} + 1)::text, 2, '0'),
        '2013-04-01', null
    from generate_series(1, {ICBS}) n
    union all
    select 'PART_OF', lpad(n::text, 3, '0'), 'Q' || lpad((n % {ICBS} + 1)::text, 2, '0'),
        '2013-04-01', null
    from generate_series(1, {SUB_ICBS}) n
    union all
    select 'COMMISSIONED_BY', 'U' || lpad(n::text, 5, '0'),
        lpad((n % {SUB_ICBS} + 1)::text, 3, '0'), '2019-07-01', null
    from generate_series(1, {PCNS}) n
    union all
    select 'COMMISSIONED_BY', 'A' || lpad(n::text, 5, '0'),
        lpad((n % {PCNS} % {SUB_ICBS} + 1)::text, 3, '0'), '2013-04-01', null
    from generate_series(1, {PRACTICES}) n
    union all
    select 'MEMBER_OF', 'A' || lpad(n::text, 5, '0'), 'U' || lpad((n % {PCNS} + 1)::text, 5, '0'),
        case when n <= {MOVED} then date '2022-04-01' else '2019-07-01' end, null
    from generate_series(1, {PRACTICES}) n
    union all
    select 'MEMBER_OF', 'A' || lpad(n::text, 5, '0'), 'U' || lpad((n % 97 + 1)::text, 5, '0'),
        '2019-07-01', '2022-03-31'
    from generate_series(1, {MOVED}) n
) made (kind, source, target, valid_from, valid_to)
join organisation o on o.ods_code = source
"""  # noqa: S608 (numbers of ours)
_KNOWN_BEFORE = """
insert into relationship
    (id, kind, source, target, line, valid_from, valid_to, known_from, known_to)
select gen_random_uuid(), kind, source, target, line, valid_from, valid_to,
    known_from - n * interval '1 year', known_from - (n - 1) * interval '1 year'
from relationship, generate_series(1, 2) n
"""
_LIST_SIZES = """
insert into list_size (ods_code, counted_on, patients, known_from)
select ods_code, counted_on::date, 9000, now()
from organisation, generate_series(date '2025-01-01', '2026-01-01', '3 months') counted_on
where kind = 'PRACTICE'
"""


async def have_england(database: Database) -> None:
    async with database.transaction() as tx:
        for statement in (_ORGANISATIONS, _RELATIONSHIPS, _KNOWN_BEFORE, _LIST_SIZES):
            await tx.execute(statement)
        await tx.execute("analyze organisation, relationship, list_size")
