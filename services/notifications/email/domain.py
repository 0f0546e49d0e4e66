"""What becomes of a mail: how its server's answers are read, and when it is tried again."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    WAITING = "WAITING"
    RETRYING = "RETRYING"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    WITHHELD = "WITHHELD"


class Verdict(StrEnum):
    """What came of trying to send a mail."""

    SENT = "SENT"
    BOUNCED = "BOUNCED"
    """The server will not take mail for this address."""
    REFUSED = "REFUSED"
    """It will never take this mail, whatever the address."""
    LATER = "LATER"
    """It may take this mail another time."""
    UNREACHABLE = "UNREACHABLE"
    """It takes no mail at all at the moment."""
    UNCERTAIN = "UNCERTAIN"
    """The connection broke after the mail went and before the answer came."""
    WITHHELD = "WITHHELD"
    """We did not try."""


class Step(StrEnum):
    """Where in the conversation the server answered."""

    SENDER = "SENDER"
    RECIPIENT = "RECIPIENT"
    CONTENT = "CONTENT"


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    code: str = ""
    """The server's number, or a word of ours."""
    text: str = ""
    """Why, without an address."""


NOT_WRITTEN: Final = Outcome(Verdict.LATER, "NOT_WRITTEN", "The mail could not be written.")
"""A bug of ours: it holds up no other mail, and may be mended by the next attempt."""

GATHERING: Final = timedelta(seconds=1)
"""How long a message must stand still before it is mailed, so that a bulk action is one mail."""
LONGEST_GATHERING: Final = timedelta(seconds=30)
LEASE: Final = timedelta(minutes=10)
"""How long whoever claims a mail may take over it; longer than all time-outs together."""
GIVE_UP: Final = timedelta(days=4)
"""As long as mail servers themselves keep trying."""
_PAUSES: Final = (5, 30, 120, 600, 1_800, 3_600, 14_400)

_ENHANCED: Final = re.compile(r"\b[245]\.(\d{1,3})\.\d{1,3}\b")
_ADDRESS: Final = re.compile(r"\S+@\S+")
_LONGEST_TEXT: Final = 300
_ABOUT_THE_ADDRESS: Final = "1"
_ABOUT_POLICY: Final = "7"


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return timedelta(seconds=_PAUSES[min(attempts, len(_PAUSES)) - 1])


def judge(step: Step, code: int, text: str) -> Outcome:
    """Read a refusal.

    A recipient is refused for their address, unless the enhanced code (RFC 3463) says that it is
    for who we are; content is refused for its address only if that code says so.
    """
    said = outcome_text(text)
    if code < 500:
        return Outcome(Verdict.LATER, str(code), said)
    if step is Step.SENDER:
        return Outcome(Verdict.UNREACHABLE, str(code), said)
    found = _ENHANCED.search(text)
    subject = found[1] if found else ""
    of_the_address = subject == _ABOUT_THE_ADDRESS or (
        step is Step.RECIPIENT and subject != _ABOUT_POLICY
    )
    return Outcome(Verdict.BOUNCED if of_the_address else Verdict.REFUSED, str(code), said)


def outcome_text(text: str) -> str:
    """What a server said, for administrators: addresses are left out, and it is kept short."""
    return _ADDRESS.sub("(address)", " ".join(text.split()))[:_LONGEST_TEXT]
