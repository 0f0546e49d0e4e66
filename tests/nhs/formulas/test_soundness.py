"""What publication refuses."""

import copy
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nhs.formulas.soundness import check
from nhs.formulas.specification import QualityServiceSpecification
from tests.nhs.formulas.qof import qof
from tests.nhs.formulas.shipped import shipped


def changed(change: Any) -> list[str]:
    document = copy.deepcopy(qof().as_json())
    change(document)
    return [p.code for p in check(QualityServiceSpecification.model_validate(document))]


def first_indicator(document: Any) -> Any:
    return document["domains"][0]["groups"][0]["indicators"][0]


def test_the_shipped_service_is_sound():
    assert check(qof()) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: first_indicator(d).update(points="13"), "POINTS_DO_NOT_ADD_UP"),
        (lambda d: first_indicator(d).update(lower="90", upper="40"), "THRESHOLDS_OUT_OF_ORDER"),
        (lambda d: first_indicator(d).update(upper="101"), "THRESHOLDS_OUT_OF_ORDER"),
        (lambda d: first_indicator(d)["bindings"].pop("points"), "NAME_UNBOUND"),
        (lambda d: first_indicator(d)["bindings"].update(points="constants.no"), "NAME_UNBOUND"),
        (lambda d: first_indicator(d).update(formula="unknown@1"), "FORMULA_UNKNOWN"),
        (lambda d: first_indicator(d).update(register=None), "FIELD_MISSING"),
        (lambda d: first_indicator(d).update(prevalence_group=None), "PREVALENCE_GROUP_MISSING"),
        (
            lambda d: first_indicator(d).update(prevalence_adjusted=False),
            "PREVALENCE_GROUP_MISSING",
        ),
        (lambda d: first_indicator(d)["sources"].pop("upper"), "SOURCE_MISSING"),
        (lambda d: d["formulas"][0]["steps"].pop(), "RESULT_MISSING"),
        (
            lambda d: d["formulas"][0]["steps"][-1].__setitem__(1, "sum"),
            "RESULT_NOT_ROUNDED",
        ),
        (lambda d: d["formulas"][0]["steps"][-1].__setitem__(1, "floor"), "ROUNDED_OTHERWISE"),
        (lambda d: d.update(rounding_policy="pounds-0@1"), "ROUNDING_POLICY_UNKNOWN"),
        (lambda d: d.update(rounding_policy=None), "ROUNDING_POLICY_UNKNOWN"),
        (
            lambda d: first_indicator(d)["bindings"].update(points="payment.pounds"),
            "LINE_NOT_NAMED",
        ),
        (
            lambda d: first_indicator(d)["bindings"].update(points="previous.points"),
            "LINE_NOT_NAMED",
        ),
        (lambda d: first_indicator(d)["bindings"].update(points="previous.pounds"), "NAME_UNBOUND"),
        (lambda d: d["parameters"].update(previous_service="QOF2526"), "LINE_STANDS_ON_ITSELF"),
        (lambda d: d.update(recovers="QOF2526"), "LINE_STANDS_ON_ITSELF"),
        (lambda d: d["constants"][0].update(effective="2025-04-02"), "CONSTANT_NOT_IN_FORCE"),
        (lambda d: d.update(starts_on="2024-04-01"), "CONSTANT_NOT_IN_FORCE"),
        (lambda d: d["constants"][1].update(effective="2024-01-01"), "AVERAGE_LIST_OF_ANOTHER_DAY"),
        (
            lambda d: d["parameters"].update(national_list_on="2026-01-01"),
            "AVERAGE_LIST_OF_ANOTHER_DAY",
        ),
        (
            lambda d: d["parameters"].update(prevalence_basis="06OV"),
            "PREVALENCE_BASIS_NOT_SUPPLIED",
        ),
        (
            lambda d: first_indicator(d).update(prevalence_basis="NETWORK_LIST"),
            "PREVALENCE_BASIS_NOT_SUPPLIED",
        ),
        (lambda d: d.update(payment_type="QOF,DES"), "PAYMENT_TYPE_NOT_VALID"),
        (lambda d: d.update(ends_on="2025-03-31"), "DATES_REVERSED"),
        (lambda d: d["constants"].append(d["constants"][0]), "DEFINED_TWICE"),
        (lambda d: d["domains"].append(d["domains"][1]), "DEFINED_TWICE"),
    ],
)
def test_an_unsound_specification_is_refused_with_its_code(change, code):
    assert code in changed(change)


