"""Specifications by paths: compared and edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import DomainError
from services.participation.catalogue.paths import Change, Difference, Edit, differences
from services.participation.catalogue.shipped import library

QOF = library()["QOF2526"].as_json()
LES = library()["LESPW2526"].as_json()
AF006 = "domains/CL/groups/AF/indicators/AF006"


def edited(document=QOF, **edit):
    return Edit(**edit).of(document)


def test_nothing_differs_from_itself():
    assert differences(QOF, edited()) == []


def test_a_changed_threshold_is_told_by_its_path_with_old_and_new():
    changed = edited(set=[(f"{AF006}/upper", "95")])
    assert differences(QOF, changed) == [
        Difference(f"{AF006}/upper", Change.CHANGED, "90", "95"),
    ]


def test_a_part_that_is_new_or_gone_is_told_as_a_whole():
    band = {"code": "TOP", "name": "Top", "at_least": "100000.00", "below": None}
    changed = edited(LES, remove=["scheme/windows/2026-01-01"], set=[("scheme/bands/TOP", band)])
    found = {one.path: one for one in differences(LES, changed)}
    assert found["scheme/windows/2026-01-01"].change is Change.REMOVED
    assert found["scheme/windows/2026-01-01"].old["closes_on"] == "2026-04-30"
    assert found["scheme/bands/TOP"] == Difference("scheme/bands/TOP", Change.ADDED, None, band)


def test_members_in_another_order_differ_in_their_order_only():
    formulas = list(reversed(QOF["formulas"]))
    changed = edited(set=[("formulas", formulas)])
    assert differences(QOF, changed) == [
        Difference(
            "formulas",
            Change.CHANGED,
            ["qof-prevalence@1", "qof-plain@1"],
            ["qof-plain@1", "qof-prevalence@1"],
        )
    ]


def test_a_tariff_is_called_by_its_provider_and_first_day():
    path = "scheme/components/PHLEB/tariffs/A81001 2025-04-01"
    own = {"provider": "A81001", "amount": "4.00", "valid_from": "2025-04-01", "valid_to": None}
    changed = edited(LES, set=[(path, own), (f"{path}/amount", "4.10")])
    (found,) = differences(LES, changed)
    assert (found.path, found.new["amount"]) == (path, "4.10")


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"set": [("domains/XX/name", "None")]}, "PATH_NOT_FOUND"),
        ({"set": [("name/first", "None")]}, "PATH_NOT_FOUND"),
        ({"set": [("scheme/budget", "1.00")]}, "PATH_NOT_FOUND"),
        ({"remove": [f"{AF006}/uper"]}, "PATH_NOT_FOUND"),
        ({"remove": ["domains/CL/groups/ZZ"]}, "PATH_NOT_FOUND"),
        ({"set": [("formulas/qof-plain@1/steps/0", [])]}, "PATH_NOT_FOUND"),
        ({"set": [(AF006, {"code": "AF007"})]}, "PATH_NAMES_ANOTHER"),
        ({"set": [(AF006, "AF006")]}, "PATH_NAMES_ANOTHER"),
        ({"set": [("", "x"), ("/", "x")]}, "PATH_NOT_FOUND"),
    ],
)
def test_a_path_that_leads_nowhere_is_named(edit, code):
    with pytest.raises(DomainError) as refused:
        edited(**edit)
    assert refused.value.code == code
    assert refused.value.field in {path for path, *_ in edit.get("set", [])} | {
        *edit.get("remove", [])
    }


def test_editing_leaves_what_was_read_as_it_was():
    before = differences(QOF, edited())
    edited(set=[(f"{AF006}/points", "13")], remove=["constants/average_list"])
    assert differences(QOF, edited()) == before


names = st.sampled_from(["code", "name", "points", "collection"])
values = st.sampled_from([None, True, 7, "", "QOF2526", "AUTOMATIC", "564", ["a"], {"a": 1}])


@given(st.dictionaries(names, values, max_size=4))
def test_what_an_edit_set_is_what_the_comparison_finds(fields):
    changed = edited(set=list(fields.items()))
    found = {one.path: one.new for one in differences(QOF, changed)}
    assert found == {name: value for name, value in fields.items() if QOF[name] != value}
