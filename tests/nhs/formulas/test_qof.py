"""The vectors of DOMAIN.md 3.9 that QOF needs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs.formulas.explain import Explained, explain
from nhs.formulas.formula import NOT_EARNABLE
from nhs.formulas.operators import half_up, linear
from tests.nhs.formulas.qof import WORKED, Worked, paid, qof
from tests.nhs.formulas.shipped import shipped

BY_PREVALENCE = qof().formula("qof-prevalence@1")
YES_NO = shipped("QOF2324").formula("yes-no@1")
ALL = {"numerator": Fraction(1), "denominator": Fraction(1), "lower": Fraction(0)}
ALL |= {"upper": Fraction(1)}
"""Everybody was achieved: all points are earned."""


def number(explained: Explained) -> Fraction:
    assert isinstance(explained.value, Fraction)
    return explained.value


def pence(explained: Explained) -> str:
    """Two places; what cannot be earned pays nothing."""
    if explained.value is NOT_EARNABLE:
        return "0.00"
    return f"{int(number(explained) * 100) / 100:.2f}"


def share(**values: str | int | Fraction) -> dict[str, Explained]:
    """What all points of an indicator are worth, by the shipped formula."""
    return explain(BY_PREVALENCE, ALL | {name: Fraction(n) for name, n in values.items()})


@pytest.mark.parametrize("worked", WORKED, ids=[w.indicator for w in WORKED])
def test_each_worked_indicator_earns_its_points_and_pounds(worked):
    result = paid(worked)
    assert (pence(result["points_paid"]), pence(result["pounds"])) == (worked.points, worked.pounds)


def test_the_worked_practice_is_paid_37227_05_for_139_47_points():
    results = [paid(worked) for worked in WORKED]
    earned = [r for r in results if r["pounds"].value is not NOT_EARNABLE]
    assert sum(number(r["points_paid"]) for r in earned) == Fraction("139.47")
    assert sum(number(r["pounds"]) for r in earned) == Fraction("37227.05")


@pytest.mark.parametrize(
    ("numerator", "denominator", "points", "pounds"),
    [
        (132, 660, "0.00", "0.00"),  # E1: exactly the lower threshold
        (330, 660, "44.00", "11328.26"),  # E2: exactly the upper
        (400, 660, "44.00", "11328.26"),  # E3: above it
        (130, 660, "0.00", "0.00"),  # E4: below the lower
        (157, 704, "3.38", None),  # E10: exactly 27/8 points
    ],
)
def test_thresholds_are_met_exactly(numerator, denominator, points, pounds):
    result = paid(Worked("CHOL004", numerator, denominator, 700, "0.0602", "", ""))
    assert pence(result["points_paid"]) == points
    assert pounds is None or pence(result["pounds"]) == pounds


def test_a_denominator_of_nought_is_not_earnable_rather_than_nought():
    result = paid(Worked("CHOL004", 0, 0, 700, "0.0602", "", ""))
    assert result["points_paid"].value is NOT_EARNABLE
    assert result["pounds"].as_json()["value"] == "NOT_EARNABLE"


def test_a_tie_is_rounded_up():
    result = paid(Worked("BP002", 1253, 2500, None, None, "", ""))
    assert number(result["earned"]) == Fraction("0.045")
    assert pence(result["points_paid"]) == "0.05"


def test_an_empty_register_pays_nothing_for_the_points_earned():
    result = paid(Worked("CHOL004", 330, 660, 0, "0.0602", "", ""))
    assert (pence(result["points_paid"]), pence(result["pounds"])) == ("44.00", "0.00")


def test_an_atrial_fibrillation_payment_as_lincolnshire_lmc_works_it():
    practice = {"list_size": 171, "average_list": 100, "register": 29}
    national = {"national_prevalence": Fraction(20, 171), "pounds_per_point": "207.56"}
    result = share(**practice, **national, points=29)
    assert (number(result["cpi"]), number(result["apdf"])) == (Fraction("1.71"), Fraction("1.45"))
    assert number(result["payment"]) == Fraction("14924.70558")
    assert pence(result["pounds"]) == "14924.71"


@pytest.mark.parametrize(("register", "pounds"), [(53, "6619.98"), (72, "8993.18")])
def test_a_dementia_payment_as_ardens_works_it(register, pounds):
    practice = {"list_size": 10_000, "average_list": 8_799, "register": register}
    national = {"national_prevalence": "0.0078", "points": 44, "pounds_per_point": "194.83"}
    assert pence(share(**practice, **national)["pounds"]) == pounds


@pytest.mark.parametrize(
    ("cpi", "pounds"), [("1", "14885.84"), ("0.5", "7442.92"), ("2", "29771.68")]
)
def test_seventy_four_points_scale_with_the_list(cpi, pounds):
    values = {"answer": 1, "points": 74, "pounds_per_point": "201.16"}
    values |= {"list_size": cpi, "average_list": 1}
    result = explain(YES_NO, {name: Fraction(value) for name, value in values.items()})
    assert pence(result["pounds"]) == pounds


def test_a_prevalence_factor_multiplies_the_value_of_a_point():
    practice = {"list_size": 10, "average_list": 10, "register": 3}
    national = {"national_prevalence": "0.2", "points": 1, "pounds_per_point": 125}
    assert pence(share(**practice, **national)["pounds"]) == "187.50"


def test_a_contractor_population_index_is_shown_with_two_places():
    practice = {"list_size": 15_326, "average_list": 9_962, "register": 1}
    national = {"national_prevalence": "0.2", "points": 1, "pounds_per_point": 1}
    assert half_up(number(share(**practice, **national)["cpi"]), 2) == Fraction("1.54")


def test_published_proportions_give_published_points():
    practice = {"list_size": 10, "average_list": 10, "register": 1}
    national = {"national_prevalence": "0.1", "points": 29, "pounds_per_point": 1}
    achieved = {"numerator": 811_724_137_931_034, "denominator": 10**15}
    assert pence(share(**practice, **national, **achieved)["points_paid"]) == "23.54"


def test_three_practices_share_exactly_what_three_average_ones_would_get():
    practices = [(6_000, 300), (12_000, 900), (15_000, 600)]
    national = Fraction(1_800, 33_000)
    pounds = [
        share(
            list_size=size,
            register=register,
            average_list=11_000,
            national_prevalence=national,
            points=10,
            pounds_per_point=100,
        )["pounds"].value
        for size, register in practices
    ]
    assert pounds == [500, 1_500, 1_000]


lists = st.tuples(st.integers(1, 60_000), st.integers(0, 20_000))


@given(st.lists(lists, min_size=1, max_size=30).filter(lambda p: any(r for _, r in p)))
def test_prevalence_only_redistributes(practices):
    patients, registered = sum(s for s, _ in practices), sum(r for _, r in practices)
    common = {
        "average_list": Fraction(patients, len(practices)),
        "national_prevalence": Fraction(registered, patients),
        "points": Fraction(1),
        "pounds_per_point": Fraction(1),
    }
    paid_out = [number(share(**common, list_size=s, register=r)["payment"]) for s, r in practices]
    assert sum(paid_out) == len(practices)


@given(st.sampled_from(WORKED), st.integers(1, 3_000), st.data())
def test_more_achievement_never_pays_less(worked, denominator, data):
    fewer = data.draw(st.integers(0, denominator))
    more = data.draw(st.integers(fewer, denominator))
    low, high = (
        number(paid(worked._replace(numerator=n, denominator=denominator))["pounds"])
        for n in (fewer, more)
    )
    assert low <= high


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 50))
def test_points_depend_on_the_proportion_alone(numerator, denominator, times):
    points = [
        linear(
            Fraction(numerator * k, denominator * k), Fraction(2, 5), Fraction(9, 10), Fraction(12)
        )
        for k in (1, times)
    ]
    assert points[0] == points[1]


@given(st.integers(1, 50_000), st.integers(1, 20))
def test_a_practice_n_times_the_size_is_paid_n_times_as_much(list_size, times):
    worked = WORKED[0]
    once = number(paid(worked, list_size=list_size)["payment"])
    grown = worked._replace(register=(worked.register or 0) * times)
    assert number(paid(grown, list_size=list_size * times)["payment"]) == once * times


def test_the_shipped_service_has_44_indicators_for_564_points():
    assert len(qof().indicators) == 44
    assert sum(i.points for i in qof().indicators) == qof().points == 564
    plain = [i.points for i in qof().indicators if not i.prevalence_adjusted]
    assert sum(plain) == 102
