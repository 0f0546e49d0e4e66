"""Approving many declarations takes as many statements as approving one."""

from typing import Any

from services.declarations.approval import commands
from tests.services.declarations.period import NOW, Period

PRACTICES = [f"B{number:05}" for number in range(60)]
WAITING = """
update declaration set status = 'AWAITING_COMMISSIONER_APPROVAL', calculation_version = 1,
    points = 139.47, pounds = 37227.05, blockers = '[]' where provider like 'B%'
"""


async def statements(period: Period, who: str, providers: list[str]) -> int:
    """How many it took to approve theirs."""
    principal = await period.principal(who)
    asked: list[Any] = []
    async with period.db.transaction() as tx:
        chosen = await tx.fetch(
            "select id, version from declaration where provider = any($1)", providers
        )
        rows = [(row["id"], row["version"]) for row in chosen]
        with tx._connection.query_logger(asked.append):
            outcome = await commands.approve(
                tx, principal, rows, dry_run=False, now=NOW, demonstration=True
            )
    assert len(outcome.done) == len(providers)
    return len(asked)


async def test_approving_sixty_takes_as_many_statements_as_approving_one(period: Period):
    await period.practices(PRACTICES)
    await period.open()
    async with period.db.transaction() as tx:
        await tx.execute("delete from due")
        await tx.execute(WAITING)
    for who in ("approver", "finance"):
        await statements(period, who, PRACTICES[:1])  # the first of a connection learns types too
        one = await statements(period, who, PRACTICES[1:2])
        assert await statements(period, who, PRACTICES[2:]) == one
        assert 0 < one <= 14
