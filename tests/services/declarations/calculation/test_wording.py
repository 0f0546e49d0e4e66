"""What a line pays, in words that a practice manager understands."""

from typing import Any

import pytest
from hypothesis import given as drawn

from nhs.formulas.explain import explain
from services.declarations.calculation import wording
from services.declarations.calculation.wording import Facts
from tests.nhs.formulas.primitives import (
    CLAWBACK,
    STEP_AND_SLOPE,
    Given,
    explained,
    given,
    indicator_of,
)
from tests.nhs.formulas.qof import qof
from tests.nhs.formulas.shipped import FOLDER, shipped
from tests.nhs.formulas.test_readers import COUNTS, formulas, fractions, small

CHOL = next(one for one in qof().indicators if one.code == "CHOL004")


def facts(what: Given) -> Facts:
    indicator = indicator_of(what)
    formula = what.service.formula(indicator.formula)
    return wording.facts(formula, explained(what), indicator.bindings)


def said(what: Given) -> str:
    return wording.summary(facts(what))


def chol(numerator: int, denominator: int) -> Given:
    known = {
        "values.numerator": numerator,
        "values.denominator": denominator,
        "values.register": 700,
        "provider.list_size": 12_000,
    }
    return given("QOF2526", known, {str(CHOL.prevalence_group): "0.0602"}, "CHOL004")


def test_a_practice_reads_what_it_achieved_and_what_a_point_is_worth():
    assert said(chol(231, 660)) == (
        "You achieved this for 231 of 660 patients, 35.00 %. Payment begins above 20 % and is full "
        "at 50 %, so you earn 22.00 of 44 points. Each point is worth £225.49 for an average list "
        "of 10,184; yours is 12,000. 700 of your patients, 5.83 %, are on the register against "
        "6.02 % in England, so the payment is £5,664.13."
    )


@pytest.mark.parametrize(
    ("numerator", "denominator", "says"),
    [
        (0, 0, "It applied to none of your patients, so its 44 points cannot be earned"),
        (132, 660, "20.00 %. Payment begins above 20 % and is full at 50 %, so you earn none"),
        (330, 660, "you earn all of its 44 points"),
        (20_001, 100_000, "20.001 %. Payment begins above 20 %"),
    ],
)
def test_the_edges_are_said_so_that_nobody_wonders(numerator, denominator, says):
    assert says in said(chol(numerator, denominator))


def month(last: int) -> dict[str, Any]:
    return {"period.number": 12 if last else 1, "period.count": 12, "period.is_last": last}


SHORT = {"values.numerator": 79, "values.denominator": 100}
CHECKS = {"values.numerator": 30, "values.register": 25}
NETWORK = {"provider.list_size": 48_000, "provider.adjusted_population": "47000"}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (
            given("LDHC2526", CHECKS | {"year.counted": 0}, {}, "LD002"),
            (
                "30 were counted; no more are paid for in a year than the 25 on the register, so "
                "25 are, at £140.00 each: £3,500.00."
            ),
        ),
        (
            given("LDHC2526", CHECKS | {"year.counted": 20}, {}, "LD002"),
            (
                "30 were counted, after 20 in other periods of the year; no more are paid for in a "
                "year than the 25 on the register, so 5 are, at £140.00 each: £700.00."
            ),
        ),
        (
            given("FLU2526", {"values.numerator": 1370}, {}, "FLU001"),
            "1,370 were counted at £10.06 each: £13,782.20.",
        ),
        (
            given("WM2425", {"values.numerator": 41, "values.register": 250}, {}, "WM001"),
            (
                "41 were counted. 12 % of your register of 250 are allocated, 30 whole ones, so 30 "
                "are paid for at £11.50 each: £345.00."
            ),
        ),
        (
            given("QOFA2526", {"payment.pounds": "100000", **month(1)}, {}, "ASP001"),
            (
                "The achievement payment of the year before was £100,000.00. 80 % of it, "
                "£80,000.00, is advanced; the last of 12 parts takes what is left: £6,666.63. It "
                "is taken off the achievement payment of this year."
            ),
        ),
        (
            given("PCNF2425", {**NETWORK, **month(0)}, {}, "CORE"),
            (
                "£2.218 for each of 48,000 registered patients and £0.698 for each of an "
                "adjusted population of 47,000 make £139,270.00 a year; each of 12 parts of it is "
                "£11,605.83."
            ),
        ),
        (
            given("PCNF2425", {**NETWORK, **month(0)}, {}, "CASP"),
            (
                "£3.248 for each of an adjusted population of 47,000 makes £152,656.00. 70 % of "
                "it, £106,859.20, is paid over the year; each of 12 parts of it is £8,904.93."
            ),
        ),
        (
            given("QOF2324", {"values.numerator": 0, "provider.list_size": 1}, {}, "QI013"),
            "It was answered No, which earns none of its 27 points.",
        ),
        (
            given(CLAWBACK, {**SHORT, "payment.pounds": "482.40"}),
            "Payment: short of 1.00 % is above nought, so -£241.20.",
        ),
    ],
)
def test_each_kind_of_payment_is_said_in_its_own_words(what, says):
    assert said(what) == says


def test_a_formula_without_words_of_its_own_is_told_by_its_last_steps():
    known = {"values.numerator": 92, "values.denominator": 100}
    assert said(given(STEP_AND_SLOPE, known)) == (
        "You earn 9.00 points. Payment: points paid for 9.00 × pounds for a point £201.16 = "  # noqa: RUF001 - the sign that people read
        "£1,810.44."
    )


def test_every_step_is_a_sentence():
    steps = wording.steps(facts(chol(231, 660)))
    assert steps[0] == "Achievement: numerator 231 ÷ denominator 660 = 35.00 %."
    assert steps[1] == (
        "Earned: achievement 35.00 %, with nothing up to the lower threshold 20.00 % and all at "
        "the upper threshold 50.00 %, gives 22.00."
    )
    assert len(steps) == 8
    assert steps[-1].endswith("to two decimal places, is £5,664.13.")


def test_every_shipped_formula_has_words_of_its_own():
    codes = (file.stem for file in FOLDER.glob("*.json"))
    used = {formula.formula for code in codes for formula in shipped(code).formulas}
    assert {name.partition("@")[0] for name in used} <= set(wording._SUMMARIES)


@drawn(formulas(), small, fractions)
def test_any_formula_is_told_and_never_fails(formula, count, constant):
    inputs = dict.fromkeys(formula.inputs, constant) | dict.fromkeys(COUNTS, constant + count)
    found = wording.facts(formula, explain(formula, inputs), {})
    assert wording.summary(found)
    assert all(sentence.endswith(".") for sentence in wording.steps(found))
