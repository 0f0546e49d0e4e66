"""The Network Achievement dashboard: sums over members at the achievement date."""

from datetime import date
from typing import Any

import pytest

from chassis.db import Reader
from nhs.roles import RelationshipKind
from services.declarations.agreements import commands as agreements
from tests.nhs.formulas.shipped import shipped
from tests.services.declarations.networks.world import (
    ACHIEVED_ON,
    HI03,
    NETWORK,
    OTHER,
    complete,
    send,
)
from tests.services.declarations.period import NOW, Period, extract_rows, offer, worked_values
from tests.support.directory import relate

ONE = """query ($network: OdsCode!, $service: String!, $day: Date) {
    networkAchievement(network: $network, service: $service, achievementDate: $day) {
        network { odsCode } commissioner { odsCode } serviceName achievementDate latest
        indicators { indicator numerator denominator achievement members reported
            countedNumerator countedDenominator points pounds status declaration { id } }
        members { practice { odsCode } memberFrom memberTo standing dataIn
            indicators { indicator numerator denominator achievement dataIn } }
        declarations { statuses { status count } points pounds } } }"""
MANY = """query ($service: String!, $filter: NetworkAchievementFilter,
        $first: Int, $after: String) {
    networkAchievements(service: $service, filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage }
        edges { node { network { odsCode } indicators { indicator numerator points }
            members { practice { odsCode } } declarations { points } } } } }"""
TOTALS = """query ($service: String!, $filter: NetworkAchievementFilter) {
    networkAchievementTotals(service: $service, filter: $filter) { networks
        indicators { indicator numerator denominator achievement members reported points pounds }
        declarations { points pounds statuses { status count } } } }"""


async def achieved(
    period: Period, who: str, network: str = NETWORK, service: str = "NCD2425"
) -> Any:
    data = await period.ask(who, ONE, network=network, service=service)
    return data if "errors" in data else data["networkAchievement"]


def indicator(found: Any, code: str) -> Any:
    return next(one for one in found["indicators"] if one["indicator"] == code)


def members(found: Any) -> dict[str, Any]:
    return {one["practice"]["odsCode"]: one for one in found["members"]}


async def test_a_network_achieves_the_sums_over_its_members_and_not_the_mean(england: Period):
    await complete(england)
    found = await achieved(england, "network finance")
    hi03 = indicator(found, "HI03")
    assert (hi03["numerator"], hi03["denominator"], hi03["achievement"]) == (230, 320, "71.88")
    assert (hi03["points"], hi03["pounds"]) == ("21.38", "4718.34")
    assert hi03["status"] == "AWAITING_PROVIDER_APPROVAL"
    assert found["commissioner"] == {"odsCode": "16C"}
    totals = {"points": "36.05", "pounds": "7385.61"}
    statuses = [{"status": "AWAITING_PROVIDER_APPROVAL", "count": 2}]
    assert found["declarations"] == totals | {"statuses": statuses}
    assert [one["achievement"] for one in members(found)["A81002"]["indicators"]] == [
        "76.47",
        "75.00",
    ]


async def test_each_member_is_shown_with_its_days_and_whether_it_takes_part(england: Period):
    await send(england, "HI03", {**HI03, "A81005": (50, 50)})
    found = await achieved(england, "network viewer")
    shown = members(found)
    assert list(shown) == ["A81001", "A81002", "A81003", "A81005"]
    assert shown["A81001"]["memberFrom"] == "2019-07-01"
    assert shown["A81001"]["memberTo"] is None
    assert {code: one["standing"] for code, one in shown.items()} == {
        "A81001": "PARTICIPATING",
        "A81002": "PARTICIPATING",
        "A81003": "PARTICIPATING",
        "A81005": "NOT_PARTICIPATING",
    }
    unsigned = shown["A81005"]["indicators"][0]
    assert (unsigned["numerator"], unsigned["dataIn"]) == (50, True)
    hi03 = indicator(found, "HI03")
    assert (hi03["numerator"], hi03["reported"], hi03["members"]) == (230, 2, 3)
    assert (hi03["points"], hi03["pounds"]) == (None, None)


async def test_what_has_half_come_is_not_in_and_not_summed(england: Period):
    await send(england, "HI03", HI03)
    async with england.db.transaction() as tx:
        await tx.execute("update achievement_value set denominator = null where provider='A81002'")
    found = await achieved(england, "network viewer")
    hi03 = indicator(found, "HI03")
    assert (hi03["numerator"], hi03["denominator"], hi03["reported"]) == (100, 150, 1)
    assert members(found)["A81002"]["indicators"][0]["dataIn"] is False


