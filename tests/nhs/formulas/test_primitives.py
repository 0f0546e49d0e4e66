"""The twelve primitives of DOMAIN.md 3.8: each is data, and both readers pay the same by it.

What `cqrs verify` makes of them is tested with the receipts of declarations.
"""

from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from nhs.formulas.formula import NOT_EARNABLE
from nhs.formulas.soundness import check
from tests.nhs.formulas.primitives import (
    BEDS,
    CLAWBACK,
    HALF_YEAR,
    LINEAR,
    PROTECTED,
    REGISTER,
    STEP_AND_SLOPE,
    SUM_OF_ROUNDED,
    YES_OR_NO,
    Given,
    compiled,
    explained,
    given,
)

EVERY = (
    LINEAR,
    STEP_AND_SLOPE,
    YES_OR_NO,
    REGISTER,
    BEDS,
    HALF_YEAR,
    CLAWBACK,
    PROTECTED,
    SUM_OF_ROUNDED,
)


def proportion(numerator: int, denominator: int = 100) -> dict[str, int | str]:
    return {"values.numerator": numerator, "values.denominator": denominator}


def month(number: int, of: int = 12) -> dict[str, int | str]:
    return {"period.number": number, "period.count": of, "period.is_last": int(number == of)}


def network(number: int) -> dict[str, int | str]:
    """48,000 registered, 47,000 adjusted (DOMAIN.md 3.9)."""
    populations: dict[str, int | str] = {
        "provider.list_size": 48_000,
        "provider.adjusted_population": "47000",
    }
    return populations | month(number)


def paid(what: Given) -> tuple[str, str]:
    """Points and pounds, which both readers must agree on."""
    tree, pairs = explained(what), compiled(what)
    values = [tree[name].value for name in ("points_paid", "pounds")]
    read = [Fraction(n, d) if d else NOT_EARNABLE for n, d in (pairs[:2], pairs[2:])]
    assert values == read
    shown = [f"{float(v):.2f}" if isinstance(v, Fraction) else v.value for v in values]
    return shown[0], shown[1]


@pytest.mark.parametrize("service", EVERY)
def test_each_may_be_published(service):
    assert check(service) == []


@pytest.mark.parametrize(
    ("percent", "points"), [(89, "0.00"), (92, "7.71"), (96, "18.00"), (97, "18.00")]
)
def test_1_points_on_a_line_between_two_thresholds(percent, points):
    assert paid(given(LINEAR, proportion(percent)))[0] == points


@pytest.mark.parametrize(
    ("percent", "points", "pounds"),
    [
        (89, "0.00", "0.00"),
        (90, "3.00", "603.48"),
        (92, "9.00", "1810.44"),
        (94, "15.00", "3017.40"),
        (95, "18.00", "3620.88"),
        (99, "18.00", "3620.88"),
    ],
)
def test_2_a_step_and_then_a_slope(percent, points, pounds):
    assert paid(given(STEP_AND_SLOPE, proportion(percent))) == (points, pounds)


@pytest.mark.parametrize(("answer", "points"), [(1, "27.00"), (0, "0.00")])
def test_3_a_yes_earns_all_points_and_a_no_none(answer, points):
    known = {"values.numerator": answer, "provider.list_size": 9_639}
    assert paid(given("QOF2324", known, indicator="QI013"))[0] == points


@pytest.mark.parametrize(("answer", "paid_out"), [(1, ("27.00", "5762.61")), (0, ("0.00", "0.00"))])
def test_3_a_yes_chooses_between_all_and_nothing(answer, paid_out):
    assert paid(given(YES_OR_NO, {"values.numerator": answer})) == paid_out


@pytest.mark.parametrize(
    ("register", "paid_out"), [(400, ("5.00", "1067.15")), (0, ("0.00", "0.00"))]
)
def test_4_a_register_of_nobody_earns_nothing(register, paid_out):
    assert paid(given(REGISTER, {"values.register": register})) == paid_out


def test_4_a_register_that_is_there_earns_its_points():
    known = {"values.register": 400, "provider.list_size": 9_639}
    what = given("QOF2324", known, {"AF": "0.02"}, "AF001")
    assert paid(what) == ("5.00", f"{5 * 213.43 * 400 / 9639 / 0.02:.2f}")


CHECKS = {"year.counted": 0}


@pytest.mark.parametrize(
    ("service", "indicator", "known", "pounds"),
    [
        ("FLU2526", "FLU001", {"values.numerator": 137}, "1378.22"),
        ("MMR2526", "MMR001", {"values.numerator": 80}, "964.80"),
        ("LDHC2526", "LD002", CHECKS | {"values.numerator": 12, "values.register": 20}, "1680.00"),
        ("LDHC2526", "LD002", CHECKS | {"values.numerator": 30, "values.register": 25}, "3500.00"),
        ("WM2425", "WM001", {"values.numerator": 41, "values.register": 1000}, "471.50"),
        ("WM2425", "WM001", {"values.numerator": 41, "values.register": 250}, "345.00"),
    ],
)
def test_5_a_fee_for_each_up_to_a_cap(service, indicator, known, pounds):
    assert paid(given(service, known, indicator=indicator)) == ("0.00", pounds)


@pytest.mark.parametrize(("beds", "pounds"), [(3, "50.00"), (8, "80.00"), (40, "300.00")])
def test_5_a_fee_for_no_fewer_than_a_least_number(beds, pounds):
    known = {"values.numerator": beds, "values.register": 30}
    assert paid(given(BEDS, known)) == ("0.00", pounds)


