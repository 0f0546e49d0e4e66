"""Payments by organisation, period and service: the sums are those of the list."""

from typing import Any

import pytest

from tests.services.declarations.paying import POUNDS, finance_approved, hear, report
from tests.services.declarations.period import Period

GROUPS = """query ($by: [PaymentDimension!]!, $filter: PaymentFilter, $first: Int, $after: String) {
    paymentsBy(by: $by, filter: $filter, first: $first, after: $after) { totalCount
        pageInfo { hasNextPage endCursor } edges { node { financialYear periodStart periodEnd
        serviceCode commissioner payee provider count points amount settled failed } } } }"""


async def grouped(period: Period, *by: str, who: str = "finance", **given: Any) -> Any:
    data = await period.ask(who, GROUPS, by=list(by), **given)
    if "errors" in data:
        return data
    found = [edge["node"] for edge in data["paymentsBy"]["edges"]]
    return [{name: value for name, value in one.items() if value is not None} for one in found]


async def test_payments_are_added_up_by_what_is_asked_for(period: Period):
    payments = await finance_approved(period, "A81001", "A81002")
    settled = next(one for one in payments if one["provider"]["odsCode"] == "A81001")
    await hear(period, [report("settled", settled["entries"][0]["id"])])
    whole = {"count": 2, "points": "278.94", "amount": "74454.10", "settled": POUNDS}
    whole |= {"failed": "0.00"}
    assert await grouped(period, "COMMISSIONER") == [whole | {"commissioner": "QHM"}]
    assert await grouped(period, "PERIOD", "SERVICE", "FINANCIAL_YEAR") == [
        whole
        | {
            "financialYear": "2025/26",
            "periodStart": "2025-04-01",
            "periodEnd": "2026-03-31",
            "serviceCode": "QOF2526",
        }
    ]
    by_payee = await grouped(period, "PAYEE", "SERVICE")
    assert [(one["payee"], one["amount"]) for one in by_payee] == [
        ("A81001", POUNDS),
        ("A81002", POUNDS),
    ]


async def test_organisations_of_a_group_are_joined_by_name(period: Period):
    await finance_approved(period, "A81001")
    query = """{ paymentsBy(by: [PAYEE, COMMISSIONER]) { edges { node {
        payeeOrganisation { odsCode } commissionerOrganisation { odsCode }
        providerOrganisation { odsCode } } } } }"""
    (edge,) = (await period.ask("finance", query))["paymentsBy"]["edges"]
    assert edge["node"] == {
        "payeeOrganisation": {"odsCode": "A81001"},
        "commissionerOrganisation": {"odsCode": "QHM"},
        "providerOrganisation": None,
    }


async def test_payments_are_those_of_the_commissioner_that_is_named(period: Period):
    await finance_approved(period, "A81001")
    query = """query ($filter: PaymentFilter) { payments(filter: $filter) { totalCount }
        paymentTotal(filter: $filter) { count } paymentsBy(by: SERVICE, filter: $filter) {
        totalCount } }"""
    for code, count in (("QHM", 1), ("QZZ", 0)):
        data = await period.ask("finance", query, filter={"commissioner": code})
        assert data == {
            "payments": {"totalCount": count},
            "paymentTotal": {"count": count},
            "paymentsBy": {"totalCount": count},
        }


async def test_groups_follow_one_another_page_by_page(period: Period):
    await finance_approved(period, "A81001", "A81002")
    found, after = [], None
    for _ in range(2):
        given = {"by": ["PROVIDER"], "first": 1, "after": after}
        page = (await period.ask("finance", GROUPS, **given))["paymentsBy"]
        assert page["totalCount"] == 2
        found += [edge["node"]["provider"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert found == ["A81001", "A81002"]
    assert not page["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("practice", ["A81001"]),
        ("finance", ["A81001", "A81002"]),
        ("other commissioner", []),
    ],
)
async def test_each_is_shown_what_they_may_see(period: Period, who: str, expected: list[str]):
    await finance_approved(period, "A81001", "A81002")
    found = await grouped(period, "PROVIDER", who=who)
    assert [one["provider"] for one in found] == expected


async def test_payments_are_filtered_before_they_are_added_up(period: Period):
    await finance_approved(period, "A81001", "A81002")
    found = await grouped(period, "SERVICE", filter={"provider": "A81002"})
    assert [(one["count"], one["amount"]) for one in found] == [(1, POUNDS)]


async def test_without_a_dimension_or_the_right_to_see_pounds_it_is_refused(period: Period):
    assert await grouped(period) == {"errors": ["DIMENSION_REQUIRED"]}
    refused = await grouped(period, "SERVICE", who="practice viewer")
    assert refused == {"errors": ["ROLE_REQUIRED"]}


async def test_a_state_that_no_payment_has_is_refused(period: Period):
    refused = await grouped(period, "SERVICE", filter={"status": "PAID"})
    assert refused == {"errors": ["PAYMENT_STATUS_UNKNOWN"]}
    for shown in ("payments(filter: %s) { totalCount }", "paymentTotal(filter: %s) { count }"):
        query = "{ " + shown % '{status: "PAID"}' + " }"
        assert await period.ask("finance", query) == {"errors": ["PAYMENT_STATUS_UNKNOWN"]}
