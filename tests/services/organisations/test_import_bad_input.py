"""What is wrong with a file is named by a code and its place, and nothing comes of it."""

import io
import re
import zipfile

import pytest

from services.organisations.ods.commands import UPLOAD
from services.organisations.ods.formats import files as telling_apart
from services.organisations.ods.formats import workbook as opening
from tests.services.organisations.conftest import DATA_LOAD
from tests.services.organisations.importing import (
    changes,
    load_files,
    nothing_came_of_it,
    rows,
    told,
)
from tests.services.organisations.small_england import FILES, MEMBERS, PCNS, PRACTICES
from tests.support.files_of_ods import (
    MAPPING_HEADER,
    MEMBER_HEADER,
    PATIENTS_HEADER,
    csv_file,
    mapping,
    member,
    patients,
    pcn,
    practice,
    successor,
    workbook,
)

CODE, SUCCESSOR = "organisation code", "successor code"
END = "Practice to PCN Relationship End Date"
LATE, NO_DATE = "ENDS_BEFORE_IT_STARTS", "NOT_A_DATE"
PROBLEMS = [
    (
        "epraccur.csv",
        csv_file([*PRACTICES, practice("99001A")]),
        ("NOT_A_CODE", 4, CODE),
    ),
    ("epraccur.csv", csv_file([practice("A99001", joined="2020")]), (NO_DATE, 1, "join date")),
    ("epraccur.csv", csv_file([practice("A99001", status="X")]), ("STATUS_NOT_KNOWN", 1, "status")),
    (
        "epraccur.csv",
        csv_file([practice("A99001", closed="19700101")]),
        (LATE, 1, "close date"),
    ),
    ("epraccur.csv", csv_file([PRACTICES[0], PRACTICES[0]]), ("TWICE", 2, CODE)),
    ("epraccur.csv", csv_file([PRACTICES[0], ["A99002"]]), ("LINE_TOO_SHORT", 2, None)),
    ("epraccur.csv", b"anything else\n", ("FILE_NOT_KNOWN", 1, None)),
    ("epraccur.csv", b"", ("FILE_EMPTY", None, None)),
    ("epraccur.csv", csv_file(PRACTICES)[:-6], ("FILE_NOT_READABLE", 3, None)),
    ("epraccur.csv", "A99001".encode("utf-16"), ("WRONG_ENCODING", 1, None)),
    (
        "epraccur.csv",
        csv_file(PRACTICES).replace(b"PRACTICE A99002", b"PRACTICE \x81"),
        ("WRONG_ENCODING", 2, None),
    ),
    ("ePCN.xlsx", FILES["ePCN.xlsx"][:4000], ("WORKBOOK_NOT_READABLE", None, None)),
    ("ePCN.xlsx", workbook([*PCNS, pcn("U99002")], MEMBERS), ("TWICE", 4, "PCN Code")),
    (
        "ePCN.xlsx",
        workbook(PCNS, [*MEMBERS, member("A99003", "U99009", "20190701", "20190930")]),
        ("PCN_NOT_KNOWN", 6, "PCN Code"),
    ),
    ("ePCN.xlsx", workbook(PCNS, [member("A99001", "U99001", end="20190930")]), (LATE, 2, END)),
    (
        "ePCN.xlsx",
        workbook([PCNS[0], pcn("U99002", closed="20260331")], MEMBERS[:2]),
        ("PCN_CLOSED", 3, END),
    ),
    (
        "members.csv",
        csv_file([*MEMBERS[:3], member("A99003", "U9900X")], MEMBER_HEADER),
        ("NOT_A_CODE", 14 + 4, "PCN Code"),
    ),
    ("succ.csv", csv_file([successor("A99001", "A99001")]), ("SUCCEEDS_ITSELF", 1, SUCCESSOR)),
    (
        "succ.csv",
        csv_file([successor("RX1", "RX2"), successor("A99001", "A99002", "?")]),
        (NO_DATE, 2, "effective date"),
    ),
    ("ePCN.xlsx", b"PK\x03\x04 and then nothing", ("WORKBOOK_NOT_READABLE", None, None)),
    ("ePCN.xlsx", workbook(PCNS, MEMBERS, ("PCNDetails", "Else")), ("SHEET_MISSING", None, None)),
    ("ePCN.xlsx", workbook(PCNS, [member("A99001", "Z1")]), ("NOT_A_CODE", 2, "PCN Code")),
    ("mapping.csv", csv_file([], MAPPING_HEADER[:5]), ("COLUMN_MISSING", 1, "CCG_NAME")),
    (
        "mapping.csv",
        csv_file([mapping("98A", "QQ1"), mapping("98A", "QQ2")], MAPPING_HEADER),
        ("TWO_PARENTS", 3, "CCG_ODS_CODE"),
    ),
    (
        "lists.csv",
        csv_file([patients("A99001", "-1")], PATIENTS_HEADER),
        ("NOT_A_NUMBER", 2, "NUMBER_OF_PATIENTS"),
    ),
]


