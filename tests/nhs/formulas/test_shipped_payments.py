"""What ships pays what DOMAIN.md 3.9 works out."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs.formulas.specification import QualityServiceSpecification
from tests.nhs.formulas.shipped import paid, shipped

NETWORKS = {"average_list": Fraction(49_500)}
"""Invented, as DOMAIN.md 3.9 says."""


def pounds(*arguments: object, **numbers: int) -> Fraction | object:
    return paid(*arguments, **numbers)["pounds"].value


@pytest.mark.parametrize(
    ("service", "indicator", "count", "worth"),
    [("FLU2526", "FLU001", 137, "1378.22"), ("MMR2526", "MMR001", 80, "964.80")],
)
def test_a_vaccination_pays_its_fee_for_each_dose(service, indicator, count, worth):
    assert pounds(service, indicator, numerator=count) == Fraction(worth)


@pytest.mark.parametrize(
    ("checks", "counted", "worth"),
    [
        (12, 0, "1680"),
        (30, 0, "3500"),
        (0, 0, "0"),
        (12, 13, "1680"),
        (12, 14, "1540"),
        (12, 25, "0"),
        (12, 40, "0"),
    ],
)
def test_health_checks_of_a_year_are_paid_for_at_most_the_register(checks, counted, worth):
    given = {"numerator": checks, "register": 25, "counted": counted}
    assert pounds("LDHC2526", "LD002", **given) == Fraction(worth)


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(0, 60))
def test_the_quarters_of_a_year_pay_for_all_checks_that_the_register_has_room_for(
    quarters, register
):
    paid_out = [
        pounds("LDHC2526", "LD002", numerator=n, register=register, counted=sum(quarters[:before]))
        for before, n in enumerate(quarters)
    ]
    assert min(paid_out) >= 0
    assert sum(paid_out) == 140 * min(sum(quarters), register)


@pytest.mark.parametrize(
    ("referrals", "register", "worth"),
    [(41, 250, "345.00"), (41, 1000, "471.50"), (41, 8, "0"), (41, 258, "345.00")],
)
def test_referrals_are_paid_for_up_to_the_whole_ones_allocated(referrals, register, worth):
    """12 % of a register of 250 are 30."""
    paid_out = pounds("WM2425", "WM001", numerator=referrals, register=register)
    assert paid_out == Fraction(worth)


@pytest.mark.parametrize(
    ("indicator", "achieved", "prevalence", "points", "worth"),
    [
        ("HI03", (230, 320), "0.0058", "21.38", "4718.34"),
        ("CAN04", (75, 100), "0.0022", "14.67", "2667.27"),
    ],
)
def test_a_network_is_paid_by_points_list_and_prevalence(
    indicator, achieved, prevalence, points, worth
):
    numerator, denominator = achieved
    national = NETWORKS | {indicator: Fraction(prevalence)}
    numbers = {"numerator": numerator, "denominator": denominator, "list_size": 48_000}
    result = paid("NCD2425", indicator, national, **numbers)
    assert result["points_paid"].value == Fraction(points)
    assert result["pounds"].value == Fraction(worth)


def test_a_network_without_a_national_average_cannot_be_calculated():
    numbers = {"numerator": 1, "denominator": 2, "list_size": 48_000}
    with pytest.raises(LookupError, match="average_list"):
        paid("NCD2425", "HI03", {"HI03": Fraction(1)}, **numbers)


def test_a_yes_earns_all_points_and_a_no_none():
    for answer, points in ((1, 27), (0, 0)):
        result = paid("QOF2324", "QI013", numerator=answer, list_size=9_639)
        assert result["points_paid"].value == points
        assert result["pounds"].value == points * Fraction("213.43")


def test_a_register_that_was_produced_earns_its_points_by_its_prevalence():
    national = {"AF": Fraction("0.02")}
    result = paid("QOF2324", "AF001", national, register=400, list_size=9_639)
    assert result["points_paid"].value == 5
    assert result["apdf"].value == Fraction(400, 9_639) / Fraction("0.02")


def test_qof_of_2023_24_has_76_indicators_for_635_points_in_its_own_domains():
    qof = shipped("QOF2324")
    assert (len(qof.indicators), qof.points) == (76, 635)
    assert [domain.code for domain in qof.domains] == ["CL", "PH", "QI"]
    by_hand = [one for one in qof.indicators if one.numerator == "Yes/No Flag"]
    assert (len(by_hand), sum(one.points for one in by_hand)) == (6, 74)
    assert qof.provisional


def test_a_service_year_need_not_be_a_financial_year():
    shingles = shipped("SHIN2324")
    assert (shingles.starts_on.isoformat(), shingles.ends_on.isoformat()) == (
        "2023-09-01",
        "2024-08-31",
    )


def test_what_was_published_before_a_field_was_added_keeps_its_digest():
    """The digest that QOF 2025/26 had before there were kinds, schemes, fields named, advances."""
    document = shipped("QOF2526").as_json()
    assert document.pop("recovers") == "QOFA2526"
    for indicator in _indicators(document):
        indicator.pop("adjustments", None)
        indicator["sources"].pop("fields", None)
    expected = "5227387bfc63378ec193b990ab56bec32f0ff1befe39c8b68199359cb515b333"
    assert QualityServiceSpecification.model_validate(document).digest == expected


def _indicators(document: Any) -> list[Any]:
    groups = [group for domain in document["domains"] for group in domain["groups"]]
    return [indicator for group in groups for indicator in group["indicators"]]


def test_names_of_fields_that_are_not_confirmed_make_no_figure_provisional():
    by_code = {one.code: one for one in shipped("QOF2526").indicators}
    assert by_code["CHOL003"].sources["fields"].status == "provisional"
    assert not by_code["CHOL003"].provisional
    assert "fields" not in by_code["AF006"].sources


@pytest.mark.parametrize("code", ["NCD2425", "LESPW2526", "CVDP2526", "QOF2324"])
def test_what_is_written_is_read_the_same(code):
    written = shipped(code).as_json()
    assert QualityServiceSpecification.model_validate(written) == shipped(code)
