"""Accruals: authorised, declared, calculated, forecast, and together what they come to."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.services.declarations.paying import POUNDS
from tests.services.declarations.period import Period, extract_rows, worked_values

_AMOUNT = "{ count points pounds }"
_STAGES = f"""{{ authorised {_AMOUNT} declared {_AMOUNT} calculated {_AMOUNT}
    forecast {_AMOUNT} total {_AMOUNT} }}"""
ACCRUALS = f"""query ($filter: AccrualsFilter) {{
    accruals(filter: $filter) {{ totalCount edges {{ node {{
        serviceCode periodStart periodEnd achievementDate commissioner
        commissionerOrganisation {{ odsCode }} stages {_STAGES} }} }} }}
    accrualTotal(filter: $filter) {_STAGES} }}"""
YEAR = {"financialYear": "2025/26"}
NONE = {"count": 0, "points": "0.00", "pounds": "0.00"}
ONE = {"count": 1, "points": "139.47", "pounds": POUNDS}


async def accrued(period: Period, who: str = "finance", **wanted: Any) -> tuple[Any, Any]:
    """The rows, and the total of all."""
    data = await period.ask(who, ACCRUALS, filter=YEAR | wanted)
    found = [edge["node"] for edge in data["accruals"]["edges"]]
    assert data["accruals"]["totalCount"] == len(found)
    return found, data["accrualTotal"]


async def approved(period: Period, who: str, code: str, *approvers: str) -> None:
    await period.declare(who, [await period.of(code)])
    for approver in approvers:
        await period.approve(approver, [await period.of(code)])


async def test_each_stage_is_added_up_and_the_stages_add_up(period: Period):
    codes = ["A81004", "A81005"]
    await period.practices(codes)
    await period.calculated("A81001", "A81002", "A81004")
    await period.load(extract_rows("A81005", {"CHOL004": (231, 660, 700)}))
    await period.settle()
    await approved(period, "practice", "A81001", "approver", "finance")
    await approved(period, "other practice", "A81002", "approver")
    (row,), total = await accrued(period)
    stages = row["stages"]
    assert stages["authorised"] == ONE
    assert stages["declared"] == ONE
    assert stages["calculated"] == ONE
    assert stages["forecast"] == {"count": 1, "points": "22.00", "pounds": "5664.13"}
    pounds = sum(
        Decimal(stages[stage]["pounds"])
        for stage in ("authorised", "declared", "calculated", "forecast")
    )
    assert stages["total"] == {"count": 4, "points": "440.41", "pounds": str(pounds)}
    assert total == stages
    assert (row["commissioner"], row["achievementDate"]) == ("QHM", "2026-03-31")
    assert row["commissionerOrganisation"] == {"odsCode": "QHM"}


async def test_a_period_that_runs_is_forecast_by_the_values_received_early(period: Period):
    period.now = datetime(2026, 2, 10, 9, tzinfo=UTC)
    (row,), _ = await accrued(period)
    assert row["stages"]["total"] == NONE
    await period.prevalence()
    await period.load(extract_rows("A81001", worked_values()))
    (row,), total = await accrued(period)
    assert row["stages"]["forecast"] == ONE
    assert total["total"] == ONE


async def test_an_adjustment_is_part_of_what_is_authorised(period: Period):
    await period.calculated("A81001")
    await approved(period, "practice", "A81001", "approver", "finance")
    payment = (await period.ask("finance", "{ payments { edges { node { id } } } }"))["payments"]
    data = await period.ask(
        "finance",
        """mutation ($payment: ID!) { proposeAdjustment(payment: $payment, amount: "-27.05",
            reason: "counted twice") { id } }""",
        payment=payment["edges"][0]["node"]["id"],
    )
    approve = "mutation ($id: ID!) { approveAdjustment(id: $id) { id } }"
    await period.ask("both", approve, id=data["proposeAdjustment"]["id"])
    _, total = await accrued(period)
    assert total["authorised"] == {"count": 1, "points": "139.47", "pounds": "37200.00"}


async def test_who_sees_points_alone_is_shown_no_pounds(period: Period):
    await period.calculated("A81001")
    (row,), total = await accrued(period, "practice viewer")
    assert {amount["pounds"] for amount in row["stages"].values()} == {None}
    assert {amount["pounds"] for amount in total.values()} == {None}
    assert total["calculated"]["points"] == "139.47"


async def test_each_is_shown_what_they_may_see(period: Period):
    await period.calculated("A81001", "A81002")
    for who, count in (("practice", 1), ("finance", 2), ("other commissioner", 0)):
        _, total = await accrued(period, who)
        assert total["calculated"]["count"] == count
    (row,), _ = await accrued(period, "finance", provider="A81002")
    assert row["stages"]["calculated"] == ONE


async def test_the_current_financial_year_is_shown_unless_another_is_named(period: Period):
    await period.calculated("A81001")
    data = await period.ask("finance", "{ accruals { totalCount } }")
    assert data == {"accruals": {"totalCount": 0}}
    period.now = datetime(2026, 3, 31, 9, tzinfo=UTC)
    data = await period.ask("finance", "{ accruals { totalCount } }")
    assert data == {"accruals": {"totalCount": 1}}