async def test_a_bad_line_is_named_and_nothing_is_applied(database):
    """Several of them in one database, which none of them changes."""
    for name, content, place in PROBLEMS:
        outcome, report = await load_files(database, {**FILES, name: content})
        assert outcome == "REFUSED", place
        (problem,) = report["problems"]
        assert problem["file"].startswith(name)
        assert (problem["code"], problem["line"], problem["column"]) == place
        await nothing_came_of_it(database)


async def test_bad_lines_may_be_skipped_and_stay_listed(database):
    files = {**FILES, "epraccur.csv": csv_file([*PRACTICES, practice("A99004", status="X")])}
    outcome, report = await load_files(database, files, skip_bad_lines=True)
    assert (outcome, report["counts"]["PROBLEMS"]) == ("APPLIED", 1)
    assert changes(report, "PRACTICE")["opened"] == 3


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("ePCN.xlsx", workbook(PCNS, MEMBERS, ("PCNDetails", "Else")), "SHEET_MISSING"),
        ("mapping.csv", csv_file([], MAPPING_HEADER[:5]), "COLUMN_MISSING"),
        ("mapping.csv", csv_file([mapping("A99001", "QQ1")], MAPPING_HEADER), "KIND_CHANGED"),
    ],
)
async def test_what_is_more_than_a_bad_line_is_never_skipped(database, name, content, code):
    await load_files(database, FILES)
    await told(database)
    outcome, report = await load_files(database, {name: content}, skip_bad_lines=True)
    assert (outcome, [one["code"] for one in report["problems"]]) == ("REFUSED", [code])
    assert await told(database) == []


async def test_a_skipped_line_of_a_member_leaves_what_was_known_of_members(database):
    await load_files(database, FILES)
    await told(database)
    members = [MEMBERS[0], member("A99001", "Z1", "20220401"), *MEMBERS[2:]]
    files = {"ePCN.xlsx": workbook(PCNS, members)}
    outcome, report = await load_files(database, files, skip_bad_lines=True)
    assert (outcome, report["counts"]["PROBLEMS"]) == ("UNCHANGED", 1)
    assert await told(database) == []


async def test_an_organisation_does_not_become_one_of_another_kind(database):
    await load_files(database, FILES)
    await told(database)
    mixed = csv_file([mapping("A99001", "QQ1")], MAPPING_HEADER)
    outcome, report = await load_files(database, {"mapping.csv": mixed})
    assert outcome == "REFUSED"
    (problem,) = report["problems"]
    assert (problem["code"], problem["file"], problem["line"]) == ("KIND_CHANGED", "mapping.csv", 2)
    assert await told(database) == []


async def test_a_row_of_a_closed_practice_that_is_skipped_leaves_what_was_known_of_it(database):
    await load_files(database, FILES)
    await told(database)
    lines = [*PRACTICES[:2], practice("A99003", "98B", status="C", closed="20260331")]
    files = {**FILES, "epraccur.csv": csv_file(lines)}
    assert (await load_files(database, files))[0] == "REFUSED"
    outcome, report = await load_files(database, files, skip_bad_lines=True)
    (problem,) = report["problems"]
    assert (outcome, problem["code"]) == ("APPLIED", "PRACTICE_CLOSED")
    assert (problem["line"], problem["column"]) == (5, END)
    members = "select practice from membership_row where known_to is null order by 1"
    assert await rows(database, members) == [("A99001",), ("A99001",), ("A99002",), ("A99003",)]


