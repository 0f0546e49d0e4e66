"""Members' values stand still once their network's declaration of the indicator is approved."""

from datetime import date
from typing import Any

import pytest

from nhs.roles import Role
from tests.services.declarations.network import ACHIEVED_ON, PCN, Network
from tests.services.declarations.paying import payments
from tests.support.directory import have_person


@pytest.fixture
async def entered(network: Network) -> Network:
    """Values by hand: what an extract brought no practice changes."""
    async with network.db.transaction() as tx:
        for code in ("A81001", "A81002"):
            await have_person(tx, f"enterer of {code}", {code: [Role.ACHIEVEMENT_ENTRY]})
        await have_person(tx, "on behalf", {"QHM": [Role.ACHIEVEMENT_ENTRY]})
    await network.figures()
    for code, hi03, can04 in (("A81001", (100, 150), (40, 60)), ("A81002", (130, 170), (35, 40))):
        assert (await network.entered(code, HI03=hi03))["errors"] == []
        assert (await network.entered(code, CAN04=can04))["errors"] == []
    await network.settle()
    return network


async def codes(network: Network, who: str = "enterer of A81001", **values: Any) -> list[str]:
    answer = await network.entered("A81001", who, **values)
    return [error["code"] for error in answer["errors"]]


async def test_a_practice_changes_its_values_until_the_commissioner_approves_the_network(
    entered: Network,
) -> None:
    assert await codes(entered, HI03=(101, 150)) == []
    await entered.settle()
    await entered.declare("network", [await entered.declaration()])
    assert await codes(entered, HI03=(100, 150)) == []
    await entered.settle()
    await entered.declare("network", [await entered.declaration()])
    await entered.approve("approver", [await entered.declaration()])
    assert await codes(entered, HI03=(101, 150)) == ["COMMISSIONER_APPROVED"]
    assert await codes(entered, CAN04=(41, 60)) == []
    assert await codes(entered, "on behalf", HI03=(101, 150)) == []


async def test_finance_approval_of_one_indicator_locks_its_values_and_no_others(
    entered: Network,
) -> None:
    await entered.paid("HI03")
    before = await entered.everything()
    for who in ("enterer of A81001", "on behalf"):
        assert await codes(entered, who, HI03=(101, 150)) == ["PERIOD_LOCKED"]
    assert await entered.everything() == before
    assert await codes(entered, CAN04=(41, 60)) == []
    await entered.settle()
    assert (await entered.declaration("CAN04"))["lines"][0]["numerator"] == 76


async def test_a_load_leaves_out_what_is_locked_and_says_so(network: Network) -> None:
    await network.calculated()
    await network.paid("HI03")
    counts = await network.loaded(A81001={"HI03": (120, 150), "CAN04": (50, 60)})
    assert counts["loaded"] == 1
    assert [code for code, _, _ in await network.problems()] == ["PERIOD_LOCKED"]
    await network.settle()
    assert (await network.declaration("HI03"))["lines"][0]["numerator"] == 230
    assert (await network.declaration("CAN04"))["lines"][0]["numerator"] == 85


async def test_values_of_who_was_not_counted_are_not_locked(network: Network) -> None:
    await network.organisation("A81003", [(PCN, "2024-07-01", None)])
    await network.calculated()
    await network.paid("HI03")
    counts = await network.loaded(A81003={"HI03": (1, 2)})
    assert (counts["loaded"], counts["not_participating"]) == (1, 1)


async def test_members_that_signed_up_are_not_listed_as_not_participating(
    network: Network,
) -> None:
    counts = await network.loaded(A81001={"HI03": (100, 150)})
    assert counts["not_participating"] == 0
    assert await network.problems() == []


async def test_what_finance_approved_stays_when_a_member_leaves_and_its_values_stay_locked(
    network: Network,
) -> None:
    await network.calculated()
    await network.paid("HI03")
    paid = await network.declaration()
    await network.organisation("A81002", [(PCN, "2020-04-01", "2025-01-31")])
    await network.settle()
    assert await network.declaration() == paid
    assert (await network.loaded(A81002={"HI03": (1, 2)}))["loaded"] == 0


async def test_a_networks_payment_goes_to_its_payee_of_the_day_and_names_the_indicator(
    network: Network,
) -> None:
    async with network.db.transaction() as tx:
        await tx.executemany(
            "insert into directory.payee values ($1, $2, $3, $4)",
            [
                (PCN, "A81009", date(2020, 4, 1), ACHIEVED_ON),
                (PCN, "A81001", date(2025, 4, 1), None),
            ],
        )
    await network.calculated()
    await network.paid("HI03")
    await network.paid("CAN04")
    first, second = await network.events("payment.authorised.v1")
    assert (first["payee"], first["indicator"], first["amount"]) == ("A81001", "HI03", "4718.34")
    assert first["narrative"] == (
        "NCD2425 HI03 U00001 2024-04-01 to 2025-03-31: 21.38 points"
        " (PROVISIONAL RULES, DEMONSTRATION)"
    )
    assert (second["indicator"], second["amount"]) == ("CAN04", "2667.27")
    assert {payment["amount"] for payment in await payments(network)} == {"4718.34", "2667.27"}
