"""A health check counts once a year: the year's quarters never pay beyond the register."""

from decimal import Decimal
from typing import Any

import pytest

from cqrs import verify
from tests.services.declarations.advancing import document, of_line, publish
from tests.services.declarations.period import Period, row

LINE, PRACTICE = "LDHC2526", "A81001"
QUARTERS = ("20250630", "20250930", "20251231", "20260331")
CHECKS = "Learning Disability Health Checks"
REGISTER = "Learning Disability Health Check Register"


async def counted(period: Period, quarter: int, checks: int, register: int = 10) -> None:
    on = {"QUALITY_SERVICE": LINE, "ACH_DATE": QUARTERS[quarter]}
    counts = {CHECKS: checks, REGISTER: register}
    await period.load([row(PRACTICE, "LD002", field, str(n), **on) for field, n in counts.items()])
    await period.settle()


async def quarters(period: Period) -> list[Any]:
    """The quarters' declarations, the first first."""
    found = await of_line(period, LINE, PRACTICE)
    return sorted(found, key=lambda one: one["periodEnd"])


async def pounds(period: Period) -> list[str | None]:
    return [one["pounds"] for one in await quarters(period)]


async def pay(period: Period, quarter: int) -> None:
    """Declared, approved and finance-approved."""
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        answer = await step(who, [(await quarters(period))[quarter]])
        assert answer["refused"] == []
    await period.settle()


@pytest.fixture
async def checked(period: Period) -> Period:
    await publish(period, document(LINE), PRACTICE)
    await period.settle()
    return period


async def test_a_quarter_pays_for_what_the_register_leaves_of_the_year(checked: Period):
    for quarter, checks in enumerate((6, 3, 4, 2)):
        await counted(checked, quarter, checks)
    assert await pounds(checked) == ["840.00", "420.00", "140.00", "0.00"]


async def test_what_changes_in_a_quarter_is_followed_by_those_after_it(checked: Period):
    for quarter in range(4):
        await counted(checked, quarter, 3)
    assert await pounds(checked) == ["420.00", "420.00", "420.00", "140.00"]
    await counted(checked, 0, 1)
    assert await pounds(checked) == ["140.00", "420.00", "420.00", "420.00"]


async def test_a_quarter_whose_values_come_after_a_later_one_was_paid_gets_what_is_left(
    checked: Period,
):
    await counted(checked, 1, 6)
    await pay(checked, 1)
    await counted(checked, 0, 6)
    assert (await pounds(checked))[:2] == ["560.00", "840.00"]


async def test_quarters_that_are_paid_out_of_turn_come_to_the_same_sum(checked: Period):
    await counted(checked, 0, 6)
    await counted(checked, 1, 6)
    before = (await pounds(checked))[:2]
    assert before == ["840.00", "560.00"]
    await pay(checked, 1)
    assert (await pounds(checked))[:2] == before
    await pay(checked, 0)
    paid = [one for one in await quarters(checked) if one["status"] == "FINANCE_APPROVED"]
    assert sum(Decimal(one["pounds"]) for one in paid) == 10 * Decimal("140.00")


async def test_the_receipt_says_what_was_counted_before_and_holds(checked: Period):
    await counted(checked, 0, 6)
    await counted(checked, 1, 6)
    second = (await quarters(checked))[1]
    query = """query ($id: ID!) { declaration(id: $id) {
        receipt lines { explanation { summary } } } }"""
    found = (await checked.ask("practice", query, id=second["id"]))["declaration"]
    assert found["lines"][0]["explanation"]["summary"].startswith(
        "6 were counted, after 6 in other periods of the year; no more are paid for in a year than "
        "the 10 on the register, so 4 are, at £140.00 each: £560.00."
    )
    assert list(verify.differences(found["receipt"])) == []
    found["receipt"]["stood_on"]["figures"]["year.counted.LD002"] = "5"
    assert list(verify.differences(found["receipt"]))
