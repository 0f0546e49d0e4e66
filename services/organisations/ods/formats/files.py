"""Telling the files apart by what is in them, never by their names."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.organisations.ods.domain import Problem, Reading
from services.organisations.ods.formats import (
    hierarchy,
    list_sizes,
    networks,
    practices,
    successors,
)
from services.organisations.ods.formats.cells import Row, heading

MOST_LINES = 500_000
"""In one file; England's longest has 15,536."""

_WORKBOOK = b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    since: date | None = None
    """From when what the file says without a date holds; None for today."""


class _UnreadableError(Exception):
    def __init__(self, code: str, reason: str, line: int) -> None:
        super().__init__(reason)
        self.code = code
        self.line = line


def read_files(files: Sequence[File], known_practices: Collection[str]) -> Reading:
    """Read all files; the order they come in does not matter."""
    reading = Reading()
    tables: list[tuple[File, list[Row]]] = []
    for file in files:
        if file.content.startswith(_WORKBOOK):
            networks.read_workbook(file.name, file.content, reading)
        else:
            tables.append((file, _table(file, reading.problems)))
    # Who is a member is a practice: so the members are read before the practices.
    for file, rows in sorted(tables, key=lambda table: practices.are_here(_first(table[1]))):
        if rows:
            _read_table(file, rows, reading, known_practices)
    return reading


def _table(file: File, problems: list[Problem]) -> list[Row]:
    """The rows of a CSV file; none, and a problem, where it is no such file."""
    try:
        rows = list(_rows(_text(file.content)))
    except _UnreadableError as error:
        problems.append(Problem(file.name, error.code, str(error), error.line))
        return []
    if not rows:
        problems.append(Problem(file.name, "FILE_EMPTY", "There is nothing in it"))
    return rows


def _read_table(
    file: File, rows: list[Row], reading: Reading, known_practices: Collection[str]
) -> None:
    first = _first(rows)
    title = heading(first[0])
    if title == heading(hierarchy.FIRST_COLUMN):
        hierarchy.read_hierarchy(file.name, rows, reading, file.since)
    elif title == heading(list_sizes.FIRST_COLUMN):
        list_sizes.read_list_sizes(file.name, rows, reading)
    elif networks.members_are_here(first):
        networks.read_members(file.name, rows, reading)
    elif networks.pcns_are_here(first):
        networks.read_pcns(file.name, rows, reading)
    elif successors.are_here(first):
        successors.read_successors(file.name, rows, reading)
    elif practices.are_here(first):
        also = {*known_practices, *(row.practice for row in reading.rows or ())}
        practices.read_practices(file.name, rows, reading, also)
    else:
        reason = (
            "It is neither epraccur, ePCN (as workbook, epcn or epcncorepartnerdetails), succ, "
            "a QOF mapping nor a list of registered patients"
        )
        reading.problems.append(Problem(file.name, "FILE_NOT_KNOWN", reason, 1))


def _first(rows: list[Row]) -> Sequence[object]:
    return rows[0][1] if rows else ()


def _rows(text: str) -> Iterator[Row]:
    """Rows with the number of the line they end on; empty lines are no rows."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if reader.line_num > MOST_LINES:
                reason = f"It has more than {MOST_LINES:,} lines"
                raise _UnreadableError("TOO_LARGE", reason, reader.line_num)
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise _UnreadableError("FILE_NOT_READABLE", f"No CSV: {error}", reader.line_num) from None


def _text(content: bytes) -> str:
    """ODS writes UTF-8 and cp1252, and does not say which."""
    if content.startswith(_UTF_16) or b"\x00" in content:
        reason = "It is neither UTF-8 nor cp1252, but UTF-16 or no text"
        raise _UnreadableError("WRONG_ENCODING", reason, 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _western(content)


def _western(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"Byte {content[error.start]:#04x} is neither UTF-8 nor cp1252"
        raise _UnreadableError("WRONG_ENCODING", reason, line) from None
