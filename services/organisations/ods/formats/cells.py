"""Reading cells: what a file holds is text, and what is wrong with it has a place."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias, TypeVar

from nhs.values import ods_code
from services.organisations.ods.domain import Problem

T = TypeVar("T")
Row: TypeAlias = tuple[int, Sequence[object]]
"""The number of a line, and its cells."""

_WORD = re.compile(r"[a-z0-9]+")
_PLACE = frozenset({"loc", "location"})
_PCN = re.compile(r"U\d{5}")
_PRACTICE = re.compile(r"[A-Z]\d{5}")


class CellError(Exception):
    def __init__(self, column: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, its cells by column."""

    file: str
    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        if found := self.cells[column]:
            return found
        raise CellError(column, "EMPTY", "The cell is empty")

    def maybe(self, column: str) -> str | None:
        return self.cells[column] or None

    def code(self, column: str) -> str:
        found = self.text(column)
        try:
            return ods_code(found)
        except ValueError as error:
            raise CellError(column, "NOT_A_CODE", str(error)) from None

    def practice(self, column: str) -> str:
        return self._formed(column, _PRACTICE, "the code of a practice, such as A81001")

    def pcn(self, column: str) -> str:
        return self._formed(column, _PCN, "the code of a PCN, such as U89141")

    def day(self, column: str, form: str = "%Y%m%d") -> date:
        found = self.text(column)
        try:
            return _day(found, form)
        except ValueError:
            raise CellError(column, "NOT_A_DATE", f"{found!r} is not a date") from None

    def maybe_day(self, column: str) -> date | None:
        return self.day(column) if self.cells[column] else None

    def end(self, column: str, start: date) -> date | None:
        """A last day, which cannot lie before the first."""
        end = self.maybe_day(column)
        if end and end < start:
            reason = f"It ends on {end}, before it starts on {start}"
            raise CellError(column, "ENDS_BEFORE_IT_STARTS", reason)
        return end

    def whole_number(self, column: str) -> int:
        found = self.text(column)
        if not found.isdecimal():
            raise CellError(column, "NOT_A_NUMBER", f"{found!r} is not a whole number")
        return int(found)

    def _formed(self, column: str, form: re.Pattern[str], wanted: str) -> str:
        found = self.text(column)
        if form.fullmatch(found):
            return found
        raise CellError(column, "NOT_A_CODE", f"{found!r} is not {wanted}")


@lru_cache(10_000)
def _day(text: str, form: str) -> date:
    """Files hold few days and many cells."""
    return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone


def read_each(
    lines: Iterable[Line], read: Callable[[Line], T], problems: list[Problem]
) -> Iterator[T]:
    """What can be read, line by line; what cannot is listed with its place."""
    for line in lines:
        try:
            yield read(line)
        except CellError as error:
            problem = Problem(line.file, error.code, str(error), line.number, error.column)
            problems.append(problem)


def only_first(
    read: Iterable[tuple[Line, T]], column: str, problems: list[Problem]
) -> Iterator[tuple[Line, T]]:
    """The first line of each code; a later one is listed, for nobody knows which is right."""
    seen: dict[str, int] = {}
    for line, found in read:
        code = line.cells[column]
        if seen.setdefault(code, line.number) == line.number:
            yield line, found
        else:
            reason = f"{code} stands on line {seen[code]} already"
            problems.append(Problem(line.file, "TWICE", reason, line.number, column))


def headed(
    file: str,
    rows: Iterable[Row],
    wanted: Sequence[str],
    problems: list[Problem],
) -> Iterator[Line]:
    """Lines under a header, which may have more columns than wanted."""
    numbered = iter(rows)
    header = [heading(cell) for cell in next(numbered, (0, ()))[1]]
    if missing := [column for column in wanted if heading(column) not in header]:
        reason = f"The header lacks {', '.join(missing)}"
        problems.append(Problem(file, "COLUMN_MISSING", reason, 1, missing[0]))
        return
    places = {name: header.index(heading(name)) for name in wanted}
    yield from _lines(file, numbered, places, problems)


def heading(cell: object) -> str:
    """What a header cell says, however it is broken into lines and dashed.

    Sub-ICBs are called so, Sub ICB Locs and Sub ICB Locations, as the year may be.
    """
    words: list[str] = _WORD.findall(as_text(cell).lower())
    return " ".join(word for word in words if word not in _PLACE)


def unheaded(
    file: str,
    rows: Iterable[Row],
    columns: Mapping[str, int],
    problems: list[Problem],
) -> Iterator[Line]:
    """Lines of a file without a header, its columns counted from 1."""
    return _lines(file, rows, {name: place - 1 for name, place in columns.items()}, problems)


def _lines(
    file: str,
    rows: Iterable[Row],
    places: Mapping[str, int],
    problems: list[Problem],
) -> Iterator[Line]:
    width = max(places.values()) + 1
    for number, cells in rows:
        if len(cells) < width:
            reason = f"The line has {len(cells)} cells where {width} are wanted"
            problems.append(Problem(file, "LINE_TOO_SHORT", reason, number))
        else:
            found = {name: as_text(cells[place]) for name, place in places.items()}
            yield Line(file, number, found)


def is_pcn(cell: object) -> bool:
    return _PCN.fullmatch(as_text(cell)) is not None


def as_text(cell: object) -> str:
    """A cell of a CSV file or a worksheet, without the blanks around it."""
    if isinstance(cell, date):
        return f"{cell:%Y%m%d}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
