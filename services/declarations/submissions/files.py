"""Many submissions at once, as CSV: the template that is downloaded, filled in and put back."""

import csv
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Final
from uuid import UUID

from chassis.db import Reader, Tx
from chassis.errors import DomainError
from chassis.export import Cell, Report
from chassis.files import FileKind, Files
from nhs.directory import Principal
from nhs.formulas.specification import Group
from nhs.roles import Role
from services.declarations.achievement.domain import Problem, RowError, read_date
from services.declarations.sight import Sight
from services.declarations.submissions import store
from services.declarations.submissions.commands import (
    Recorded,
    Recording,
    standings,
    submit,
)
from services.declarations.submissions.domain import (
    Given,
    Standing,
    fields_of,
    shown,
    why_not,
)

COLUMNS: Final = (
    "QUALITY_SERVICE",
    "ORG_CODE",
    "ACH_DATE",
    "GROUP_CODE",
    "IND_CODE",
    "FIELD_NAME",
    "VALUE",
)
FILE_KIND: Final = FileKind("achievement-submission", limit=5_242_880, media_type="text/csv")
MOST_ROWS: Final = 20_000
"""It is checked and kept while the caller waits."""


@dataclass(frozen=True, slots=True)
class TemplateAsked:
    service: str
    achievement_date: date


def check_template(principal: Principal) -> None:
    principal.require(Role.ACHIEVEMENT_ENTRY)


async def _template(
    reader: Reader, principal: Principal, asked: TemplateAsked
) -> AsyncIterator[Sequence[Cell]]:
    """A row for each field the caller may submit, with its current value.

    Adjustments are some hundreds a practice: whoever has any to submit adds their rows.
    """
    check_template(principal)
    Sight.of(principal)
    providers = await store.providers_of(
        reader, asked.service, asked.achievement_date, principal.acting
    )
    subjects = [(asked.service, asked.achievement_date, provider) for provider in providers]
    for standing in (await standings(reader, principal, subjects)).values():
        if isinstance(standing, DomainError):
            continue
        for group in standing.groups():
            for row in _template_rows(standing, group, principal.today):
                yield row


def _template_rows(standing: Standing, group: Group, today: date) -> Iterator[Sequence[Cell]]:
    code, achieved_on, provider = standing.subject
    for indicator in group.indicators:
        if why_not(standing, indicator, today) is not None:
            continue
        value = standing.value(indicator.code)
        for name, kind in fields_of(indicator).items():
            if kind == "ADJUSTMENT":
                continue
            current = shown(value.of(indicator, name), kind)
            yield code, provider, achieved_on, group.code, indicator.code, name, current


TEMPLATE: Final = Report(
    "achievement-template", COLUMNS, TemplateAsked, _template, for_programs=True
)


def request_upload(files: Files, principal: Principal, file_name: str) -> tuple[UUID, str]:
    """Hand out the path to put a filled template to."""
    principal.require(Role.ACHIEVEMENT_ENTRY)
    if not file_name.lower().endswith(".csv"):
        message = f"{file_name} is no CSV file: the template is."
        raise DomainError("FILE_TYPE_NOT_ACCEPTED", message, field="fileName")
    signed = files.upload(FILE_KIND.name, organisation=principal.organisation)
    return signed.id, signed.path


async def submit_file(
    tx: Tx, files: Files, principal: Principal, upload: UUID, *, now: datetime
) -> Recorded:
    """Submit everything a filled template says, or list all that is wrong with it."""
    principal.require(Role.ACHIEVEMENT_ENTRY)
    path = files.received(FILE_KIND.name, upload, organisation=principal.organisation)
    recordings, problems = read(path)
    recorded = await submit(
        tx, principal, recordings, draft=False, now=now, only_check=bool(problems)
    )
    if not problems:
        return recorded
    listed = sorted((*problems, *recorded.problems), key=lambda problem: problem.line)
    return Recorded(tuple(listed))


def read(path: Path) -> tuple[list[Recording], list[Problem]]:
    """The file's groups, and the rows that are none; an empty VALUE says nothing."""
    given: dict[tuple[tuple[str, date, str], str], list[Given]] = {}
    problems: list[Problem] = []
    for line, row in _rows(path):
        try:
            subject, group, one = _read_row(line, row)
        except RowError as error:
            problems.append(Problem(line, error.code, error.field, str(error)))
            continue
        if one.value.strip():
            given.setdefault((subject, group), []).append(one)
    recordings = [
        Recording(subject, group, tuple(ones)) for (subject, group), ones in given.items()
    ]
    return recordings, problems


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    text = path.read_bytes().decode("utf-8-sig", "replace")
    try:
        rows = list(csv.reader(StringIO(text, newline="")))
    except csv.Error as error:
        message = f"The file cannot be read as CSV: {error}."
        raise DomainError("FILE_MALFORMED", message, field="row") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        message = f"This is no template of achievement: its columns are {', '.join(COLUMNS)}."
        raise DomainError("COLUMNS_NOT_AS_EXPECTED", message, field="row 1", expected=list(COLUMNS))
    if len(rows) - 1 > MOST_ROWS:
        message = f"A file holds at most {MOST_ROWS:,} rows, not {len(rows) - 1:,}."
        raise DomainError("TOO_MANY_ROWS", message, most=MOST_ROWS)
    return [(line, row) for line, row in enumerate(rows[1:], start=2) if row]


def _read_row(line: int, row: list[str]) -> tuple[tuple[str, date, str], str, Given]:
    if len(row) != len(COLUMNS):
        message = f"the row has {len(row)} columns, not {len(COLUMNS)}"
        raise RowError("ROW_MALFORMED", None, message)
    if any("\0" in cell for cell in row):
        raise RowError("ROW_MALFORMED", None, "the row holds a NUL character: it is no text")
    service, provider, achieved_on, group, indicator, name, value = row
    subject = service, read_date(achieved_on, "ACH_DATE"), provider
    return subject, group, Given(line, indicator, name, value)
