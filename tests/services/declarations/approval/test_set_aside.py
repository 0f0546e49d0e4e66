"""A calculation that fails, by a fault of ours, is left alone and stops nobody else's."""

from typing import Any

from services.declarations import due
from services.declarations.approval.settling import drain_due
from tests.services.declarations.network import ACHIEVED_ON, MEMBERS, Network

BLOCKERS = "{ declarationBlockers { edges { node { code indicator chase { roles } } } } }"


async def told(network: Network, numerator: int) -> None:
    """HI03 of both members, put there past every check, and marked."""
    async with network.db.transaction() as tx:
        await tx.execute(
            "update achievement_value set numerator = $1, denominator = $1"
            " where indicator = 'HI03'",
            numerator,
        )
        subjects = [("NCD2425", ACHIEVED_ON, practice) for practice in MEMBERS]
        await due.mark_providers(tx, subjects, "a value changed")


async def drained(network: Network) -> int:
    return await drain_due(network.db, demonstration=True, now=network.now)


async def blockers(network: Network) -> list[Any]:
    data = await network.ask("approver", BLOCKERS)
    return [edge["node"] for edge in data["declarationBlockers"]["edges"]]


async def broken(network: Network) -> None:
    """The sum of HI03 is more than any column holds; CAN04 is changed with it."""
    await network.calculated()
    await network.loaded(A81001={"CAN04": (50, 60)})
    await told(network, 2_000_000_000)
    assert await drained(network)


async def test_the_others_are_calculated_and_nobody_approves_what_failed(
    network: Network,
) -> None:
    await broken(network)
    (can04,) = (await network.declaration("CAN04"))["lines"]
    assert can04["numerator"] == 50 + 35
    hi03 = await network.declaration("HI03")
    assert (hi03["status"], hi03["pounds"]) == ("AWAITING_PROVIDER_APPROVAL", "4718.34")
    refused = (await network.declare("network", [hi03]))["refused"]
    assert [one["code"] for one in refused] == ["RECALCULATION_PENDING"]
    (found,) = await blockers(network)
    assert (found["code"], found["indicator"]) == ("CALCULATION_FAILED", "HI03")
    assert await drained(network) == 0


async def test_it_is_calculated_once_something_changes_again(network: Network) -> None:
    await broken(network)
    await told(network, 200)
    await network.settle()
    (hi03,) = (await network.declaration("HI03"))["lines"]
    assert hi03["numerator"] == 400
    assert await blockers(network) == []


async def test_it_is_looked_at_again_when_the_worker_starts(network: Network) -> None:
    await broken(network)
    async with network.db.transaction() as tx:
        await due.take_up(tx)
    assert await drained(network) > 0
    assert [one["code"] for one in await blockers(network)] == ["CALCULATION_FAILED"]
