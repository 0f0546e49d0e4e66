"""Each rule of a submission: what it refuses, what it lets pass, and where it points."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from nhs.formulas.scheme_soundness import READABLE
from services.declarations.claims.rules import (
    RULES,
    Attached,
    Opening,
    Participation,
    Taken,
    check,
)
from services.declarations.evidence.domain import MEDIA_TYPES
from tests.services.declarations.claims.making import (
    START,
    case,
    claim,
    component,
    line,
    scheme,
    tariff,
    wrong,
)

NUMBER = "943 476 5919"


def test_a_claim_that_nothing_is_wrong_with_passes():
    assert wrong(case()) == []


def test_the_rules_have_stable_codes():
    assert [rule.code for rule in RULES] == [f"LC{number:03}" for number in range(1, 11)]


def test_everything_that_is_wrong_is_told_at_once_with_its_line_and_field():
    late = case(
        line("WOUND", "-1"),
        line("OLD", "1", 2),
        notes=f"see {NUMBER}",
        today=date(2025, 11, 1),
        scheme=scheme(
            components=[
                component("WOUND", tariff("25.00")),
                component("OLD", tariff("3.00", valid_to="2025-06-30")),
            ]
        ),
    )
    assert wrong(late) == [
        ("LC001", None, "periodStart"),
        ("LC004", 1, "quantity"),
        ("LC005", 2, "component"),
        ("LC009", None, "notes"),
    ]


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2025, 9, 30), "opens on 2025-10-01"),
        (date(2025, 10, 1), None),
        (date(2025, 10, 31), None),
        (date(2025, 11, 1), "closed on 2025-10-31"),
    ],
)
def test_lc001_a_window_is_open_from_its_first_day_to_its_last(today, said):
    problems = check(case(today=today))
    assert [problem.code for problem in problems] == (["LC001"] if said else [])
    assert all(said in problem.message for problem in problems)


def test_lc001_a_period_that_the_scheme_does_not_have_has_no_window():
    other = claim(period_start=date(2025, 8, 1))
    assert ("LC001", None, "periodStart") in wrong(case(claim=other))


@pytest.mark.parametrize(
    "participation",
    [
        Participation(date(2025, 4, 1), None),
        Participation(date(2025, 7, 2), date(2026, 3, 31)),
        Participation(date(2025, 4, 1), date(2025, 9, 29)),
        None,
    ],
)
def test_lc002_the_provider_takes_part_through_the_period(participation):
    known = {"LES2526": participation} if participation else {}
    assert wrong(case(participations=known)) == [("LC002", None, "service")]


def test_lc003_a_period_is_claimed_as_often_as_its_window_lets():
    taken = Taken()
    assert wrong(case(taken=taken)) == []
    taken.claims["A81002", "LES2526", START] = 5
    taken.claims["A81001", "LES2526", date(2025, 4, 1)] = 5
    assert wrong(case(taken=taken)) == []
    taken.claims["A81001", "LES2526", START] = 1
    assert wrong(case(taken=taken)) == [("LC003", None, "periodStart")]


@pytest.mark.parametrize("quantity", ["-1", "1.5", "ten", ""])
def test_lc004_what_is_no_whole_number_is_named_by_its_line(quantity):
    assert wrong(case(line("VISIT", "1"), line("WOUND", quantity, 2))) == [("LC004", 2, "quantity")]


def test_lc004_a_cap_holds_for_all_lines_of_a_component_together():
    within = line("WOUND", "2000"), line("WOUND", "1999", 2)
    roomy = scheme(budget="900000.00")
    assert wrong(case(*within, scheme=roomy)) == []
    beyond = *within, line("WOUND", "1002", 3)
    assert wrong(case(*beyond, scheme=roomy)) == [("LC004", 3, "quantity")]


def test_lc004_a_cap_of_a_year_counts_what_other_claims_of_the_year_claim():
    taken = Taken()
    taken.units["A81001", "LES2526", "VISIT", "2025/26"] = 990
    taken.units["A81001", "LES2526", "VISIT", "2024/25"] = 9
    assert wrong(case(line("VISIT", "10"), taken=taken)) == []
    assert wrong(case(line("VISIT", "11"), taken=taken)) == [("LC004", 1, "quantity")]


def test_lc005_a_component_is_of_a_service_of_the_claim_and_has_a_tariff():
    strange = line("WOUND", "1", service_code="LES9999")
    assert wrong(case(strange)) == [("LC005", 1, "service")]
    assert wrong(case(line("NOTHING", "1"))) == [("LC005", 1, "component")]


def test_lc005_a_claim_claims_something():
    assert wrong(replace(case(), lines=[])) == [("LC005", None, "lines")]


def test_lc006_evidence_is_asked_for_where_what_it_proves_is_claimed():
    assert wrong(case(evidence=[])) == [("LC006", 1, "evidence")]
    assert wrong(case(line("VISIT", "1"), evidence=[])) == []
    assert wrong(case(line("VISIT", "1"), line("WOUND", "0", 2), evidence=[])) == []
    other = Attached("LES9999", "LOG", "log.csv", "0")
    assert wrong(case(evidence=[other])) == [("LC006", 1, "evidence")]


def test_lc006_evidence_of_no_component_is_always_asked_for_unless_it_is_optional():
    always = scheme(
        evidence=[
            {"code": "LOG", "name": "Log", "required": True, "accepts": ["csv"]},
            {"code": "SIGNED", "name": "Signed", "required": True, "accepts": ["pdf"]},
            {"code": "MORE", "name": "More", "required": False, "accepts": ["pdf"]},
        ]
    )
    assert wrong(case(line("VISIT", "1"), scheme=always)) == [("LC006", None, "evidence")]


def test_lc006_a_file_is_of_a_type_that_is_accepted():
    exe = Attached("LES2526", "LOG", "log.csv.exe", "0")
    assert wrong(case(evidence=[exe])) == [("LC006", None, "evidence")]
    assert wrong(case(evidence=[Attached("LES2526", "LOG", "LOG.CSV", "0")])) == []


def test_a_scheme_may_ask_for_files_of_every_type_that_can_be_read_and_of_no_other():
    assert set(READABLE) == set(MEDIA_TYPES)


@pytest.mark.parametrize(
    ("opening", "open_then"),
    [
        (Opening(None, date(2025, 7, 1)), True),
        (Opening(None, date(2025, 6, 30)), False),
        (Opening(date(2025, 9, 30), None), True),
        (Opening(date(2025, 10, 1), None), False),
        (None, False),
    ],
)
def test_lc007_the_provider_is_open_on_a_day_of_the_period(opening, open_then):
    assert wrong(case(opening=opening)) == ([] if open_then else [("LC007", None, "provider")])


def test_lc008_the_budget_and_a_providers_share_are_never_passed():
    limited = scheme(most_per_provider="1000.00")
    taken = Taken(
        of_provider={("A81001", "LES2526"): Decimal("750.00")},
        of_service={"LES2526": Decimal("99750.00")},
    )
    assert wrong(case(scheme=limited, taken=taken)) == []
    beyond = case(line("WOUND", "10"), line("VISIT", "1", 2), scheme=limited, taken=taken)
    assert [(p.code, p.field, p.message) for p in check(beyond)] == [
        ("LC008", "amount", "£250.01 is more than the £250.00 left of the budget of LES2526"),
        (
            "LC008",
            "amount",
            "£250.01 is more than the £250.00 left of what one provider may claim of LES2526",
        ),
    ]


def test_lc009_no_patient_is_named_in_notes_or_evidence():
    assert wrong(case(notes=NUMBER)) == [("LC009", None, "notes")]
    assert wrong(case(notes="943 476 5918")) == []
    named = Attached("LES2526", "LOG", "log.csv", "0", has_nhs_number=True)
    assert wrong(case(evidence=[named])) == [("LC009", None, "evidence")]


def test_lc010_an_amount_that_is_sent_is_the_quantity_by_its_tariff():
    assert wrong(case(line("WOUND", "10", sent=Decimal("250.00")))) == []
    off = case(line("WOUND", "10", sent=Decimal("250.01")))
    assert wrong(off) == [("LC010", 1, "amount")]


def test_claims_checked_together_count_against_each_other():
    first = case(line("WOUND", "3900"))
    first.taken.add(first.claim, first.lines)
    second = case(line("WOUND", "101"), claim=claim(provider="A81002"), taken=first.taken)
    assert wrong(second) == [("LC008", None, "amount")]
    again = case(line("WOUND", "1"), taken=first.taken)
    assert wrong(again) == [("LC003", None, "periodStart")]
