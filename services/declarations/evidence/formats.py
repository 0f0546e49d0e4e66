"""The texts of a file and where they stand, by its type. Reads in bounds, or says what is wrong."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

import pypdfium2  # type: ignore[import-untyped]  # it says its types, and is not marked so
from pypdfium2 import raw
from python_calamine import CalamineError, CalamineWorkbook

MOST_PAGES: Final = 1_000
MOST_PARTS: Final = 2_000
LARGEST_UNPACKED: Final = 104_857_600
"""Bytes of all parts of a workbook or document, unpacked."""

Texts: TypeAlias = Iterator[tuple[str, str]]
"""Places of a file, and the text that stands there."""

_CONTROL: Final = {*map(chr, range(32))} - {*"\t\n\r\f"}
_BLOCKS: Final = {"p", "comment", "si", "is"}
"""What a text that reads as one is held by, however many pieces it is cut into."""


_PIECE: Final = 9
"""Characters on either side of a line's end, which a number may stand across but not within."""
_FRACTION: Final = re.compile(r"-?\d*\.\d*[1-9]\d*")
"""A number with decimals, of which any ten might pass for an NHS number."""


class FaultError(Exception):
    """The file is not of the type its name says, or cannot be read: why, in words."""


def csv_texts(path: Path) -> Texts:
    text = _decoded(path)
    limit = csv.field_size_limit(len(text) + 1)  # of the whole process
    try:
        for row, cells in enumerate(csv.reader(text.splitlines(keepends=True)), start=1):
            for column, cell in enumerate(cells, start=1):
                if not _FRACTION.fullmatch(cell):
                    yield f"row {row}, column {column}", cell
    except csv.Error as error:
        raise FaultError(f"It cannot be read as CSV: {error}.") from error
    finally:
        csv.field_size_limit(limit)


def plain_texts(path: Path) -> Texts:
    before = ""
    for number, line in enumerate(_decoded(path).splitlines(), start=1):
        yield f"line {number}", line
        yield f"lines {number - 1} and {number}", f"{before[-_PIECE:]} {line[:_PIECE]}"
        before = line


def _decoded(path: Path) -> str:
    """Text as programs write it: UTF-8, UTF-16 with its mark, or as Windows has it."""
    content = path.read_bytes()
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if not _CONTROL.isdisjoint(text):
        raise FaultError("Its content is no text.")
    return text


def xlsx_texts(path: Path) -> Texts:
    with _package(path, "xl/workbook.xml") as package:
        try:
            yield from _cells(CalamineWorkbook.from_path(path))
        except CalamineError as error:
            raise FaultError("It cannot be read as a workbook.") from error
        # Cells are read above; what is left are comments, drawings, headers and properties.
        yield from _parts(package, lambda name: not name.startswith(_READ_AS_CELLS))


_READ_AS_CELLS: Final = (
    "xl/worksheets/sheet",
    "xl/sharedStrings",
    "xl/styles",
    "xl/theme",
    "xl/calcChain",
)


def _cells(book: CalamineWorkbook) -> Texts:
    for place, name in enumerate(book.sheet_names, start=1):
        yield f"the name of sheet {place}", name
        sheet = book.get_sheet_by_index(place - 1)
        first = sheet.start[1] if sheet.start else 0
        for row, cells in enumerate(sheet.iter_rows(), start=1):
            for column, cell in enumerate(cells, start=first):
                if isinstance(cell, str) or (isinstance(cell, float) and cell.is_integer()):
                    shown = cell if isinstance(cell, str) else f"{cell:.0f}"
                    yield f"sheet {place}, cell {_letters(column)}{row}", shown


def _letters(column: int) -> str:
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def docx_texts(path: Path) -> Texts:
    with _package(path, "word/document.xml") as package:
        yield from _parts(package, lambda _: True)


def _package(path: Path, main: str) -> ZipFile:
    """The zip that a workbook or document is; refused where it is a bomb, or holds a program."""
    try:
        package = ZipFile(path)
    except (BadZipFile, NotImplementedError) as error:
        raise FaultError("Its content is not of the type its name says.") from error
    parts = package.infolist()
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", main} <= names:
        raise FaultError("Its content is not of the type its name says.")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise FaultError(f"Unpacked it has more than {LARGEST_UNPACKED:,} bytes.")
    if any("vbaProject" in name or "/embeddings/" in name for name in names):
        raise FaultError("It holds a program or further files: save it without.")
    return package


def _parts(package: ZipFile, wanted: Callable[[str], bool]) -> Texts:
    for name in package.namelist():
        if name.endswith(".xml") and wanted(name):
            for number, text in zip(count(1), _blocks(_unpacked(package, name)), strict=False):
                yield f"{name}, text {number}", text


def _unpacked(package: ZipFile, name: str) -> bytes:
    """A part, and no more of it than it was said to have."""
    try:
        with package.open(name) as part:
            return part.read(package.getinfo(name).file_size)
    except (BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise FaultError("It is damaged, or locked by a password.") from error


def _blocks(part: bytes) -> Iterator[str]:
    """Texts that read as one: a paragraph, a comment; where there are none, each by itself."""
    try:
        # In a process of its own, with limits; and this reader fetches nothing from elsewhere.
        tree = ET.fromstring(part)  # noqa: S314
    except ET.ParseError as error:
        raise FaultError("It is damaged.") from error
    blocks = [one for one in tree.iter() if _local(one) in _BLOCKS]
    for block in blocks:
        yield "".join(_piece(one) for one in block.iter())
    if not blocks:
        yield from (one.text for one in tree.iter() if one.text)


def _piece(element: ET.Element) -> str:
    return " " if _local(element) in {"tab", "br", "cr"} else element.text or ""


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


class PdfTexts:
    """The pages of a PDF as they are read, its fields and remarks among them."""

    def __init__(self, path: Path) -> None:
        self.pictures = 0
        """Pages so far that hold something and no text."""
        try:
            self._pdf = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            raise FaultError("It is no PDF, is damaged, or is locked by a password.") from error

    def __iter__(self) -> Texts:
        pdf = self._pdf
        if len(pdf) > MOST_PAGES:
            raise FaultError(f"It has more than {MOST_PAGES:,} pages.")
        if pdf.count_attachments():
            raise FaultError("It carries further files: attach each by itself.")
        for name, text in pdf.get_metadata_dict().items():
            yield f"its property {name}", text
        pdf.init_forms()
        for number in range(1, len(pdf) + 1):
            yield from self._page(number)

    def _page(self, number: int) -> Texts:
        page = self._pdf[number - 1]
        for remark in _remarks(page):
            yield f"a remark on page {number}", remark
        if self._pdf.formenv:  # what was filled in becomes part of the page
            page.flatten()
            page = self._pdf[number - 1]
        text = page.get_textpage().get_text_range()
        self.pictures += not text.strip() and any(True for _ in page.get_objects(max_depth=1))
        yield f"page {number}", text


def _remarks(page: Any) -> Iterator[str]:
    for place in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, place)
        for key in (b"Contents", b"V"):
            length = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
            held = (raw.FPDF_WCHAR * (length // 2 + 1))()
            raw.FPDFAnnot_GetStringValue(annotation, key, held, length)
            yield bytes(held)[: max(length - 2, 0)].decode("utf-16-le", "replace")
        raw.FPDFPage_CloseAnnot(annotation)


READERS: Final[Mapping[str, Callable[[Path], Texts]]] = {
    "csv": csv_texts,
    "txt": plain_texts,
    "xlsx": xlsx_texts,
    "docx": docx_texts,
}
"""By the ending of a file's name; a PDF is read by `PdfTexts`."""
