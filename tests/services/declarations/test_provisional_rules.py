"""Provisional rules pay where the system was started for demonstration, and nowhere else."""

import pytest

from tests.services.declarations.period import Period


async def approved(period: Period) -> None:
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("approver", [await period.of("A81001")])


@pytest.mark.parametrize("calculated_in_a_demonstration", [True, False])
async def test_the_mode_is_asked_for_when_finance_approves_whatever_it_was_before(
    period: Period, calculated_in_a_demonstration: bool
):
    period.demonstration = calculated_in_a_demonstration
    await approved(period)
    row = await period.of("A81001")
    before = await period.everything()
    period.demonstration = False
    answer = await period.approve("finance", [row])
    assert [one["code"] for one in answer["refused"]] == ["PROVISIONAL_RULES"]
    assert await period.everything() == before
    period.demonstration = True
    assert len((await period.approve("finance", [row]))["done"]) == 1
