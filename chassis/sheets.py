"""Rows as a file that people open in a spreadsheet, written in constant memory.

A text is never taken for a formula: in CSV one that begins like a formula gets an apostrophe in
front, in XLSX every text is a text, marked so that editing does not change that. Numbers and dates
stay numbers and dates.
"""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from chassis.clock import ENGLAND
from chassis.db import Reader
from chassis.errors import DomainError
from chassis.export import Cell, Statement

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_ROWS = 1_048_575
"""Rows of a sheet below its header."""

Rows = AsyncIterator[Sequence[Cell]]


async def write_csv(out: IO[bytes], columns: Sequence[str], rows: Rows) -> None:
    """RFC 4180, in UTF-8 with the mark by which spreadsheets know it."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    async for row in rows:
        writer.writerow([_as_text(cell) for cell in row])
    text.detach()  # the file stays open, for whoever gave it


async def write_extract(out: IO[bytes], columns: Sequence[str], rows: Rows) -> None:
    """RFC 4180 as programs read it: no mark before it, and no text is changed."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    async for row in rows:
        writer.writerow(row)
    text.detach()


async def write_copied(
    out: IO[bytes], columns: Sequence[str], reader: Reader, statement: Statement
) -> None:
    """As write_extract does, but by the database itself: millions of rows in seconds.

    No text of the rows may hold a line break.
    """
    out.write(",".join(columns).encode() + b"\r\n")

    async def put(part: bytes) -> None:
        out.write(part.replace(b"\n", b"\r\n"))
        await asyncio.sleep(0)  # whatever else the process does has a turn

    sql, arguments = statement
    await reader.copy_csv(put, sql, *arguments)


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
    if isinstance(cell, datetime):
        return cell.astimezone(ENGLAND).isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


async def write_xlsx(out: IO[bytes], columns: Sequence[str], rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:  # rows wait there to be packed
        book = _Workbook(out, folder, columns)
        try:
            async for row in rows:
                book.add(row)
        finally:  # though it be for nothing: only so are its own files closed
            await asyncio.to_thread(book.pack)


class _Workbook:
    """One sheet, its header kept in sight."""

    def __init__(self, out: IO[bytes], folder: str, columns: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": folder})
        self._sheet = self._book.add_worksheet()
        self._date = self._book.add_format({"num_format": "dd/mm/yyyy"})
        self._moment = self._book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        self._decimal = self._book.add_format({"num_format": "#,##0.00"})
        self._quoted = self._book.add_format({"quote_prefix": True})
        heading = self._book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 0)
        for place, title in enumerate(columns):
            self._sheet.set_column(place, place, max(len(title), 10) + 2)
            self._sheet.write_string(0, place, title, heading)
        self._rows = 0

    def add(self, row: Sequence[Cell]) -> None:
        self._rows += 1
        if self._rows > MOST_ROWS:
            message = f"A sheet holds {MOST_ROWS:,} rows: take CSV, or ask for less."
            raise DomainError("TOO_MANY_ROWS", message, limit=MOST_ROWS)
        for place, cell in enumerate(row):
            self._write(self._rows, place, cell)

    def _write(self, row: int, column: int, cell: Cell) -> None:
        sheet: Any = self._sheet
        if isinstance(cell, str):
            quoted = self._quoted if cell.startswith(FORMULA_STARTS) else None
            sheet.write_string(row, column, cell, quoted)
        elif isinstance(cell, datetime):
            moment = cell.astimezone(ENGLAND).replace(tzinfo=None)
            sheet.write_datetime(row, column, moment, self._moment)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._date)
        elif isinstance(cell, Decimal):
            sheet.write_number(row, column, cell, self._decimal)
        elif cell is not None:
            sheet.write_number(row, column, cell)

    def pack(self) -> None:
        self._book.close()