async def test_a_practice_that_left_in_the_year_counts_for_its_network_at_the_date(england: Period):
    await send(england, "HI03", {**HI03, "A81004": (9, 10)})
    assert "A81004" not in members(await achieved(england, "nation"))
    other = await achieved(england, "nation", OTHER)
    assert members(other)["A81004"]["memberFrom"] == "2025-01-01"
    assert indicator(other, "HI03")["numerator"] == 9


async def test_an_empty_cohort_has_no_achievement(england: Period):
    await send(england, "HI03", {"A81001": (0, 0)})
    found = await achieved(england, "network viewer")
    assert indicator(found, "HI03")["achievement"] is None
    assert members(found)["A81001"]["indicators"][0]["achievement"] is None


async def test_points_stand_on_what_was_counted_then_and_sums_are_those_of_now(england: Period):
    await complete(england)
    async with england.db.transaction() as tx:
        await tx.execute("update declaration set status = 'FINANCE_APPROVED'")
        await tx.execute(
            "update directory.relationship set valid_to = '2025-03-30'"
            " where source = 'A81002' and kind = 'MEMBER_OF'"
        )
    hi03 = indicator(await achieved(england, "network finance"), "HI03")
    assert (hi03["numerator"], hi03["countedNumerator"]) == (100, 230)
    assert (hi03["denominator"], hi03["countedDenominator"]) == (150, 320)
    assert hi03["pounds"] == "4718.34"


async def test_what_was_closed_is_worth_nothing_and_gives_way_to_what_is_open(england: Period):
    """The offer was cancelled, and made again."""
    await complete(england)
    async with england.db.transaction() as tx:
        await tx.execute("update declaration set status = 'CLOSED' where indicator = 'HI03'")
    found = await achieved(england, "network finance")
    assert (indicator(found, "HI03")["status"], indicator(found, "HI03")["points"]) == (
        "CLOSED",
        None,
    )
    assert found["declarations"]["pounds"] == "2667.27"
    async with england.db.transaction() as tx:
        await tx.execute(
            "insert into declaration (id, version, offer_id, quality_service, service_code,"
            " payment_type, provider, commissioner, period_start, period_end, achievement_date,"
            " status, opened_at, changed_at, indicator) select '00000000-0000-7000-8000-"
            "000000000001', 1, gen_random_uuid(), quality_service, service_code, payment_type,"
            " provider, commissioner, period_start, period_end, achievement_date, 'INCOMPLETE',"
            " opened_at, changed_at, indicator from declaration"
            " where indicator = 'HI03' and provider = 'U10001'"
        )
    again = indicator(await achieved(england, "network finance"), "HI03")
    assert (again["status"], again["points"]) == ("INCOMPLETE", None)


async def test_a_network_that_lost_its_members_is_shown_with_what_it_has_to_declare(
    england: Period,
):
    await england.settle()
    async with england.db.transaction() as tx:
        await tx.execute(
            "update directory.relationship set valid_to = '2025-03-30' where target = 'U10001'"
        )
    found = await achieved(england, "network viewer")
    assert (found["members"], indicator(found, "HI03")["members"]) == ([], 0)
    assert indicator(found, "HI03")["status"] == "AWAITING_NETWORK_ACHIEVEMENT"


@pytest.mark.parametrize("who", ["network viewer", "member", "board viewer"])
async def test_points_are_seen_without_pounds(england: Period, who: str):
    await complete(england)
    found = await achieved(england, who)
    assert indicator(found, "HI03")["points"] == "21.38"
    assert {one["pounds"] for one in found["indicators"]} == {None}
    assert found["declarations"]["pounds"] is None
    data = await england.ask(who, TOTALS, service="NCD2425")
    assert data["networkAchievementTotals"]["declarations"]["pounds"] is None


async def test_a_member_sees_its_own_network_whole_and_no_other(england: Period):
    await complete(england)
    found = await achieved(england, "member finance")
    assert indicator(found, "HI03")["pounds"] == "4718.34"
    assert len(found["members"]) == 4
    assert await achieved(england, "member finance", OTHER) == {"errors": ["NOT_FOUND"]}
    assert await achieved(england, "left") == {"errors": ["NOT_FOUND"]}
    assert await achieved(england, "other network") == {"errors": ["NOT_FOUND"]}


async def test_who_commissions_a_member_alone_does_not_see_the_network(england: Period):
    """A81003 is commissioned by 99Z of QZZ, and its network led by 16C of QHM."""
    assert await achieved(england, "other board") == {"errors": ["NOT_FOUND"]}
    assert "errors" not in await achieved(england, "other board", OTHER)
    assert await achieved(england, "board finance", OTHER) == {"errors": ["NOT_FOUND"]}


