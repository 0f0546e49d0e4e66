"""The lines of a payment run's file, and what is answered to them. Pure: no I/O, no clock."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chassis.errors import DomainError

COLUMNS: Final = (
    "payment_run_id",
    "line_id",
    "service_code",
    "payment_type",
    "financial_year",
    "period_start",
    "period_end",
    "payee_ods",
    "provider_ods",
    "commissioner_ods",
    "declaration_id",
    "calc_version",
    "amount",
    "subjective_code",
    "narrative",
    "hash",
)
"""DOMAIN 1.10. `subjective_code` is a finance system's own, and left to it: it is empty."""


def line(entry: Mapping[str, Any]) -> list[str]:
    """A line of the file, with its hash.

    That is SHA-256 over the other cells, unquoted, joined by commas. The narrative is the last of
    them and the only one that may hold a comma (soundness.py sees to payment types), so that no two
    lines are joined to the same text.
    """
    cells = [
        "" if name == "subjective_code" else str(entry[name]) for name in COLUMNS if name != "hash"
    ]
    return [*cells, hashlib.sha256(",".join(cells).encode()).hexdigest()]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a finance system answers to one line."""

    line: UUID
    accepted: bool
    reason: str | None = None

    @property
    def word(self) -> str:
        return "ACCEPTED" if self.accepted else "REJECTED"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a line when it is answered."""

    answer: str | None
    elsewhere: UUID | None
    """The run that holds its entry now, if it is another one."""


def check_answer(answer: Answer, lines: Mapping[UUID, Known]) -> bool:
    """Refuse what cannot be answered; whether it tells anything new. `lines`: those of the run."""
    if answer.line not in lines:
        raise DomainError("LINE_NOT_OF_RUN", f"The run has no line {answer.line}.", field="lineId")
    known = lines[answer.line]
    if not answer.accepted and not (answer.reason or "").strip():
        message = "A line that is rejected needs a reason."
        raise DomainError("REASON_REQUIRED", message, field="reason")
    if known.answer == "ACCEPTED" and not answer.accepted:
        message = "It has been accepted: what goes wrong after that is reported as failed."
        raise DomainError("ALREADY_ACCEPTED", message, field="accepted")
    if answer.accepted and known.elsewhere:
        message = f"It was rejected, and is in the payment run {known.elsewhere} now."
        run = str(known.elsewhere)
        raise DomainError("IN_ANOTHER_RUN", message, field="accepted", run=run)
    return known.answer != answer.word


def check_once(answers: Sequence[Answer]) -> None:
    lines = [answer.line for answer in answers]
    if len(set(lines)) != len(lines):
        twice = next(one for one in lines if lines.count(one) > 1)
        message = f"The line {twice} is answered more than once."
        raise DomainError("LINE_TWICE", message, field="lines", line=str(twice))
