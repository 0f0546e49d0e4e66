"""What waits for whose step, and since when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.declarations.ageing import store
from services.declarations.ageing.domain import BUCKETS
from services.declarations.approval.lists import DeclarationFilter
from services.declarations.sight import Sight
from tests.services.declarations.period import Period

WAITING = """query ($filter: DeclarationFilter, $first: Int, $after: String) {
    waitingDeclarations(filter: $filter, first: $first, after: $after) { totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { since days declaration { status pounds provider { odsCode } } } } } }"""
TOTAL = """count oldestSince points pounds ages { fromDays toDays count }"""
GROUPS = f"""query ($filter: DeclarationFilter) {{ waitingByService(filter: $filter) {{ totalCount
    edges {{ node {{ serviceCode commissioner commissionerOrganisation {{ odsCode }} status
        total {{ {TOTAL} }} }} }} }}
    waitingTotal(filter: $filter) {{ {TOTAL} }} }}"""


async def waiting(period: Period, who: str, **given: Any) -> list[tuple[str, int]]:
    data = (await period.ask(who, WAITING, **given))["waitingDeclarations"]
    nodes = [edge["node"] for edge in data["edges"]]
    assert data["totalCount"] >= len(nodes)
    return [(one["declaration"]["provider"]["odsCode"], one["days"]) for one in nodes]


def at(period: Period, day: int) -> None:
    period.now = datetime(2026, 4, day, 9, tzinfo=UTC)


async def test_a_step_that_is_taken_begins_the_wait_for_the_next(period: Period):
    await period.calculated("A81001", "A81002")
    at(period, 11)
    assert await waiting(period, "practice") == [("A81001", 10)]
    await period.declare("practice", [await period.of("A81001")])
    at(period, 14)
    assert await waiting(period, "practice") == []
    assert await waiting(period, "approver") == [("A81001", 3)]
    assert await waiting(period, "approver", filter={}) == [("A81002", 13), ("A81001", 3)]


async def test_what_changes_without_a_step_waits_on(period: Period):
    await period.calculated("A81001")
    at(period, 9)
    hold = """mutation ($id: ID!, $version: Int!) { holdDeclarations(reason: "a query", choose: {
        rows: [{id: $id, version: $version}]}) { done } }"""
    one = await period.of("A81001")
    await period.ask("approver", hold, id=one["id"], version=one["version"])
    assert await waiting(period, "approver", filter={"held": True}) == [("A81001", 8)]


async def test_days_are_those_of_england(period: Period):
    period.now = datetime(2026, 4, 1, 23, 30, tzinfo=UTC)  # the second already, by summer time
    await period.calculated("A81001")
    period.now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    assert await waiting(period, "practice") == [("A81001", 0)]


async def test_by_default_it_is_what_waits_for_the_caller_and_all_for_who_takes_no_step(period):
    await period.calculated("A81001", "A81002")
    await period.declare("practice", [await period.of("A81001")])
    assert len(await waiting(period, "approver")) == 1
    assert len(await waiting(period, "finance")) == 0
    assert len(await waiting(period, "practice viewer")) == 1
    assert await waiting(period, "other commissioner", filter={}) == []


async def test_what_is_approved_waits_no_more(period: Period):
    await period.calculated("A81001")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    assert await waiting(period, "approver", filter={}) == [("A81002", 0)]


async def test_ages_are_added_up_by_service_commissioner_and_state(period: Period):
    await period.calculated("A81001", "A81002")
    at(period, 12)
    await period.declare("practice", [await period.of("A81001")])
    at(period, 20)
    data = await period.ask("approver", GROUPS, filter={})
    groups = [edge["node"] for edge in data["waitingByService"]["edges"]]
    assert [(one["commissioner"], one["status"]) for one in groups] == [
        ("QHM", "AWAITING_COMMISSIONER_APPROVAL"),
        ("QHM", "AWAITING_PROVIDER_APPROVAL"),
    ]
    assert {one["commissionerOrganisation"]["odsCode"] for one in groups} == {"QHM"}
    ages = [[age["count"] for age in one["total"]["ages"]] for one in groups]
    assert ages == [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]
    assert [one["total"]["oldestSince"] for one in groups] == ["2026-04-12", "2026-04-01"]
    total = data["waitingTotal"]
    assert (total["count"], total["points"], total["pounds"]) == (2, "278.94", "74454.10")
    assert [age["count"] for age in total["ages"]] == [0, 1, 1, 0, 0]


async def test_from_a_group_one_goes_to_its_rows(period: Period):
    await period.calculated("A81001", "A81002")
    for code, count in (("QHM", 2), ("QZZ", 0)):
        wanted = {"service": "QOF2526", "commissioner": code, "provider": None}
        assert len(await waiting(period, "approver", filter=wanted)) == count
        wanted["status"] = ["AWAITING_PROVIDER_APPROVAL"]
        assert len(await period.declarations(**wanted)) == count
    both = {"commissioner": "QHM", "provider": "A81002"}
    assert await waiting(period, "approver", filter=both) == [("A81002", 0)]


async def test_who_sees_points_alone_is_shown_no_pounds(period: Period):
    await period.calculated("A81001")
    data = await period.ask("practice viewer", GROUPS, filter={})
    assert data["waitingTotal"]["points"] == "139.47"
    assert data["waitingTotal"]["pounds"] is None
    assert data["waitingByService"]["edges"][0]["node"]["total"]["pounds"] is None
    nodes = (await period.ask("practice viewer", WAITING))["waitingDeclarations"]["edges"]
    assert nodes[0]["node"]["declaration"]["pounds"] is None


async def test_nothing_that_waits_is_nothing(period: Period):
    data = await period.ask("other commissioner", GROUPS, filter={})
    assert data["waitingByService"] == {"totalCount": 0, "edges": []}
    assert data["waitingTotal"]["count"] == 0
    assert data["waitingTotal"]["oldestSince"] is None
    assert data["waitingTotal"]["pounds"] == "0.00"
    data = await period.ask("practice viewer", GROUPS, filter={"service": "NCD2526"})
    assert (data["waitingTotal"]["count"], data["waitingTotal"]["pounds"]) == (0, None)


async def test_pages_follow_one_another_oldest_first(period: Period):
    await period.calculated("A81001", "A81002")
    found, after = [], None
    for _ in range(2):
        given = {"filter": {}, "first": 1, "after": after}
        page = (await period.ask("approver", WAITING, **given))["waitingDeclarations"]
        found += [one["node"]["declaration"]["provider"]["odsCode"] for one in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(found) == ["A81001", "A81002"]
    assert not page["pageInfo"]["hasNextPage"]


def test_every_age_is_in_one_bucket():
    for days in range(400):
        held = [b for b in BUCKETS if b.from_days <= days <= (b.to_days or days)]
        assert len(held) == 1


@pytest.mark.parametrize("who", ["approver"])
async def test_the_oldest_are_read_in_the_order_of_their_index(period: Period, who: str):
    async with period.db.transaction() as tx:
        await tx.execute(_MANY)
        await tx.execute("analyze declaration")
    sight = Sight.of(await period.principal(who))
    wanted = DeclarationFilter()
    sql = (
        f"explain (format json) {store.lists.COLUMNS} {store.lists.filtered(sight)}"
        f" {store._OPEN} {store._AFTER}"
    )
    given = (*sight.arguments, *wanted.arguments(sight), None, None, 51)
    async with period.db.reader() as reader:
        plan = str(await reader.fetchval(sql, *given))
    assert "declaration_waiting" in plan


_MANY = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at, step_since)
select gen_random_uuid(), 1, gen_random_uuid(), 'QOF2526/1', 'QOF2526', 'QOF',
    'A8100' || (1 + n % 3), 'QHM', date '2025-04-01', date '2026-03-31', date '2026-03-31',
    case when n % 10 = 0 then 'AWAITING_PROVIDER_APPROVAL' else 'FINANCE_APPROVED' end,
    now(), now(), now() - n * interval '1 minute'
from generate_series(1, 20000) n
"""
