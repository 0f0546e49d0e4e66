"""A participation that ended before the achievement date goes on after all: ODS was put right."""

from typing import Any

import pytest

from services.declarations.agreements import commands as agreements
from tests.services.declarations.period import Period, extract_rows, offer

ENDED = {"version": 3, "ended_on": "2026-02-28"}
RESUMED = {"version": 4, "ended_on": None}


@pytest.fixture
async def closed(period: Period) -> dict[str, Any]:
    """The offer of A81003, whose declaration was declared and then closed."""
    made = offer("A81003", version=2)
    await heard(period, made)
    await period.calculated("A81003")
    await heard(period, made | ENDED)
    assert (await period.of("A81003"))["status"] == "CLOSED"
    return made


async def heard(period: Period, told: dict[str, Any]) -> None:
    async with period.db.transaction() as tx:
        await agreements.keep_offers(tx, [told])
    await period.settle()


async def actions(period: Period) -> list[str]:
    data = await period.ask(
        "approver",
        "{ declarations(filter: {provider: A81003}) { edges { node { "
        "history { action } } } } }".replace("A81003", '"A81003"'),
    )
    (edge,) = data["declarations"]["edges"]
    return [entry["action"] for entry in edge["node"]["history"]]


async def test_what_was_closed_is_calculated_and_declared_again(period: Period, closed: Any):
    await heard(period, closed | RESUMED)
    found = await period.of("A81003")
    assert (found["status"], found["pounds"]) == ("AWAITING_PROVIDER_APPROVAL", "37227.05")
    assert await actions(period) == ["OPENED", "CALCULATED", "CLOSED", "OPENED", "CALCULATED"]
    assert len(await period.events("declaration.calculated.v1")) == 2


async def test_what_came_while_it_was_closed_counts(period: Period, closed: Any):
    await period.load(extract_rows("A81003", {"BP002": (0, 2500, None)}))
    await heard(period, closed | RESUMED)
    assert (await period.of("A81003"))["points"] < "139.47"


@pytest.mark.parametrize(
    "told",
    [ENDED | {"version": 4}, RESUMED | {"status": "CANCELLED", "ended_on": "2026-03-30"}],
    ids=["still ended", "cancelled"],
)
async def test_it_stays_closed_while_nobody_takes_part(
    period: Period, closed: dict[str, Any], told: dict[str, Any]
):
    before = await actions(period)
    await heard(period, closed | told)
    assert (await period.of("A81003"))["status"] == "CLOSED"
    assert await actions(period) == before


async def test_heard_twice_it_is_opened_once(period: Period, closed: dict[str, Any]):
    for version in (4, 4, 5):
        await heard(period, closed | RESUMED | {"version": version})
    assert (await actions(period)).count("OPENED") == 2
