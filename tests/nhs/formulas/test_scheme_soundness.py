"""What publication refuses of a local scheme."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from nhs.formulas.soundness import check
from nhs.formulas.specification import QualityServiceSpecification
from tests.nhs.formulas.shipped import shipped

Document = dict[str, Any]


def codes(change: Callable[[Document], object]) -> list[str]:
    document = copy.deepcopy(shipped("LESPW2526").as_json())
    change(document)
    return [p.code for p in check(QualityServiceSpecification.model_validate(document))]


def scheme(document: Document) -> Document:
    found: Document = document["scheme"]
    return found


def tariffs(document: Document) -> list[Document]:
    found: list[Document] = scheme(document)["components"][0]["tariffs"]
    return found


def test_a_tariff_of_one_provider_may_hold_beside_that_of_all_others():
    assert codes(lambda d: tariffs(d).append(tariffs(d)[0] | {"provider": "A81001"})) == []
    assert codes(lambda d: [tariff.update(provider="A81001") for tariff in tariffs(d)]) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: tariffs(d)[0].update(amount="-0.01"), "TARIFF_NEGATIVE"),
        (lambda d: tariffs(d)[0].update(valid_to="2025-10-01"), "TARIFFS_OVERLAP"),
        (lambda d: tariffs(d)[0].update(valid_to=None), "TARIFFS_OVERLAP"),
        (lambda d: tariffs(d)[0].update(valid_to="2025-03-31"), "DATES_REVERSED"),
        (lambda d: tariffs(d).clear(), "TARIFF_MISSING"),
        (lambda d: scheme(d)["components"].clear(), "NOTHING_CLAIMED"),
        (lambda d: scheme(d)["components"].append(scheme(d)["components"][0]), "DEFINED_TWICE"),
        (lambda d: scheme(d)["components"][0].update(evidence=["NONE"]), "NAME_UNBOUND"),
        (
            lambda d: scheme(d)["evidence"][0].update(accepts=["csv", "doc"]),
            "EVIDENCE_TYPE_UNKNOWN",
        ),
        (lambda d: scheme(d)["evidence"][0].update(accepts=["PDF"]), "EVIDENCE_TYPE_UNKNOWN"),
        (lambda d: scheme(d)["evidence"][0].update(accepts=[".pdf"]), "EVIDENCE_TYPE_UNKNOWN"),
        (lambda d: scheme(d)["windows"].clear(), "NOTHING_CLAIMED"),
        (lambda d: scheme(d)["windows"].reverse(), "WINDOWS_OUT_OF_ORDER"),
        (lambda d: scheme(d)["windows"][0].update(closes_on="2025-06-30"), "DATES_REVERSED"),
        (lambda d: scheme(d)["windows"][0].update(period_start="2025-03-31"), "WINDOW_OUTSIDE"),
        (lambda d: scheme(d)["bands"][0].update(below="14999.99"), "BANDS_LEAVE_A_GAP"),
        (lambda d: scheme(d)["bands"][0].update(below="15000.01"), "BANDS_OVERLAP"),
        (lambda d: scheme(d)["bands"][0].update(at_least="0.01"), "BANDS_LEAVE_A_GAP"),
        (lambda d: scheme(d)["bands"].pop(), "BANDS_LEAVE_A_GAP"),
        (lambda d: scheme(d).update(budget="0.00"), "BUDGET_NOT_POSITIVE"),
        (lambda d: scheme(d).update(most_per_provider="0"), "CAP_NOT_POSITIVE"),
        (lambda d: scheme(d)["approval"][0].update(step="TIER_9"), "APPROVAL_PATH_UNKNOWN"),
        (lambda d: scheme(d)["approval"].reverse(), "APPROVAL_PATH_OUT_OF_ORDER"),
        (lambda d: scheme(d)["approval"].pop(1), "APPROVAL_PATH_INCOMPLETE"),
        (lambda d: scheme(d)["approval"][2].update(above="-1"), "AMOUNT_NEGATIVE"),
        (lambda d: d.update(payment_type="QOF"), "PAYMENT_TYPE_UNKNOWN"),
        (lambda d: d.update(kind="ACHIEVEMENT"), "KIND_MISMATCH"),
        (lambda d: d.pop("scheme"), "KIND_MISMATCH"),
        (lambda d: d.update(payment_period="MONTHLY"), "KIND_MISMATCH"),
    ],
)
def test_an_unsound_scheme_is_refused_with_its_code(change, code):
    assert any(found.startswith(code) for found in codes(change))
