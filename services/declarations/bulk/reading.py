"""The rows of a filled template, from CSV or from the first sheet of a workbook."""

import csv
from io import StringIO
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from chassis.errors import DomainError


def rows_of(ending: str, path: Path) -> list[list[str]]:
    return _of_workbook(path) if ending == "xlsx" else _of_csv(path)


def _of_csv(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig", "replace")
    try:
        return list(csv.reader(StringIO(text, newline="")))
    except csv.Error as error:
        raise _malformed("CSV") from error


def _of_workbook(path: Path) -> list[list[str]]:
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        return [[_shown(cell) for cell in row] for row in sheet.iter_rows()]
    except CalamineError as error:
        raise _malformed("a workbook") from error


def _shown(cell: object) -> str:
    """As it would stand in CSV."""
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)


def _malformed(kind: str) -> DomainError:
    return DomainError("FILE_MALFORMED", f"The file cannot be read as {kind}.", field="upload")
