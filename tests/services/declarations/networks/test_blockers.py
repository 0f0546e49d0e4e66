"""Blockers: what open declarations wait for, and whom to chase."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from nhs.roles import Role
from services.declarations import due
from services.declarations.networks.blockers import store
from services.declarations.networks.blockers.domain import Place, turn
from services.declarations.networks.blockers.store import BlockerFilter
from services.declarations.sight import Sight
from tests.services.declarations.networks.world import (
    HI03,
    NETWORK,
    OTHER,
    complete,
    constants,
    send,
)
from tests.services.declarations.period import NOW, Period, extract_rows, worked_values
from tests.support.directory import have_person

LIST = """query ($filter: DeclarationBlockerFilter, $first: Int, $after: String) {
    declarationBlockers(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { code message indicator indicatorName practice { odsCode }
            provider { odsCode } commissioner { odsCode } serviceCode achievementDate since cutOff
            daysLeft chase { organisation { odsCode } roles people { id } }
            declaration { status } } } } }"""
COUNTS = """query ($filter: DeclarationBlockerFilter, $first: Int) {
    declarationBlockerCounts(filter: $filter, first: $first) {
        byCode { name count declarations } byPractice { name count declarations } } }"""


async def listed(period: Period, who: str, **filter_: Any) -> list[Any]:
    data = await period.ask(who, LIST, filter=filter_)
    found = data["declarationBlockers"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def counted(period: Period, who: str, **filter_: Any) -> dict[str, dict[str, int]]:
    data = await period.ask(who, COUNTS, filter=filter_)
    return {
        of: {one["name"]: one["count"] for one in counts}
        for of, counts in data["declarationBlockerCounts"].items()
    }


async def person(period: Period, subject: str) -> dict[str, str]:
    async with period.db.reader() as reader:
        found = await reader.fetchval("select id from directory.person where subject=$1", subject)
    return {"id": str(found)}


async def lacking(period: Period) -> None:
    """A81003 alone has sent nothing."""
    await constants(period)
    await send(period, "HI03", HI03)
    await send(period, "CAN04", {"A81001": (30, 40), "A81002": (45, 60)})
    await period.settle()


async def test_a_network_waits_for_each_member_by_name_and_for_who_enters_its_values(
    england: Period,
):
    await lacking(england)
    async with england.db.transaction() as tx:
        await have_person(tx, "enters", {"A81003": [Role.ACHIEVEMENT_ENTRY]})
        await have_person(tx, "looks", {"A81003": [Role.VIEW]})
        gone = await have_person(
            tx, "gone", {"A81003": [Role.ACHIEVEMENT_ENTRY]}, status="DISABLED"
        )
        assert gone
    can04, hi03 = sorted(
        await listed(england, "network viewer"), key=lambda one: str(one["indicator"])
    )
    assert (hi03["code"], hi03["indicator"], hi03["practice"]) == (
        "VALUES_MISSING",
        "HI03",
        {"odsCode": "A81003"},
    )
    assert hi03["indicatorName"].startswith("Learning disability")
    assert (hi03["provider"], hi03["commissioner"]) == ({"odsCode": NETWORK}, {"odsCode": "16C"})
    assert hi03["declaration"] == {"status": "AWAITING_NETWORK_ACHIEVEMENT"}
    assert "A81003" in hi03["message"]
    assert hi03["chase"] == {
        "organisation": {"odsCode": "A81003"},
        "roles": ["ACHIEVEMENT_ENTRY"],
        "people": [await person(england, "enters")],
    }
    assert can04["indicator"] == "CAN04"
    counts = await counted(england, "network viewer")
    assert counts == {"byCode": {"VALUES_MISSING": 2}, "byPractice": {"A81003": 2}}


async def test_national_constants_are_waited_for_at_england(england: Period):
    await england.settle()
    everything = await listed(england, "board viewer")
    found = [one for one in everything if one["practice"] is None]
    assert {one["code"] for one in everything} - {"VALUES_MISSING"} == {
        "NATIONAL_PREVALENCE_MISSING",
        "AVERAGE_LIST_MISSING",
    }
    assert {one["indicator"] for one in found} == {"HI03", "CAN04"}
    chased = {
        "organisation": {"odsCode": "ENG"},
        "roles": ["DATA_LOAD"],
        "people": [await person(england, "data load")],
    }
    assert [one["chase"] for one in found] == [chased] * 4


async def test_practices_and_networks_stand_in_one_list_the_oldest_date_first(england: Period):
    """At 1 April 2026 QOF has been sent by A81001, and A81002 lacks 44 indicators."""
    await lacking(england)
    england.now = NOW
    await england.prevalence()
    await england.load(extract_rows("A81001", worked_values()))
    await england.settle()
    found = await listed(england, "board viewer")
    assert [one["serviceCode"] for one in found] == ["NCD2425"] * 2 + ["QOF2526"] * 44
    assert {one["practice"]["odsCode"] for one in found[2:]} == {"A81002"}
    counts = await counted(england, "board viewer")
    assert counts["byCode"] == {"VALUES_MISSING": 46}
    assert counts["byPractice"] == {"A81002": 44, "A81003": 2}
    data = await england.ask("board viewer", COUNTS, first=1)
    by_practice = data["declarationBlockerCounts"]["byPractice"]
    assert by_practice == [{"name": "A81002", "count": 44, "declarations": 1}]


async def test_the_list_is_read_page_by_page_without_a_gap(england: Period):
    await lacking(england)
    england.now = NOW
    await england.prevalence()
    await england.settle()
    whole = await england.ask("board viewer", LIST, first=1000)
    nodes = [edge["node"] for edge in whole["declarationBlockers"]["edges"]]
    assert len(nodes) == 2 + 2 * 44
    read: list[Any] = []
    after, more = None, True
    while more:
        data = await england.ask("board viewer", LIST, first=7, after=after)
        page = data["declarationBlockers"]
        read += [edge["node"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert read == nodes


async def test_filters_reach_every_row(england: Period):
    await lacking(england)
    england.now = NOW
    await england.prevalence()
    await england.settle()

    async def count(**filter_: Any) -> int:
        return len(await listed(england, "board viewer", **filter_))

    assert await count(service="NCD2425") == 2
    assert await count(practice="A81003") == 2
    assert await count(indicator="CHOL004") == 2
    assert await count(indicator="CHOL004", practice="A81002") == 1
    assert await count(indicator="HI03") == 1
    assert await count(code="HELD") == 0
    for network, total in ((NETWORK, 2 + 2 * 44), (OTHER, 0)):
        data = await england.ask("board viewer", LIST, filter={"network": network}, first=1)
        assert data["declarationBlockers"]["totalCount"] == total


async def test_what_is_held_waits_for_the_commissioner_with_the_reason(england: Period):
    await complete(england)
    assert await listed(england, "network viewer") == []
    async with england.db.transaction() as tx:
        await have_person(tx, "16C approves", {"16C": [Role.APPROVAL_MANAGEMENT]})
    held = await england.ask(
        "16C approves",
        """mutation ($choose: ChooseDeclarations!) { holdDeclarations(choose: $choose,
            reason: "A figure to be explained") { done refused { code } } }""",
        choose={"rows": await _versions(england)},
    )
    assert len(held["holdDeclarations"]["done"]) == 2
    found = await listed(england, "network viewer", code="HELD")
    assert [one["message"] for one in found] == ["A figure to be explained"] * 2
    assert found[0]["since"].startswith("2025-04-01T09:00:00")
    assert found[0]["chase"] == {
        "organisation": {"odsCode": "16C"},
        "roles": ["APPROVAL_MANAGEMENT", "FINANCE_MANAGEMENT"],
        "people": [await person(england, "16C approves")],
    }


async def _versions(period: Period) -> list[dict[str, Any]]:
    async with period.db.reader() as reader:
        rows = await reader.fetch("select id, version from declaration")
    return [{"id": str(row["id"]), "version": row["version"]} for row in rows]


async def test_a_recalculation_is_waited_for_and_nobody_chased(england: Period):
    await complete(england)
    async with england.db.transaction() as tx:
        await due.mark_service(tx, "NCD2425/1", "a test")
    found = await listed(england, "network viewer")
    assert {one["code"] for one in found} == {"RECALCULATION_PENDING"}
    assert {one["chase"] for one in found} == {None}
    assert found[0]["declaration"] == {"status": "AWAITING_PROVIDER_APPROVAL"}
    waited = england.now - datetime.fromisoformat(found[0]["since"])
    assert timedelta(0) <= waited < timedelta(minutes=1)
    await england.settle()
    assert await listed(england, "network viewer") == []


async def test_days_left_are_those_to_the_next_cut_off(england: Period):
    await lacking(england)
    assert {one["daysLeft"] for one in await listed(england, "network viewer")} == {None}
    async with england.db.transaction() as tx:
        await tx.execute(_CUT_OFFS)
    found = await listed(england, "network viewer")
    assert {(one["cutOff"], one["daysLeft"]) for one in found} == {("2025-06-05", 65)}
    england.now += timedelta(days=66)
    found = await listed(england, "network viewer")
    assert {(one["cutOff"], one["daysLeft"]) for one in found} == {("2025-07-04", 28)}


_CUT_OFFS = """
insert into cut_off (id, payment_type, approve_by, pay_on, source, loaded_by, loaded_for, loaded_at)
select gen_random_uuid(), 'DES', day, day + 15, 'a test', gen_random_uuid(), 'ENG', now()
from (values (date '2025-03-05'), ('2025-06-05'), ('2025-07-04')) given (day)
"""


async def test_everybody_sees_the_blockers_of_what_they_see_and_of_nothing_else(england: Period):
    await lacking(england)
    for who, count in (
        ("member", 2),
        ("network viewer", 2),
        ("board viewer", 2),
        ("nation", 2),
        ("left", 0),
        ("other network", 0),
        ("other board", 0),
    ):
        found = await listed(england, who, service="NCD2425", network=NETWORK)
        assert (who, len(found)) == (who, count)
    async with england.db.transaction() as tx:
        await tx.execute(
            "update directory.person_role set payment_types = '{QOF}' where person_id ="
            " (select id from directory.person where subject = 'board viewer')"
        )
    assert await listed(england, "board viewer") == []


async def test_what_finance_approved_or_was_closed_waits_for_nobody(england: Period):
    await complete(england)
    async with england.db.transaction() as tx:
        await tx.execute("update declaration set status = 'FINANCE_APPROVED'")
        await tx.execute("insert into due (declaration_id, reason) select id, 'x' from declaration")
    assert await listed(england, "network viewer") == []


@pytest.mark.parametrize(
    ("code", "entered_by", "place", "role"),
    [
        ("VALUES_MISSING", "PROVIDER", Place.PRACTICE, Role.ACHIEVEMENT_ENTRY),
        ("VALUES_MISSING", "COMMISSIONER", Place.COMMISSIONER, Role.ACHIEVEMENT_ENTRY),
        ("LIST_SIZE_UNKNOWN", "PROVIDER", Place.ENGLAND, Role.DATA_LOAD),
        ("AVERAGE_LIST_MISSING", "PROVIDER", Place.ENGLAND, Role.DATA_LOAD),
        ("PREVIOUS_POINTS_UNKNOWN", "PROVIDER", Place.ENGLAND, Role.DATA_LOAD),
        ("SERVICE_NOT_SOUND", "PROVIDER", Place.ENGLAND, Role.CATALOGUE_MANAGER),
        ("NO_MEMBER_TAKES_PART", "PROVIDER", Place.COMMISSIONER, Role.COMMISSIONING_MANAGEMENT),
    ],
)
def test_each_cause_is_somebodys_turn(code: str, entered_by: str, place: Place, role: Role):
    whose = turn(code, entered_by)
    assert whose is not None
    assert (whose.place, whose.roles[0]) == (place, role)


async def test_who_holds_the_role_for_another_payment_type_is_not_chased(england: Period):
    await lacking(england)
    async with england.db.transaction() as tx:
        await have_person(tx, "enters QOF", {"A81003": [Role.ACHIEVEMENT_ENTRY]})
        await tx.execute(
            "update directory.person_role set payment_types = '{QOF}' where person_id ="
            " (select id from directory.person where subject = 'enters QOF')"
        )
    found = await listed(england, "network viewer")
    assert [one["chase"]["people"] for one in found] == [[], []]


@pytest.mark.parametrize("who", ["network viewer", "board viewer"])
async def test_blockers_are_found_by_an_index_of_what_is_blocked(england: Period, who: str):
    sight = Sight.of(await england.principal(who))
    given = (*sight.arguments, *BlockerFilter().arguments, None, None, None, None, 51, NOW)
    async with england.db.transaction() as tx:
        await tx.execute(_MANY)
        await tx.execute("analyze declaration")
        plan = await tx.fetchval(f"explain (format json) {store._PAGE}", *given)
    assert "declaration_blocked" in str(plan)


_MANY = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at)
select gen_random_uuid(), 1, gen_random_uuid(), 'QOF2526/1', 'QOF2526', 'QOF', 'P' || n % 6000,
    'QHM', date '2025-04-01', date '2026-03-31', date '2026-03-31',
    case when n % 20 = 0 then 'INCOMPLETE' else 'FINANCE_APPROVED' end, now(), now()
from generate_series(1, 20000) n
"""
