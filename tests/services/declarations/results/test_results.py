"""Achievement Results: what was achieved, what it earned, and how that compares."""

import asyncio
from datetime import date
from typing import Any

import pytest

from nhs.reports import Report
from services.declarations.agreements import commands as agreements
from services.declarations.results import store
from services.declarations.results.domain import Compared, latest_before
from services.declarations.results.store import ResultsFilter
from services.declarations.sight import Sight
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import Period, extract_rows, worked_values
from tests.services.declarations.test_expanded_reports import allocation, hear

RESULTS = """query ($service: String!, $day: Date, $filter: AchievementFilter,
        $compare: AchievementCompared! = PERIOD_BEFORE, $first: Int, $after: String) {
    achievementResults(service: $service, achievementDate: $day, filter: $filter,
            compare: $compare, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node {
        provider { odsCode } indicator group numerator denominator register achievement lower upper
        reached mostPoints points pounds prevalence nationalPrevalence marked
        before { serviceCode achievementDate numerator denominator achievement points pounds }
        declaration { status } } } } }"""
TOTALS = """query ($filter: AchievementFilter) {
    achievementByIndicator(service: "QOF2526", filter: $filter, first: 100) { totalCount
        edges { node { indicator providers numerator denominator achievement belowLower between
            upperReached points pounds } } } }"""


async def results(period: Period, who: str = "approver", **given: Any) -> list[Any]:
    data = await period.ask(who, RESULTS, **{"service": "QOF2526", "first": 1000} | given)
    if "errors" in data:
        return data["errors"]
    found = [edge["node"] for edge in data["achievementResults"]["edges"]]
    assert data["achievementResults"]["totalCount"] == len(found)
    return found


async def one(period: Period, indicator: str, who: str = "approver", **given: Any) -> Any:
    found = await results(period, who, filter={"indicator": indicator}, **given)
    assert len(found) == 1
    return found[0]


async def a_year_before(period: Period) -> None:
    """QOF 2024/25, the same rules a year earlier, with CHOL004 achieved by A81001."""
    days = {"starts_on": date(2024, 4, 1), "ends_on": date(2025, 3, 31)}
    earlier = qof().model_copy(update={"code": "QOF2425", **days})
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, "QOF2425/1", 1, earlier)
    rows = extract_rows("A81001", {"CHOL004": (132, 660, 650)})
    await period.load([["QOF2425", r[1], r[2], "20250331", *r[4:]] for r in rows])


async def test_a_result_shows_value_thresholds_points_prevalence_and_pounds(period: Period):
    await period.calculated("A81001")
    found = await one(period, "CHOL004")
    assert found == {
        "provider": {"odsCode": "A81001"},
        "indicator": "CHOL004",
        "group": "CHOL",
        "numerator": 231,
        "denominator": 660,
        "register": 700,
        "achievement": "35.00",
        "lower": "20.00",
        "upper": "50.00",
        "reached": "BETWEEN",
        "mostPoints": "44.00",
        "points": "22.00",
        "pounds": "5664.13",
        "prevalence": "5.83",
        "nationalPrevalence": "6.02",
        "marked": None,
        "before": None,
        "declaration": {"status": "AWAITING_PROVIDER_APPROVAL"},
    }


async def test_who_sees_points_alone_is_shown_no_pounds(period: Period):
    await a_year_before(period)
    await period.calculated("A81001")
    found = await one(period, "CHOL004", "practice viewer")
    assert (found["points"], found["pounds"]) == ("22.00", None)
    assert found["before"]["numerator"] == 132
    assert found["before"]["pounds"] is None
    data = await period.ask("practice viewer", TOTALS)
    totals = [edge["node"] for edge in data["achievementByIndicator"]["edges"]]
    assert {total["pounds"] for total in totals} == {None}
    assert "22.00" in {total["points"] for total in totals}


