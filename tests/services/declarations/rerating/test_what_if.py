"""What a change of the past would come to, to the penny, and nothing is written."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.ids import new_id
from nhs.roles import Role
from services.declarations.rerating import store
from services.declarations.rerating.store import Whose
from tests.services.declarations.paying import POUNDS, finance_approved, payments
from tests.services.declarations.period import Period
from tests.services.declarations.rerating.rating import (
    counted,
    england_looks_on,
    nodes,
    total,
    what_if,
)

AVERAGE = {"constants": [{"name": "average_list", "value": "10000"}]}


async def test_nothing_is_written_and_the_differences_are_exact(period: Period):
    await finance_approved(period, "A81001", "A81002")
    before = await counted(period)
    found = await what_if(period, AVERAGE)
    assert await counted(period) == before
    assert found["paid"]["before"] == "74454.10"
    first, second = nodes(found)
    assert (first["provider"], first["before"], first["byHand"]) == ("A81001", POUNDS, "0.00")
    assert first["after"] == second["after"]
    # Each line is rounded by itself: 22.00 points of CHOL004 at £225.49, CPI 1.2, APDF 0.968992...
    lines = {line["indicator"]: line for line in first["lines"]}
    assert (lines["CHOL004"]["poundsBefore"], lines["CHOL004"]["poundsAfter"]) == (
        "5664.13",
        "5768.35",
    )
    assert (lines["CHOL004"]["pointsBefore"], lines["CHOL004"]["pointsAfter"]) == ("22.00",) * 2
    moved = sum(Decimal(x["poundsAfter"]) - Decimal(x["poundsBefore"]) for x in first["lines"])
    assert moved == Decimal(first["difference"])
    assert Decimal(found["paid"]["difference"]) == total([first, second])
    assert Decimal(found["paid"]["after"]) == total([first, second], "after")


async def test_a_change_that_changes_nothing_differs_in_nothing(period: Period):
    await finance_approved(period, "A81001")
    found = await what_if(period, {"constants": [{"name": "average_list", "value": "10184"}]})
    assert (found["paid"]["changed"], found["paid"]["difference"]) == (0, "0.00")
    assert nodes(found) == []


async def test_what_is_open_is_shown_apart(period: Period):
    await finance_approved(period, "A81001")
    await period.calculated("A81002")
    found = await what_if(period, AVERAGE)
    assert [one["provider"] for one in nodes(found)] == ["A81001"]
    (waiting,) = nodes(found, "declarations")
    assert (waiting["provider"], waiting["payment"]) == ("A81002", None)
    assert (found["paid"]["count"], found["open"]["count"]) == (1, 1)
    assert found["open"]["difference"] == found["paid"]["difference"]


async def test_where_the_change_says_nothing_what_was_frozen_stands(period: Period):
    """Today's list, values and prevalence are others: none of them is taken by accident."""
    await finance_approved(period, "A81001", "A81002")
    alone = await what_if(period, AVERAGE)
    async with period.db.transaction() as tx:
        await tx.execute("update directory.list_size set patients = 15000")
        await tx.execute("update achievement_value set numerator = 0")
        await tx.execute(
            "update quality_service set specification = jsonb_set("
            "specification, '{constants}', '[]')"
        )
        await tx.execute("delete from directory.payee")
    assert await what_if(period, AVERAGE) == alone


async def test_values_and_lists_are_as_now_known_where_the_change_says_so(period: Period):
    await finance_approved(period, "A81001", "A81002")
    async with period.db.transaction() as tx:
        await tx.execute("update directory.list_size set patients = 6000 where ods_code = 'A81001'")
        await tx.execute(
            "update achievement_value set numerator = 330"
            " where provider = 'A81002' and indicator = 'CHOL004'"
        )
    (listed,) = nodes(await what_if(period, {"listSizesAsKnown": True}))
    assert (listed["provider"], listed["listBefore"], listed["listAfter"]) == (
        "A81001",
        12000,
        6000,
    )
    (valued,) = nodes(await what_if(period, {"valuesAsKnown": True}))
    (line,) = valued["lines"]
    assert valued["provider"] == "A81002"
    assert (line["pointsAfter"], line["poundsAfter"]) == ("44.00", "11328.26")
    both = await what_if(period, {"valuesAsKnown": True, "listSizesAsKnown": True})
    assert total(nodes(both)) == total([listed, valued])


async def test_lists_may_be_those_of_another_day(period: Period):
    await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute("insert into directory.list_size values ('A81001', '2025-10-01', 11000)")
    (one,) = nodes(await what_if(period, {"listSizesOn": "2025-10-01"}))
    assert (one["listBefore"], one["listAfter"]) == (12000, 11000)


async def test_an_adjustment_by_hand_stands(period: Period):
    """It was agreed beside any calculation: a change of a constant does not take it back."""
    (payment,) = await finance_approved(period, "A81001")
    alone = await what_if(period, AVERAGE)
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into ledger_entry (id, payment_id, kind, version, amount, points,"
            " calculation_version, provisional, narrative, entered_at, adjusts, reason)"
            " select gen_random_uuid(), payment_id, 'ADJUSTED', 2, -227.05, 0,"
            " calculation_version, provisional, 'x', entered_at, id, 'by hand' from ledger_entry"
        )
    (one,) = nodes(await what_if(period, AVERAGE))
    assert (one["before"], one["byHand"]) == ("37000.00", "-227.05")
    assert one["difference"] == nodes(alone)[0]["difference"]
    assert payment["amount"] == POUNDS


