"""Forecasts of a provider: what its values earn as they are, before and after the date."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.declarations.agreements import commands as agreements
from tests.nhs.formulas.qof import qof
from tests.services.declarations.paying import POUNDS, finance_approved
from tests.services.declarations.period import Period, extract_rows, offer, worked_values

FORECAST = """query ($service: String!, $provider: OdsCode!, $day: Date) {
    achievementForecast(service: $service, provider: $provider, achievementDate: $day) {
        achievementDate points pounds missing blockers indicators {
        indicator numerator missing points pounds
        next { patients points pounds words } everything { patients points pounds words } } } }"""
YEAR = """query ($provider: OdsCode!, $year: FinancialYear!) {
    yearForecast(provider: $provider, financialYear: $year) { points pounds periods {
        serviceCode periodEnd status basis points pounds missing } } }"""
EARLY = datetime(2026, 2, 10, 9, tzinfo=UTC)


async def forecast(period: Period, who: str = "practice", **given: Any) -> Any:
    asked = {"service": "QOF2526", "provider": "A81001"} | given
    data = await period.ask(who, FORECAST, **asked)
    return data if "errors" in data else data["achievementForecast"]


async def year(period: Period, who: str = "practice", **given: Any) -> Any:
    data = await period.ask(who, YEAR, **{"provider": "A81001", "year": "2025/26"} | given)
    return data if "errors" in data else data["yearForecast"]


def of(found: Any, indicator: str) -> Any:
    return next(one for one in found["indicators"] if one["indicator"] == indicator)


async def early(period: Period, **values: Any) -> None:
    """Values that were received before the achievement date."""
    period.now = EARLY
    await period.prevalence()
    await period.load(extract_rows("A81001", values or worked_values()))
    await period.settle()
    assert await period.declarations() == []


async def test_before_the_date_it_is_what_the_values_received_early_would_earn(period: Period):
    await early(period)
    found = await forecast(period)
    assert (found["points"], found["pounds"], found["missing"]) == ("139.47", POUNDS, [])
    assert found["achievementDate"] == "2026-03-31"
    one = of(found, "CHOL004")
    assert one["everything"] == {
        "patients": 99,
        "points": "22.00",
        "pounds": "5664.13",
        "words": "99 more patients reach the upper threshold of 50 %: +22.00 points, "
        "about £5,664.13",
    }


async def test_it_is_to_the_penny_what_is_calculated_when_the_date_has_come(period: Period):
    await early(period)
    before = await forecast(period)
    period.now = datetime(2026, 4, 1, 9, tzinfo=UTC)
    await period.settle()
    declaration = await period.of("A81001")
    assert (declaration["points"], declaration["pounds"]) == (before["points"], before["pounds"])
    assert await forecast(period) == before


async def test_indicators_that_lack_values_are_named_and_count_for_nothing_yet(period: Period):
    await early(period, CHOL004=(231, 660, 700))
    found = await forecast(period)
    assert (found["points"], found["pounds"]) == ("22.00", "5664.13")
    assert len(found["missing"]) == 43
    assert sorted(of(found, "AF006")["missing"]) == ["denominator", "numerator", "register"]
    assert of(found, "AF006")["points"] is None


async def test_a_forecast_writes_nothing(period: Period):
    await early(period)
    before = await period.everything()
    await forecast(period)
    await year(period)
    assert await period.everything() == before
    async with period.db.reader() as reader:
        assert await reader.fetchval("select count(*) from calculation_run") == 0


async def test_who_sees_points_alone_is_told_of_no_pounds(period: Period):
    await early(period)
    found = await forecast(period, "practice viewer")
    assert (found["points"], found["pounds"]) == ("139.47", None)
    assert "£" not in str(found)
    assert {one["pounds"] for one in found["indicators"]} == {None}
    whole = await year(period, "practice viewer")
    assert (whole["points"], whole["pounds"]) == ("139.47", None)
    assert whole["periods"][0]["pounds"] is None


async def test_without_national_prevalence_it_says_so(period: Period):
    period.now = EARLY
    await period.load(extract_rows("A81001", worked_values()))
    found = await forecast(period)
    assert found["points"] == "0.00"
    assert found["blockers"][0].startswith("no national prevalence has been loaded")


async def test_of_others_and_of_what_they_take_no_part_in_nothing_is_there(period: Period):
    await early(period)
    for who in ("other practice", "other commissioner"):
        assert await forecast(period, who) == {"errors": ["NOT_FOUND"]}
        assert await year(period, who) == {"errors": ["NOT_FOUND"]}
    assert await forecast(period, "approver", provider="A81003") == {"errors": ["NOT_FOUND"]}
    assert await forecast(period, day="2026-03-30") == {"errors": ["NOT_FOUND"]}
    assert await forecast(period, "service manager") == {"errors": ["ROLE_REQUIRED"]}


async def test_a_year_goes_by_how_far_each_period_has_come(period: Period):
    assert [one["basis"] for one in (await year(period))["periods"]] == ["NOTHING_KNOWN"]
    await early(period)
    found = await year(period)
    assert (found["points"], found["pounds"]) == ("139.47", POUNDS)
    assert [one["basis"] for one in found["periods"]] == ["FORECAST"]
    period.now = datetime(2026, 4, 1, 9, tzinfo=UTC)
    await period.settle()
    assert [one["basis"] for one in (await year(period))["periods"]] == ["CALCULATED"]
    await period.declare("practice", [await period.of("A81001")])
    assert [one["basis"] for one in (await year(period))["periods"]] == ["DECLARED"]
    for who in ("approver", "finance"):
        await period.approve(who, [await period.of("A81001")])
    found = await year(period)
    assert [one["basis"] for one in found["periods"]] == ["AUTHORISED"]
    assert found["pounds"] == POUNDS
    assert (await year(period, year="2026/27"))["periods"] == []


async def test_a_year_has_a_period_for_each_month_of_what_is_paid_monthly(period: Period):
    await finance_approved(period, "A81001")
    days = {"starts_on": date(2025, 4, 1), "ends_on": date(2026, 3, 31)}
    monthly = qof().model_copy(update={"code": "MON2526", "payment_period": "MONTHLY", **days})
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, "MON2526/1", 1, monthly)
        changes = {"quality_service": "MON2526/1", "service_code": "MON2526"}
        await agreements.keep_offers(tx, [offer("A81001", **changes)])
    found = await year(period)
    assert len(found["periods"]) == 13
    assert [one["basis"] for one in found["periods"]].count("NOTHING_KNOWN") == 12
    assert found["pounds"] == POUNDS


async def test_an_adjustment_is_part_of_the_year(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    data = await period.ask(
        "finance",
        """mutation ($payment: ID!) { proposeAdjustment(payment: $payment, amount: "-27.05",
            reason: "counted twice") { id } }""",
        payment=payment["id"],
    )
    approve = "mutation ($id: ID!) { approveAdjustment(id: $id) { id } }"
    await period.ask("both", approve, id=data["proposeAdjustment"]["id"])
    assert (await year(period))["pounds"] == "37200.00"


@pytest.mark.parametrize("day", ["2026-03-31", None])
async def test_the_next_date_is_forecast_unless_another_is_named(period: Period, day: str | None):
    await early(period)
    assert (await forecast(period, day=day))["achievementDate"] == "2026-03-31"