def test_a_constant_that_holds_too_late_is_named_with_both_days():
    document = copy.deepcopy(qof().as_json())
    document["constants"][0]["effective"] = "2025-09-01"
    (problem,) = check(QualityServiceSpecification.model_validate(document))
    assert (problem.where, problem.message, problem.warning) == (
        "pounds_per_point",
        "it holds from 2025-09-01; QOF2526 starts on 2025-04-01",
        False,
    )


def test_a_rule_that_pays_less_for_more_is_found_at_its_break_points():
    def penalise(document: Any) -> None:
        steps = document["formulas"][0]["steps"]
        steps[1] = ["earned", "linear", ["achievement", "upper", "lower", "points"]]
        steps.insert(1, ["slope", "linear", ["achievement", "lower", "upper", "points"]])
        steps[2] = ["earned", "difference", ["points", "slope"]]

    assert "PAYS_LESS_FOR_MORE" in changed(penalise)


def test_paying_less_for_more_is_let_in_where_it_is_meant():
    def penalise(document: Any) -> None:
        steps = document["formulas"][1]["steps"]
        steps.insert(1, ["missed", "difference", ["points", "points"]])
        steps[2] = ["earned", "choose", ["achievement", "missed", "points"]]

    def mean_it(document: Any) -> None:
        penalise(document)
        for domain in document["domains"]:
            for group in domain["groups"]:
                for indicator in group["indicators"]:
                    if indicator["formula"] == "qof-plain@1":
                        indicator["pays_less_because"] = "A penalty that was agreed"

    assert set(changed(penalise)) == {"PAYS_LESS_FOR_MORE"}
    assert changed(mean_it) == []


def test_steps_whose_thresholds_overlap_are_found():
    def step(*thresholds: str, document: Any) -> None:
        steps = document["formulas"][1]["steps"]
        names = [f"indicator.{threshold}" for threshold in thresholds]
        steps[1] = ["earned", "steps", ["achievement", "first", "points", "second", "points"]]
        for domain in document["domains"]:
            for group in domain["groups"]:
                for indicator in group["indicators"]:
                    indicator["bindings"] |= dict(zip(("first", "second"), names, strict=True))

    assert changed(lambda d: step("lower", "upper", document=d)) == []
    for thresholds in (("upper", "lower"), ("lower", "lower")):
        found = changed(lambda d, t=thresholds: step(*t, document=d))
        assert set(found) == {"THRESHOLDS_OUT_OF_ORDER"}


def test_a_service_that_is_only_taken_part_in_measures_nothing():
    assert "KIND_MISMATCH" in changed(lambda d: d.update(kind="PARTICIPATION_ONLY"))
    assert "KIND_MISMATCH" in changed(lambda d: d.update(domains=[], points="0"))


def test_a_practice_has_no_members_to_be_paid_by():
    assert changed(lambda d: d.update(values_from="MEMBERS")) == ["KIND_MISMATCH"]
    assert changed(lambda d: d.update(members_take_part_in="NCDP2526")) == ["KIND_MISMATCH"]


ODD = (None, "0", "-1", "100", "", "X", "national.prevalence", "indicator.lower", [], {}, True)


def places(part: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a document."""
    names: Iterable[Any] = part if isinstance(part, dict) else range(len(part))
    for name in names:
        yield (*way, name)
        if isinstance(part[name], dict | list):
            yield from places(part[name], (*way, name))


@given(st.sampled_from(["NCD2425", "LESPW2526", "WM2425"]), st.data())
def test_whatever_a_draft_holds_it_is_checked_and_never_breaks_the_check(code, data):
    document = copy.deepcopy(shipped(code).as_json())
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(list(places(document))))
        part: Any = document
        for name in way:
            part = part[name]
        part[last] = data.draw(st.sampled_from(ODD))
    with suppress(ValidationError):
        check(QualityServiceSpecification.model_validate(document))


def test_an_unusual_price_of_a_patient_is_a_warning_only():
    def raise_price(document: Any) -> None:
        document["constants"][0]["value"] = "227.95"

    document = copy.deepcopy(qof().as_json())
    raise_price(document)
    problems = check(QualityServiceSpecification.model_validate(document))
    assert [(p.code, p.warning) for p in problems] == [("UNUSUAL_PRICE", True)]


def test_the_digest_is_of_the_content_not_of_its_order():
    document = dict(reversed(qof().as_json().items()))
    assert QualityServiceSpecification.model_validate(document).digest == qof().digest


def test_a_rule_is_provisional_where_any_of_its_figures_is():
    by_code = {indicator.code: indicator for indicator in qof().indicators}
    assert by_code["BP002"].provisional
    assert by_code["AST007"].provisional  # its upper threshold is published, its lower is not
    assert not by_code["CHOL004"].provisional
    assert qof().provisional
