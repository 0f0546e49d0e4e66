"""Rows of an extract that one submission sent of one indicator are read as one."""

from datetime import datetime

from services.declarations.achievement.domain import Fields, read_rows
from tests.services.declarations.period import row

KNOWN = Fields(numerators={("QOF2526", "AF006", "Numerator")})


def test_rows_of_one_submission_are_one_wherever_they_stand():
    rows = [
        row("A81001", "AF006", "Denominator", "4"),
        row("A81002", "AF006", "Denominator", "5"),
        row("A81001", "AF006", "Numerator", "3"),
    ]
    first, second = read_rows(rows, 2, KNOWN).submissions
    assert (first.provider, first.values) == ("A81001", {"Denominator": 4, "Numerator": 3})
    assert (first.line, first.numerator_line, first.rows) == (2, 4, 2)
    assert (second.provider, second.values) == ("A81002", {"Denominator": 5})


def test_what_was_submitted_at_another_time_or_by_somebody_else_stands_apart():
    rows = [
        row("A81001", "AF006", "Numerator", "3"),
        row("A81001", "AF006", "Numerator", "4", SUBMIT_DATE="02/04/2026"),
        row("A81001", "AF006", "Numerator", "5", SUBMIT_USER_ID="a person"),
    ]
    read = read_rows(rows, 2, KNOWN)
    assert [one.values["Numerator"] for one in read.submissions] == [3, 4, 5]
    assert read.submissions[1].submitted_at == datetime(2026, 4, 2, 2, 19, 50)  # noqa: DTZ001


def test_a_row_at_fault_costs_no_other_of_its_submission():
    rows = [
        row("A81001", "AF006", "Denominator", "4"),
        row("A81001", "AF006", "Numerator", "-3"),
        row("A81001", "AF006", "AFIBPCADEC", "1"),
    ]
    read = read_rows(rows, 2, KNOWN)
    assert [(one.code, one.line) for one in read.problems] == [("VALUE_NEGATIVE", 3)]
    assert [one.values for one in read.submissions] == [{"Denominator": 4, "AFIBPCADEC": 1}]


def test_each_row_of_a_day_that_is_none_is_listed():
    rows = [row("A81001", "AF006", field, "1", ACH_DATE="20250231") for field in ("A", "B")]
    read = read_rows(rows, 2, KNOWN)
    assert [(one.code, one.line) for one in read.problems] == [
        ("DATE_NOT_VALID", 2),
        ("DATE_NOT_VALID", 3),
    ]
    assert read.submissions == []
