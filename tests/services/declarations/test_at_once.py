"""Loads, submissions and approvals of the same values at once end in one truth."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from chassis.errors import TransientError
from services.declarations.approval.commands import approve
from services.declarations.submissions.commands import Recording, submit
from services.declarations.submissions.domain import Given
from tests.services.declarations.period import Period, extract_rows
from tests.services.declarations.test_kept_values import the
from tests.services.declarations.test_submissions import GROUP, all_of
from tests.support.eventually import eventually

SUBJECT = ("QOF2526", date(2026, 3, 31), "A81001")
CURRENT = """select numerator, denominator, register from achievement_value
where provider = 'A81001' and indicator = 'CHOL004'"""


def recording(**numbers: tuple[str, ...]) -> Recording:
    values = enumerate(all_of(GROUP, **numbers), start=1)
    given = (Given(row, v["indicator"], v["field"], v["value"]) for row, v in values)
    return Recording(SUBJECT, GROUP.code, tuple(given))


async def waits(period: Period) -> None:
    """Somebody waits for a lock."""

    async def look() -> None:
        async with period.db.reader() as reader:
            assert await reader.fetchval(
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock'"
            )

    await eventually(look)


async def test_a_load_waits_for_a_submission_which_stands_over_the_older_extract(entry):
    principal = await entry.principal("enterer")
    rows = extract_rows("A81001", {"CHOL004": (231, 660, 700)})
    async with entry.db.transaction() as tx:
        mine = recording(CHOL004=("330", "660", "700"))
        done = await submit(tx, principal, [mine], draft=False, now=entry.now)
        assert done.changed == len(GROUP.indicators)
        loading = asyncio.create_task(entry.load(rows))
        await waits(entry)
    await loading
    assert await the(entry, CURRENT) == [(330, 660, 700)]
    assert await entry.problems() == [("SUPERSEDED_BY_MANUAL", 2, "SUBMIT_DATE")]


async def approved(period: Period) -> Any:
    """The declaration, which waits for finance."""
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("approver", [await period.of("A81001")])
    return await period.of("A81001")


async def test_who_approves_waits_for_a_submission_and_is_told_of_the_recalculation(entry):
    row = await approved(entry)
    principal = await entry.principal("on behalf")
    async with entry.db.transaction() as tx:
        mine = recording(CHOL004=("330", "660", "700"))
        assert (await submit(tx, principal, [mine], draft=False, now=entry.now)).changed
        approving = asyncio.create_task(entry.approve("finance", [row]))
        await waits(entry)
    refused = (await approving)["refused"]
    assert [one["code"] for one in refused] == ["RECALCULATION_PENDING"]
    assert await the(entry, "select * from payment") == []


async def test_a_load_that_finance_overtakes_changes_nothing_and_is_to_be_tried_again(entry):
    row = await approved(entry)
    finance = await entry.principal("finance")
    rows = extract_rows("A81001", {"CHOL004": (330, 660, 700)})
    async with entry.db.transaction() as tx:
        chosen = [(UUID(row["id"]), row["version"])]
        done = await approve(tx, finance, chosen, dry_run=False, now=entry.now, demonstration=True)
        assert done.refused == []
        loading = asyncio.create_task(entry.load(rows))
        await waits(entry)
    with pytest.raises(TransientError):
        await loading
    assert await the(entry, CURRENT) == [(231, 660, 700)]
    assert await the(entry, "select * from due") == []
    await entry.load(rows)
    assert await entry.problems() == [("PERIOD_LOCKED", 2, "ORG_CODE")]