async def test_networks_are_listed_filtered_and_added_up(england: Period):
    await complete(england)
    await send(england, "HI03", {"A81004": (10, 20)})

    async def listed(who: str, **given: Any) -> Any:
        data = await england.ask(who, MANY, service="NCD2425", **given)
        return data["networkAchievements"]

    def codes(page: Any) -> list[str]:
        return [edge["node"]["network"]["odsCode"] for edge in page["edges"]]

    first = await listed("nation", first=1)
    assert (codes(first), first["totalCount"]) == ([NETWORK], 2)
    after = first["pageInfo"]["endCursor"]
    assert codes(await listed("nation", first=1, after=after)) == [OTHER]
    assert codes(await listed("nation", filter={"networks": [OTHER]})) == [OTHER]
    assert codes(await listed("nation", filter={"commissioner": "16C"})) == [NETWORK]
    assert codes(await listed("nation", filter={"commissioner": "QZZ"})) == [OTHER]
    assert codes(await listed("board viewer")) == [NETWORK]
    data = await england.ask("nation", TOTALS, service="NCD2425")
    both = data["networkAchievementTotals"]
    hi03 = indicator(both, "HI03")
    assert (both["networks"], hi03["numerator"], hi03["denominator"]) == (2, 240, 340)
    assert (hi03["members"], hi03["reported"], hi03["achievement"]) == (4, 4, "70.59")
    assert (both["declarations"]["points"], both["declarations"]["pounds"]) == ("36.05", "7385.61")


async def test_what_practices_declare_is_summed_for_their_network(england: Period):
    """QOF of A81001 and A81002; A81003 takes no part in it."""
    england.now = NOW
    await england.calculated("A81001", "A81002")
    found = await achieved(england, "network finance", service="QOF2526")
    chol = indicator(found, "CHOL004")
    assert (chol["numerator"], chol["denominator"], chol["achievement"]) == (462, 1320, "35.00")
    assert (chol["points"], chol["pounds"], chol["status"]) == ("44.00", "11328.26", None)
    assert members(found)["A81003"]["standing"] == "NOT_PARTICIPATING"
    assert members(found)["A81001"]["dataIn"] is True
    assert found["declarations"]["pounds"] == "74454.10"
    fellow = await achieved(england, "member finance", service="QOF2526")
    assert indicator(fellow, "CHOL004")["points"] == "44.00"
    assert indicator(fellow, "CHOL004")["pounds"] is None
    assert fellow["declarations"]["pounds"] is None


async def test_who_leads_sees_other_commissioners_members_without_pounds(england: Period):
    england.now = NOW
    async with england.db.transaction() as tx:
        await agreements.keep_offers(tx, [offer("A81003", commissioner="QZZ")])
    await england.load(extract_rows("A81003", worked_values()))
    await england.calculated("A81001", "A81002")
    led = await achieved(england, "board finance", service="QOF2526")
    assert (led["declarations"]["points"], led["declarations"]["pounds"]) == ("418.41", None)
    network = await achieved(england, "network finance", service="QOF2526")
    assert network["declarations"]["pounds"] is not None


DATES = """{ networkAchievementDates { financialYear services { service name
    dates { achievementDate latest } } } }"""


async def test_dates_are_those_that_have_come_and_have_data_the_latest_marked(england: Period):
    assert await england.ask("member", DATES) == {"networkAchievementDates": []}
    await send(england, "HI03", HI03)
    data = await england.ask("member", DATES)
    day = {"achievementDate": ACHIEVED_ON, "latest": True}
    name = "Network Contract DES 2024/25"
    services = [{"service": "NCD2425", "name": name, "dates": [day]}]
    assert data["networkAchievementDates"] == [{"financialYear": "2024/25", "services": services}]
    assert await england.ask("other network", DATES) == {"networkAchievementDates": []}


async def test_only_dates_that_have_come_are_offered_and_asked_for(england: Period):
    async with england.db.transaction() as tx:
        await agreements.keep_service(tx, "RSV2425/1", 1, shipped("RSV2425"))
        await agreements.keep_service(tx, "MMR2526/1", 1, shipped("MMR2526"))
        await tx.execute(_RECEIVED)
    data = await england.ask("member", DATES)
    (year,) = data["networkAchievementDates"]
    (service,) = year["services"]
    assert (year["financialYear"], service["service"]) == ("2024/25", "RSV2425")
    assert service["dates"] == [
        {"achievementDate": "2025-02-28", "latest": True},
        {"achievementDate": "2024-09-30", "latest": False},
    ]
    for service, day, code in (
        ("MMR2526", "2025-04-30", "ACHIEVEMENT_DATE_TO_COME"),
        ("MMR2526", None, "ACHIEVEMENT_DATE_TO_COME"),
        ("NCD2425", "2025-03-30", "ACHIEVEMENT_DATE_UNKNOWN"),
        ("NCDP2425", None, "ACHIEVEMENT_DATE_UNKNOWN"),
        ("NCD9999", None, "UNKNOWN_SERVICE"),
    ):
        refused = await england.ask("member", ONE, network=NETWORK, service=service, day=day)
        assert refused == {"errors": [code]}


