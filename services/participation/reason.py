"""Why somebody did something, in their own words."""

from chassis.errors import DomainError

LONGEST = 300


def said(reason: str | None) -> str | None:
    """A reason as it is kept: on one line, and short enough for an event."""
    words = " ".join((reason or "").split())
    if len(words) > LONGEST or not words.isprintable():
        message = f"A reason has at most {LONGEST} characters, all of them printable."
        raise DomainError("REASON_NOT_VALID", message, field="reason")
    return words or None
