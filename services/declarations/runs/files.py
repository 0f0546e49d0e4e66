"""Finance answers to the lines of a run by a file: checked whole, kept whole or not at all."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Final
from uuid import UUID

from chassis.db import Tx
from chassis.errors import DomainError
from chassis.files import FileKind, Files
from nhs.directory import Principal
from nhs.notes import reason_given
from services.declarations.runs import commands, domain, store
from services.declarations.runs.domain import Answer
from services.declarations.runs.store import Whose

COLUMNS: Final = ("payment_run_id", "line_id", "outcome", "reason")
OUTCOMES: Final = {"ACCEPTED": True, "REJECTED": False}
FILE_KIND: Final = FileKind("payment-run-answers", limit=20_971_520, media_type="text/csv")
MOST_ROWS: Final = 100_000
"""It is checked and kept while the caller waits."""


@dataclass(frozen=True, slots=True)
class Problem:
    row: int
    """The header is row 1."""
    code: str
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    answered: int
    changed: int
    """How many of the answers were not known before."""
    problems: tuple[Problem, ...] = ()


def request_upload(files: Files, principal: Principal, file_name: str) -> tuple[UUID, str]:
    """Hand out the path to put the answers to."""
    Whose.of(principal)
    if not file_name.lower().endswith(".csv"):
        message = f"{file_name} is no CSV file: the answers to a run are."
        raise DomainError("FILE_TYPE_NOT_ACCEPTED", message, field="fileName")
    signed = files.upload(FILE_KIND.name, organisation=principal.organisation)
    return signed.id, signed.path


async def acknowledge(
    tx: Tx, files: Files, principal: Principal, run: UUID, upload: UUID, *, now: datetime
) -> Acknowledged:
    """Keep what the file answers, or list all that is wrong with it and keep nothing."""
    await commands.made_run(tx, principal, run)
    path = files.received(FILE_KIND.name, upload, organisation=principal.organisation)
    answers, problems = _read(_rows(path), run)
    known = await store.lock_answers(tx, run, [answer.line for answer in answers.values()])
    new: list[Answer] = []
    for row, answer in answers.items():
        try:
            if domain.check_answer(answer, known):
                new.append(answer)
        except DomainError as error:
            column = _COLUMN_OF[error.field or ""]
            problems.append(Problem(row, error.code, column, error.message))
    if problems:
        return Acknowledged(0, 0, tuple(sorted(problems, key=lambda problem: problem.row)))
    await store.keep_answers(tx, run, new, now)
    return Acknowledged(len(answers), len(new))


_COLUMN_OF: Final = {"lineId": "line_id", "reason": "reason", "accepted": "outcome"}


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    text = path.read_bytes().decode("utf-8-sig", "replace")
    try:
        rows = list(csv.reader(StringIO(text, newline="")))
    except csv.Error as error:
        message = f"The file cannot be read as CSV: {error}."
        raise DomainError("FILE_MALFORMED", message, field="row") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        message = f"These are no answers to a run: their columns are {', '.join(COLUMNS)}."
        raise DomainError("COLUMNS_NOT_AS_EXPECTED", message, field="row 1", expected=list(COLUMNS))
    if len(rows) - 1 > MOST_ROWS:
        message = f"A file holds at most {MOST_ROWS:,} rows, not {len(rows) - 1:,}."
        raise DomainError("TOO_MANY_ROWS", message, most=MOST_ROWS)
    return [(number, row) for number, row in enumerate(rows[1:], start=2) if row]


def _read(
    rows: Sequence[tuple[int, list[str]]], run: UUID
) -> tuple[dict[int, Answer], list[Problem]]:
    """The answers by row, each line once, and what is wrong with the other rows."""
    answers: dict[int, Answer] = {}
    first: dict[UUID, int] = {}
    problems: list[Problem] = []
    for number, row in rows:
        try:
            answer = _answer(row, run)
            _once(answer, first.setdefault(answer.line, number), number)
        except DomainError as error:
            problems.append(Problem(number, error.code, error.field, error.message))
        else:
            answers[number] = answer
    return answers, problems


def _once(answer: Answer, first: int, row: int) -> None:
    if row != first:
        message = f"The line {answer.line} is answered in row {first} already."
        raise DomainError("LINE_TWICE", message, field="line_id")


def _answer(row: Sequence[str], run: UUID) -> Answer:
    if len(row) != len(COLUMNS):
        message = f"The row has {len(row)} columns, not {len(COLUMNS)}."
        raise DomainError("ROW_MALFORMED", message)
    of, line, outcome, reason = (cell.strip() for cell in row)
    if _identity(of, "payment_run_id") != run:
        message = f"The row answers to the run {of}, not to {run}."
        raise DomainError("NOT_OF_THIS_RUN", message, field="payment_run_id")
    identity = _identity(line, "line_id")
    if outcome not in OUTCOMES:
        message = f"The outcome is ACCEPTED or REJECTED, not {outcome[:40]!r}."
        raise DomainError("OUTCOME_NOT_VALID", message, field="outcome")
    accepted = OUTCOMES[outcome]
    return Answer(identity, accepted, None if accepted else reason_given(reason))


def _identity(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        message = f"{text[:40]!r} is no id: it is copied from the run's file."
        raise DomainError("ID_NOT_VALID", message, field=field) from None