_RECEIVED = """
insert into achievement_value (service_code, achievement_date, provider, indicator, numerator,
    how, submitted_by, submitted_at, load_id, loaded_by, loaded_at)
select code, day, 'A81001', indicator, 5, 'AUTOMATIC', 'AUTOMATED', '2025-04-01',
    gen_random_uuid(), gen_random_uuid(), now()
from (values ('RSV2425', date '2024-09-30', 'RSV001'), ('RSV2425', '2025-02-28', 'RSV001'),
    ('MMR2526', '2025-04-30', 'MMR001')) given (code, day, indicator)
"""


async def test_a_role_for_other_payment_types_sees_nothing(england: Period):
    await send(england, "HI03", HI03)
    async with england.db.transaction() as tx:
        await tx.execute(
            "update directory.person_role set payment_types = '{QOF}' where person_id ="
            " (select id from directory.person where subject = 'member')"
        )
    assert await england.ask("member", DATES) == {"networkAchievementDates": []}
    assert await achieved(england, "member") == {"errors": ["NOT_FOUND"]}


async def test_a_commissioner_sees_a_network_for_the_days_it_led_it(england: Period):
    async with england.db.transaction() as tx:
        await agreements.keep_service(tx, "RSV2425/1", 1, shipped("RSV2425"))
        await tx.execute(
            "update directory.relationship set valid_to = '2024-12-31'"
            " where source = 'U10001' and kind = 'COMMISSIONED_BY'"
        )
        await relate(tx, NETWORK, RelationshipKind.COMMISSIONED_BY, "99Z", date(2025, 1, 1))
    for day, led, other in (("2024-12-31", True, False), ("2025-01-31", False, True)):
        for who, sees in (("board viewer", led), ("other board", other)):
            found = await england.ask(who, ONE, network=NETWORK, service="RSV2425", day=day)
            assert ("errors" not in found) is sees
    late = await england.ask(
        "other board", ONE, network=NETWORK, service="RSV2425", day="2025-01-31"
    )
    assert late["networkAchievement"]["commissioner"] == {"odsCode": "99Z"}
    early = await england.ask("nation", ONE, network=NETWORK, service="RSV2425", day="2024-12-31")
    assert "A81004" in members(early["networkAchievement"])
    assert members(early["networkAchievement"])["A81004"]["memberTo"] == "2024-12-31"


JOINED = """query ($r: [_Any!]!) { _entities(representations: $r) { ... on Organisation {
    networkAchievement(service: "NCD2425") { network { odsCode } indicators { numerator }
        members { practice { odsCode } } declarations { points } } } } }"""


async def statements(period: Period, monkeypatch: Any, query: str, **variables: Any) -> int:
    """How many the query takes."""
    asked: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval"):
        original = getattr(Reader, name)

        async def counted(self: Reader, sql: str, *args: object, _of: Any = original) -> Any:
            asked.append(sql)
            return await _of(self, sql, *args)

        monkeypatch.setattr(Reader, name, counted)
    data = await period.ask("nation", query, **variables)
    monkeypatch.undo()
    assert "errors" not in data
    return len(asked)


async def test_networks_are_joined_to_organisations_in_as_many_statements_as_one(
    england: Period, monkeypatch: pytest.MonkeyPatch
):
    await complete(england)
    codes = ["A81001", NETWORK, "A81004", "A81005", OTHER]
    asked = [{"__typename": "Organisation", "odsCode": code} for code in codes]
    data = await england.ask("nation", JOINED, r=[*asked, asked[0] | {"odsCode": "QHM"}])
    found = [one["networkAchievement"] for one in data["_entities"]]
    assert found.pop() is None
    assert [one["network"]["odsCode"] for one in found] == [NETWORK, NETWORK, OTHER, NETWORK, OTHER]
    assert found[0] == found[1]
    assert [one["numerator"] for one in found[0]["indicators"]] == [230, 75]
    data = await england.ask("left", JOINED, r=asked)
    seen = [one["networkAchievement"] for one in data["_entities"]]
    assert [one is not None for one in seen] == [False, False, True, False, True]
    one = await statements(england, monkeypatch, JOINED, r=asked[:1])
    assert await statements(england, monkeypatch, JOINED, r=asked) == one


async def test_a_list_of_networks_takes_as_many_statements_as_one(
    england: Period, monkeypatch: pytest.MonkeyPatch
):
    await complete(england)
    one = await statements(england, monkeypatch, MANY, service="NCD2425", first=1)
    assert await statements(england, monkeypatch, MANY, service="NCD2425", first=50) == one
    assert one <= 12