async def test_a_page_goes_on_where_the_last_one_ended(period: Period):
    await finance_approved(period, "A81001", "A81002")
    first = await what_if(period, AVERAGE, first=1)
    after = first["payments"]["pageInfo"]["endCursor"]
    second = await what_if(period, AVERAGE, first=1, after=after)
    assert first["payments"]["pageInfo"]["hasNextPage"]
    assert [one["provider"] for one in nodes(first) + nodes(second)] == ["A81001", "A81002"]
    assert not second["payments"]["pageInfo"]["hasNextPage"]
    assert first["fingerprint"] == second["fingerprint"]


async def test_england_sees_all_of_it_and_others_what_they_commission(period: Period):
    await finance_approved(period, "A81001", "A81002")
    await england_looks_on(period)
    mine = await what_if(period, AVERAGE)
    assert await what_if(period, AVERAGE, "england") == mine
    assert await what_if(period, AVERAGE, "approver") == mine
    others = await what_if(period, AVERAGE, "other commissioner")
    assert (others["paid"]["count"], nodes(others)) == (0, [])
    assert await what_if(period, AVERAGE, "practice") == {"errors": ["ROLE_REQUIRED"]}


_OTHERS = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at)
select gen_random_uuid(), 1, gen_random_uuid(), 'X/1', 'X' || n % 20, payment_type, provider,
    commissioner, period_start, period_end, achievement_date, 'INCOMPLETE', opened_at, changed_at
from declaration, generate_series(1, 3000) n
"""


async def test_a_period_is_read_by_its_index(period: Period):
    await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute(_OTHERS)
        await tx.execute("analyze")
        whose = Whose.of(await period.principal("finance"), Role.FINANCE_MANAGEMENT)
        given = (*whose.arguments, "QOF2526", date(2025, 4, 1))
        plan = await tx.fetchval(f"explain (format json) {store._BASES}", *given)
    text = plan if isinstance(plan, str) else json.dumps(plan)
    assert "declaration_by_period" in set(re.findall(r'"Index Name": ?"(\w+)"', text))


async def test_what_lacks_a_value_under_other_rules_says_so(period: Period):
    await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute(
            "update calculation set indicators[1] = 'GONE' where indicators[1] = 'AF006'"
        )
    found = await what_if(period, AVERAGE)
    (one,) = nodes(found)
    assert (found["blocked"], one["after"], one["difference"]) == (1, None, "0.00")
    assert one["blockers"] == [{"code": "VALUES_MISSING", "indicator": "AF006"}]


_REFUSED: list[tuple[Any, Any, str]] = [
    ({}, {}, "CHANGE_OF_NOTHING"),
    ({"constants": [{"name": "x", "value": "1"}]}, {}, "CONSTANT_UNKNOWN"),
    ({"constants": [{"name": "average_list", "value": "0"}]}, {}, "FIGURE_NOT_VALID"),
    ({"constants": [{"name": "average_list", "value": "-1"}]}, {}, "FIGURE_NOT_VALID"),
    ({"constants": [{"name": "average_list", "value": "lots"}]}, {}, "FIGURE_NOT_VALID"),
    ({"constants": [{"name": "average_list", "value": "1E-11"}]}, {}, "FIGURE_NOT_VALID"),
    ({"constants": [{"name": "average_list", "value": "1E-10"}]}, {}, "FIGURE_NOT_VALID"),
    ({"constants": [{"name": "pounds_per_point", "value": "1E+30"}]}, {}, "FIGURE_NOT_VALID"),
    ({"national": [{"name": "AF", "value": "1E-6000"}]}, {}, "FIGURE_NOT_VALID"),
    ({"listSizesOn": "0001-01-01"}, {}, "FIGURE_NOT_VALID"),
    ({"listSizesOn": "9999-12-31"}, {}, "FIGURE_NOT_VALID"),
    ({"version": "QOF2526/9"}, {}, "NOT_YET_KNOWN"),
    ({"nationalSet": str(new_id())}, {}, "NATIONAL_SET_UNKNOWN"),
    ({"nationalSet": "x"}, {}, "ID_NOT_VALID"),
    ({"national": [{"name": "XX", "value": "0.1"}]}, {}, "NATIONAL_FIGURE_UNKNOWN"),
    ({"listSizesOn": "2025-01-01", "listSizesAsKnown": True}, {}, "CHANGE_TWICE"),
    (AVERAGE, {"start": "2025-05-01"}, "NOT_FOUND"),
    (AVERAGE, {"service": "QOF9999"}, "NOT_FOUND"),
]


async def test_what_cannot_be_asked_is_refused_by_name(period: Period):
    await finance_approved(period, "A81001")
    for change, more, code in _REFUSED:
        assert await what_if(period, change, **more) == {"errors": [code]}, (change, more)
    assert (await payments(period))[0]["amount"] == POUNDS
