"""What people write in their own words, checked before it is kept: no patient is named in it."""

import re

from chassis.errors import DomainError

LONGEST = 2_000
LONGEST_REASON = 300
"""A reason travels in an event."""

_TEN_DIGITS = re.compile(
    r"(?<!\d)(\d{3})[\s.\-\u2010-\u2015]{0,3}(\d{3})[\s.\-\u2010-\u2015]{0,3}(\d{4})(?!\d)"
)


def noted(text: str | None, field: str = "notes") -> str | None:
    """Notes as they are kept; refused where they are too long or carry an NHS number."""
    words = (text or "").strip()
    if len(words) > LONGEST:
        message = f"Notes are at most {LONGEST:,} characters."
        raise DomainError("NOTES_TOO_LONG", message, field=field)
    _refuse_nhs_numbers(words, field)
    return words or None


def reason_given(text: str, field: str = "reason") -> str:
    """A reason as it is kept: there is one, on one line, short enough for an event."""
    words = " ".join(text.split())
    if not words:
        raise DomainError("REASON_REQUIRED", "Say why: a reason is required.", field=field)
    if len(words) > LONGEST_REASON or not words.isprintable():
        message = f"A reason has at most {LONGEST_REASON} characters, all of them printable."
        raise DomainError("REASON_NOT_VALID", message, field=field)
    _refuse_nhs_numbers(words, field)
    return words


def has_nhs_number(text: str) -> bool:
    """Whether ten digits stand in it, in one piece or as 3, 3, 4, with a right check digit."""
    return any(_is_nhs_number("".join(found.groups())) for found in _TEN_DIGITS.finditer(text))


def _is_nhs_number(digits: str) -> bool:
    weighted = sum(
        int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)
    )
    return (11 - weighted % 11) % 11 == int(digits[-1])


def _refuse_nhs_numbers(text: str, field: str) -> None:
    if has_nhs_number(text):
        message = "It holds what looks like an NHS number: write about no patient here."
        raise DomainError("NHS_NUMBER_IN_NOTE", message, field=field)
