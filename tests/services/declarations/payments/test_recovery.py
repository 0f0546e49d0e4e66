"""What was advanced is deducted from the payment of the year, in whatever order they come."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from cqrs import verify
from tests.nhs.formulas.primitives import POINTS, service
from tests.services.declarations.advancing import advanced, agree, of_line, publish
from tests.services.declarations.paying import fetched, work
from tests.services.declarations.period import Period, row

PROVIDER = "A81001"
PAYMENTS = """query ($line: String) { payments(filter: {service: $line}) { edges { node {
    id amount achieved advanced status entries { id amount achieved advanced narrative } } } } }"""


YEAR = service(
    [POINTS, ["payment", "product", ["count", "fee"]], ["pounds", "round2", ["payment"]]],
    {"count": "values.numerator", "fee": "constants.fee"},
    {"fee": "10"},
    payment_period="ANNUALLY",
    payment_type="QOF",
    recovers="QOFA2526",
    no_declaration_required=True,
    no_approval_required=True,
)
"""A year of £10.00 for each, on which aspiration is advanced."""


async def approved(period: Period, who: str, line: str, *chosen: Any) -> Any:
    rows = list(chosen) or await of_line(period, line, PROVIDER)
    return await period.approve(who, rows)


async def declared(period: Period) -> None:
    """The year is calculated and declared: £37,227.05, and the commissioner has approved it."""
    await period.calculated(PROVIDER)
    await period.declare("practice", await of_line(period, "QOF2526", PROVIDER))
    await approved(period, "approver", "QOF2526")


async def payments(period: Period, line: str) -> list[Any]:
    data = await period.ask("finance", PAYMENTS, line=line)
    return [edge["node"] for edge in data["payments"]["edges"]]


async def ledger(period: Period) -> Decimal:
    """Everything that is owed to the provider: the sum of its entries."""
    entries = await period.events("payment.authorised.v1")
    entries += await period.events("payment.adjusted.v1")
    return sum((Decimal(entry["amount"]) for entry in entries), start=Decimal(0))


async def test_the_year_is_paid_less_what_was_advanced(period: Period) -> None:
    """£80,000.00 advanced and £75,000.00 achieved: £5,000.00 is to be paid back."""
    await advanced(period, PROVIDER)
    await approved(period, "finance", "QOFA2526")
    await publish(period, YEAR.as_json() | {"id": "TEST2526/1", "version": 1}, PROVIDER)
    await period.settle()
    named = {"QUALITY_SERVICE": "TEST2526"}
    await period.load([row(PROVIDER, "IND001", "Numerator", "7500", **named)])
    await period.settle()
    await approved(period, "finance", "TEST2526")
    (paid,) = await payments(period, "TEST2526")
    assert (paid["amount"], paid["achieved"], paid["advanced"]) == (
        "-5000.00",
        "75000.00",
        "80000.00",
    )
    (entry,) = paid["entries"]
    assert entry["narrative"] == (
        "TEST2526 A81001 2025-04-01 to 2026-03-31: 0.00 points, 75,000.00 achieved less "
        "80,000.00 aspiration"
    )
    last = (await period.events("payment.authorised.v1"))[-1]
    told = (last["amount"], last["achieved"], last["advanced"])
    assert told == ("-5000.00", "75000.00", "80000.00")
    assert await ledger(period) == Decimal("75000.00")
    await explained(period)


async def explained(period: Period) -> None:
    """The receipt says it too, in words and numbers, and is recomputed."""
    (year,) = await of_line(period, "TEST2526", PROVIDER)
    query = "query ($id: ID!) { declaration(id: $id) { receipt explanation { standsOn } } }"
    found = (await period.ask("practice", query, id=year["id"]))["declaration"]
    receipt = found["receipt"]
    pounds = [receipt["payment"][name] for name in ("achieved", "advanced", "amount")]
    assert pounds == ["75000.00", "80000.00", "-5000.00"]
    assert verify.differences(receipt) == []
    receipt["payment"]["amount"] = "5000.00"
    assert "the payment is -5000.00, not 5000.00" in verify.differences(receipt)
    assert (
        "Authorised on 1 April 2026 at 10:00, £75,000.00 achieved less £80,000.00 aspiration: an "
        "entry of -£5,000.00."
    ) in found["explanation"]["standsOn"]


async def test_what_was_not_advanced_is_not_deducted(period: Period) -> None:
    await declared(period)
    await approved(period, "finance", "QOF2526")
    (paid,) = await payments(period, "QOF2526")
    assert (paid["amount"], paid["achieved"], paid["advanced"]) == (
        "37227.05",
        "37227.05",
        "0.00",
    )
    assert "aspiration" not in paid["entries"][0]["narrative"]


async def test_advances_that_are_open_when_the_year_is_paid_close(period: Period) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    months = await of_line(period, "QOFA2526", PROVIDER)
    await approved(period, "finance", "QOFA2526", *months[:3])
    await approved(period, "finance", "QOF2526")
    (paid,) = await payments(period, "QOF2526")
    assert (paid["amount"], paid["advanced"]) == ("17227.04", "20000.01")
    before = await period.everything()
    refused = await approved(period, "finance", "QOFA2526", months[3])
    assert [one["code"] for one in refused["refused"]] == ["ADVANCE_RECOVERED"]
    assert await period.everything() == before
    await period.settle()
    statuses = [month["status"] for month in await of_line(period, "QOFA2526", PROVIDER)]
    assert statuses == ["FINANCE_APPROVED"] * 3 + ["CLOSED"] * 9
    assert await ledger(period) == Decimal("37227.05")


async def test_an_advance_that_opens_after_the_year_is_paid_closes(period: Period) -> None:
    await declared(period)
    await approved(period, "finance", "QOF2526")
    await advanced(period, PROVIDER)
    months = await of_line(period, "QOFA2526", PROVIDER)
    assert {month["status"] for month in months} == {"CLOSED"}
    history = await period.ask(
        "finance",
        "query ($id: ID!) { declaration(id: $id) { history { action notes } } }",
        id=months[0]["id"],
    )
    assert history["declaration"]["history"][-1] == {
        "action": "CLOSED",
        "notes": "What it advances on has been authorised for payment",
    }


async def test_advances_approved_together_with_the_year_are_deducted_from_it(
    period: Period,
) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    every = [*await of_line(period, "QOF2526", PROVIDER)]
    every += await of_line(period, "QOFA2526", PROVIDER)
    shown = await period.approve("finance", every, dryRun=True)
    counts = {one["name"]: one["value"] for one in shown["counts"]}
    assert (counts["pounds"], counts["advanced"]) == ("117227.05", "80000.00")
    answer = await period.approve("finance", every)
    assert (len(answer["done"]), answer["refused"]) == (13, [])
    assert answer["counts"] == shown["counts"]
    (paid,) = await payments(period, "QOF2526")
    assert paid["amount"] == "-42772.95"
    assert await ledger(period) == Decimal("37227.05")


@pytest.mark.parametrize("first", ["QOF2526", "QOFA2526"])
async def test_two_who_approve_the_year_and_its_advances_at_once_pay_it_once(
    period: Period, first: str
) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    second = "QOFA2526" if first == "QOF2526" else "QOF2526"
    answers = await asyncio.gather(
        approved(period, "finance", first),
        approved(period, "finance", second),
        return_exceptions=True,
    )
    assert any(isinstance(answer, dict) and answer.get("done") for answer in answers)
    await approved(period, "finance", "QOF2526")
    await period.settle()
    assert await ledger(period) == Decimal("37227.05")


ADVANCED = "query ($id: ID!) { declaration(id: $id) { pounds advanced } }"


async def test_it_is_said_before_approval_what_has_been_advanced(period: Period) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    (month, *_) = await of_line(period, "QOFA2526", PROVIDER)
    await approved(period, "finance", "QOFA2526", month)
    (year,) = await of_line(period, "QOF2526", PROVIDER)
    for who, pounds, advance in (
        ("practice", "37227.05", "6666.67"),
        ("practice viewer", None, None),
    ):
        seen = (await period.ask(who, ADVANCED, id=year["id"]))["declaration"]
        assert (seen["pounds"], seen["advanced"]) == (pounds, advance)
    assert (await period.ask("practice", ADVANCED, id=month["id"]))["declaration"] == {
        "pounds": "6666.67",
        "advanced": None,
    }
    shown = await period.approve("finance", [year], dryRun=True)
    counts = {one["name"]: one["value"] for one in shown["counts"]}
    assert (counts["pounds"], counts["advanced"]) == ("37227.05", "6666.67")


async def test_of_several_parts_of_a_year_one_is_said_and_paid_less_what_was_advanced(
    period: Period,
) -> None:
    await advanced(period, PROVIDER)
    await approved(period, "finance", "QOFA2526")
    quarterly = YEAR.as_json() | {"payment_period": "QUARTERLY"}
    await publish(period, quarterly | {"id": "TEST2526/1", "version": 1}, PROVIDER)
    await period.settle()
    for day in ("20250630", "20250930"):
        named = {"QUALITY_SERVICE": "TEST2526", "ACH_DATE": day}
        await period.load([row(PROVIDER, "IND001", "Numerator", "1000", **named)])
    await period.settle()
    parts = (await of_line(period, "TEST2526", PROVIDER))[:2]
    shown = await period.approve("finance", parts, dryRun=True)
    counts = {one["name"]: one["value"] for one in shown["counts"]}
    assert (counts["pounds"], counts["advanced"]) == ("20000.00", "80000.00")
    await approved(period, "finance", "TEST2526", parts[0])
    said = [await period.ask("practice", ADVANCED, id=part["id"]) for part in parts]
    assert [one["declaration"]["advanced"] for one in said] == ["80000.00", "0.00"]
    shown = await period.approve("finance", parts[1:], dryRun=True)
    assert "advanced" not in {one["name"] for one in shown["counts"]}
    await approved(period, "finance", "TEST2526", parts[1])
    paid = await payments(period, "TEST2526")
    assert [one["amount"] for one in paid] == ["10000.00", "-70000.00"]
    assert await ledger(period) == Decimal("20000.00")


@pytest.mark.parametrize("how", ["together", "in turn", "at once"])
async def test_two_lines_that_recover_the_same_advance_deduct_it_once(
    period: Period, how: str
) -> None:
    """As when the year is paid by a line that replaces another."""
    await advanced(period, PROVIDER)
    await approved(period, "finance", "QOFA2526")
    await declared(period)
    await publish(period, YEAR.as_json() | {"id": "TEST2526/1", "version": 1}, PROVIDER)
    await period.settle()
    await period.load([row(PROVIDER, "IND001", "Numerator", "100", QUALITY_SERVICE="TEST2526")])
    await period.settle()
    lines = [await of_line(period, line, PROVIDER) for line in ("QOF2526", "TEST2526")]
    if how == "together":
        shown = await period.approve("finance", [*lines[0], *lines[1]], dryRun=True)
        counts = {one["name"]: one["value"] for one in shown["counts"]}
        assert (counts["pounds"], counts["advanced"]) == ("38227.05", "80000.00")
        lines = [[*lines[0], *lines[1]]]
    if how == "at once":  # who waits too long is told to try again
        await asyncio.gather(*(period.approve("finance", rows) for rows in lines))
    for rows in lines:
        await period.approve("finance", rows)
    assert await ledger(period) == Decimal("38227.05")


async def test_another_provider_s_advances_are_its_own(period: Period) -> None:
    await advanced(period, PROVIDER, "A81002")
    await declared(period)
    await period.approve("finance", await of_line(period, "QOFA2526", "A81002"))
    await approved(period, "finance", "QOF2526")
    (paid,) = await payments(period, "QOF2526")
    assert (paid["amount"], paid["advanced"]) == ("37227.05", "0.00")


async def adjust(period: Period, payment: str, amount: str) -> Any:
    mutation = """mutation ($payment: ID!, $amount: Pounds!) {
        proposeAdjustment(payment: $payment, amount: $amount, reason: "wrong") { status } }"""
    return await period.ask("finance", mutation, payment=payment, amount=amount)


async def test_an_advance_that_was_deducted_is_adjusted_no_more(period: Period) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    (month, *_) = await of_line(period, "QOFA2526", PROVIDER)
    await approved(period, "finance", "QOFA2526", month)
    await approved(period, "finance", "QOF2526")
    (paid,) = await payments(period, "QOFA2526")
    assert await adjust(period, paid["id"], "-1.00") == {"errors": ["ADVANCE_RECOVERED"]}


async def test_a_recovery_may_grow_until_all_that_was_advanced_is_paid_back(
    period: Period,
) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    await approved(period, "finance", "QOFA2526")
    await approved(period, "finance", "QOF2526")
    (paid,) = await payments(period, "QOF2526")
    assert paid["amount"] == "-42772.95"
    refused = await adjust(period, paid["id"], "-37227.06")
    assert refused == {"errors": ["ADJUSTMENT_BELOW_NOTHING"]}
    assert await adjust(period, paid["id"], "-37227.05") == {
        "proposeAdjustment": {"status": "PROPOSED"}
    }


RUN = """query ($run: ID!) { paymentRun(id: $run) { count total } }"""
STATEMENT = (
    """{ statement(provider: "A81001", month: "2026-04") { total lines { amount expectedOn } } }"""
)
RECONCILED = """{ reconciliation(filter: {provider: "A81001"}) { edges { node {
    periodEnd count amount } } } }"""


async def test_a_recovery_is_a_line_of_runs_statements_and_the_reconciliation(
    period: Period,
) -> None:
    await advanced(period, PROVIDER)
    await declared(period)
    await approved(period, "finance", "QOFA2526")
    await approved(period, "finance", "QOF2526")
    made = await period.ask("finance", 'mutation { createPaymentRun(cutOff: "2026-04-01") { id } }')
    await work(period)
    run = made["createPaymentRun"]["id"]
    (told,) = (await period.ask("finance", RUN, run=run)).values()
    assert told == {"count": 13, "total": "37227.05"}
    download = "mutation ($run: ID!) { requestPaymentRunDownload(run: $run) { csv } }"
    path = (await period.ask("finance", download, run=run))["requestPaymentRunDownload"]["csv"]
    assert b",-42772.95," in await fetched(period, path)
    statement = (await period.ask("practice", STATEMENT))["statement"]
    amounts = sorted(Decimal(line["amount"]) for line in statement["lines"])
    assert (amounts[0], len(amounts)) == (Decimal("-42772.95"), 13)
    assert statement["total"] == "37227.05"
    groups = (await period.ask("finance", RECONCILED))["reconciliation"]["edges"]
    assert sum(Decimal(group["node"]["amount"]) for group in groups) == Decimal("37227.05")


async def test_aspiration_is_expected_with_the_month_and_not_with_the_year(period: Period) -> None:
    await advanced(period, PROVIDER)
    (month, *_) = await of_line(period, "QOFA2526", PROVIDER)
    await approved(period, "finance", "QOFA2526", month)
    statement = (await period.ask("practice", STATEMENT))["statement"]
    assert [line["expectedOn"] for line in statement["lines"]] == ["2026-04-20"]


async def test_an_agreed_figure_that_changes_changes_the_months_that_are_open(
    period: Period,
) -> None:
    """What was approved stays; the final payment deducts what was really advanced."""
    await advanced(period, PROVIDER)
    await declared(period)
    months = await of_line(period, "QOFA2526", PROVIDER)
    await approved(period, "finance", "QOFA2526", months[0])
    await agree(period, PROVIDER, "50000.00")
    await period.settle()
    assert [m["pounds"] for m in await of_line(period, "QOFA2526", PROVIDER)][:2] == [
        "6666.67",
        "3333.33",
    ]
    await approved(period, "finance", "QOFA2526", (await of_line(period, "QOFA2526", PROVIDER))[1])
    await approved(period, "finance", "QOF2526")
    (paid,) = await payments(period, "QOF2526")
    assert paid["advanced"] == "10000.00"
    assert await ledger(period) == Decimal("37227.05")
