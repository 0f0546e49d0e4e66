"""A role that is held for some payment types takes no step on the others (DOMAIN 10.3)."""

import pytest

from nhs.roles import Role
from tests.services.declarations.paying import finance_approved
from tests.services.declarations.period import Period
from tests.services.declarations.test_returned_and_held import act, declared, refusals
from tests.support.directory import have_person

PROPOSE = """mutation ($payment: ID!) { proposeAdjustment(
    payment: $payment, amount: "-1.00", reason: "counted twice") { id } }"""
WHO = "immunisations"


@pytest.fixture(autouse=True)
async def somebody(period: Period) -> None:
    """Who approves and pays for QHM, vaccinations and immunisations alone."""
    roles = [Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT]
    async with period.db.transaction() as tx:
        person = await have_person(tx, WHO, {"QHM": roles})
        await tx.execute(
            "update directory.person_role set payment_types = '{V&I}' where person_id = $1", person
        )


async def test_what_is_of_another_type_is_neither_held_returned_nor_released(period: Period):
    await declared(period)
    for held in (False, True):
        before = await period.everything()
        for verb in ("release",) if held else ("hold", "return"):
            assert refusals(await act(period, WHO, verb)) == ["ROLE_REQUIRED"]
        assert await period.everything() == before
        await act(period, "approver", "hold")


async def test_what_is_of_another_type_is_neither_approved_nor_paid(period: Period):
    await declared(period)
    for who in ("approver", "finance"):
        row = await period.of("A81001")
        before = await period.everything()
        assert refusals(await period.approve(WHO, [row])) == ["ROLE_REQUIRED"]
        assert await period.everything() == before
        assert refusals(await period.approve(who, [row])) == []


async def test_a_payment_of_another_type_is_adjusted_by_nobody_for_it(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    before = await period.everything()
    assert await period.ask(WHO, PROPOSE, payment=payment["id"]) == {"errors": ["ROLE_REQUIRED"]}
    assert await period.everything() == before


async def test_what_is_of_another_type_waits_for_somebody_else(period: Period):
    """Though they see it, by a role that is held for all types."""
    await declared(period)
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into directory.person_role (person_id, organisation, role)"
            " select id, 'QHM', 'FINANCE_VIEW' from directory.person where subject = $1",
            WHO,
        )
    waiting = "{ declarations(filter: {waitingForMe: true}) { totalCount } }"
    for status in ("AWAITING_COMMISSIONER_APPROVAL", "AWAITING_FINANCE_APPROVAL"):
        assert (await period.of("A81001"))["status"] == status
        assert (await period.ask(WHO, waiting))["declarations"]["totalCount"] == 0
        who = "approver" if status == "AWAITING_COMMISSIONER_APPROVAL" else "finance"
        assert (await period.ask(who, waiting))["declarations"]["totalCount"] == 1
        await period.approve(who, [await period.of("A81001")])
