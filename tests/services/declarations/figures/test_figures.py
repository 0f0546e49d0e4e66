"""Figures of single providers: loaded by Data Load, calculated with, and named where they lack."""

from typing import Any

import pytest

from cqrs import verify
from nhs.roles import OrganisationKind, RelationshipKind
from tests.nhs.formulas.primitives import CLAWBACK, POINTS, PROTECTED, service
from tests.services.declarations.advancing import (
    MONTHS,
    advanced,
    agree,
    document,
    figures,
    of_line,
    publish,
)
from tests.services.declarations.period import Period, offer, row
from tests.services.declarations.test_working import hear
from tests.support.directory import have_organisation, relate

NETWORK = "U11111"


async def test_aspiration_is_paid_in_twelve_months_of_which_the_last_takes_the_remainder(
    period: Period,
) -> None:
    await advanced(period, "A81001")
    months = await of_line(period, "QOFA2526", "A81001")
    assert [month["pounds"] for month in months] == MONTHS
    assert {month["status"] for month in months} == {"AWAITING_FINANCE_APPROVAL"}


async def test_aspiration_waits_for_a_year_before_that_is_known(period: Period) -> None:
    await publish(period, document("QOFA2526"), "A81001")
    await period.settle()
    (month, *_) = await of_line(period, "QOFA2526", "A81001")
    assert month["status"] == "INCOMPLETE"
    assert [one["code"] for one in month["blockers"]] == ["PAYMENT_UNKNOWN"]
    assert month["blockers"][0]["message"].startswith("QOF2425 is not all finance-approved here")
    await agree(period, "A81001", "1200.00")
    await period.settle()
    assert [one["pounds"] for one in await of_line(period, "QOFA2526", "A81001")] == ["80.00"] * 12


async def test_of_two_agreed_figures_the_one_loaded_last_counts(period: Period) -> None:
    await advanced(period, "A81001")
    await agree(period, "A81001", "1200.00")
    await period.settle()
    months = await of_line(period, "QOFA2526", "A81001")
    assert {month["pounds"] for month in months} == {"80.00"}


async def test_aspiration_is_a_part_of_what_was_authorised_for_the_year_before(
    period: Period,
) -> None:
    """£37,227.05 once finance has approved it: it is calculated again by itself."""
    aspiration = document("QOFA2526") | {"code": "QOFA2627", "id": "QOFA2627/1"}
    aspiration["parameters"]["payment_of"] = "QOF2526"
    await publish(period, aspiration, "A81001")
    await period.calculated("A81001")
    (month, *_) = await of_line(period, "QOFA2627", "A81001")
    assert month["status"] == "INCOMPLETE"
    (declared,) = await of_line(period, "QOF2526", "A81001")
    await period.declare("practice", [declared])
    for who in ("approver", "finance"):
        await period.approve(who, await of_line(period, "QOF2526", "A81001"))
    await period.settle()
    months = [one["pounds"] for one in await of_line(period, "QOFA2627", "A81001")]
    assert months == ["2481.80"] * 11 + ["2481.84"]


MONTHLY = service(
    [POINTS, ["payment", "product", ["count", "fee"]], ["pounds", "round2", ["payment"]]],
    {"count": "values.numerator", "fee": "constants.fee"},
    {"fee": "10"},
    no_declaration_required=True,
    no_approval_required=True,
)


async def test_a_line_is_settled_when_its_last_open_period_closes(period: Period) -> None:
    """Eleven months approved at £1,000.00; the provider left before the twelfth."""
    await publish(period, MONTHLY.as_json() | {"id": "TEST2526/1", "version": 1}, "A81001")
    aspiration = document("QOFA2526") | {"code": "NEXT2627", "id": "NEXT2627/1"}
    aspiration["parameters"]["payment_of"] = "TEST2526"
    await publish(period, aspiration, "A81001")
    await period.settle()
    months = await of_line(period, "TEST2526", "A81001")
    for month in months:
        named = {"QUALITY_SERVICE": "TEST2526", "ACH_DATE": month["periodEnd"].replace("-", "")}
        await period.load([row("A81001", "IND001", "Numerator", "100", **named)])
    await period.settle()
    months = await of_line(period, "TEST2526", "A81001")
    await period.approve("finance", months[:11])
    await period.settle()
    (advance, *_) = await of_line(period, "NEXT2627", "A81001")
    assert advance["status"] == "INCOMPLETE"
    async with period.db.reader() as reader:
        offered = await reader.fetchrow("select * from offer where service_code = 'TEST2526'")
    assert offered is not None
    left = {"id": str(offered["id"]), "version": 3, "ended_on": "2026-03-01"}
    of = {name: offered[name] for name in ("quality_service", "service_code", "payment_type")}
    await hear(period, "offer.ended.v1", offer("A81001", **of, **left))
    await period.settle()
    assert (await of_line(period, "TEST2526", "A81001"))[-1]["status"] == "CLOSED"
    (advance, *_) = await of_line(period, "NEXT2627", "A81001")
    assert advance["pounds"] == "733.33"  # 80 % of £11,000.00 in twelve parts