async def test_who_is_merely_named_is_listed_and_taken(database):
    epraccur = csv_file([*PRACTICES[:2], practice("A99003", "98C")])
    members = [*MEMBERS, member("A99004", "U99002", sub_icb="98B")]
    files = {**FILES, "epraccur.csv": epraccur, "ePCN.xlsx": workbook(PCNS, members)}
    outcome, report = await load_files(database, files)
    assert (outcome, report["problems"]) == ("APPLIED", [])
    assert [(one["code"], one["file"], one["line"]) for one in report["warnings"]] == [
        ("PRACTICE_NOT_KNOWN", "ePCN.xlsx, PCN Core Partner Details", 6),
        ("COMMISSIONER_NOT_KNOWN", "epraccur.csv", 3),
    ]


def bomb(sheet: bytes) -> bytes:
    """The small workbook with another first sheet."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(FILES["ePCN.xlsx"])) as whole,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in whole.namelist():
            first = part == "xl/worksheets/sheet1.xml"
            made.writestr(part, sheet if first else whole.read(part))
    return out.getvalue()


async def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_does(
    database, monkeypatch
):
    with zipfile.ZipFile(io.BytesIO(FILES["ePCN.xlsx"])) as whole:
        sheet = whole.read("xl/worksheets/sheet1.xml")
    monkeypatch.setattr(opening, "LARGEST", 2_000_000)
    far_cell = re.sub(rb'<c r="A2"', b'<c r="XFD1048576"', sheet)
    for content in (bomb(b" " * 2_000_000), bomb(far_cell)):
        assert len(content) < 20_000
        outcome, report = await load_files(database, {**FILES, "ePCN.xlsx": content})
        assert (outcome, [one["code"] for one in report["problems"]]) == ("REFUSED", ["TOO_LARGE"])
    lies = bomb(b" " * 1_000_000).replace((1_000_000).to_bytes(4, "little"), b"\x09\0\0\0")
    _, report = await load_files(database, {**FILES, "ePCN.xlsx": lies})
    assert [one["code"] for one in report["problems"]] == ["WORKBOOK_NOT_READABLE"]
    await nothing_came_of_it(database)


async def test_a_table_of_more_lines_than_any_of_ods_is_read_no_further(database, monkeypatch):
    monkeypatch.setattr(telling_apart, "MOST_LINES", 2)
    _, report = await load_files(database, {"epraccur.csv": FILES["epraccur.csv"]})
    assert [(one["code"], one["line"]) for one in report["problems"]] == [("TOO_LARGE", 3)]
    await nothing_came_of_it(database)


async def test_a_formula_in_a_cell_is_text_like_any_other(database):
    name = '=HYPERLINK("http://elsewhere.example","A99001")'
    renamed = csv_file([practice("A99001", name=name), *PRACTICES[1:]])
    assert (await load_files(database, {**FILES, "epraccur.csv": renamed}))[0] == "APPLIED"
    kept = "select name from organisation where ods_code = 'A99001'"
    assert await rows(database, kept) == [(name,)]
    code = csv_file([practice("=A99001")])
    _, report = await load_files(database, {"epraccur.csv": code})
    assert [(one["code"], one["column"]) for one in report["problems"]] == [("NOT_A_CODE", CODE)]


REQUEST = 'mutation { requestOrganisationUpload(fileName: "ePCN.xlsx") { id path } }'

IMPORT = """
mutation ($id: ID!) { importOrganisations(uploads: [{id: $id, name: "ePCN.xlsx"}]) { id } }
"""


async def test_a_file_larger_than_any_of_ods_is_refused_while_it_comes(organisations):
    asked = await organisations.ask(DATA_LOAD, REQUEST)
    place = asked.data["requestOrganisationUpload"]
    address = organisations.client.address + place["path"]

    async def parts():
        for _ in range(UPLOAD.limit // 2**20 + 1):
            yield b"\0" * 2**20

    for sent, headers in ((b"", {"Content-Length": str(200 * 2**20)}), (parts(), {})):
        headers["Connection"] = "close"
        async with organisations.client.http.put(address, data=sent, headers=headers) as answer:
            (error,) = (await answer.json())["errors"]
            assert (answer.status, error["extensions"]["code"]) == (413, "FILE_TOO_LARGE")
    imported = await organisations.ask(DATA_LOAD, IMPORT, id=place["id"])
    assert imported.code == "UPLOAD_NOT_FOUND"
