"""Rows of an extract that one submission sent of one indicator are read as one."""

import csv
import os
from datetime import datetime
from pathlib import Path

import pytest

from services.declarations.achievement.domain import (
    COLUMNS,
    NETWORK_COLUMNS,
    NETWORK_VALUES,
    VALUES,
    Fields,
    Kind,
    columns_problem,
    format_of,
    read_rows,
)
from tests.nhs.formulas.shipped import shipped
from tests.services.declarations.period import row

KINDS = {"Numerator": Kind.NUMERATOR, "Denominator": Kind.OTHER, "AFIBPCADEC": Kind.OTHER}
KNOWN = Fields.of({("QOF2526", "AF006", name): kind for name, kind in KINDS.items()})


def test_rows_of_one_submission_are_one_wherever_they_stand():
    rows = [
        row("A81001", "AF006", "Denominator", "4"),
        row("A81002", "AF006", "Denominator", "5"),
        row("A81001", "AF006", "Numerator", "3"),
    ]
    first, second = read_rows(rows, 2, KNOWN, VALUES).submissions
    assert (first.provider, first.values) == ("A81001", {"Denominator": 4, "Numerator": 3})
    assert (first.line, first.numerator_line, first.rows) == (2, 4, 2)
    assert (second.provider, second.values) == ("A81002", {"Denominator": 5})


def test_what_was_submitted_at_another_time_or_by_somebody_else_stands_apart():
    rows = [
        row("A81001", "AF006", "Numerator", "3"),
        row("A81001", "AF006", "Numerator", "4", SUBMIT_DATE="02/04/2026"),
        row("A81001", "AF006", "Numerator", "5", SUBMIT_USER_ID="a person"),
    ]
    read = read_rows(rows, 2, KNOWN, VALUES)
    assert [one.values["Numerator"] for one in read.submissions] == [3, 4, 5]
    assert read.submissions[1].submitted_at == datetime(2026, 4, 2, 2, 19, 50)  # noqa: DTZ001


def test_a_row_at_fault_costs_no_other_of_its_submission():
    rows = [
        row("A81001", "AF006", "Denominator", "4"),
        row("A81001", "AF006", "Numerator", "-3"),
        row("A81001", "AF006", "AFIBPCADEC", "1"),
    ]
    read = read_rows(rows, 2, KNOWN, VALUES)
    assert [(one.code, one.line) for one in read.problems] == [("VALUE_NEGATIVE", 3)]
    assert [one.values for one in read.submissions] == [{"Denominator": 4, "AFIBPCADEC": 1}]


def test_each_row_of_a_day_that_is_none_is_listed():
    rows = [row("A81001", "AF006", field, "1", ACH_DATE="20250231") for field in KINDS][:2]
    read = read_rows(rows, 2, KNOWN, VALUES)
    assert [(one.code, one.line) for one in read.problems] == [
        ("DATE_NOT_VALID", 2),
        ("DATE_NOT_VALID", 3),
    ]
    assert read.submissions == []


def test_a_field_that_its_indicator_has_not_is_told_once_with_its_first_row():
    rows = [row(practice, "AF006", "Numerater", "1") for practice in ("A81001", "A81002")]
    read = read_rows([row("A81001", "AF006", "Numerator", "3"), *rows], 2, KNOWN, VALUES)
    assert [one.values for one in read.submissions] == [{"Numerator": 3}]
    ((what, found),) = read.unknown.items()
    assert (what, found.line, found.rows) == (("QOF2526", "AF006", "Numerater"), 3, 2)


def test_fields_of_an_indicator_or_service_nobody_knows_are_not_what_is_unknown():
    rows = [
        row("A81001", "XX001", "Numerator", "1"),
        row("A81001", "AF006", "Numerator", "1", QUALITY_SERVICE="QOF9999"),
    ]
    read = read_rows(rows, 2, KNOWN, VALUES)
    assert (len(read.submissions), read.unknown) == (2, {})


