"""Opening a workbook that may be cut off, or made to fill the memory of whoever opens it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, CalamineWorkbook

from services.organisations.ods.domain import Problem

LARGEST = 128 * 1024 * 1024
"""Bytes a workbook may unpack to; that of ODS unpacks to 5 million."""
MOST_CELLS = 4_000_000
"""A sheet is laid out from its first cell to its last, however few there are between."""

_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError),  # cut off, or changed on the way
    *(NotImplementedError, RuntimeError),  # another compression; a password
    CalamineError,
)


class _TooLargeError(Exception):
    pass


def opened(file: str, content: bytes, problems: list[Problem]) -> CalamineWorkbook | None:
    """The workbook; None, and a problem, where there is no whole one of a fair size."""
    try:
        return CalamineWorkbook.from_filelike(_unpacked(content))
    except _TooLargeError as error:
        problems.append(Problem(file, "TOO_LARGE", str(error)))
    except _BROKEN as error:
        problems.append(Problem(file, "WORKBOOK_NOT_READABLE", f"No whole workbook: {error}"))
    return None


def rows(workbook: CalamineWorkbook, sheet: str) -> Iterator[tuple[int, Sequence[object]]]:
    return enumerate(workbook.get_sheet_by_name(sheet).iter_rows(), 1)


def _unpacked(content: bytes) -> io.BytesIO:
    """The same archive without compression: what it says of its sizes has then been tried."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w") as plain:
        size = sum(part.file_size for part in packed.infolist())
        if size > LARGEST:
            raise _TooLargeError(f"It unpacks to {size:,} bytes, where {LARGEST:,} are taken")
        for part in packed.infolist():
            unpacked = packed.read(part)
            if part.filename.startswith("xl/worksheets/"):
                _hold_to_size(part.filename, unpacked)
            plain.writestr(part.filename, unpacked)
    out.seek(0)
    return out


def _hold_to_size(sheet: str, xml: bytes) -> None:
    places = [(_column(found[1]), int(found[2])) for found in _CELL.finditer(xml)]
    columns, lines = (max(each, default=0) for each in zip(*places, strict=True) or ((), ()))
    if columns * lines > MOST_CELLS:
        raise _TooLargeError(f"{sheet} reaches {lines:,} lines down and {columns:,} columns across")


def _column(letters: bytes) -> int:
    """Counted from 1: A, B … Z, AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
