"""What was advanced on a year that is not to be paid is seen, and taken back by two people."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from tests.services.declarations.advancing import advanced, of_line
from tests.services.declarations.payments.test_recovery import ADVANCED, declared, ledger
from tests.services.declarations.payments.test_year_accepted import months, year
from tests.services.declarations.period import Period
from tests.support.directory import have_person

PRACTICE = "A81001"
LIST = """query ($filter: OutstandingAdvanceFilter, $first: Int, $after: String) {
    outstandingAdvances(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { endCursor } edges { node { serviceCode recoveredBy payments pounds
    proposed awaited provider { odsCode } commissioner { odsCode } } } } }"""
PROPOSE = """mutation ($provider: OdsCode!, $reason: String!, $key: String) {
    proposeAdvanceRecovery(service: "QOFA2526", provider: $provider, reason: $reason,
        idempotencyKey: $key) { id amount status } }"""
APPROVE = """mutation ($ids: [ID!]!) { approveAdjustments(ids: $ids) { status amount entry } }"""
REFUSE = 'mutation ($id: ID!) { refuseAdjustment(id: $id, reason: "No") { status } }'


@pytest.fixture
async def paid(period: Period) -> Period:
    """Three months of aspiration were paid: £20,000.01; another person of finance is there."""
    async with period.db.transaction() as tx:
        await have_person(tx, "second finance", {"QHM": [Role.FINANCE_MANAGEMENT]})
    await advanced(period, PRACTICE)
    await period.approve("finance", (await months(period))[:3])
    return period


async def listed(period: Period, who: str = "finance", **filter_: Any) -> list[Any]:
    found = (await period.ask(who, LIST, filter=filter_))["outstandingAdvances"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def propose(period: Period, who: str = "finance", **given: Any) -> Any:
    return await period.ask(who, PROPOSE, **{"provider": PRACTICE, "reason": "cancelled"} | given)


async def cancelled(period: Period) -> None:
    await year(period, "cancelled", status="CANCELLED", ended_on="2025-09-15")


async def test_what_a_payment_to_come_takes_off_is_awaited(paid: Period) -> None:
    assert await listed(paid) == [
        {
            "serviceCode": "QOFA2526",
            "recoveredBy": ["QOF2526"],
            "payments": 3,
            "pounds": "20000.01",
            "proposed": "0.00",
            "awaited": True,
            "provider": {"odsCode": PRACTICE},
            "commissioner": {"odsCode": "QHM"},
        }
    ]
    assert await listed(paid, awaited=False) == []
    before = await paid.everything()
    assert await propose(paid) == {"errors": ["ADVANCE_AWAITED"]}
    assert await paid.everything() == before


async def test_a_year_that_is_still_to_come_is_awaited_until_it_is_cancelled(
    period: Period,
) -> None:
    """In July nothing has been opened for it yet."""
    period.now = datetime(2025, 7, 2, 9, tzinfo=UTC)
    await advanced(period, PRACTICE)
    await period.approve("finance", await months(period))
    assert await of_line(period, "QOF2526", PRACTICE) == []
    assert [(x["pounds"], x["awaited"]) for x in await listed(period)] == [("20000.01", True)]
    await year(period, "cancelled", status="CANCELLED", ended_on="2025-07-01")
    assert [(x["pounds"], x["awaited"]) for x in await listed(period)] == [("20000.01", False)]


async def test_a_year_that_is_paid_leaves_nothing_outstanding(period: Period) -> None:
    await advanced(period, PRACTICE)
    await declared(period)
    await period.approve("finance", (await months(period))[:2])
    await period.approve("finance", await of_line(period, "QOF2526", PRACTICE))
    assert await listed(period) == []
    assert await propose(period) == {"errors": ["ADVANCE_RECOVERED"]}


async def test_of_a_cancelled_year_all_is_taken_back_to_the_penny(paid: Period) -> None:
    await cancelled(paid)
    (closed,) = await of_line(paid, "QOF2526", PRACTICE)
    shown = (await paid.ask("finance", ADVANCED, id=closed["id"]))["declaration"]["advanced"]
    assert (closed["status"], shown) == ("CLOSED", "0.00")
    (one,) = await listed(paid, awaited=False)
    assert (one["pounds"], one["payments"]) == ("20000.01", 3)
    proposed = (await propose(paid))["proposeAdvanceRecovery"]
    assert [x["amount"] for x in proposed] == ["-6666.67"] * 3
    assert [x["proposed"] for x in await listed(paid)] == ["-20000.01"]
    assert await ledger(paid) == Decimal("20000.01")
    ids = [x["id"] for x in proposed]
    assert await paid.ask("finance", APPROVE, ids=ids) == {"errors": ["SEPARATION_OF_DUTIES"]}
    answer = await paid.ask("second finance", APPROVE, ids=ids)
    assert {x["status"] for x in answer["approveAdjustments"]} == {"APPROVED"}
    assert await ledger(paid) == Decimal("0.00")
    assert await listed(paid) == []
    assert await propose(paid) == {"errors": ["NOT_FOUND"]}


async def test_what_was_taken_back_is_not_deducted_again_if_the_year_is_accepted_after_all(
    paid: Period,
) -> None:
    await cancelled(paid)
    ids = [x["id"] for x in (await propose(paid))["proposeAdvanceRecovery"]]
    await paid.ask("second finance", APPROVE, ids=ids)
    await year(paid, "accepted")
    await declared(paid)
    await paid.approve("finance", await of_line(paid, "QOF2526", PRACTICE))
    assert await ledger(paid) == Decimal("37227.05")


async def test_of_several_that_are_approved_one_that_is_refused_refuses_all(paid: Period) -> None:
    await cancelled(paid)
    ids = [x["id"] for x in (await propose(paid))["proposeAdvanceRecovery"]]
    await paid.ask("second finance", REFUSE, id=ids[1])
    before = await paid.everything()
    assert await paid.ask("second finance", APPROVE, ids=ids) == {"errors": ["ALREADY_DECIDED"]}
    assert await paid.everything() == before
    assert await propose(paid) == {"errors": ["ALREADY_PROPOSED"]}


async def test_the_same_proposal_again_proposes_once(paid: Period) -> None:
    await cancelled(paid)
    first, again = await propose(paid, key="one"), await propose(paid, key="one")
    assert first == again
    assert await propose(paid) == {"errors": ["ALREADY_PROPOSED"]}


async def test_two_who_propose_at_once_propose_once(paid: Period) -> None:
    await cancelled(paid)
    answers = await asyncio.gather(propose(paid), propose(paid, "second finance"))
    assert {"errors": ["ALREADY_PROPOSED"]} in answers
    assert [x["proposed"] for x in await listed(paid)] == ["-20000.01"]


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("practice", {}, "ROLE_REQUIRED"),
        ("other commissioner", {}, "NOT_FOUND"),
        ("finance", {"provider": "A81002"}, "NOT_FOUND"),
        ("finance", {"reason": " "}, "REASON_REQUIRED"),
    ],
)
async def test_a_recovery_is_refused_and_nothing_came_of_it(
    paid: Period, who: str, given: dict[str, Any], code: str
) -> None:
    await cancelled(paid)
    before = await paid.everything()
    assert await propose(paid, who, **given) == {"errors": [code]}
    assert await paid.everything() == before
    assert [x["proposed"] for x in await listed(paid)] == ["0.00"]


@pytest.mark.parametrize(
    ("who", "count", "code"), [("practice", 0, "ROLE_REQUIRED"), ("finance", 101, "TOO_MANY_ROWS")]
)
async def test_many_are_approved_by_finance_alone_and_a_hundred_at_most(
    period: Period, who: str, count: int, code: str
) -> None:
    ids = [str(new_id()) for _ in range(count)]
    assert await period.ask(who, APPROVE, ids=ids) == {"errors": [code]}


async def test_each_sees_the_advances_whose_pounds_they_may_see(paid: Period) -> None:
    assert len(await listed(paid, "practice")) == 1
    assert await listed(paid, "other practice") == []
    assert await listed(paid, "other commissioner") == []
    assert await paid.ask("practice viewer", LIST) == {"errors": ["ROLE_REQUIRED"]}


async def test_they_are_listed_page_by_page(paid: Period) -> None:
    await advanced(paid, "A81002")
    await paid.approve("finance", (await months(paid, "A81002"))[:1])
    found = (await paid.ask("finance", LIST, first=1))["outstandingAdvances"]
    assert (found["totalCount"], found["edges"][0]["node"]["pounds"]) == (2, "20000.01")
    after = found["pageInfo"]["endCursor"]
    found = (await paid.ask("finance", LIST, first=1, after=after))["outstandingAdvances"]
    assert [edge["node"]["pounds"] for edge in found["edges"]] == ["6666.67"]
    assert [one["provider"]["odsCode"] for one in await listed(paid, provider="A81002")] == [
        "A81002"
    ]
