"""The ledger added up for those who keep one, and a provider's month."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from services.declarations.approval.restating import restate
from services.declarations.payments import store as ledger
from services.declarations.sight import Sight
from services.declarations.statements.domain import expected_on
from tests.services.declarations.paying import (
    POUNDS,
    fetched,
    finance_approved,
    hear,
    report,
)
from tests.services.declarations.period import Period

GROUPS = """query ($filter: LedgerFilter, $after: String) {
    reconciliation(filter: $filter, first: 1, after: $after) { totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { periodStart periodEnd payee count amount lastEntry } } } }"""
STATEMENT = """query ($provider: OdsCode!, $month: String!) {
    statement(provider: $provider, month: $month) { total settled failed lines {
        entry kind amount status statusAt expectedOn payee } } }"""


async def reconciled(period: Period, who: str = "finance", **filter: Any) -> list[Any]:  # noqa: A002 (GraphQL's word)
    """Page by page, as a subscriber reads it."""
    found: list[Any] = []
    after = None
    while True:
        data = (await period.ask(who, GROUPS, filter=filter, after=after))["reconciliation"]
        found += [edge["node"] for edge in data["edges"]]
        if not data["pageInfo"]["hasNextPage"]:
            assert data["totalCount"] == len(found)
            return found
        after = data["pageInfo"]["endCursor"]


async def adjusted(period: Period, payment: Any, amount: str) -> None:
    data = await period.ask(
        "finance",
        """mutation ($payment: ID!, $amount: Pounds!) { proposeAdjustment(
            payment: $payment, amount: $amount, reason: "counted twice") { id } }""",
        payment=payment["id"],
        amount=amount,
    )
    query = "mutation ($id: ID!) { approveAdjustment(id: $id) { id } }"
    await period.ask("both", query, id=data["proposeAdjustment"]["id"])


async def test_a_subscribers_ledger_is_complete_when_its_sums_are_these(period: Period):
    payments = await finance_approved(period, "A81001", "A81002")
    await adjusted(period, payments[0], "-27.05")
    told = await period.events("payment.authorised.v1")
    told += await period.events("payment.adjusted.v1")
    own: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for event in told + told:
        place = (event["period_start"], event["period_end"], event["payee"])
        own.setdefault(place, {})[event["entry_id"]] = event
    kept = [
        {
            "periodStart": start,
            "periodEnd": end,
            "payee": payee,
            "count": len(entries),
            "amount": str(sum(Decimal(one["amount"]) for one in entries.values())),
            "lastEntry": max(entries),
        }
        for (start, end, payee), entries in sorted(own.items())
    ]
    assert await reconciled(period) == kept
    assert [one["amount"] for one in kept] == ["37200.00", POUNDS]
    assert await reconciled(period, payee="A81002") == kept[1:]
    assert await reconciled(period, "practice") == kept[:1]
    assert await reconciled(period, "other commissioner") == []
    assert await reconciled(period, until="2026-03-31T00:00:00Z") == []


async def test_a_statement_shows_a_months_entries_their_states_and_totals(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    await hear(period, [report("settled", payment["entries"][0]["id"])])
    await adjusted(period, payment, "-27.05")
    asked = {"provider": "A81001", "month": "2026-04"}
    found = (await period.ask("practice", STATEMENT, **asked))["statement"]
    assert (found["total"], found["settled"], found["failed"]) == ("37200.00", POUNDS, "0.00")
    shown = [(one["amount"], one["status"], one["expectedOn"]) for one in found["lines"]]
    assert shown == [(POUNDS, "SETTLED", None), ("-27.05", "AUTHORISED", "2026-06-30")]
    empty = await period.ask("practice", STATEMENT, **asked | {"month": "2026-05"})
    assert (empty["statement"]["lines"], empty["statement"]["total"]) == ([], "0.00")


async def test_a_statement_is_a_file_as_well(period: Period):
    await finance_approved(period, "A81001")
    query = """mutation { requestStatementDownload(provider: "A81001", month: "2026-04") {
        csv xlsx } }"""
    paths = (await period.ask("practice", query))["requestStatementDownload"]
    content = (await fetched(period, paths["csv"])).decode("utf-8-sig")
    entry, total = csv.DictReader(io.StringIO(content, newline=""))
    assert (entry["Amount"], entry["Status"], entry["Expected Pay Date"]) == (
        POUNDS,
        "Authorised",
        "2026-06-30",
    )
    assert (total["Entered"], total["Amount"]) == ("Total", POUNDS)
    book = CalamineWorkbook.from_filelike(io.BytesIO(await fetched(period, paths["xlsx"])))
    assert len(book.get_sheet_by_index(0).to_python()) == 3


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("practice", {"provider": "A81002"}, "NOT_FOUND"),
        ("other commissioner", {}, "NOT_FOUND"),
        ("practice viewer", {}, "ROLE_REQUIRED"),
        ("practice", {"month": "2026-13"}, "MONTH_NOT_VALID"),
    ],
)
async def test_a_statement_of_others_is_not_there(period: Period, who, asked, code):
    given = {"provider": "A81001", "month": "2026-04"} | asked
    assert await period.ask(who, STATEMENT, **given) == {"errors": [code]}


@pytest.mark.parametrize(
    ("payment_type", "period_end", "entered", "expected"),
    [
        ("QOF", date(2026, 3, 31), date(2026, 4, 20), date(2026, 6, 30)),
        ("QOF", date(2026, 3, 31), date(2026, 6, 6), date(2026, 7, 20)),
        ("DES", date(2026, 3, 31), date(2026, 7, 3), date(2026, 7, 20)),
        ("DES", date(2026, 3, 31), date(2026, 8, 5), date(2026, 8, 20)),
        ("DES", date(2024, 3, 31), date(2024, 7, 4), date(2024, 7, 19)),
        ("V&I", date(2026, 10, 31), date(2026, 12, 28), date(2027, 1, 20)),
    ],
)
def test_what_is_approved_by_the_cut_off_is_paid_on_the_pay_day(
    payment_type, period_end, entered, expected
):
    assert expected_on(payment_type, period_end, entered) == expected


async def test_every_declaration_is_restated_as_it_stands(period: Period):
    await finance_approved(period, "A81001")
    (last,) = await period.events("declaration.finance-approved.v1")
    async with period.db.transaction() as tx:
        told = [event async for event in restate(tx)]
    assert {event.type for event in told} == {"declaration.restated.v1"}
    again = {event.payload["id"]: event.payload for event in told}
    assert len(again) == 2
    assert again[last["id"]] == last | {"action": again[last["id"]]["action"]}


async def test_a_page_of_payments_is_read_in_the_order_of_its_index(period: Period):
    async with period.db.transaction() as tx:
        await tx.execute(_MANY)
        await tx.execute("analyze payment, ledger_entry")
    sight = Sight.of_pounds(await period.principal("finance"))
    sql = f"explain (format json) {ledger._COLUMNS} {ledger.filtered(sight)} {ledger._AFTER}"
    given = (*sight.arguments, *ledger.PaymentFilter().arguments, None, None, None, 51)
    async with period.db.reader() as reader:
        plan = str(await reader.fetchval(sql, *given))
    assert "payment_in_order" in plan


_MANY = """
with made as (
    insert into payment select gen_random_uuid(), 1, gen_random_uuid(), 'QOF2526/1', 'QOF2526',
        'QOF', '2025/26', '2025-04-01', date '2026-03-31' - (n % 40) * 30, 'A8100' || (1 + n % 3),
        'QHM', 'A81001', 'AUTHORISED', now()
    from generate_series(1, 5000) n returning id
)
insert into ledger_entry (id, payment_id, kind, amount, points, calculation_version, provisional,
    narrative, entered_at)
select gen_random_uuid(), id, 'AUTHORISED', 1, 1, 1, false, 'x', now() from made
"""
