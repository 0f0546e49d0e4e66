"""What each practice earned of its network's payment: information, exact to the penny."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.declarations.networks.percentages import achievement, percentage
from services.declarations.networks.shares.domain import Earned, divide, weights
from tests.services.declarations.networks.world import NETWORK, complete
from tests.services.declarations.period import Period

POUNDS = st.decimals("0.00", "9999999.99", places=2)
NUMERATORS = st.dictionaries(st.sampled_from("ABCDEFGHIJ"), st.integers(0, 100_000), min_size=1)
LINES = st.lists(st.builds(Earned, POUNDS, NUMERATORS), min_size=1, max_size=5)


@given(POUNDS, LINES)
def test_shares_add_up_to_the_payment_and_nobody_gets_less_than_nothing(
    amount: Decimal, lines: list[Earned]
):
    parts = weights(lines)
    shares = divide(amount, parts)
    if shares is None:
        assert amount > 0
        assert not any(parts.values())
        return
    assert sum(shares.values()) == amount
    assert set(shares) == set(parts)
    assert all(share >= 0 for share in shares.values())
    assert all(share == 0 for code, share in shares.items() if parts[code] == 0)


@given(POUNDS, NUMERATORS)
def test_a_share_is_the_exact_part_to_less_than_a_penny(amount: Decimal, numerators: Any):
    shares = divide(amount, weights([Earned(Decimal("1.00"), numerators)]))
    whole = sum(numerators.values())
    for code, share in (shares or {}).items():
        exact = Fraction(amount) * Fraction(numerators[code], whole) if whole else Fraction(0)
        assert abs(Fraction(share) - exact) < Fraction(1, 100)


@given(POUNDS, LINES)
def test_a_recovery_is_divided_as_what_it_takes_back(amount: Decimal, lines: list[Earned]):
    parts = weights(lines)
    paid, recovered = divide(amount, parts), divide(-amount, parts)
    assert recovered == (paid and {code: -share for code, share in paid.items()})


def test_the_penny_left_over_goes_to_the_largest_remainder_then_to_the_first_code():
    thirds = weights([Earned(Decimal("1.00"), {"C": 1, "A": 1, "B": 1})])
    assert divide(Decimal("0.02"), thirds) == {
        "A": Decimal("0.01"),
        "B": Decimal("0.01"),
        "C": Decimal("0.00"),
    }
    unequal = weights([Earned(Decimal("1.00"), {"A": 1, "B": 2, "C": 0})])
    assert divide(Decimal("1.00"), unequal) == {
        "A": Decimal("0.33"),
        "B": Decimal("0.67"),
        "C": Decimal("0.00"),
    }


def test_several_indicators_count_by_what_each_is_worth():
    lines = [
        Earned(Decimal("300.00"), {"A": 1, "B": 1}),
        Earned(Decimal("100.00"), {"A": 0, "B": 5}),
    ]
    assert divide(Decimal("400.00"), weights(lines)) == {
        "A": Decimal("150.00"),
        "B": Decimal("250.00"),
    }


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (23, 32, "71.88"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1253, 2500, "50.12"),
        (1, 20_000, "0.01"),  # 0.005 per cent: halves go up
        (0, 7, "0.00"),
        (7, 7, "100.00"),
        (0, 0, None),
        (None, 5, None),
    ],
)
def test_percentages_are_rounded_once_from_the_exact_fraction(
    numerator: int | None, denominator: int, shown: str | None
):
    assert achievement(numerator, denominator) == shown


def test_a_part_of_everything_is_a_hundred_per_cent():
    assert percentage(Fraction(1)) == "100.00"


QUERY = """query ($id: ID!) { networkPaymentShares(declaration: $id) { network { odsCode }
    amount paid
    declaration { id } shares { practice { odsCode } part amount
        numerators { indicator numerator } } } }"""


async def of_indicator(period: Period, code: str = "HI03") -> str:
    async with period.db.reader() as reader:
        return str(
            await reader.fetchval(
                "select id from declaration where provider = $1 and indicator = $2", NETWORK, code
            )
        )


async def shares(period: Period, who: str, declaration: str) -> Any:
    data = await period.ask(who, QUERY, id=declaration)
    return data if "errors" in data else data["networkPaymentShares"]


async def test_each_member_earned_by_its_part_of_the_numerator(england: Period):
    await complete(england)
    declaration = await of_indicator(england)
    found = await shares(england, "network finance", declaration)
    assert (found["amount"], found["paid"]) == ("4718.34", False)
    assert (found["network"], found["declaration"]) == ({"odsCode": NETWORK}, {"id": declaration})
    amounts = {one["practice"]["odsCode"]: one["amount"] for one in found["shares"]}
    assert amounts == {"A81001": "2051.45", "A81002": "2666.89", "A81003": "0.00"}
    assert [one["part"] for one in found["shares"]] == ["43.48", "56.52", "0.00"]
    assert found["shares"][0]["numerators"] == [{"indicator": "HI03", "numerator": 100}]


async def test_shares_are_of_what_was_paid_with_its_adjustments_among_who_was_counted(
    england: Period,
):
    """The member that left since was counted, and earned its part."""
    await complete(england)
    declaration = await of_indicator(england)
    async with england.db.transaction() as tx:
        await tx.execute(
            "update declaration set status = 'FINANCE_APPROVED' where id = $1::uuid", declaration
        )
        await tx.execute(_PAID, declaration)
        await tx.execute(
            "update directory.relationship set valid_to = '2025-03-30'"
            " where source = 'A81001' and kind = 'MEMBER_OF'"
        )
    found = await shares(england, "board finance", declaration)
    assert (found["amount"], found["paid"]) == ("4600.00", True)
    amounts = [one["amount"] for one in found["shares"]]
    assert amounts == ["2000.00", "2600.00", "0.00"]


_PAID = """
with paid as (
    insert into payment (id, version, declaration_id, quality_service, service_code, payment_type,
        financial_year, period_start, period_end, provider, commissioner, payee, status,
        authorised_at)
    select gen_random_uuid(), 1, id, quality_service, service_code, payment_type, '2024/25',
        period_start, period_end, provider, commissioner, provider, 'AUTHORISED', now()
    from declaration where id = $1::uuid returning id
), first as (
    insert into ledger_entry (id, payment_id, kind, amount, points, calculation_version,
        provisional, narrative, entered_at)
    select gen_random_uuid(), id, 'AUTHORISED', 4718.34, 21.38, 1, true, 'x', now() from paid
    returning id, payment_id
)
insert into ledger_entry (id, payment_id, kind, amount, points, calculation_version,
    provisional, narrative, entered_at, adjusts, reason)