@pytest.mark.parametrize(
    ("indicator", "month", "last"),
    [
        ("CORE", "11605.83", "11605.87"),  # £139,270.00 a year
        ("ACCESS", "30056.50", "30056.50"),  # £360,678.00
        ("CASP", "8904.93", "8904.97"),  # 70 % of £152,656.00
    ],
)
def test_6_so_much_a_head_in_months_of_which_the_last_takes_the_remainder(indicator, month, last):
    months = [paid(given("PCNF2425", network(n), indicator=indicator))[1] for n in range(1, 13)]
    assert months == [month] * 11 + [last]


def test_6_so_much_a_head_for_a_year_is_the_sum_of_its_months():
    years = {"CORE": "139270.00", "ACCESS": "360678.00", "CASP": "106859.20"}
    for indicator, year in years.items():
        tree = [explained(given("PCNF2425", network(n), indicator=indicator)) for n in (1, 12)]
        first, last = (one["pounds"].value for one in tree)
        assert first * 11 + last == Fraction(year) == tree[0]["year"].value
    assert tree[0]["whole"].value == Fraction("152656.00")  # capacity and access, before its share


def test_6_so_much_a_head_for_half_a_year():
    known = {"provider.adjusted_population": "47000.5"}
    assert paid(given(HALF_YEAR, known)) == ("0.00", "180340.92")


@pytest.mark.parametrize(
    ("indicator", "achieved", "prevalence", "paid_out"),
    [
        ("HI03", (230, 320), "0.0058", ("21.38", "4718.34")),
        ("CAN04", (75, 100), "0.0022", ("14.67", "2667.27")),
    ],
)
def test_7_multiplied_by_list_and_prevalence(indicator, achieved, prevalence, paid_out):
    known = proportion(*achieved) | {"provider.list_size": 48_000}
    national = {"average_list": 49_500, indicator: prevalence}
    assert paid(given("NCD2425", known, national, indicator)) == paid_out


@pytest.mark.parametrize("number", range(1, 13))
def test_8_a_percentage_of_another_payment(number):
    """£100,000.00 last year: eleven times 6,666.67 and once 6,666.63."""
    what = given("QOFA2526", {"payment.pounds": "100000"} | month(number))
    expected = "6666.63" if number == 12 else "6666.67"
    assert paid(what._replace(indicator="ASP001")) == ("0.00", expected)


@pytest.mark.parametrize(
    ("vaccinated", "pounds"), [(79, "-241.20"), (80, "0.00"), (81, "0.00"), (0, "-241.20")]
)
def test_9_what_falls_short_takes_part_of_the_fees_back(vaccinated, pounds):
    known = proportion(vaccinated) | {"payment.pounds": "482.40"}
    assert paid(given(CLAWBACK, known)) == ("0.00", pounds)


def test_9_where_nobody_was_to_be_reached_nothing_is_taken_back():
    known = proportion(0, 0) | {"payment.pounds": "482.40"}
    assert paid(given(CLAWBACK, known)) == ("0.00", "NOT_EARNABLE")


def test_10_the_points_of_the_year_before_are_paid_at_this_year_s_rates():
    known = {"previous.points": "4.37", "provider.list_size": 12_000}
    exact = Fraction("4.37") * Fraction("220.62") * Fraction(12_000, 9_964)
    assert paid(given(PROTECTED, known)) == ("4.37", f"{float(exact):.2f}")


def test_11_a_network_is_paid_by_its_sums_not_by_an_average_of_percentages():
    """100 of 150 and 130 of 170 are 230 of 320; the average of the two would give 20.82."""
    members = ((100, 150), (130, 170))
    sums = tuple(sum(values) for values in zip(*members, strict=True))
    known = proportion(*sums) | {"provider.list_size": 48_000}
    what = given("NCD2425", known, {"average_list": 49_500, "HI03": "0.0058"}, "HI03")
    assert paid(what) == ("21.38", "4718.34")


def test_12_each_part_of_a_sum_is_rounded_for_itself():
    """Half a penny twice is two pennies: together they would be one."""
    known = {"values.numerator": 1, "values.register": 1}
    assert paid(given(SUM_OF_ROUNDED, known)) == ("0.00", "0.68")


bases = st.decimals(0, 10**7, places=2).map(str)


@drawn(bases, st.sampled_from([1, 2, 4, 12]))
def test_the_periods_of_a_year_add_up_to_the_year(base, of):
    tree = [
        explained(given("QOFA2526", {"payment.pounds": base} | month(n, of), indicator="ASP001"))
        for n in range(1, of + 1)
    ]
    assert sum(one["pounds"].value for one in tree) == tree[0]["year"].value


@drawn(st.integers(0, 400), st.integers(1, 400), bases)
def test_more_coverage_never_pays_less_where_fees_are_taken_back(fewer, cohort, fees):
    def pounds(numerator: int) -> Fraction:
        known = proportion(min(numerator, cohort), cohort) | {"payment.pounds": fees}
        value = explained(given(CLAWBACK, known))["pounds"].value
        assert isinstance(value, Fraction)
        return value

    assert pounds(fewer) <= pounds(fewer + 1)


@drawn(st.integers(1, 90_000), st.integers(1, 50))
def test_a_network_n_times_the_size_is_paid_n_times_as_much_before_rounding(people, times):
    def whole(size: int) -> Fraction:
        known = network(1) | {"provider.list_size": size, "provider.adjusted_population": size}
        value = explained(given("PCNF2425", known, indicator="CORE"))["whole"].value
        assert isinstance(value, Fraction)
        return value

    assert whole(people * times) == whole(people) * times
