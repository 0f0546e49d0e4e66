import csv
import json
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cqrs.england.achievement import national_prevalence, prevalence, values
from cqrs.england.extract import HEADER, Extract, Faults
from cqrs.england.indicators import Indicator, indicators
from cqrs.england.roster import roster

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "services/participation/catalogue/shipped/QOF2526.json"
PARTS = ("numerator", "denominator", "register")
LISTS = {"C81001": 10_000, "C81002": 4_200, "C81003": 23_456}


@pytest.fixture
def chosen() -> list[Indicator]:
    group = {
        "indicators": [
            _raw("HF003", 60, 92, "Heart Failure (LVSD) Register", "HF_LVSD"),
            _raw("HF007", 50, 90, "Heart Failure Register", "HF"),
            _raw("HYP008", 40, 85, "Hypertension Register", "HYP"),
            _raw("HYP009", 40, 85, "Hypertension Register", "HYP"),
            _raw("CS005", 45, 80, None, None),
        ]
    }
    return indicators({"domains": [{"groups": [group]}]})


def _raw(code, lower, upper, register, group):
    return {
        "code": code,
        "lower": str(lower),
        "upper": str(upper),
        "register": register,
        "prevalence_group": group,
    }


@pytest.fixture
def extract(chosen) -> Extract:
    return Extract("QOF2526", "Quality and Outcomes Framework 2025/26", chosen, seed=7)


def _rows(extract, folder, lists=LISTS):
    with extract.write(folder, lists).open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_extract_has_the_real_columns_and_mixed_date_formats(extract, tmp_path):
    row = _rows(extract, tmp_path)[0]
    assert ",".join(row) == HEADER
    assert row["ACH_DATE"] == "20260331"
    assert row["SUBMIT_DATE"] == "02/04/2026"
    assert row["SUBMIT_USER_ID"] == "AUTOMATED"


def test_the_file_says_that_it_is_synthetic(extract):
    assert extract.file_name == "INDICATOR_VALUES-QOF2526-20260331-SYNTHETIC.csv"


def test_a_seed_gives_equal_bytes_and_a_practice_does_not_depend_on_the_others(extract):
    whole = "".join(extract.chunks(LISTS))
    assert whole == "".join(extract.chunks(LISTS))
    assert "".join(extract.chunks({"C81002": 4_200})) in whole
    assert whole != "".join(replace(extract, seed=8).chunks(LISTS))


def test_the_indicators_of_a_group_share_their_register(extract, tmp_path):
    registers = defaultdict(set)
    for row in _rows(extract, tmp_path):
        if row["FIELD_NAME"].endswith("Register"):
            registers[row["ORG_CODE"], row["FIELD_NAME"]].add(row["VALUE"])
    assert len(registers) == 9
    assert all(len(found) == 1 for found in registers.values())


def test_numerator_denominator_and_register_contain_each_other(chosen):
    for code, patients in LISTS.items():
        for value in values(7, code, patients, chosen):
            assert 0 <= value.numerator <= value.denominator
            if value.register is not None:
                assert value.denominator + value.adjusted <= value.register <= patients


def test_adjustment_codes_stand_between_the_fields_that_count(extract, tmp_path):
    fields = {row["FIELD_NAME"] for row in _rows(extract, tmp_path)}
    assert {"HFPCADEC", "HYPPCADEC", "CSDEC", "Numerator", "Denominator"} < fields


def test_a_superseded_submission_is_marked_n_beside_the_last_one(extract, tmp_path):
    rows = _rows(extract, tmp_path, {f"C8{number:04d}": 9_000 for number in range(300)})
    last = defaultdict(list)
    for row in rows:
        last[row["ORG_CODE"], row["IND_CODE"], row["FIELD_NAME"]].append(row["LAST_SUBMISSION"])
    assert all(marks.count("Y") == 1 for marks in last.values())
    assert any("N" in marks for marks in last.values())


def test_faults_are_put_in_where_asked_and_nowhere_else(extract, tmp_path):
    faults = Faults(
        unknown_practices=["Z99999"],
        numerator_above={("C81001", "HYP008")},
        missing={("C81002", "CS005")},
    )
    good = extract.write(tmp_path, LISTS).read_text().splitlines()
    bad = replace(extract, faults=faults).write(tmp_path, LISTS).read_text().splitlines()
    changed = set(good) ^ set(bad)
    assert {tuple(line.split(",")[2:5:2]) for line in changed if "Z99999" not in line} == {
        ("C81001", "HYP008"),
        ("C81002", "CS005"),
    }
    assert any("Z99999" in line for line in bad)
    assert not any("C81002" in line and "CS005" in line for line in bad)


def test_rates_spread_about_both_thresholds(chosen):
    earned = [
        (each.numerator / each.denominator - each.indicator.lower)
        / (each.indicator.upper - each.indicator.lower)
        for number in range(400)
        for each in values(7, f"C8{number:04d}", 12_000, chosen)
    ]
    below = len([share for share in earned if share <= 0]) / len(earned)
    full = len([share for share in earned if share >= 1]) / len(earned)
    assert 0.002 < below < 0.06
    assert 0.15 < full < 0.45


def test_prevalence_is_the_sum_of_registers_over_the_sum_of_lists(chosen):
    (hyp,) = {
        sum(v.register for c, n in LISTS.items() for v in values(7, c, n, chosen) if v[0] == each)
        for each in chosen
        if each.code == "HYP008"
    }
    assert prevalence(7, LISTS, chosen)["HYP"] == round(Decimal(hyp) / sum(LISTS.values()), 6)


def test_national_prevalence_is_that_of_all_of_england_whoever_plays(england, chosen):
    national = national_prevalence(2025, chosen)
    assert set(national) == {"HF_LVSD", "HF", "HYP"}
    assert national["HYP"] == pytest.approx(Decimal("0.148"), abs=Decimal("0.003"))
    whole = roster(england.whole, on=date(2026, 1, 1)).lists
    assert prevalence(2025, whole, chosen) == national


def test_every_field_of_the_extract_is_one_that_the_shipped_catalogue_names(tmp_path):
    specification = json.loads(SHIPPED.read_text())
    extract = Extract("QOF2526", specification["name"], indicators(specification), seed=7)
    named = {
        (each["code"], name)
        for domain in specification["domains"]
        for group in domain["groups"]
        for each in group["indicators"]
        for name in (*(each.get(part) for part in PARTS), *each.get("adjustments", ()))
    }
    written = {(row["IND_CODE"], row["FIELD_NAME"]) for row in _rows(extract, tmp_path)}
    assert written - named == set()
