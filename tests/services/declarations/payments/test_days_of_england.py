"""In summer a day of England ends an hour before that of UTC."""

from datetime import UTC, datetime

from tests.services.declarations.paying import POUNDS, finance_approved
from tests.services.declarations.period import Period
from tests.services.declarations.runs.test_runs import made

LATE = datetime(2026, 4, 30, 23, 30, tzinfo=UTC)
"""The first of May, half past midnight."""


async def test_a_statement_is_of_the_months_of_england(period: Period):
    period.now = LATE
    await finance_approved(period, "A81001")
    totals = [
        await period.ask(
            "finance",
            'query ($month: String!) { statement(provider: "A81001", month: $month) { total } }',
            month=month,
        )
        for month in ("2026-04", "2026-05")
    ]
    assert [one["statement"]["total"] for one in totals] == ["0.00", POUNDS]


async def test_a_run_holds_the_days_of_england_until_its_cut_off(period: Period):
    period.now = LATE
    await finance_approved(period, "A81001")
    counts = [(await made(period, cutOff=day))["count"] for day in ("2026-04-30", "2026-05-01")]
    assert counts == [0, 1]
