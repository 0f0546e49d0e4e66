"""Notes and reasons are kept as they are meant, and name no patient."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import DomainError
from nhs.notes import LONGEST, LONGEST_REASON, has_nhs_number, noted, reason_given


def nhs_number(nine: int) -> str | None:
    """Nine digits with their check digit; None where there is none of one digit."""
    digits = f"{nine:09}"
    rest = sum(int(d) * (10 - place) for place, d in enumerate(digits)) % 11
    return None if rest == 1 else digits + str((11 - rest) % 11)


numbers = st.integers(0, 999_999_999).map(nhs_number).filter(bool)


@given(
    numbers, st.sampled_from(["", " ", "  ", " - ", "-", ".", "\N{EN DASH}", "\N{NO-BREAK SPACE}"])
)
def test_an_nhs_number_is_found_however_it_is_written(number, between):
    written = between.join((number[:3], number[3:6], number[6:]))
    assert has_nhs_number(f"about {written}.")


@given(numbers, st.integers(1, 9))
def test_another_check_digit_makes_it_no_nhs_number(number, shift):
    assert not has_nhs_number(number[:-1] + str((int(number[-1]) + shift) % 10))


@pytest.mark.parametrize(
    "text",
    ["943476591", "194347659190", "£9,434,765.919", "2026-04-01 09:30", "A81001", ""],
)
def test_other_figures_are_no_nhs_number(text):
    assert not has_nhs_number(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("patient 943 476 5919", "NHS_NUMBER_IN_NOTE"), ("x" * (LONGEST + 1), "NOTES_TOO_LONG")],
)
def test_notes_are_refused_by_name_and_place(text, code):
    with pytest.raises(DomainError) as refused:
        noted(text)
    assert (refused.value.code, refused.value.field) == (code, "notes")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n ", "REASON_REQUIRED"),
        ("x" * (LONGEST_REASON + 1), "REASON_NOT_VALID"),
        ("a\x00b", "REASON_NOT_VALID"),
        ("9434765919 is wrong", "NHS_NUMBER_IN_NOTE"),
    ],
)
def test_a_reason_is_refused_by_name_and_place(text, code):
    with pytest.raises(DomainError) as refused:
        reason_given(text)
    assert (refused.value.code, refused.value.field) == (code, "reason")


def test_what_is_said_is_kept_as_it_is_meant():
    assert noted("  two\nlines ") == "two\nlines"
    assert (noted(None), noted("  ")) == (None, None)
    assert reason_given(" two \n words ") == "two words"
