"""Files as people attach them, made here."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

NUMBER = "943 476 5919"
"""Of nobody: the one that the NHS prints in its examples."""

_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def workbook(
    path: Path,
    cells: Mapping[str, str | float],
    *,
    comment: str = "",
    name: str = "Log",
    corner: Callable[[Any, Any], object] = lambda *_: None,
) -> Path:
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("First")
    sheet = book.add_worksheet(name)
    corner(book, sheet)
    for cell, value in cells.items():
        sheet.write(cell, value)
    if comment:
        sheet.write_comment("C3", comment)
    book.close()
    return path


def document(path: Path, paragraphs: Sequence[Sequence[str]], header: str = "") -> Path:
    """Each paragraph in pieces, as word processors cut them."""
    body = "".join(
        f"<w:p>{''.join(f'<w:r><w:t>{piece}</w:t></w:r>' for piece in pieces)}</w:p>"
        for pieces in paragraphs
    )
    return package(
        path,
        {
            "word/document.xml": f'<w:document xmlns:w="{_WORDS}">{body}</w:document>',
            "word/header1.xml": f'<w:hdr xmlns:w="{_WORDS}"><w:p><w:t>{header}</w:t></w:p></w:hdr>',
        },
    )


def package(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", _TYPES)
        for name, part in parts.items():
            made.writestr(name, part)
    return path


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63f80f00010101001bb6ee560000000049454e44ae426082"
)
"""A PNG of one point."""


def pdf(
    path: Path, pages: Sequence[str], *, remark: str = "", title: str = "", picture: int = 0
) -> Path:
    """A page a text; an empty text is a page with a drawing alone. `picture`: so wide, on each."""
    kids = [4 + 3 * place for place in range(len(pages))]
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{k} 0 R' for k in kids)}] >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for kid, text in zip(kids, pages, strict=True):
        drawn = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET" if text else "10 10 100 100 re f"
        if picture:
            point = "BI /W 1 /H 1 /CS /G /BPC 8 ID 0 EI"
            drawn += f"\nq {picture} 0 0 {picture} 20 20 cm\n{point}\nQ"
        objects[kid] = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {kid + 1} 0 R"
            f"{f' /Annots [{kid + 2} 0 R]' if remark else ''} >>"
        )
        objects[kid + 1] = f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream"
        objects[kid + 2] = (
            f"<< /Type /Annot /Subtype /Text /Rect [0 0 10 10] /Contents ({remark}) >>"
        )
    last = max(objects) + 1
    objects[last] = f"<< /Title ({title}) >>"
    path.write_bytes(_numbered(objects, last))
    return path


def _numbered(objects: Mapping[int, str], info: int) -> bytes:
    out, places = b"%PDF-1.4\n", {}
    for number, content in sorted(objects.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{places[number]:010} 00000 n \n" for number in sorted(places))
    trailer = f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R /Info {info} 0 R >>\n"
    start = f"startxref\n{len(out)}\n%%EOF\n"
    return (
        out + f"xref\n0 1\n0000000000 65535 f \n1 {len(places)}\n{table}{trailer}{start}".encode()
    )
