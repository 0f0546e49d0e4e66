"""Tariffs, bands and paths, by the scheme."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs.formulas.scheme import Component
from services.declarations.claims import terms
from services.declarations.claims.domain import Step
from tests.services.declarations.claims.making import (
    END,
    START,
    claim,
    component,
    line,
    scheme,
    tariff,
)


@pytest.mark.parametrize(
    ("amount", "band", "finance"),
    [
        ("0.00", "LOW", False),
        ("14999.99", "LOW", False),
        ("15000.00", "MEDIUM", False),
        ("15000.01", "MEDIUM", True),
        ("49999.50", "MEDIUM", True),
        ("49999.99", "MEDIUM", True),
        ("50000.00", "HIGH", True),
    ],
)
def test_every_amount_has_a_band_and_finance_joins_above_15_000_pounds(amount, band, finance):
    found = terms.band_of(scheme(), Decimal(amount))
    assert found is not None
    assert found.code == band
    assert (Step.FINANCE in terms.path_of([scheme()], Decimal(amount))) == finance


@given(st.integers(0, 10_000_000).map(lambda pence: Decimal(pence) / 100))
def test_no_amount_lies_in_two_bands_or_in_none(amount):
    held = [
        band
        for band in scheme().bands
        if band.at_least <= amount and (band.below is None or amount < band.below)
    ]
    assert held == [terms.band_of(scheme(), amount)]


def of(*tariffs):
    made = Component.model_validate(component("X", *tariffs))
    paid = terms.tariff_of(made, "A81001", START, END)
    return str(paid.amount) if paid else None


def test_a_provider_with_a_tariff_of_its_own_is_paid_that_one():
    general, own = tariff("3.00"), tariff("4.00", provider="A81001")
    assert of(general, own) == of(own, general) == "4.00"
    assert of(general, tariff("9.00", provider="A81002")) == "3.00"
    past = tariff("4.00", provider="A81001", valid_to="2025-06-30")
    assert of(general, past) == "3.00"


def test_a_tariff_holds_from_its_first_day_to_its_last_and_the_later_one_counts():
    assert of(tariff("3.00", valid_to="2025-06-30")) is None
    assert of(tariff("3.00", valid_to="2025-07-01")) == "3.00"
    assert of(tariff("3.00", valid_from="2025-09-30")) == "3.00"
    assert of(tariff("3.00", valid_from="2025-10-01")) is None
    earlier = tariff("3.00", valid_to="2025-08-31")
    assert of(earlier, tariff("3.50", valid_from="2025-09-01")) == "3.50"


@pytest.mark.parametrize(
    "text", ["-1", "1.5", "ten", "", " 1", "1e3", "1000001", "١٢", "+1", "0x1"]
)
def test_what_is_no_whole_number_up_to_a_million_is_no_quantity(text):
    assert terms.units_of(text) is None


@given(st.integers(0, 1_000_000))
def test_every_whole_number_up_to_a_million_is_a_quantity(units):
    assert terms.units_of(str(units)) == units


@given(
    st.integers(0, 1_000_000),
    st.decimals("0", "999999", places=2, allow_nan=False, allow_infinity=False),
)
def test_a_line_is_worth_its_units_by_its_tariff_to_the_penny(units, amount):
    schemes = {"LES2526": scheme(components=[component("WOUND", tariff(str(amount)))])}
    (priced,) = terms.priced(claim(), [line("WOUND", str(units))], schemes)
    assert priced.amount == amount * units
    assert terms.total([priced]) == amount * units


def test_of_several_schemes_every_step_is_taken_and_the_riskiest_band_holds():
    ours = claim()
    other = replace(ours.services[0], service_code="LIS2526")
    schemes = {
        "LES2526": scheme(),
        "LIS2526": scheme(
            approval=[{"step": "PROVIDER"}, {"step": "TIER_1"}, {"step": "TIER_2"}],
            bands=[{"code": "ALL", "name": "All", "at_least": "0.00"}],
        ),
    }
    lines = [line("WOUND", "700"), line("WOUND", "1", 2, service_code="LIS2526")]
    priced = terms.priced(ours, lines, schemes)
    found = terms.terms_of((*ours.services, other), priced, schemes)
    assert found.path == (Step.PROVIDER, Step.TIER_1, Step.TIER_2, Step.FINANCE)
    assert (found.band, found.amount) == ("MEDIUM", Decimal("17525.00"))
    assert [one.amount for one in found.services] == [Decimal("17500.00"), Decimal("25.00")]


def test_a_service_that_is_not_claimed_asks_nobody_to_approve():
    ours = claim()
    other = replace(ours.services[0], service_code="LIS2526")
    path = [{"step": "PROVIDER"}, {"step": "TIER_1"}, {"step": "TIER_2"}]
    schemes = {"LES2526": scheme(), "LIS2526": scheme(approval=path)}
    priced = terms.priced(ours, [line("WOUND", "1")], schemes)
    assert terms.terms_of((*ours.services, other), priced, schemes).path == (
        Step.TIER_1,
        Step.TIER_2,
    )


def test_a_window_is_of_just_its_period():
    assert terms.window_of(scheme(), START, END) is not None
    assert terms.window_of(scheme(), START, date(2025, 9, 29)) is None
