"""Why somebody did something, in their own words."""

from nhs.notes import reason_given


def said(reason: str | None) -> str | None:
    """A reason as it is kept; None where none was given."""
    return reason_given(reason) if reason and reason.strip() else None
