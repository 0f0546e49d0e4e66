"""What was owed on D as it was known at K."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.declarations.owed import store
from services.declarations.owed.store import OwedAsked
from services.declarations.sight import Sight
from tests.services.declarations.adjustments.test_adjustments import decide, propose
from tests.services.declarations.paying import (
    POUNDS,
    SETTLED_AT,
    fetched,
    finance_approved,
    hear,
    payments,
    report,
)
from tests.services.declarations.period import ACHIEVED_ON, NOW, Period, row
from tests.support.directory import have_organisation, have_person, relate

LATER = timedelta(days=1)
_OWED = """query ($on: Date!, $at: DateTime!, $filter: DeclarationOwedFilter) {
    owed(on: $on, knownAt: $at, filter: $filter) { totalCount edges { node {
        provider payee status calculationVersion run points calculated entered paid owed
        declaration { id calculationVersion } } } } }"""
_TOTALS = """query ($on: Date!, $at: DateTime!, $by: DeclarationOwedBy!) {
    owedTotals(on: $on, knownAt: $at, by: $by) { totalCount edges { node {
        key count calculated entered paid owed } } } }"""


async def owed(
    period: Period, at: datetime, who: str = "finance", on: str = "2026-03-31", **wanted: Any
) -> list[Any]:
    data = await period.ask(who, _OWED, on=on, at=at.isoformat(), filter=wanted or None)
    if "errors" in data:
        return data["errors"]
    return [edge["node"] for edge in data["owed"]["edges"]]


async def days_of_a_payment(period: Period) -> None:
    """Day by day: calculated, recalculated with a value put right, finance-approved, settled."""
    period.now = NOW
    await period.calculated("A81001")
    period.now = NOW + LATER
    again = {"SUBMIT_DATE": "02/04/2026"}
    await period.load([row("A81001", "AF006", "Numerator", "100", **again)])
    await period.settle()
    period.now = NOW + 2 * LATER
    await period.declare("practice", [await period.of("A81001")])
    for who in ("approver", "finance"):
        await period.approve(who, [await period.of("A81001")])
    period.now = datetime(2026, 7, 1, tzinfo=UTC)
    (payment,) = await payments(period)
    await hear(period, [report("settled", payment["entries"][0]["id"])])


async def test_each_moment_knows_the_calculation_that_held_then(period: Period):
    await days_of_a_payment(period)
    nothing = await owed(period, NOW - LATER, provider="A81001")
    (first,) = await owed(period, NOW, provider="A81001")
    (second,) = await owed(period, NOW + LATER, provider="A81001")
    assert nothing == []
    assert (first["calculationVersion"], first["owed"], first["entered"]) == (1, POUNDS, "0.00")
    assert first["status"] == "AWAITING_PROVIDER_APPROVAL"
    assert second["calculationVersion"] == 2
    assert second["run"] == first["run"]
    assert second["owed"] > first["owed"]
    assert second["declaration"]["calculationVersion"] == 2


async def test_what_was_entered_and_paid_counts_from_when_it_was(period: Period):
    await days_of_a_payment(period)
    (calculated,) = await owed(period, NOW + LATER, provider="A81001")
    (authorised,) = await owed(period, NOW + 2 * LATER, provider="A81001")
    (settled,) = await owed(period, period.now, provider="A81001")
    assert authorised["status"] == settled["status"] == "FINANCE_APPROVED"
    assert authorised["entered"] == authorised["owed"] == calculated["owed"]
    assert (authorised["paid"], settled["paid"]) == ("0.00", authorised["entered"])


async def test_a_moment_counts_what_happened_at_it_and_nothing_after(period: Period):
    """Calculated, calculated again, authorised and settled: an instant before, and just then."""
    await days_of_a_payment(period)
    instant = timedelta(microseconds=1)
    moments = [NOW, NOW + LATER, NOW + 2 * LATER, SETTLED_AT]
    before = [await owed(period, at - instant, provider="A81001") for at in moments]
    at = [await owed(period, at, provider="A81001") for at in moments]
    assert before[0] == []
    assert [known(rows) for rows in before[1:]] == [known(rows) for rows in at[:-1]]
    assert len({known(rows) for rows in at}) == 4


def known(rows: list[Any]) -> tuple[str, ...]:
    (one,) = rows
    return tuple(str(one[name]) for name in ("status", "calculationVersion", "entered", "paid"))


async def test_an_adjustment_counts_from_when_it_was_approved(period: Period):
    """Not from when it was proposed; and it changes nothing of what was known before."""
    (payment,) = await finance_approved(period, "A81001")
    period.now = NOW + LATER
    proposed = await propose(period, payment, "-227.05")
    period.now = NOW + 2 * LATER
    assert [one["owed"] for one in await owed(period, period.now)] == [POUNDS, "0.00"]
    await decide(period, proposed)
    (after, _) = await owed(period, period.now)
    (before, _) = await owed(period, period.now - timedelta(microseconds=1))
    assert (after["calculated"], after["entered"], after["owed"]) == (POUNDS, *["37000.00"] * 2)
    assert before["owed"] == POUNDS


async def test_a_successor_sees_what_was_owed_for_its_predecessor(period: Period):
    """From its first day; and who has nothing to do with either sees nothing."""
    merged_on = datetime(2026, 4, 3, tzinfo=UTC)
    async with period.db.transaction() as tx:
        await have_organisation(tx, "QNE", OrganisationKind.ICB)
        await relate(tx, "QNE", RelationshipKind.SUCCESSOR_OF, "QHM", merged_on.date())
        await have_person(tx, "new finance", {"QNE": [Role.FINANCE_MANAGEMENT]})
    await finance_approved(period, "A81001")
    assert await owed(period, NOW, "new finance") == []
    period.now = merged_on
    assert await owed(period, NOW, "new finance") == await owed(period, NOW)
    assert await owed(period, NOW, "other commissioner") == []


async def test_what_was_incomplete_or_closed_at_the_moment_was_owed_nothing(period: Period):
    await period.calculated("A81001")
    found = {one["provider"]: one for one in await owed(period, NOW)}
    assert found["A81002"]["status"] == "INCOMPLETE"
    assert (found["A81002"]["owed"], found["A81002"]["calculationVersion"]) == ("0.00", None)
    period.now = NOW + LATER
    async with period.db.transaction() as tx:
        await tx.execute("update offer set ended_on = '2026-01-01', status = 'CANCELLED'")
        await tx.execute("insert into due (declaration_id, reason) select id, 'x' from declaration")
    await period.settle()
    after = await owed(period, period.now, provider="A81001")
    assert [(one["status"], one["owed"]) for one in after] == [("CLOSED", "0.00")]
    before = await owed(period, NOW, provider="A81001")
    assert [one["owed"] for one in before] == [POUNDS]


async def test_the_day_counts_achievement_dates_that_had_come(period: Period):
    await period.calculated("A81001")
    assert await owed(period, NOW, on="2026-03-30") == []
    assert len(await owed(period, NOW, on="2026-03-31")) == 2


async def test_sums_by_service_and_by_payee_are_those_of_the_rows(period: Period):
    await finance_approved(period, "A81001", "A81002")
    given = {"on": "2026-03-31", "at": NOW.isoformat()}
    by_payee = await period.ask("finance", _TOTALS, by="PAYEE", **given)
    by_service = await period.ask("finance", _TOTALS, by="SERVICE", **given)
    payees = [edge["node"] for edge in by_payee["owedTotals"]["edges"]]
    (service,) = [edge["node"] for edge in by_service["owedTotals"]["edges"]]
    assert [(one["key"], one["owed"]) for one in payees] == [("A81001", POUNDS), ("A81002", POUNDS)]
    assert service == {
        "key": "QOF2526",
        "count": 2,
        "calculated": "74454.10",
        "entered": "74454.10",
        "paid": "0.00",
        "owed": "74454.10",
    }


async def test_the_file_holds_the_rows_of_the_list(period: Period):
    await finance_approved(period, "A81001", "A81002")
    data = await period.ask(
        "finance",
        """mutation ($at: DateTime!) {
            requestOwedDownload(on: "2026-03-31", knownAt: $at) { csv } }""",
        at=NOW.isoformat(),
    )
    text = (await fetched(period, data["requestOwedDownload"]["csv"])).decode("utf-8-sig")
    lines = list(csv.DictReader(StringIO(text)))
    assert [(one["Provider Code"], one["Owed"]) for one in lines] == [
        ("A81001", POUNDS),
        ("A81002", POUNDS),
    ]


@pytest.mark.parametrize(
    ("who", "at", "code"),
    [
        ("finance", NOW + timedelta(seconds=1), "KNOWN_IN_THE_FUTURE"),
        ("practice viewer", NOW, "ROLE_REQUIRED"),
    ],
)
async def test_nobody_asks_what_will_be_known_or_what_they_may_not_see(period, who, at, code):
    assert await owed(period, at, who) == [code]


async def test_others_see_only_what_is_theirs(period: Period):
    await period.calculated("A81001", "A81002")
    assert [one["provider"] for one in await owed(period, NOW, "practice")] == ["A81001"]
    assert await owed(period, NOW, "other commissioner") == []


_CALCULATED = """
insert into calculation (declaration_id, version, run_id, list_size, list_on, list_stands_in,
    points, pounds, provisional, hash, calculated_at)
