"""Aspiration is paid while the year that it is an advance on is accepted (DOMAIN.md 1.9)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cqrs import verify
from tests.services.declarations.advancing import (
    MONTHS,
    advanced,
    agree,
    document,
    of_line,
    publish,
)
from tests.services.declarations.payments.test_recovery import YEAR
from tests.services.declarations.period import Period, offer
from tests.services.declarations.test_working import hear

PRACTICE = "A81001"
OTHER = "A81003"
"""Whom nobody has offered QOF."""


async def year(period: Period, what: str, provider: str = PRACTICE, **changes: Any) -> None:
    """Its offer of the year changes."""
    async with period.db.reader() as reader:
        known = await reader.fetchrow(
            "select id, version from offer where provider = $1 and service_code = 'QOF2526'",
            provider,
        )
    more = {"id": str(known["id"]), "version": known["version"] + 1} if known else {}
    await hear(period, f"offer.{what}.v1", offer(provider, **more | changes))
    await period.settle()


async def months(period: Period, provider: str = PRACTICE) -> list[Any]:
    return await of_line(period, "QOFA2526", provider)


def blocked(found: list[Any]) -> set[tuple[str, str]]:
    assert {one["status"] for one in found} == {"INCOMPLETE"}
    return {(why["code"], why["message"]) for one in found for why in one["blockers"]}


async def test_no_month_is_paid_before_the_year_is_offered_and_accepted(period: Period) -> None:
    await advanced(period, OTHER)
    assert blocked(await months(period, OTHER)) == {
        ("YEAR_NOT_OFFERED", "QOF2526, which it is an advance on, has not been offered to A81003")
    }
    await year(period, "made", OTHER, status="OFFERED")
    assert blocked(await months(period, OTHER)) == {
        (
            "YEAR_NOT_ACCEPTED",
            "QOF2526, which it is an advance on, has been offered to A81003 and is not accepted",
        )
    }
    before = await period.everything()
    refused = await period.approve("both", await months(period, OTHER))
    assert {one["code"] for one in refused["refused"]} == {"WRONG_STATUS"}
    assert (refused["done"], await period.everything()) == ([], before)
    await year(period, "accepted", OTHER)
    paid = await months(period, OTHER)
    assert [one["pounds"] for one in paid] == MONTHS
    assert {one["status"] for one in paid} == {"AWAITING_FINANCE_APPROVAL"}


@pytest.mark.parametrize(
    ("what", "changes", "says"),
    [
        ("rejected", {"status": "REJECTED"}, "has been rejected by A81001"),
        ("withdrawn", {"status": "CANCELLED"}, "is no longer offered to A81001"),
        (
            "cancelled",
            {"status": "CANCELLED", "ended_on": "2025-09-15"},
            "is taken part in by A81001 from 2025-04-01 to 2025-09-15 only",
        ),
        (
            "ended",
            {"ended_on": "2026-03-30"},
            "is taken part in by A81001 from 2025-04-01 to 2026-03-30 only",
        ),
    ],
)
async def test_a_year_that_is_no_longer_accepted_stops_the_open_months_at_once(
    period: Period, what: str, changes: dict[str, Any], says: str
) -> None:
    await advanced(period, PRACTICE)
    first, *_ = await months(period)
    await period.approve("finance", [first])
    await year(period, what, **changes)
    paid, *stopped = await months(period)
    assert paid["status"] == "FINANCE_APPROVED"
    assert blocked(stopped) == {("YEAR_NOT_OFFERED", f"QOF2526, which it is an advance on, {says}")}
    await year(period, "accepted")
    assert [one["pounds"] for one in await months(period)] == MONTHS


async def test_an_offer_that_begins_after_a_month_does_not_cover_it(period: Period) -> None:
    await advanced(period, PRACTICE)
    await year(period, "accepted", starts_on="2025-07-01")
    found = await months(period)
    assert [one["status"] for one in found] == ["INCOMPLETE"] * 3 + [
        "AWAITING_FINANCE_APPROVAL"
    ] * 9


async def test_a_line_becomes_an_advance_when_what_recovers_it_is_published(
    period: Period,
) -> None:
    await publish(period, document("QOFA2526") | {"code": "ADV2526", "id": "ADV2526/1"}, PRACTICE)
    await agree(period, PRACTICE)
    await period.settle()
    found = await of_line(period, "ADV2526", PRACTICE)
    assert {one["status"] for one in found} == {"AWAITING_FINANCE_APPROVAL"}
    await publish(
        period, YEAR.as_json() | {"id": "TEST2526/1", "version": 1, "recovers": "ADV2526"}
    )
    await period.settle()
    assert blocked(await of_line(period, "ADV2526", PRACTICE)) == {
        ("YEAR_NOT_OFFERED", "TEST2526, which it is an advance on, has not been offered to A81001")
    }


async def test_cancelled_while_finance_approves_it_is_refused_until_it_is_calculated(
    period: Period,
) -> None:
    await advanced(period, PRACTICE)
    (month, *_) = await months(period)
    async with period.db.reader() as reader:
        known = await reader.fetchval(
            "select id from offer where service_code = 'QOF2526' and provider = $1", PRACTICE
        )
    gone = offer(PRACTICE, id=str(known), version=3, status="CANCELLED", ended_on="2025-04-01")
    await hear(period, "offer.cancelled.v1", gone)
    before = await period.everything()
    refused = await period.approve("finance", [month])
    assert [one["code"] for one in refused["refused"]] == ["RECALCULATION_PENDING"]
    assert await period.everything() == before


async def test_another_practice_s_year_is_its_own(period: Period) -> None:
    await advanced(period, PRACTICE, "A81002")
    await year(period, "rejected", "A81002", status="REJECTED")
    assert [one["pounds"] for one in await months(period)] == MONTHS
    assert {one["status"] for one in await months(period, "A81002")} == {"INCOMPLETE"}


async def test_a_receipt_names_the_year_that_is_accepted_and_is_recomputed(
    period: Period,
) -> None:
    await advanced(period, PRACTICE)
    (month, *_) = await months(period)
    query = "query ($id: ID!) { declaration(id: $id) { receipt } }"
    receipt = (await period.ask("practice", query, id=month["id"]))["declaration"]["receipt"]
    year_of = receipt["advance_on"]
    assert (year_of["service_code"], year_of["from"], year_of["to"]) == (
        "QOF2526",
        "2025-04-01",
        "2026-03-31",
    )
    assert Decimal(receipt["pounds"]) == Decimal(MONTHS[0])
    assert verify.differences(receipt) == []
    year_of["service_code"] = "QOF2425"
    assert any("the receipt has been changed" in one for one in verify.differences(receipt))


BLOCKERS = """query ($code: String) { declarationBlockers(filter: {code: $code}) {
    totalCount edges { node { practice { odsCode }
    chase { organisation { odsCode } roles } } } } }"""


@pytest.mark.parametrize(
    ("status", "code", "chased"),
    [
        ("OFFERED", "YEAR_NOT_ACCEPTED", (PRACTICE, ["SERVICE_MANAGEMENT"])),
        ("REJECTED", "YEAR_NOT_OFFERED", ("QHM", ["COMMISSIONING_MANAGEMENT"])),
    ],
)
async def test_blockers_name_whose_turn_it_is(
    period: Period, status: str, code: str, chased: tuple[str, list[str]]
) -> None:
    await advanced(period, PRACTICE)
    await year(period, "extended", status=status)
    found = (await period.ask("finance", BLOCKERS, code=code))["declarationBlockers"]
    assert found["totalCount"] == 12
    node = found["edges"][0]["node"]
    assert (node["chase"]["organisation"]["odsCode"], node["chase"]["roles"]) == chased
    assert node["practice"] == {"odsCode": PRACTICE}


FORECAST = """{ achievementForecast(service: "QOFA2526", provider: "A81001") {
    achievementDate pounds blockers } }"""


async def test_months_to_come_are_forecast_only_while_the_year_is_accepted(period: Period) -> None:
    period.now = datetime(2026, 2, 10, 9, tzinfo=UTC)
    await advanced(period, PRACTICE)
    assert (await period.ask("practice", FORECAST))["achievementForecast"] == {
        "achievementDate": "2026-02-28",
        "pounds": "6666.67",
        "blockers": [],
    }
    await year(period, "rejected", status="REJECTED")
    found = (await period.ask("practice", FORECAST))["achievementForecast"]
    assert found["blockers"] == ["QOF2526, which it is an advance on, has been rejected by A81001"]
    assert found["pounds"] != "6666.67"
