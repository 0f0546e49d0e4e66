"""Payments put right after finance approval, by two people."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from chassis.ids import new_id
from services.declarations.payments import commands as ledger
from tests.services.declarations.paying import POUNDS, finance_approved, hear, payments, report
from tests.services.declarations.period import Period

WHY = "Two registers were counted twice"
_SHOWN = "id status amount reason adjusts entry payment { amount status }"


async def propose(period: Period, of: Any, amount: str, who: str = "finance", **more: Any):
    given = {"payment": of["id"], "amount": amount, "reason": WHY, "adjusts": None} | more
    data = await period.ask(
        who,
        f"""mutation ($payment: ID!, $amount: Pounds!, $reason: String!, $adjusts: ID) {{
            proposeAdjustment(payment: $payment, amount: $amount, reason: $reason,
            adjusts: $adjusts) {{ {_SHOWN} }} }}""",
        **given,
    )
    return data if "errors" in data else data["proposeAdjustment"]


async def decide(period: Period, adjustment: Any, who: str = "both", verb: str = "approve"):
    reason = ', reason: "not so"' if verb == "refuse" else ""
    query = f"mutation ($id: ID!) {{ {verb}Adjustment(id: $id{reason}) {{ {_SHOWN} }} }}"
    data = await period.ask(who, query, id=adjustment["id"])
    return data if "errors" in data else data[f"{verb}Adjustment"]


async def everything(period: Period) -> dict[str, int]:
    async with period.db.reader() as reader:
        decided = await reader.fetchval("select count(decided_at) from adjustment")
        return await period.everything() | {
            "adjustments": await reader.fetchval("select count(*) from adjustment"),
            "decided": decided,
        }


def total(events: list[dict[str, Any]]) -> Decimal:
    """As examples/ledger.py adds up a ledger."""
    entries = {event["entry_id"]: event for event in events}
    return sum((Decimal(one["amount"]) for one in entries.values()), Decimal("0.00"))


async def test_an_adjustment_is_another_entry_and_the_old_one_stays_as_it_is(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    await hear(period, [report("settled", payment["entries"][0]["id"])])
    proposed = await propose(period, payment, "-227.05")
    assert (proposed["status"], proposed["entry"]) == ("PROPOSED", None)
    assert "payment.adjusted.v1" not in await period.events_by_type()
    approved = await decide(period, proposed)
    assert approved["payment"] == {"amount": "37000.00", "status": "AUTHORISED"}
    (payment,) = await payments(period)
    first, second = payment["entries"]
    assert (first["amount"], first["status"]) == (POUNDS, "SETTLED")
    assert (second["amount"], second["kind"], second["status"]) == (
        "-227.05",
        "ADJUSTED",
        "AUTHORISED",
    )
    (told,) = await period.events("payment.adjusted.v1")
    assert (told["entry_id"], told["adjusts"]) == (second["id"], first["id"])
    assert (told["amount"], told["reason"], told["points"]) == ("-227.05", WHY, "0.00")
    assert told["version"] == payment["version"]
    events = await period.events("payment.authorised.v1") + [told, told]
    assert total(events) == Decimal("37000.00")


async def test_an_adjustment_is_told_of_its_declaration_and_kept_in_its_history(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    await decide(period, await propose(period, payment, "10.00"))
    (told,) = await period.events("declaration.payment-adjusted.v1")
    assert (told["reason"], told["status"], told["acting_for"]) == (WHY, "FINANCE_APPROVED", "QHM")
    (payment,) = await payments(period)
    last = payment["declaration"]["history"][-1]
    assert last == {"action": "PAYMENT_ADJUSTED", "notes": WHY}


async def test_the_whole_ledger_is_restated_as_it_was(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    await hear(period, [report("sent", payment["entries"][0]["id"])])
    await decide(period, await propose(period, payment, "10.00"))
    first = await period.events("payment.authorised.v1")
    first += await period.events("payment.adjusted.v1")
    async with period.db.transaction() as tx:
        again = [event.payload async for event in ledger.republish(tx)]
    assert again == first


async def test_nobody_approves_what_they_proposed(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    proposed = await propose(period, payment, "10.00")
    before = await everything(period)
    assert await decide(period, proposed, "finance") == {"errors": ["SEPARATION_OF_DUTIES"]}
    assert await everything(period) == before


async def test_of_two_who_decide_at_once_one_is_told_that_it_is_decided(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    proposed = await propose(period, payment, "10.00")
    answers = await asyncio.gather(*(decide(period, proposed) for _ in range(2)))
    codes = [one["errors"] for one in answers if "errors" in one]
    assert codes in ([["ALREADY_DECIDED"]], [["TRY_AGAIN"]])
    assert len(await period.events("payment.adjusted.v1")) == 1


async def test_what_is_refused_is_no_entry_and_stays_so(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    refused = await decide(period, await propose(period, payment, "10.00"), "finance", "refuse")
    assert (refused["status"], refused["payment"]["amount"]) == ("REFUSED", POUNDS)
    before = await everything(period)
    assert await decide(period, refused) == {"errors": ["ALREADY_DECIDED"]}
    assert await everything(period) == before
    listed = await period.ask("practice", "{ adjustments { totalCount edges { node { id } } } }")
    assert listed["adjustments"]["edges"] == [{"node": {"id": refused["id"]}}]


@pytest.mark.parametrize(
    ("amount", "more", "code"),
    [
        ("0.00", {}, "ADJUSTMENT_OF_NOTHING"),
        ("-37227.06", {}, "ADJUSTMENT_BELOW_NOTHING"),
        ("1.00", {"reason": "patient 943 476 5919"}, "NHS_NUMBER_IN_NOTE"),
        ("1.00", {"reason": " "}, "REASON_REQUIRED"),
        ("1.00", {"adjusts": str(new_id())}, "ENTRY_NOT_OF_PAYMENT"),
        ("1.00", {"payment": str(new_id())}, "NOT_FOUND"),
        ("1.00", {"who": "other commissioner"}, "NOT_FOUND"),
        ("1.00", {"who": "approver"}, "ROLE_REQUIRED"),
    ],
)
async def test_what_cannot_be_proposed_leaves_nothing(period: Period, amount, more, code):
    (payment,) = await finance_approved(period, "A81001")
    before = await everything(period)
    assert await propose(period, payment, amount, **more) == {"errors": [code]}
    assert await everything(period) == before


async def test_parts_of_a_penny_are_refused(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    before = await everything(period)
    (refusal,) = (await propose(period, payment, "0.001"))["errors"]
    assert "at most two places" in refusal
    assert await everything(period) == before


async def test_two_proposals_do_not_take_back_more_than_was_paid(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    first, second = [await propose(period, payment, "-20000.00") for _ in range(2)]
    await decide(period, first)
    before = await everything(period)
    assert await decide(period, second) == {"errors": ["ADJUSTMENT_BELOW_NOTHING"]}
    assert await everything(period) == before


async def test_a_commissioner_that_joins_duties_has_it_marked(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into directory.duty_switch values"
            " ('QHM', 'DECLARATIONS', false, '2026-04-01', '2026-04-02')"
        )
    await decide(period, await propose(period, payment, "10.00"), "finance")
    (payment,) = await payments(period)
    told = [one["action"] for one in payment["declaration"]["history"][-2:]]
    assert told == ["DUTIES_JOINED", "PAYMENT_ADJUSTED"]