async def network(period: Period) -> None:
    """A PCN of one practice with 12,000 patients."""
    async with period.db.transaction() as tx:
        await have_organisation(tx, NETWORK, OrganisationKind.PCN)
        await relate(tx, NETWORK, RelationshipKind.COMMISSIONED_BY, "16C")
        await relate(tx, "A81001", RelationshipKind.MEMBER_OF, NETWORK)


async def population(period: Period, value: str, day: str = "2024-01-01") -> Any:
    values = [{"provider": NETWORK, "value": value}]
    return await figures(period, "ADJUSTED_POPULATION", values, countedOn=day)


async def test_a_network_is_funded_by_its_adjusted_population(period: Period) -> None:
    await network(period)
    await publish(period, document("PCNF2425"), NETWORK)
    await period.settle()
    (month, *_) = await of_line(period, "PCNF2425", NETWORK)
    assert "ADJUSTED_POPULATION_UNKNOWN" in {one["code"] for one in month["blockers"]}
    await population(period, "47000")
    await period.settle()
    months = await of_line(period, "PCNF2425", NETWORK)
    # 12,000 x 2.218 + 47,000 x 0.698 = 59,422.00; 360,678.00; 106,859.20 a year.
    receipt = await period.ask(
        "finance", "query ($id: ID!) { declaration(id: $id) { receipt } }", id=months[0]["id"]
    )
    assert verify.differences(receipt["declaration"]["receipt"]) == []
    first, last = ["4951.83", "30056.50", "8904.93"], ["4951.87", "30056.50", "8904.97"]
    assert await lines(period, months[0]["id"]) == first
    assert await lines(period, months[11]["id"]) == last


async def test_a_population_that_was_wrong_is_loaded_again_and_calculated_with(
    period: Period,
) -> None:
    """As in June 2025, when the file of all networks was wrong (DOMAIN.md 3.7)."""
    await network(period)
    await publish(period, document("PCNF2425"), NETWORK)
    await population(period, "47000")
    await period.settle()
    await population(period, "46000.5")
    await period.settle()
    (month, *_) = await of_line(period, "PCNF2425", NETWORK)
    assert await lines(period, month["id"]) == ["4893.70", "29417.32", "8715.56"]


async def lines(period: Period, declaration: str) -> list[str]:
    query = "query ($id: ID!) { declaration(id: $id) { lines { indicator pounds } } }"
    found = await period.ask("finance", query, id=declaration)
    by_code = {line["indicator"]: line["pounds"] for line in found["declaration"]["lines"]}
    return [by_code[code] for code in ("CORE", "ACCESS", "CASP")]


def protected() -> dict[str, Any]:
    """Points of BP002 in QOF 2025/26, paid again."""
    written = PROTECTED.as_json() | {"id": "TEST2526/1", "version": 1}
    written["parameters"]["previous_service"] = "QOF2526"
    written["domains"][0]["groups"][0]["indicators"][0]["code"] = "BP002"
    return written


async def test_income_is_protected_by_the_points_of_the_year_before(period: Period) -> None:
    await publish(period, protected(), "A81001")
    await period.calculated("A81001")
    (before,) = await of_line(period, "TEST2526", "A81001")
    assert [one["code"] for one in before["blockers"]] == ["PREVIOUS_POINTS_UNKNOWN"]
    assert before["blockers"][0]["indicator"] == "BP002"
    await period.declare("practice", await of_line(period, "QOF2526", "A81001"))
    for who in ("approver", "finance"):
        await period.approve(who, await of_line(period, "QOF2526", "A81001"))
    await period.settle()
    (after,) = await of_line(period, "TEST2526", "A81001")
    # 11.93 points x £220.62 x 12,000 / 9,964
    assert (after["points"], after["pounds"]) == ("11.93", "3169.81")


async def test_points_that_were_agreed_stand_for_a_year_that_is_not_here(period: Period) -> None:
    await publish(period, protected(), "A81001")
    values = [{"provider": "A81001", "indicator": "BP002", "value": "10.00"}]
    await figures(period, "AGREED_POINTS", values, service="QOF2526")
    await period.settle()
    (declared,) = await of_line(period, "TEST2526", "A81001")
    assert (declared["points"], declared["pounds"]) == ("10.00", "2657.01")


