"""Telling the files apart by what is in them, never by their names."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.organisations.ods.domain import Problem, Reading
from services.organisations.ods.formats import hierarchy, list_sizes, practices
from services.organisations.ods.formats.networks import read_networks

_WORKBOOK = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    since: date | None = None
    """From when what the file says without a date holds; None for today."""


def read_files(files: Sequence[File], known_practices: Collection[str]) -> Reading:
    """Read all files; the order they come in does not matter."""
    reading = Reading()
    workbooks = [file for file in files if file.content.startswith(_WORKBOOK)]
    for file in workbooks:
        read_networks(file.name, file.content, reading)
    also = {*known_practices, *(row.practice for row in reading.rows or ())}
    for file in files:
        if file not in workbooks:
            _read_text(file, reading, also)
    return reading


def _read_text(file: File, reading: Reading, also: Collection[str]) -> None:
    try:
        _read_csv(file, reading, also)
    except csv.Error as error:
        reading.problems.append(Problem(file.name, "FILE_NOT_READABLE", f"No CSV: {error}"))


def _read_csv(file: File, reading: Reading, also: Collection[str]) -> None:
    first = next(_rows(file.content), (0, [""]))[1]
    if first[0].strip() == hierarchy.FIRST_COLUMN:
        hierarchy.read_hierarchy(file.name, _rows(file.content), reading, file.since)
    elif first[0].strip() == list_sizes.FIRST_COLUMN:
        list_sizes.read_list_sizes(file.name, _rows(file.content), reading)
    elif len(first) == practices.WIDTH:
        practices.read_practices(file.name, _rows(file.content), reading, also)
    else:
        reason = "It is neither epraccur, ePCN, a QOF mapping nor a list of registered patients"
        reading.problems.append(Problem(file.name, "FILE_NOT_KNOWN", reason, 1))


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line they end on; empty lines are no rows."""
    reader = csv.reader(io.StringIO(_text(content), newline=""))
    return ((reader.line_num, row) for row in reader if row)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