async def test_it_is_compared_with_the_same_indicator_of_the_line_before(period: Period):
    await a_year_before(period)
    await period.calculated("A81001")
    for compare in ("PERIOD_BEFORE", "YEAR_BEFORE"):
        found = await one(period, "CHOL004", day="2026-03-31", compare=compare)
        assert found["before"] == {
            "serviceCode": "QOF2425",
            "achievementDate": "2025-03-31",
            "numerator": 132,
            "denominator": 660,
            "achievement": "20.00",
            "points": None,
            "pounds": None,
        }
    assert (await one(period, "CHOL003", day="2026-03-31"))["before"] is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"reached": "UPPER"}, {"HYP009"}),
        ({"reached": "NOTHING_TO_MEASURE"}, {"MH003"}),
        ({"group": "CHOL"}, {"CHOL003", "CHOL004"}),
        ({"provider": "A81002"}, set()),
        ({"group": "CHOL", "reached": "BELOW_LOWER"}, {"CHOL003"}),
    ],
)
async def test_results_are_filtered(period: Period, wanted: Any, expected: set[str]):
    await period.calculated("A81001")
    assert {found["indicator"] for found in await results(period, filter=wanted)} == expected


async def test_at_the_lower_threshold_nothing_is_earned_yet(period: Period):
    await period.load(extract_rows("A81001", {"CHOL004": (132, 660, 700)}))
    assert (await one(period, "CHOL004"))["reached"] == "BELOW_LOWER"
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))
    assert (await one(period, "CHOL004"))["reached"] == "UPPER"


async def test_how_far_a_result_has_come_goes_by_the_rules_it_was_calculated_by(period: Period):
    """A corrected version does not judge anew what was approved by the one before."""
    await period.calculated("A81001")
    stricter = qof().model_dump(mode="json")
    chol = next(
        one
        for domain in stricter["domains"]
        for group in domain["groups"]
        for one in group["indicators"]
        if one["code"] == "CHOL004"
    )
    chol |= {"lower": "40"}
    async with period.db.transaction() as tx:
        corrected = type(qof()).model_validate(stricter, extra="ignore")
        await agreements.keep_service(tx, "QOF2526/2", 2, corrected)
    await period.load(extract_rows("A81003", {"CHOL004": (231, 660, 700)}))
    wanted = {"indicator": "CHOL004"}
    found = await results(period, filter=wanted)
    shown = [(one["provider"]["odsCode"], one["lower"], one["reached"]) for one in found]
    assert shown == [("A81001", "20.00", "BETWEEN"), ("A81003", "40.00", "BELOW_LOWER")]
    (between,) = await results(period, filter=wanted | {"reached": "BETWEEN"})
    assert between["provider"] == {"odsCode": "A81001"}
    data = await period.ask("approver", TOTALS, filter=wanted)
    (total,) = [edge["node"] for edge in data["achievementByIndicator"]["edges"]]
    assert (total["belowLower"], total["between"]) == (1, 1)


async def test_values_without_a_calculation_are_shown_without_points(period: Period):
    await period.load(extract_rows("A81003", {"CHOL004": (231, 660, 700)}))
    found = await one(period, "CHOL004")
    assert (found["achievement"], found["points"], found["declaration"]) == ("35.00", None, None)


async def test_all_providers_together_are_the_sum_not_the_average(period: Period):
    other = worked_values() | {"CHOL004": (330, 660, 700)}
    await period.prevalence()
    rows = extract_rows("A81001", worked_values()) + extract_rows("A81002", other)
    await period.load(rows)
    await period.settle()
    data = await period.ask("approver", TOTALS, filter={"indicator": "CHOL004"})
    assert data["achievementByIndicator"] == {
        "totalCount": 1,
        "edges": [
            {
                "node": {
                    "indicator": "CHOL004",
                    "providers": 2,
                    "numerator": 561,
                    "denominator": 1320,
                    "achievement": "42.50",
                    "belowLower": 0,
                    "between": 1,
                    "upperReached": 1,
                    "points": "66.00",
                    "pounds": "16992.39",
                }
            }
        ],
    }


async def test_each_is_shown_what_they_may_see(period: Period):
    await period.calculated("A81001", "A81002")
    seen = {}
    for who in ("practice", "other practice", "approver", "other commissioner"):
        found = await results(period, who, filter={"indicator": "CHOL004"})
        seen[who] = [node["provider"]["odsCode"] for node in found]
    assert seen == {
        "practice": ["A81001"],
        "other practice": ["A81002"],
        "approver": ["A81001", "A81002"],
        "other commissioner": [],
    }


