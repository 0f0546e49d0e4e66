"""The plan of the report on networks, over as many organisations as England has."""

from datetime import date
from itertools import product

import pytest

from services.organisations.network.report import store
from services.organisations.network.report.store import Wanted
from tests.services.organisations.england_sized import have_england

TODAY, EVER = date(2026, 4, 9), (date(2015, 4, 1), date(2026, 3, 31))
ASKED = {
    "all": Wanted(*EVER),
    "of a network": Wanted(TODAY, TODAY, pcn="U00005"),
    "of a practice": Wanted(*EVER, practice="A00005"),
}
_PAGED = ", null, null, null, 51"


@pytest.fixture
async def england(database):
    await have_england(database)
    return database


VIEWERS = ("ENG", "Q01", "U00005")


PLANS = ("force_custom_plan", "force_generic_plan")


async def test_memberships_are_read_once_by_index_and_joined_by_hash(england):
    async with england.transaction() as tx:
        for plans, viewer, (name, wanted) in product(PLANS, VIEWERS, ASKED.items()):
            await tx.execute(f"set local plan_cache_mode = {plans}")
            for statement in (store._PAGE, store._COUNT):
                plan = await planned(tx, statement, viewer, wanted)
                (members,) = [node for node in nodes(plan) if node.get("Alias") == "r"]
                assert "Index" in members["Node Type"] or "Bitmap" in members["Node Type"], name
                assert members["Actual Loops"] == 1, name
                assert repeated(plan, members["Actual Rows"]) == [], name


async def planned(tx, statement, viewer, wanted):
    """The plan as it was run, of a statement prepared as the driver prepares it."""
    paged = _PAGED if statement is store._PAGE else ""
    await tx.execute(f"prepare asked as {statement % {'narrowed': wanted.narrowed}}")
    arguments = ", ".join(
        f"'{one}'" if one is not None else "null" for one in wanted.arguments((viewer, TODAY))
    )
    (plan,) = await tx.fetchval(f"explain (analyze, format json) execute asked({arguments}{paged})")
    await tx.execute("deallocate asked")
    return plan["Plan"]


def nodes(plan):
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def repeated(plan, members):
    """Scans of what is seen that are done again for each membership, of many."""
    return [
        node["Alias"]
        for node in nodes(plan)
        if node.get("CTE Name") == "seen" and node["Actual Loops"] > 1 and members > 50
    ]


def test_the_three_ways_of_asking_are_all_the_statements_there_are():
    assert {wanted.narrowed for wanted in ASKED.values()} == {
        "and $5::text is null",
        "and r.target = $5",
        "and r.source = $5",
    }
