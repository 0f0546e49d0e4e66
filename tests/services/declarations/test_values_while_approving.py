"""Values that commit while finance approves never change what it approved."""

import asyncio
from typing import Any

import pytest

from chassis.errors import TransientError
from services.declarations import due
from tests.services.declarations.period import ACHIEVED_ON, Period, extract_rows
from tests.support.eventually import eventually

SUBJECT = ("QOF2526", ACHIEVED_ON, "A81001")
CHANGED = {"BP002": (2000, 2500, None)}
WAITING = "select count(*) from pg_locks where not granted and pid <> pg_backend_pid()"


async def awaiting_finance(period: Period) -> Any:
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("approver", [await period.of("A81001")])
    return await period.of("A81001")


async def somebody_waits(period: Period) -> None:
    async def waiting() -> None:
        async with period.db.reader() as reader:
            assert await reader.fetchval(WAITING) > 0

    await eventually(waiting)


async def numerator(period: Period) -> int:
    async with period.db.reader() as reader:
        value = await reader.fetchval(
            "select numerator from achievement_value where provider = 'A81001'"
            " and indicator = 'BP002'"
        )
    return int(value)


async def test_a_load_that_finance_overtakes_keeps_nothing_and_is_refused_when_it_comes_again(
    period: Period,
):
    row = await awaiting_finance(period)
    before = await numerator(period)
    async with period.db.transaction() as tx:
        await tx.execute("lock table due in share row exclusive mode")
        loading = asyncio.create_task(period.load(extract_rows("A81001", CHANGED)))
        await somebody_waits(period)
        assert len((await period.approve("finance", [row]))["done"]) == 1
    with pytest.raises(TransientError):
        await loading
    assert await numerator(period) == before

    await period.load(extract_rows("A81001", CHANGED))
    assert [code for code, _, _ in await period.problems()] == ["PERIOD_LOCKED"]
    assert await numerator(period) == before


async def test_finance_waits_for_values_that_are_kept_and_is_refused(period: Period):
    row = await awaiting_finance(period)
    async with period.db.transaction() as tx:
        await due.mark_providers(tx, [SUBJECT], "achievement was loaded")
        await due.hold_still(tx, [SUBJECT])
        approving = asyncio.create_task(period.approve("finance", [row]))
        await somebody_waits(period)
    answer = await approving
    assert [one["code"] for one in answer["refused"]] == ["RECALCULATION_PENDING"]
    assert await period.events("payment.authorised.v1") == []
