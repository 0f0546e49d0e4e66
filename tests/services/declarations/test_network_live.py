"""Whatever changes for a member shows in its network's declarations, and is declared again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.declarations import due
from tests.services.declarations.network import ACHIEVED_ON, MEMBERS, OTHER_PCN, PCN, Network
from tests.services.declarations.test_values_while_approving import somebody_waits

Change = Callable[[Network], Awaitable[Any]]
JOINED = [(PCN, "2025-02-01", None)]
LEFT = [(PCN, "2020-04-01", "2025-01-31")]


async def due_ones(network: Network) -> set[tuple[str, str | None]]:
    """Provider and indicator of the declarations that are marked."""
    async with network.db.reader() as reader:
        rows = await reader.fetch(
            "select distinct provider, indicator from declaration where id in"
            " (select declaration_id from due) order by 1, 2"
        )
    return {(row["provider"], row["indicator"]) for row in rows}


async def loads_a_value(network: Network) -> None:
    await network.loaded(A81001={"HI03": (120, 150)})


async def joins(network: Network) -> None:
    await network.organisation("A81003", JOINED)


async def leaves(network: Network) -> None:
    await network.organisation("A81002", LEFT)


async def counts_patients(network: Network) -> None:
    await network.organisation("A81001", [(PCN, "2020-04-01", None)], patients=25_000)


async def cancels_a_sign_up(network: Network) -> None:
    await network.signed_up("A81002", status="CANCELLED", ended_on="2025-01-31")


async def ends_a_sign_up(network: Network) -> None:
    await network.signed_up("A81002", ended_on="2025-01-31")


@pytest.mark.parametrize(
    "change",
    [loads_a_value, joins, leaves, counts_patients, cancels_a_sign_up, ends_a_sign_up],
)
async def test_a_change_for_a_member_marks_its_networks_declarations_and_nobody_moves_them(
    network: Network, change: Change
) -> None:
    await network.offered(OTHER_PCN)
    await network.calculated()
    seen = await network.declaration()
    await change(network)
    assert await due_ones(network) == {(PCN, "CAN04"), (PCN, "HI03")}
    before = await network.everything()
    refused = (await network.declare("network", [seen]))["refused"]
    assert [one["code"] for one in refused] == ["RECALCULATION_PENDING"]
    assert await network.everything() == before


async def test_a_practice_that_moves_marks_the_network_it_leaves_and_the_one_it_joins(
    network: Network,
) -> None:
    await network.offered(OTHER_PCN)
    await network.calculated()
    await network.organisation("A81002", [*LEFT, (OTHER_PCN, "2025-02-01", None)])
    assert {provider for provider, _ in await due_ones(network)} == {PCN, OTHER_PCN}
    await network.settle()
    old, new = [await network.declaration("HI03", code) for code in (PCN, OTHER_PCN)]
    assert [one["lines"][0]["denominator"] for one in (old, new)] == [150, 170]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (joins, "A81003 joined on 2025-02-01; list size 48000 of 2025-03-31 to 72000"),
        (leaves, "A81002 left on 2025-01-31; list size 48000 of 2025-03-31 to 24000"),
        (cancels_a_sign_up, "A81002 does not take part; list size 48000"),
        (loads_a_value, "HI03 numerator 230 to 250, 21.38 to 32.63 points; A81001 HI03 numerator"),
        (counts_patients, "list size 48000 of 2025-03-31 to 49000 of 2025-03-31; list size of A81"),
    ],
)
async def test_what_changes_after_declaring_is_told_in_words_and_declared_again(
    network: Network, change: Change, said: str
) -> None:
    await network.signed_up("A81003")
    await network.calculated()
    await network.loaded(A81003={"HI03": (0, 40), "CAN04": (0, 0)})
    await network.settle()
    assert (await network.declare("network", [await network.declaration()]))["refused"] == []
    await change(network)
    await network.settle()
    hi03 = await network.declaration()
    assert hi03["status"] == "AWAITING_PROVIDER_APPROVAL"
    assert hi03["history"][-1]["action"] == "RECALCULATED"
    assert hi03["history"][-1]["notes"].startswith(said)
    (event,) = await network.events("declaration.recalculated.v1")
    assert (event["provider"], event["indicator"]) == (PCN, "HI03")
    assert event["reason"] == hi03["history"][-1]["notes"]
    assert hi03["changes"]["inputs"]


async def test_a_member_that_joins_without_data_is_waited_for_after_declaring(
    network: Network,
) -> None:
    await network.signed_up("A81003")
    await network.calculated()
    await network.declare("network", [await network.declaration()])
    await joins(network)
    await network.settle()
    hi03 = await network.declaration()
    assert (hi03["status"], hi03["missing"]) == (
        "AWAITING_NETWORK_ACHIEVEMENT",
        ["HI03 of A81003"],
    )
    assert (hi03["receipt"], hi03["lines"]) == (None, [])  # what it stood on holds no more
    told = await network.events("declaration.values-missing.v1")
    (event,) = [one for one in told if one["indicator"] == "HI03"]
    assert (event["status"], event["missing"]) == (hi03["status"], hi03["missing"])


async def test_a_member_that_leaves_after_the_achievement_date_changes_nothing(
    network: Network,
) -> None:
    await network.calculated()
    await network.declare("network", [await network.declaration()])
    before = await network.declaration()
    await network.organisation("A81002", [(PCN, "2020-04-01", "2025-04-15")])
    await network.settle()
    assert await network.declaration() == before


async def test_a_network_whose_own_offer_ended_before_the_date_is_closed(
    network: Network,
) -> None:
    await network.calculated()
    await network.offered(PCN, status="CANCELLED", ended_on="2025-01-31")
    await network.settle()
    found = await network.declarations(provider=PCN)
    assert {one["status"] for one in found} == {"CLOSED"}


async def test_a_practice_joins_only_when_who_keeps_values_has_ended(network: Network) -> None:
    """Else its network could be calculated without them, and never again."""
    await network.signed_up("A81003")
    await network.calculated()
    async with network.db.transaction() as tx:
        await due.mark_providers(tx, [("NCD2425", ACHIEVED_ON, "A81003")], "a load")
        joining = asyncio.create_task(joins(network))
        await somebody_waits(network)
        assert not joining.done()
    await joining
    assert await due_ones(network) == {(PCN, "CAN04"), (PCN, "HI03")}


async def test_finance_waits_for_a_members_values_and_is_refused(network: Network) -> None:
    await network.calculated()
    await network.declare("network", [await network.declaration()])
    await network.approve("approver", [await network.declaration()])
    row = await network.declaration()
    subject = ("NCD2425", ACHIEVED_ON, MEMBERS[0])
    async with network.db.transaction() as tx:
        await due.mark_providers(tx, [subject], "achievement was loaded")
        await due.hold_still(tx, [subject])
        approving = asyncio.create_task(network.approve("finance", [row]))
        await somebody_waits(network)
    assert [one["code"] for one in (await approving)["refused"]] == ["RECALCULATION_PENDING"]
    assert await network.events("payment.authorised.v1") == []
