"""One list of steps, two readers: interpreted and compiled, always equal."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nhs.formulas import binding
from nhs.formulas.compilation import compile_formula
from nhs.formulas.explain import explain
from nhs.formulas.formula import ARITY, NOT_EARNABLE, Formula, Value
from tests.nhs.formulas.qof import WORKED, inputs, qof

COUNTS = ("a", "b", "c")
CONSTANTS = ("k", "m")
small = st.integers(-6, 30)
fractions = st.builds(Fraction, small, st.integers(1, 7))


@st.composite
def formulas(draw: st.DrawFn) -> Formula:
    known = [*COUNTS, *CONSTANTS]
    steps = []
    for position in range(draw(st.integers(1, 8))):
        operator = draw(st.sampled_from(sorted(ARITY)))
        least, most = ARITY[operator]
        sizes = [3, 5] if operator == "steps" else range(least, (most or 4) + 1)
        size = draw(st.sampled_from(list(sizes)))
        arguments = [draw(st.sampled_from(known)) for _ in range(size)]
        steps.append((f"s{position}", operator, arguments))
        known.append(f"s{position}")
    return Formula.model_validate({"formula": "any@1", "steps": steps})


def value(n: int, d: int) -> Value:
    return Fraction(n, d) if d else NOT_EARNABLE


@given(formulas(), st.tuples(small, small, small), st.tuples(fractions, fractions))
def test_the_compiled_formula_equals_the_explained_one(formula, counts, constants):
    fixed = dict(zip(CONSTANTS, constants, strict=True))
    names = [step.name for step in formula.steps]
    calculate = compile_formula(formula, constants=fixed, counts=COUNTS, outputs=names)
    flat = calculate(*counts)
    given_ = dict(zip(COUNTS, map(Fraction, counts), strict=True)) | fixed
    explained = explain(formula, given_)
    assert [value(*flat[i : i + 2]) for i in range(0, len(flat), 2)] == [
        explained[name].value for name in names
    ]
    assert all(d >= 0 for d in flat[1::2])


@pytest.mark.parametrize("worked", WORKED, ids=[w.indicator for w in WORKED])
def test_the_worked_indicators_compile_to_the_same_pounds(worked):
    indicator = next(i for i in qof().indicators if i.code == worked.indicator)
    formula, every = qof().formula(indicator.formula), inputs(worked)
    counts = tuple(binding.variables(indicator))
    fixed = {name: number for name, number in every.items() if name not in counts}
    calculate = compile_formula(formula, constants=fixed, counts=counts, outputs=("pounds",))
    n, d = calculate(*(int(every[name]) for name in counts))
    assert value(n, d) == explain(formula, every)["pounds"].value


def test_a_receipt_is_the_tree_of_every_value_over_its_arguments():
    receipt = explain(qof().formula("qof-plain@1"), inputs(WORKED[8]))["pounds"].as_json()
    assert receipt["operator"] == "round2"
    payment = receipt["arguments"][0]
    assert [a["name"] for a in payment["arguments"]] == ["points_paid", "pounds_per_point", "cpi"]
    assert payment["arguments"][1] == {"name": "pounds_per_point", "value": "22549/100"}


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([["x", "cube", ["a"]]], "no operator cube"),
        ([["x", "ratio", ["a"]]], "does not take 1"),
        ([["x", "sum", ["a"]], ["x", "sum", ["a"]]], "defined twice"),
        ([["x", "sum", ["y"]], ["y", "sum", ["a"]]], "takes y before it is"),
        ([["x", "steps", ["a", "b", "c", "a"]]], "then pairs"),
        ([["x; import os", "sum", ["a"]]], "pattern"),
    ],
)
def test_a_malformed_formula_is_refused_with_the_reason(steps, says):
    with pytest.raises(ValidationError, match=says):
        Formula.model_validate({"formula": "bad@1", "steps": steps})


@pytest.mark.parametrize(
    ("percent", "points"), [(89, "0"), (90, "3"), (92, "9"), (94, "15"), (95, "18"), (99, "18")]
)
def test_a_step_and_a_slope_are_expressible(percent, points):
    formula = Formula.model_validate(
        {
            "formula": "vi-2021@1",
            "steps": [
                ["coverage", "ratio", ["numerator", "denominator"]],
                ["at_once", "steps", ["coverage", "lower", "step_points"]],
                ["sliding", "linear", ["coverage", "lower", "upper", "slope_points"]],
                ["points_paid", "sum", ["at_once", "sliding"]],
            ],
        }
    )
    numbers = {"numerator": percent, "denominator": 100, "step_points": 3, "slope_points": 15}
    fixed = {"lower": Fraction(90, 100), "upper": Fraction(95, 100)}
    given_ = {name: Fraction(number) for name, number in numbers.items()} | fixed
    assert explain(formula, given_)["points_paid"].value == Fraction(points)


def test_a_capped_fee_is_expressible():
    formula = Formula.model_validate(
        {
            "formula": "referral@1",
            "steps": [
                ["paid_for", "min", ["referrals", "allocation"]],
                ["payment", "product", ["paid_for", "fee"]],
                ["pounds", "round2", ["payment"]],
            ],
        }
    )
    given_ = {"referrals": Fraction(41), "allocation": Fraction(30), "fee": Fraction("11.50")}
    assert explain(formula, given_)["pounds"].value == Fraction(345)
