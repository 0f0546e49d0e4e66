"""How many more patients earn more: the fewest, by the compiled rules and by nothing else."""

from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.calculation.domain import RuleBook, line_of, rule_book
from services.declarations.forecast.domain import Expected, Numbers, Worth, expected, worth
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import worked_prevalences, worked_values

LIST = 12_000


@cache
def book() -> RuleBook:
    known = {group: Fraction(value) for group, value in worked_prevalences().items()}
    return rule_book(qof(), None, known)


def found(code: str, numerator: int, denominator: int, register: int = 700) -> Expected:
    rule = next(rule for rule in book().rules if rule.indicator == code)
    indicator = next(one for one in qof().indicators if one.code == code)
    values = {"numerator": numerator, "denominator": denominator, "register": register}
    return expected(rule, indicator, values, LIST, {})


def test_ninety_nine_more_reach_the_upper_threshold():
    one = found("CHOL004", 231, 660)
    assert one.worth == Worth(2200, 566413)
    assert one.following is not None
    assert one.everything is not None
    assert (one.following.patients, one.following.gain.hundredths) == (1, 22)
    assert (one.everything.patients, one.everything.gain) == (99, Worth(2200, 566413))
    assert one.everything.words(with_pounds=True) == (
        "99 more patients reach the upper threshold of 50 %: +22.00 points, about £5,664.13"
    )
    assert one.following.words(with_pounds=False) == "1 more patient earns more: +0.22 points"


def test_at_the_lower_threshold_one_more_gets_above_it():
    one = found("CHOL004", 132, 660)
    assert one.worth == Worth(0, 0)
    assert one.following is not None
    assert one.following.words(with_pounds=False) == (
        "1 more patient gets above the lower threshold of 20 %: +0.22 points"
    )
    low = found("CHOL004", 100, 660)
    assert low.following is not None
    assert low.following.patients == 33


def test_one_short_of_the_upper_threshold_is_one_patient():
    one = found("CHOL004", 329, 660)
    assert one.everything is not None
    assert one.everything.words(with_pounds=False) == (
        "1 more patient reaches the upper threshold of 50 %: +0.22 points"
    )


@pytest.mark.parametrize(("numerator", "denominator"), [(330, 660), (660, 660), (0, 0)])
def test_where_everything_is_earned_or_nothing_can_be_there_is_no_step(numerator, denominator):
    one = found("CHOL004", numerator, denominator)
    assert (one.following, one.everything) == (None, None)


def test_a_value_that_is_not_there_is_named_and_earns_nothing_yet():
    rule = next(rule for rule in book().rules if rule.indicator == "CHOL004")
    indicator = next(one for one in qof().indicators if one.code == "CHOL004")
    one = expected(rule, indicator, {"numerator": 5}, LIST, {})
    assert (one.worth, one.missing) == (None, ("denominator", "register"))
    known = {"CHOL004": {"numerator": 5}}
    assert worth([rule], known, LIST, {}) == (Worth(0, 0), ("CHOL004",))


def test_the_whole_is_what_the_calculation_says():
    """DOMAIN 3.9 B."""
    values = {
        code: dict(zip(("numerator", "denominator", "register"), numbers, strict=True))
        for code, numbers in worked_values().items()
    }
    assert worth(book().rules, values, LIST, {}) == (Worth(13947, 3722705), ())


CODES = st.sampled_from([rule.indicator for rule in book().rules])


@given(CODES, st.integers(1, 120), st.data())
def test_the_steps_are_the_first_there_are(code: str, denominator: int, data: st.DataObject):
    numerator = data.draw(st.integers(0, denominator))
    one = found(code, numerator, denominator)
    rule = next(rule for rule in book().rules if rule.indicator == code)

    def at(number: int) -> Worth:
        values: Numbers = {"numerator": number, "denominator": denominator, "register": 700}
        line = line_of(rule, values, LIST, {})
        return Worth(line[4], line[5])

    ahead = range(numerator + 1, denominator + 1)
    first = next((n for n in ahead if at(n).beyond(at(numerator))), None)
    whole = next((n for n in ahead if at(n) == at(denominator)), None)
    if at(numerator) == at(denominator):
        whole = None
    assert (one.following.patients + numerator if one.following else None) == first
    assert (one.everything.patients + numerator if one.everything else None) == whole
    if one.everything:
        assert one.everything.gain == at(denominator).less(at(numerator))


def made(formula: list[list[object]], indicator: dict[str, object]) -> Expected:
    """An indicator of a service made up for the rule; its values are under `values`."""
    values = indicator.pop("values")
    specification = qof().model_dump(mode="json", by_alias=True)
    one = {
        "code": "XX001",
        "name": "Made up",
        "points": "0.00",
        "formula": "made-up@1",
        "sources": {},
    } | indicator
    group = {"code": "XX", "name": "Made up", "points": one["points"], "indicators": [one]}
    domain = {"code": "X", "name": "Made up", "points": one["points"], "groups": [group]}
    specification |= {
        "domains": [domain],
        "points": one["points"],
        "formulas": [{"formula": one["formula"], "steps": formula}],
    }
    service = QualityServiceSpecification.model_validate(specification)
    (rule,) = rule_book(service, None, {}).rules
    return expected(rule, service.indicators[0], values, LIST, {})  # type: ignore[arg-type]  # numbers


_FEE = [
    ["earned", "difference", ["count", "count"]],
    ["points_paid", "round2", ["earned"]],
]


def test_each_of_any_number_is_paid_for_and_there_is_no_end_to_it():
    paid = ["payment", "product", ["count", "pounds_per_point"]]
    one = made(
        [*_FEE, paid, ["pounds", "round2", ["payment"]]],
        {
            "numerator": "Numerator",
            "bindings": {
                "count": "values.numerator",
                "pounds_per_point": "constants.pounds_per_point",
            },
            "values": {"numerator": 7},
        },
    )
    assert one.following is not None
    assert (one.following.patients, one.following.gain.pounds) == (1, Decimal("225.49"))
    assert one.everything is None
    assert one.following.words(with_pounds=True) == (
        "1 more earns anything more: +0.00 points, about £225.49"
    )


def test_what_is_capped_by_the_register_has_an_end():
    capped = ["capped", "min", ["count", "register"]]
    paid = ["payment", "product", ["capped", "pounds_per_point"]]
    one = made(
        [*_FEE, capped, paid, ["pounds", "round2", ["payment"]]],
        {
            "numerator": "Numerator",
            "register": "Register",
            "bindings": {
                "count": "values.numerator",
                "register": "values.register",
                "pounds_per_point": "constants.pounds_per_point",
            },
            "values": {"numerator": 7, "register": 10},
        },
    )
    assert one.everything is not None
    assert (one.everything.patients, one.everything.gain.pounds) == (3, Decimal("676.47"))


def test_a_question_is_answered_by_a_yes():
    paid = ["payment", "product", ["points_paid", "pounds_per_point"]]
    one = made(
        [
            ["earned", "product", ["answer", "points"]],
            ["points_paid", "round2", ["earned"]],
            paid,
            ["pounds", "round2", ["payment"]],
        ],
        {
            "points": "10.00",
            "formula": "yes-no@1",
            "numerator": "Yes/No Flag",
            "bindings": {
                "answer": "values.numerator",
                "points": "indicator.points",
                "pounds_per_point": "constants.pounds_per_point",
            },
            "values": {"numerator": 0},
        },
    )
    assert one.everything is not None
    assert one.everything.words(with_pounds=False) == "A yes earns everything: +10.00 points"