async def test_the_newest_date_that_has_values_is_shown_unless_another_is_named(period: Period):
    dates = '{ achievementDates(service: "QOF2526") { date hasValues latest } }'
    none = [{"date": "2026-03-31", "hasValues": False, "latest": False}]
    assert await period.ask("approver", dates) == {"achievementDates": none}
    await period.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    one_ = [{"date": "2026-03-31", "hasValues": True, "latest": True}]
    assert await period.ask("approver", dates) == {"achievementDates": one_}
    assert await period.ask("other commissioner", dates) == {"achievementDates": none}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"service": "QOF9999"}, "UNKNOWN_SERVICE"),
        ({"day": "2026-03-30"}, "ACHIEVEMENT_DATE_UNKNOWN"),
        ({"first": 1001}, "PAGE_TOO_LONG"),
        ({"after": "x"}, "CURSOR_NOT_VALID"),
    ],
)
async def test_bad_questions_are_refused(period: Period, given: Any, code: str):
    assert await results(period, **given) == [code]


async def test_pages_follow_one_another_by_provider_and_indicator(period: Period):
    await period.load(
        [r for p in ("A81002", "A81001") for r in extract_rows(p, {"CHOL004": (1, 2, 3)})]
    )
    found, after = [], None
    for _ in range(2):
        given = {"service": "QOF2526", "first": 1, "after": after}
        page = (await period.ask("approver", RESULTS, **given))["achievementResults"]
        found += [edge["node"]["provider"]["odsCode"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert found == ["A81001", "A81002"]


@pytest.mark.parametrize(
    ("day", "compared", "latest"),
    [
        (date(2026, 3, 31), Compared.PERIOD_BEFORE, date(2026, 3, 30)),
        (date(2026, 3, 31), Compared.YEAR_BEFORE, date(2025, 3, 31)),
        (date(2025, 2, 28), Compared.YEAR_BEFORE, date(2024, 2, 29)),
        (date(2024, 2, 29), Compared.YEAR_BEFORE, date(2023, 2, 28)),
    ],
)
def test_a_year_before_is_the_same_day_or_the_same_end_of_a_month(day, compared, latest):
    assert latest_before(day, compared) == latest


async def test_a_page_is_read_by_the_key_of_the_values(period: Period):
    codes = [f"C{number:05}" for number in range(60)]
    await period.practices(codes)
    await period.load([r for code in codes for r in extract_rows(code, worked_values())])
    async with period.db.transaction() as tx:
        await tx.execute("analyze achievement_value, declaration")
    sight = Sight.of(await period.principal("approver"))
    wanted = ResultsFilter(
        service="QOF2526", achievement_date=date(2026, 3, 31), before=date(2026, 3, 30)
    )
    given = (*sight.arguments, *wanted.arguments, None, None, 51)
    async with period.db.reader() as reader:
        plan = str(await reader.fetchval(f"explain (format json) {store._PAGE}", *given))
    await asyncio.sleep(0)
    assert "achievement_value_pkey" in plan


EXPANDED = """query ($expanded: Boolean!) {
    achievementResults(service: "QOF2526", filter: {indicator: "CHOL004"}, expanded: $expanded) {
        totalCount edges { node { provider { odsCode } points pounds declaration { id } } } }
    achievementByIndicator(service: "QOF2526", filter: {indicator: "CHOL004"},
        expanded: $expanded) { edges { node { providers points } } } }"""


async def test_an_allocated_report_shows_results_of_more_organisations_there_alone(period: Period):
    await period.calculated("A81001", "A81002")
    await hear(period, 2, allocation(Report.ACHIEVEMENT, "A81001", "QOF2526"))
    data = await period.ask("practice", EXPANDED, expanded=True)
    found = [edge["node"] for edge in data["achievementResults"]["edges"]]
    assert [one["provider"]["odsCode"] for one in found] == ["A81001", "A81002"]
    assert [bool(one["declaration"]) for one in found] == [True, False]
    assert data["achievementResults"]["totalCount"] == 2
    (total,) = data["achievementByIndicator"]["edges"]
    assert total["node"] == {"providers": 2, "points": "44.00"}
    data = await period.ask("practice", EXPANDED, expanded=False)
    assert data["achievementResults"]["totalCount"] == 1
    await hear(period, 3, allocation(Report.ACHIEVEMENT, "A81001", "NCD2526"))
    data = await period.ask("practice", EXPANDED, expanded=True)
    assert data["achievementResults"]["totalCount"] == 1