select d.id, 1, c.run_id, c.list_size, c.list_on, false, 1, 1, false, d.id::text, c.calculated_at
from calculation c, declaration d where d.provider like 'B%'
"""


async def test_a_page_for_england_reads_its_rows_and_no_table(period: Period):
    """The plan of DESIGN 10: keyset order by index, each row's history and ledger by theirs."""
    await finance_approved(period, "A81001")
    await period.practices([f"B{number:05}" for number in range(400)])
    await period.settle()
    asked = OwedAsked(on=ACHIEVED_ON, known_at=NOW)
    async with period.db.transaction() as tx:
        await tx.execute(_CALCULATED)
        await tx.execute("analyze; set local enable_seqscan = off")  # the tables are small here
        sight = Sight.of_pounds(await period.principal("finance"))
        statement = f"explain (format json) {store._ROW} {store._AFTER} {store._ORDER} limit $15"
        given = (*sight.arguments, *asked.arguments, None, None, None, 51)
        plan = await tx.fetchval(statement, *given)
    text = plan if isinstance(plan, str) else json.dumps(plan)
    nodes = list(_nodes(json.loads(text)[0]["Plan"]))
    used = {one.get("Index Name") for one in nodes}
    assert {"declaration_in_order", "declaration_history_pkey", "calculation_pkey"} <= used
    whole = {one["Relation Name"] for one in nodes if one["Node Type"] == "Seq Scan"}
    assert not whole & {"declaration", "payment", "ledger_entry", "entry_state"}


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
