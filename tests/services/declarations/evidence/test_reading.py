"""What a file shows when it is read: what it is, and where it names a patient."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from chassis.errors import DomainError
from services.declarations.evidence.domain import check_finding, check_size, ending_of, name_of
from services.declarations.evidence.formats import LARGEST_UNPACKED
from services.declarations.evidence.inspecting import inspect
from services.declarations.evidence.reading import read
from tests.services.declarations.evidence import making
from tests.services.declarations.evidence.making import NUMBER


@pytest.mark.parametrize("written", [NUMBER, "9434765919", "943-476-5919", "943\u00a0476  5919"])
@pytest.mark.parametrize("ending", ["csv", "txt", "xlsx", "docx", "pdf"])
def test_a_number_is_found_however_it_is_written(tmp_path, ending, written) -> None:
    path, said = tmp_path / f"log.{ending}", f"Seen: {written}."
    places = {
        "csv": "row 2, column 2",
        "txt": "line 2",
        "xlsx": "sheet 2, cell B7",
        "docx": "word/document.xml, text 2",
        "pdf": "page 2",
    }
    match ending:
        case "csv":
            path.write_text(f"Day,What\n1 May,{said}\n")
        case "txt":
            path.write_text(f"Seen\n{said}\n")
        case "xlsx":
            making.workbook(path, {"A1": "Day", "B7": said})
        case "docx":
            making.document(path, [["Seen"], [said[:9], said[9:]]])
        case "pdf":
            making.pdf(path, ["Seen", said.replace("\u00a0", " ")])
    assert list(read(ending, path).places) == [places[ending]]


@pytest.mark.parametrize("ending", ["csv", "txt", "xlsx", "docx", "pdf"])
def test_other_numbers_are_no_fault(tmp_path: Path, ending: str) -> None:
    path, said = tmp_path / f"log.{ending}", "943 476 5918, 01632 960000, 94347659190, 15,000.00"
    if ending in ("csv", "txt"):
        path.write_text(said)
    elif ending == "xlsx":
        making.workbook(path, {"A1": said, "B2": 9434765918, "C3": 0.9434765919})
    elif ending == "docx":
        making.document(path, [[said]])
    else:
        making.pdf(path, [said])
    finding = read(ending, path)
    assert (list(finding.places), finding.fault) == ([], None)


def test_a_workbook_is_read_in_every_corner(tmp_path: Path) -> None:
    numbers = making.workbook(tmp_path / "a.xlsx", {"AB3": 9434765919})
    assert list(read("xlsx", numbers).places) == ["sheet 2, cell AB3"]
    remarked = making.workbook(tmp_path / "b.xlsx", {"A1": 1}, comment=NUMBER)
    assert list(read("xlsx", remarked).places) == ["xl/comments1.xml, text 1"]
    named = making.workbook(tmp_path / "c.xlsx", {"A1": 1}, name=NUMBER)
    assert "the name of sheet 2" in read("xlsx", named).places


@pytest.mark.parametrize(
    ("corner", "place"),
    [
        (lambda _, sheet: sheet.set_header(f"&L&12 Log&C{NUMBER}"), "sheet2.xml"),
        (lambda _, sheet: sheet.set_footer(f'&R&"Arial,Bold"{NUMBER}'), "sheet2.xml"),
        (
            lambda _, sheet: sheet.write_url("B2", "https://x.example", tip=f"Of {NUMBER}"),
            "sheet2.xml",
        ),
        (
            lambda _, sheet: sheet.write_url("B2", "https://x.example/9434765919", string="It"),
            "sheet2.xml.rels",
        ),
        (
            lambda _, sheet: sheet.data_validation(
                "B2", {"validate": "integer", "criteria": ">", "value": 0, "input_message": NUMBER}
            ),
            "sheet2.xml",
        ),
        (
            lambda _, sheet: sheet.insert_image(
                "B2", "a.png", {"image_data": BytesIO(making.PICTURE), "description": NUMBER}
            ),
            "drawing1.xml",
        ),
        (lambda _, sheet: sheet.insert_textbox("B2", f"Of {NUMBER}"), "drawing1.xml"),
        (lambda book, _: book.set_properties({"comments": NUMBER}), "core.xml"),
        (lambda book, _: book.set_custom_property("Patient", NUMBER), "custom.xml"),
    ],
)
def test_a_workbook_is_read_beside_its_cells(tmp_path: Path, corner, place: str) -> None:
    path = making.workbook(tmp_path / "a.xlsx", {"A1": 1}, corner=corner)
    (found,) = read("xlsx", path).places
    assert found.partition(",")[0].endswith(place)


@pytest.mark.parametrize(("held", "found"), [("9434765919", 1), ("0.9434765919", 0)])
def test_what_a_pivot_table_remembers_is_read(tmp_path: Path, held: str, found: int) -> None:
    path = making.workbook(tmp_path / "a.xlsx", {"A1": 1})
    with ZipFile(path, "a") as book:
        book.writestr("xl/pivotCache/pivotCacheRecords1.xml", f'<a><r><n v="{held}"/></r></a>')
    assert len(read("xlsx", path).places) == found


def test_sheets_that_are_hidden_are_read(tmp_path: Path) -> None:
    for hide in ("hide", "very_hidden"):
        path = making.workbook(
            tmp_path / "a.xlsx", {"A1": NUMBER}, corner=lambda _, sheet, h=hide: getattr(sheet, h)()
        )
        assert list(read("xlsx", path).places) == ["sheet 2, cell A1"]


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("word/comments.xml", "<a><comment><p><t>{}</t></p></comment></a>"),
        ("word/footer2.xml", "<a><p><t>{}</t></p></a>"),
        ("docProps/core.xml", "<a><subject>{}</subject></a>"),
        ("docProps/custom.xml", '<a><property name="Who"><lpwstr>{}</lpwstr></property></a>'),
        ("word/drawing.xml", '<a><p><docPr id="1" descr="{}"/></p></a>'),
        ("word/_rels/document.xml.rels", '<a><Relationship Target="https://x.example/{}"/></a>'),
    ],
)
def test_a_document_is_read_beside_its_text(tmp_path: Path, part: str, content: str) -> None:
    parts = {"word/document.xml": "<a><p><t>Seen</t></p></a>", part: content.format("9434765919")}
    (found, *_) = read("docx", making.package(tmp_path / "a.docx", parts)).places
    assert found.startswith(part)


def test_a_document_is_read_with_its_headers(tmp_path: Path) -> None:
    path = making.document(tmp_path / "a.docx", [["Seen"]], header=NUMBER)
    assert list(read("docx", path).places) == ["word/header1.xml, text 1"]


def test_a_pdf_is_read_with_its_remarks_and_properties(tmp_path: Path) -> None:
    remarked = making.pdf(tmp_path / "a.pdf", ["Seen"], remark=NUMBER)
    assert list(read("pdf", remarked).places) == ["a remark on page 1"]
    field = making.pdf(tmp_path / "c.pdf", ["Seen"], remark=f"Number) /V ({NUMBER}")
    assert list(read("pdf", field).places) == ["a remark on page 1"]
    titled = making.pdf(tmp_path / "b.pdf", ["Seen"], title=NUMBER)
    assert list(read("pdf", titled).places) == ["its property Title"]


def test_pages_that_are_pictures_are_named_for_who_looks(tmp_path: Path) -> None:
    part = read("pdf", making.pdf(tmp_path / "part.pdf", ["Seen", "", "", "Seen", ""]))
    assert (part.searched, part.pictures) == ("PART", 3)
    assert part.unsearched == ["pages 2 to 3", "page 5"]
    scan = read("pdf", making.pdf(tmp_path / "scan.pdf", ["", ""], title="Log"))
    assert (scan.searched, scan.unsearched) == ("NOTHING", ["pages 1 to 2"])


@pytest.mark.parametrize(("width", "searched"), [(400, "PART"), (60, "WHOLE")])
def test_a_picture_beside_text_is_named_unless_it_is_small(tmp_path, width, searched) -> None:
    """A scan under a heading is; the mark at the head of a letter is not."""
    found = read("pdf", making.pdf(tmp_path / "a.pdf", ["Seen"], picture=width))
    assert (found.searched, bool(found.unsearched)) == (searched, searched == "PART")


@pytest.mark.parametrize(("cells", "searched"), [({"A1": "Seen"}, "PART"), ({}, "NOTHING")])
def test_pictures_in_a_workbook_are_named(tmp_path: Path, cells, searched) -> None:
    def corner(_: object, sheet) -> None:
        sheet.insert_image("D4", "a.png", {"image_data": BytesIO(making.PICTURE)})

    found = read("xlsx", making.workbook(tmp_path / "a.xlsx", cells, corner=corner))
    assert (found.searched, found.unsearched) == (searched, ["picture image1.png"])


@pytest.mark.parametrize(("text", "searched"), [("Seen", "PART"), (" ", "NOTHING")])
def test_pictures_in_a_document_are_named(tmp_path: Path, text: str, searched: str) -> None:
    parts = {
        "word/document.xml": f"<a><p><t>{text}</t></p></a>",
        "word/media/image1.jpeg": making.PICTURE,
        "docProps/app.xml": "<a><Application>Writer</Application></a>",
    }
    found = read("docx", making.package(tmp_path / "a.docx", parts))
    assert (found.searched, found.unsearched) == (searched, ["picture image1.jpeg"])


def test_places_are_named_and_never_the_number(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{NUMBER}\n" * 50)
    with pytest.raises(DomainError) as refused:
        check_finding(read("csv", path))
    assert refused.value.code == "NHS_NUMBER_IN_EVIDENCE"
    assert refused.value.facts["places"] == [f"row {row}, column 1" for row in range(1, 6)]
    assert "row 1, column 1" in refused.value.message
    assert "943" not in refused.value.message + str(refused.value.facts)


@pytest.mark.parametrize("ending", ["pdf", "xlsx", "docx", "csv", "txt"])
def test_a_file_of_another_type_than_its_name_says_is_refused(tmp_path, ending) -> None:
    path = tmp_path / f"log.{ending}"
    path.write_bytes(b"MZ\x90\x00 this program cannot be run")
    with pytest.raises(DomainError) as refused:
        check_finding(read(ending, path))
    assert refused.value.code == "EVIDENCE_NOT_READABLE"


@pytest.mark.parametrize(("name", "ending"), [("a.docx", "xlsx"), ("a.xlsx", "docx")])
def test_a_document_is_no_workbook(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / name
    if name == "a.docx":
        making.document(path, [["Seen"]])
    else:
        making.workbook(path, {"A1": 1})
    assert "not of the type" in str(read(ending, path).fault)


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    making.package(path, {"word/document.xml": b" " * (LARGEST_UNPACKED + 1)})
    assert path.stat().st_size < 200_000
    assert "Unpacked it has more than" in str(read("docx", path).fault)


def test_what_carries_programs_or_files_is_refused(tmp_path: Path) -> None:
    parts = {"word/document.xml": "<a/>", "word/vbaProject.bin": b"x"}
    assert "a program" in str(read("docx", making.package(tmp_path / "a.docx", parts)).fault)
    parts = {"word/document.xml": "<a/>", "word/embeddings/book.xlsx": b"x"}
    assert "further files" in str(read("docx", making.package(tmp_path / "b.docx", parts)).fault)


async def test_a_file_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "log.pdf", ["Seen", NUMBER, ""])
    finding = await inspect("pdf", path)
    assert list(finding.places) == ["page 2"]
    assert finding.pictures == 1


async def test_a_file_that_exhausts_its_reader_is_refused(tmp_path: Path) -> None:
    """A cell so far out that the sheet before it fills the memory."""
    path = making.workbook(tmp_path / "far.xlsx", {"A1": 1, "XFD1048576": 1})
    finding = await inspect("xlsx", path)
    assert "too long or too much memory" in str(finding.fault)


@pytest.mark.parametrize("given", [f"{NUMBER}.pdf", "943_476_5919.pdf", "of 943-476-5919.pdf"])
def test_a_name_that_holds_an_nhs_number_is_refused(given: str) -> None:
    with pytest.raises(DomainError) as refused:
        name_of(given)
    assert refused.value.code == "NHS_NUMBER_IN_EVIDENCE"
    assert "943" not in refused.value.message


@pytest.mark.parametrize("given", ["", " ", "x" * 121, "a\nb.pdf"])
def test_a_name_is_short_and_printable(given: str) -> None:
    with pytest.raises(DomainError) as refused:
        name_of(given)
    assert refused.value.code == "FILE_NAME_NOT_VALID"


def test_a_name_is_kept_without_its_folder() -> None:
    assert name_of("C:\\claims\\May.PDF ") == "May.PDF"
    assert name_of("../../May.pdf") == "May.pdf"


def test_a_type_is_one_that_this_evidence_accepts_and_that_can_be_read() -> None:
    assert ending_of("May.PDF", [".pdf", "xlsx"]) == "pdf"
    for name, accepts in [("May.docx", ["pdf"]), ("May", ["pdf"]), ("May.jpg", ["jpg", "pdf"])]:
        with pytest.raises(DomainError) as refused:
            ending_of(name, accepts)
        assert refused.value.code == "EVIDENCE_TYPE_NOT_ACCEPTED"
        assert refused.value.facts["accepts"] == ["pdf"]


@pytest.mark.parametrize(("size", "code"), [(0, "EMPTY"), (10_485_761, "TOO_LARGE")])
def test_a_file_has_something_in_it_and_not_too_much(size: int, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_size(size)
    assert refused.value.code == f"EVIDENCE_{code}"