select gen_random_uuid(), payment_id, 'ADJUSTED', -118.34, 0, 1, true, 'x', now(), id, 'y'
from first
"""


async def test_what_cannot_be_divided_says_why(england: Period):
    await england.settle()
    declaration = await of_indicator(england)
    refused = await shares(england, "network finance", declaration)
    assert refused == {"errors": ["INCOMPLETE"]}
    await complete(england)
    async with england.db.transaction() as tx:
        await tx.execute("update calculation set stood_on = null")
    refused = await shares(england, "network finance", declaration)
    assert refused == {"errors": ["NOT_OF_MEMBERS"]}
    async with england.db.transaction() as tx:
        await tx.execute("update declaration set status = 'CLOSED'")
    refused = await shares(england, "network finance", declaration)
    assert refused == {"errors": ["CLOSED"]}


async def test_shares_are_for_who_sees_the_networks_pounds(england: Period):
    await complete(england)
    declaration = await of_indicator(england)
    assert "errors" not in await shares(england, "member finance", declaration)
    assert await shares(england, "network viewer", declaration) == {"errors": ["ROLE_REQUIRED"]}
    for stranger in ("other network", "other board"):
        assert await shares(england, stranger, declaration) == {"errors": ["NOT_FOUND"]}
    unknown = await shares(england, "network finance", str(new_id()))
    assert unknown == {"errors": ["NOT_FOUND"]}
    assert await shares(england, "network finance", "x") == {"errors": ["ID_NOT_VALID"]}
