"""A commissioner may do without the separation of duties, by days; every use of it is marked."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.declarations.approval import domain
from services.declarations.approval.domain import Action
from tests.services.declarations.period import Period
from tests.services.declarations.test_steps import COMMISSIONER, PROVIDER, approved, declared

HISTORY = "{ declarations { edges { node { history { action by notes } } } } }"
WAITING = {"waitingForMe": True}


async def join(period: Period, commissioner: str = "QHM") -> None:
    """Off from 1 to 2 April 2026."""
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into directory.duty_switch values"
            " ($1, 'DECLARATIONS', false, '2026-04-01', '2026-04-02'),"
            " ($1, 'CLAIMS', false, '2020-04-01', null)",
            commissioner,
        )


async def test_one_person_approves_and_pays_where_the_commissioner_says_so(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("both", [await period.of("A81001")])
    row = await period.of("A81001")
    before = await period.everything()
    answer = await period.approve("both", [row])
    assert [one["code"] for one in answer["refused"]] == ["SEPARATION_OF_DUTIES"]
    assert await period.declarations("both", **WAITING) == []
    assert await period.everything() == before

    await join(period)
    assert await period.declarations("both", **WAITING) == [row]
    answer = await period.approve("both", [row])
    assert (len(answer["done"]), answer["refused"]) == (1, [])
    assert {"name": "finance_approved", "value": "1"} in answer["counts"]
    data = await period.ask("approver", HISTORY)
    history = data["declarations"]["edges"][0]["node"]["history"]
    both = str((await period.principal("both")).person_id)
    assert [(one["action"], one["by"] == both) for one in history[-3:]] == [
        ("APPROVED", True),
        ("DUTIES_JOINED", True),
        ("FINANCE_APPROVED", True),
    ]
    (paid,) = await period.events("declaration.finance-approved.v1")
    assert paid["history_length"] == len(history)


@pytest.mark.parametrize(("day", "commissioner"), [(3, "QHM"), (1, "QZZ")])
async def test_on_other_days_and_for_other_commissioners_duties_are_separated(
    period: Period, day: int, commissioner: str
):
    await join(period, commissioner)
    period.now = datetime(2026, 4, day, 9, tzinfo=UTC)
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("both", [await period.of("A81001")])
    answer = await period.approve("both", [await period.of("A81001")])
    assert [one["code"] for one in answer["refused"]] == ["SEPARATION_OF_DUTIES"]


async def test_who_takes_one_step_only_leaves_no_mark(period: Period):
    await join(period)
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("both", [await period.of("A81001")])
    data = await period.ask("approver", HISTORY)
    history = data["declarations"]["edges"][0]["node"]["history"]
    assert "DUTIES_JOINED" not in {one["action"] for one in history}


def test_a_second_step_is_marked_before_it_is_taken():
    mark, step = domain.approve(declared(), PROVIDER, joined=True)
    assert (mark.action, mark.by) == (Action.DUTIES_JOINED, PROVIDER)
    assert mark.declaration.status is declared().status
    assert step.declaration.version == mark.declaration.version + 1
    mark, step = domain.finance_approve(approved(), COMMISSIONER, joined=True)
    assert (mark.action, step.action) == (Action.DUTIES_JOINED, Action.FINANCE_APPROVED)
    assert isinstance(step.declaration.finance_approved_by, UUID)
