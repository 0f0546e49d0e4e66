"""The texts of a file and where they stand, by its type. Reads in bounds, or says what is wrong."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Shown:
    """A file, and what its reader has come upon beside the texts it told."""

    path: Path
    pictures: list[str | int] = field(default_factory=list)
    """Pages and parts that are pictures: pages by their number."""
    texts: bool = False
    """Whether anything is written in it, properties apart."""


def spans(pictures: Sequence[str | int]) -> list[str]:
    """The pictures in words, pages that follow on each other as one."""
    told: list[str] = []
    runs: list[tuple[int, int]] = []
    for one in pictures:
        if isinstance(one, str):
            told.append(f"picture {one}")
        elif runs and runs[-1][1] == one - 1:
            runs[-1] = (runs[-1][0], one)
        else:
            runs.append((one, one))
    return [f"page {a}" if a == b else f"pages {a} to {b}" for a, b in runs] + told


def csv_texts(shown: Shown) -> Texts:
    text = _decoded(shown.path)
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


def plain_texts(shown: Shown) -> Texts:
    before = ""
    for number, line in enumerate(_decoded(shown.path).splitlines(), start=1):
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


def xlsx_texts(shown: Shown) -> Texts:
    with _package(shown, "xl/workbook.xml") as package:
        try:
            for place, text in _cells(CalamineWorkbook.from_path(shown.path)):
                shown.texts = shown.texts or ", cell " in place
                yield place, text
        except CalamineError as error:
            raise FaultError("It cannot be read as a workbook.") from error
        # Cells are read above; what is left are comments, drawings, headers and properties.
        for place, text in _parts(package, lambda name: not name.startswith(_READ_AS_CELLS)):
            shown.texts = shown.texts or _is_written(place, text, "xl/drawings/drawing")
            yield place, text


_READ_AS_CELLS: Final = ("xl/sharedStrings", "xl/styles", "xl/theme", "xl/calcChain")


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


def docx_texts(shown: Shown) -> Texts:
    with _package(shown, "word/document.xml") as package:
        for place, text in _parts(package, lambda _: True):
            shown.texts = shown.texts or _is_written(place, text, "word/")
            yield place, text


def _is_written(place: str, text: str, where: str) -> bool:
    """A word; a drawing's part holds figures that only say where it stands."""
    return place.startswith(where) and ", text " in place and any(map(str.isalpha, text))


def _package(shown: Shown, main: str) -> ZipFile:
    """The zip that a workbook or document is; refused where it is a bomb, or holds a program."""
    try:
        package = ZipFile(shown.path)
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
    shown.pictures += [name.rpartition("/")[2] for name in sorted(names) if "/media/" in name]
    return package


def _parts(package: ZipFile, wanted: Callable[[str], bool]) -> Texts:
    for name in package.namelist():
        if name.endswith((".xml", ".rels")) and wanted(name):
            part = _unpacked(package, name)
            if name.startswith("xl/worksheets/sheet"):
                part = _CELLS.sub(rb"", part)
            tree = _tree(part)
            for number, text in enumerate(_blocks(tree), start=1):
                yield f"{name}, text {number}", text
            for number, text in enumerate(_attributes(tree), start=1):
                yield f"{name}, description {number}", text


_CELLS: Final = re.compile(rb"<((?:\w+:)?sheetData)\b.*</\1>", re.DOTALL)
"""Of a sheet's part; around them are its headers and footers, hyperlinks, and hints for input."""
_WRITTEN: Final = {
    *("descr", "title", "tooltip", "display", "prompt", "promptTitle", "error", "errorTitle"),
    *("author", "alt", "Target", "v"),
}
"""Attributes that people fill in: descriptions of pictures, hints, where a link leads; and what a
pivot table remembers of its rows, those that were taken away among them."""
_LAYOUT: Final = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|[0-9]{1,3}(?= )|[A-Za-z])')
"""Marks of place and type in a worksheet's header: `&L`, `&"Arial,Bold"`."""


def _unpacked(package: ZipFile, name: str) -> bytes:
    """A part, and no more of it than it was said to have."""
    try:
        with package.open(name) as part:
            return part.read(package.getinfo(name).file_size)
    except (BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise FaultError("It is damaged, or locked by a password.") from error


def _tree(part: bytes) -> ET.Element:
    try:
        # In a process of its own, with limits; and this reader fetches nothing from elsewhere.
        return ET.fromstring(part)  # noqa: S314
    except ET.ParseError as error:
        raise FaultError("It is damaged.") from error


def _blocks(tree: ET.Element) -> Iterator[str]:
    """Texts that read as one: a paragraph, a comment; where there are none, each by itself."""
    blocks = [one for one in tree.iter() if _local(one) in _BLOCKS]
    for block in blocks:
        yield "".join(_piece(one) for one in block.iter())
    if not blocks:
        yield from (_LAYOUT.sub(" ", one.text) for one in tree.iter() if one.text)


def _attributes(tree: ET.Element) -> Iterator[str]:
    for one in tree.iter():
        for name, text in one.items():
            if name.rpartition("}")[2] in _WRITTEN and not _FRACTION.fullmatch(text):
                yield text


def _piece(element: ET.Element) -> str:
    return " " if _local(element) in {"tab", "br", "cr"} else element.text or ""


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def pdf_texts(shown: Shown) -> Texts:
    """The pages of a PDF as they are read, its fields and remarks among them."""
    try:
        pdf = pypdfium2.PdfDocument(shown.path)
    except pypdfium2.PdfiumError as error:
        raise FaultError("It is no PDF, is damaged, or is locked by a password.") from error
    if len(pdf) > MOST_PAGES:
        raise FaultError(f"It has more than {MOST_PAGES:,} pages.")
    if pdf.count_attachments():
        raise FaultError("It carries further files: attach each by itself.")
    for name, text in pdf.get_metadata_dict().items():
        yield f"its property {name}", text
    pdf.init_forms()
    for number in range(1, len(pdf) + 1):
        yield from _page(pdf, number, shown)


def _page(pdf: Any, number: int, shown: Shown) -> Texts:
    page = pdf[number - 1]
    for remark in _remarks(page):
        yield f"a remark on page {number}", remark
    if pdf.formenv:  # what was filled in becomes part of the page
        page.flatten()
        page = pdf[number - 1]
    text = page.get_textpage().get_text_range()
    if text.strip():
        shown.texts = True
        unsearched = _has_picture(page)
    else:
        unsearched = any(page.get_objects(max_depth=1))
    if unsearched:
        shown.pictures.append(number)
    yield f"page {number}", text


def _has_picture(page: Any) -> bool:
    """Whether one takes a tenth of the page: more than a mark at its head."""
    whole = page.get_width() * page.get_height()
    for one in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = one.get_bounds()
        if (right - left) * (top - bottom) * 10 >= whole:
            return True
    return False


def _remarks(page: Any) -> Iterator[str]:
    for place in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, place)
        for key in (b"Contents", b"V"):
            length = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
            held = (raw.FPDF_WCHAR * (length // 2 + 1))()
            raw.FPDFAnnot_GetStringValue(annotation, key, held, length)
            yield bytes(held)[: max(length - 2, 0)].decode("utf-16-le", "replace")
        raw.FPDFPage_CloseAnnot(annotation)


READERS: Final[Mapping[str, Callable[[Shown], Texts]]] = {
    "csv": csv_texts,
    "txt": plain_texts,
    "xlsx": xlsx_texts,
    "docx": docx_texts,
    "pdf": pdf_texts,
}
"""By the ending of a file's name."""
