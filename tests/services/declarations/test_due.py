"""Taking what is marked, whatever the planner believes of the table of marks."""

from services.declarations import due
from tests.services.declarations.period import Period

_MANY = 20_000
_MARKED = """
insert into due (declaration_id, reason)
select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'marked'
from generate_series(1, $1) n
"""


async def test_many_marks_are_taken_without_a_join_though_the_table_is_believed_empty(
    period: Period,
) -> None:
    """A join of twenty thousand marks with themselves took minutes, and everybody waited."""
    async with period.db.transaction() as tx:
        await tx.execute("analyze due")
        await tx.execute(_MARKED, _MANY)
        rows = await tx.fetch(f"explain (analyze, buffers, costs off) {due._TAKE}", 500)
        plan = "\n".join(row[0] for row in rows)
        assert await tx.fetchval("select count(*) from due") == _MANY - 500
    assert "Join" not in plan
    assert "Nested Loop" not in plan