async def test_what_is_taken_back_is_a_payment_with_a_minus_sign(period: Period) -> None:
    """Coverage of 79 of 100: half of £482.40 of fees, through line, declaration and ledger."""
    clawback = CLAWBACK.as_json() | {"id": "TEST2526/1", "version": 1}
    clawback |= {"no_declaration_required": True, "no_approval_required": True}
    await publish(period, clawback, "A81001")
    values = [{"provider": "A81001", "value": "482.40"}]
    await figures(period, "AGREED_PAYMENT", values, service="FEES2526")
    named = {"QUALITY_SERVICE": "TEST2526"}
    counts = {"Numerator": "79", "Denominator": "100"}
    await period.settle()
    await period.load([row("A81001", "IND001", f, v, **named) for f, v in counts.items()])
    await period.settle()
    (declared,) = await of_line(period, "TEST2526", "A81001")
    assert (declared["status"], declared["pounds"]) == ("AWAITING_FINANCE_APPROVAL", "-241.20")
    await period.approve("finance", [declared])
    (paid,) = await period.events("payment.authorised.v1")
    assert paid["amount"] == "-241.20"


FIGURE: dict[str, Any] = {"provider": "A81001", "value": "1.00"}


@pytest.mark.parametrize(
    ("figure", "values", "of", "code"),
    [
        ("AGREED_PAYMENT", [FIGURE], {}, "FIELD_MISSING"),
        ("AGREED_PAYMENT", [FIGURE], {"service": "QOF2425", "source": " "}, "FIELD_MISSING"),
        ("ADJUSTED_POPULATION", [FIGURE], {"service": "QOF2425"}, "FIELD_UNKNOWN"),
        ("ADJUSTED_POPULATION", [FIGURE], {}, "FIELD_MISSING"),
        ("AGREED_PAYMENT", [], {"service": "QOF2425"}, "FIGURE_COUNT"),
        ("AGREED_PAYMENT", [FIGURE, FIGURE], {"service": "QOF2425"}, "FIGURE_TWICE"),
        ("AGREED_PAYMENT", [FIGURE | {"value": "x"}], {"service": "QOF2425"}, "FIGURE_NOT_VALID"),
        ("AGREED_PAYMENT", [FIGURE | {"value": "-1"}], {"service": "Q"}, "FIGURE_NOT_VALID"),
        ("AGREED_PAYMENT", [FIGURE | {"value": "0.001"}], {"service": "Q"}, "FIGURE_NOT_VALID"),
        ("AGREED_PAYMENT", [FIGURE | {"value": "NaN"}], {"service": "Q"}, "FIGURE_NOT_VALID"),
        ("AGREED_PAYMENT", [FIGURE | {"value": "1e12"}], {"service": "Q"}, "FIGURE_NOT_VALID"),
        ("AGREED_PAYMENT", [FIGURE | {"indicator": "X"}], {"service": "Q"}, "INDICATOR_NOT_VALID"),
        ("AGREED_POINTS", [FIGURE], {"service": "QOF2425"}, "INDICATOR_NOT_VALID"),
        (
            "AGREED_PAYMENT",
            [FIGURE | {"provider": "A89999"}],
            {"service": "QOF2425"},
            "PROVIDER_UNKNOWN",
        ),
    ],
)
async def test_figures_at_fault_are_refused_whole(
    period: Period, figure: str, values: list[Any], of: dict[str, Any], code: str
) -> None:
    before = await period.everything()
    assert await figures(period, figure, values, **of) == {"errors": [code]}
    assert await period.everything() == before
    async with period.db.reader() as reader:
        assert await reader.fetchval("select count(*) from provider_figure_set") == 0


async def test_figures_are_loaded_by_data_load_alone(period: Period) -> None:
    refused = await figures(period, "AGREED_PAYMENT", [FIGURE], "finance", service="QOF2425")
    assert refused == {"errors": ["ROLE_REQUIRED"]}


async def test_a_population_of_another_day_stands_in(period: Period) -> None:
    await network(period)
    await publish(period, document("PCNF2425"), NETWORK)
    await population(period, "47000", "2023-10-01")
    await period.settle()
    async with period.db.reader() as reader:
        origins = await reader.fetchval("select origins from calculation limit 1")
    assert origins["provider.adjusted_population"] == {
        "source": "Agreed: made up",
        "on": "2023-10-01",
        "stands_in": True,
    }