def test_rows_of_the_network_format_are_the_latest_and_do_not_say_when():
    rows = [["QOF2526", "A81001", "20260331", "AF006", "Numerator", "3", "Approved"]]
    (one,) = read_rows(rows, 2, KNOWN, NETWORK_VALUES).submissions
    assert (one.service, one.provider, one.values) == ("QOF2526", "A81001", {"Numerator": 3})
    assert (one.submitted_by, one.submitted_at) == ("cro-processor", None)


@pytest.mark.parametrize(
    ("form", "width"), [(VALUES, 11), (VALUES, 7), (NETWORK_VALUES, 12), (NETWORK_VALUES, 6)]
)
def test_a_row_of_the_other_width_is_no_row_of_the_format(form, width):
    (problem,) = read_rows([["x"] * width], 5, KNOWN, form).problems
    assert (problem.line, problem.code) == (5, "ROW_MALFORMED")
    assert f"{width} columns, not {len(form.columns)}" in problem.message


def without(columns, name):
    return [column for column in columns if column != name]


@pytest.mark.parametrize(
    ("header", "form", "problem"),
    [
        (COLUMNS, VALUES, None),
        (NETWORK_COLUMNS, NETWORK_VALUES, None),
        (without(COLUMNS, "VALUE"), VALUES, "VALUE missing"),
        (without(NETWORK_COLUMNS, "VALUE"), NETWORK_VALUES, "VALUE missing"),
        ((*COLUMNS, "APPROVED_STATUS"), VALUES, "APPROVED_STATUS not expected"),
        ((*NETWORK_COLUMNS, "NAME"), NETWORK_VALUES, "NAME not expected"),
        ((*NETWORK_COLUMNS, "VALUE"), NETWORK_VALUES, "VALUE there twice"),
        (
            ["QUALITY_SERVICE", *NETWORK_COLUMNS[1:]],
            NETWORK_VALUES,
            "PRMRY_MDCL_CARE_SRVC_SHRT_NAME missing; QUALITY_SERVICE not expected",
        ),
        (
            [*NETWORK_COLUMNS[:4], "VALUE", "FIELD_NAME", "APPROVED_STATUS"],
            NETWORK_VALUES,
            "VALUE is not in its place",
        ),
        ([], VALUES, "QUALITY_SERVICE, NAME, ORG_CODE"),
    ],
)
def test_a_header_is_known_by_its_columns_and_what_is_wrong_with_it_is_named(header, form, problem):
    assert format_of(header) is form
    found = columns_problem(header, form)
    assert found is None if problem is None else found.startswith(problem)


@pytest.mark.parametrize(
    ("written", "kept"), [("None", None), ("", None), ("All", "All"), (" Some ", "Some")]
)
def test_what_is_said_of_defaults_is_kept_unless_there_were_none(written, kept):
    rows = [row("A81001", "AF006", "Numerator", "3", DEFAULT_VALUES_USED=written)]
    (one,) = read_rows(rows, 2, KNOWN, VALUES).submissions
    assert one.default_values_used == kept


def test_what_is_said_of_defaults_is_a_word():
    rows = [row("A81001", "AF006", "Numerator", "3", DEFAULT_VALUES_USED="x" * 41)]
    read = read_rows(rows, 2, KNOWN, VALUES)
    (problem,) = read.problems
    assert read.submissions == []
    assert (problem.code, problem.field) == (
        "DEFAULT_VALUES_USED_NOT_VALID",
        "DEFAULT_VALUES_USED",
    )


@pytest.mark.real_data
def test_the_shipped_catalogue_names_every_field_of_its_indicators_in_the_real_extract():
    folder = Path(__file__).resolve().parents[4] / os.environ.get(
        "CQRS_REAL_DATA", "../shared/data"
    )
    file = folder / "qof/INDICATOR_VALUES.csv"
    if not file.exists():
        pytest.skip(f"no {file}: set CQRS_REAL_DATA")
    known = {
        ("QOF2324", one.code, name): Kind.OTHER
        for one in shipped("QOF2324").indicators
        for name in (*one.fields.values(), *one.adjustments)
    }
    with file.open(encoding="utf-8-sig", newline="") as text:
        header, *rows = csv.reader(text)
    assert format_of(header) is VALUES
    read = read_rows(rows, 2, Fields.of(known), VALUES)
    assert (read.rows, read.unknown) == (552, {})
