"""ePCN.xlsx: the PCNs on one sheet, their members past and present on the other."""

import io
import zipfile
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, CalamineWorkbook

from nhs.roles import OrganisationKind
from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import MembershipRow
from services.organisations.ods.domain import Led, Problem, Reading
from services.organisations.ods.formats.cells import Line, headed, read_each

_PCNS = "PCNDetails"
_PCN_COLUMNS = (
    "PCN Code",
    "PCN Name",
    "Current Sub ICB Loc Code",
    "Sub ICB Location",
    "Open Date",
    "Close Date",
    "Address Line 1",
    "Address Line 2",
    "Address Line 3",
    "Address Line 4",
    "Address Line 5",
    "Postcode",
)
_MEMBERS = "PCN Core Partner Details"
_PRACTICE = "Partner Organisation Code"
_PRACTICE_NAME = "Partner Name"
_PRACTICE_SUB_ICB = "Practice Parent Sub ICB Loc Code"
_PRACTICE_SUB_ICB_NAME = "Practice Parent Sub ICB Loc Name"
_PCN_SUB_ICB = "PCN Parent Sub ICB Loc Code"
_PCN_SUB_ICB_NAME = "PCN Parent Sub ICB Loc Name"
_START = "Practice to PCN Relationship Start Date"
_END = "Practice to PCN Relationship End Date"
_MATCH = "Practice Sub ICB Loc and PCN Sub ICB Loc Match"
_MEMBER_COLUMNS = (
    _PRACTICE,
    _PRACTICE_NAME,
    _PRACTICE_SUB_ICB,
    _PRACTICE_SUB_ICB_NAME,
    "PCN Code",
    "PCN Name",
    _PCN_SUB_ICB,
    _PCN_SUB_ICB_NAME,
    _START,
    _END,
    _MATCH,
)

LARGEST = 512 * 1024 * 1024
"""Bytes a workbook may unpack to."""

_TRUTHS = {"TRUE": True, "YES": True, "Y": True, "FALSE": False, "NO": False, "N": False}


def read_networks(file: str, content: bytes, reading: Reading) -> None:
    workbook = _opened(file, content, reading.problems)
    if workbook is None:
        return
    reading.rows = reading.rows or []
    for sheet, columns, read in (
        (_PCNS, _PCN_COLUMNS, _read_pcns),
        (_MEMBERS, _MEMBER_COLUMNS, _read_members),
    ):
        if sheet not in workbook.sheet_names:
            reason = f"The workbook has no sheet {sheet!r}"
            reading.problems.append(Problem(file, "SHEET_MISSING", reason))
            continue
        place = f"{file}, {sheet}"
        read(headed(place, _rows(workbook, sheet), columns, reading.problems), reading)


def _opened(file: str, content: bytes, problems: list[Problem]) -> CalamineWorkbook | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked <= LARGEST:
            return CalamineWorkbook.from_filelike(io.BytesIO(content))
        problems.append(Problem(file, "TOO_LARGE", f"It unpacks to {unpacked:,} bytes"))
    except (zipfile.BadZipFile, CalamineError) as error:
        problems.append(Problem(file, "WORKBOOK_NOT_READABLE", f"No whole workbook: {error}"))
    return None


def _rows(workbook: CalamineWorkbook, sheet: str) -> Iterator[tuple[int, Sequence[object]]]:
    return enumerate(workbook.get_sheet_by_name(sheet).iter_rows(), 1)


def _read_pcns(lines: Iterator[Line], reading: Reading) -> None:
    read = read_each(lines, lambda line: (line, *_pcn(line)), reading.problems)
    for line, pcn, led, lead in read:
        reading.say(pcn, line.file, line.number)
        reading.led.append(led)
        reading.name([lead], line.file, line.number)


def _pcn(line: Line) -> tuple[Organisation, Led, Organisation]:
    code, opened = line.pcn("PCN Code"), line.day("Open Date")
    closed = line.end("Close Date", opened)
    lead = line.code("Current Sub ICB Loc Code")
    pcn = Organisation(
        ods_code=code,
        kind=OrganisationKind.PCN,
        name=line.text("PCN Name"),
        opened_on=opened,
        closed_on=closed,
        address=tuple(filter(None, (line.cells[f"Address Line {n}"] for n in range(1, 6)))),
        postcode=line.maybe("Postcode"),
    )
    return pcn, Led(code, lead, opened, closed), _named_sub_icb(line, lead, "Sub ICB Location")


def _read_members(lines: Iterator[Line], reading: Reading) -> None:
    before = len(reading.problems)
    for line, row, named in read_each(lines, lambda line: (line, *_member(line)), reading.problems):
        assert reading.rows is not None
        reading.rows.append(row)
        reading.name(named, line.file, line.number)
    reading.rows_unread |= len(reading.problems) > before


def _member(line: Line) -> tuple[MembershipRow, list[Organisation]]:
    start = line.day(_START)
    row = MembershipRow(
        practice=line.practice(_PRACTICE),
        starts_on=start,
        pcn=line.pcn("PCN Code"),
        ends_on=line.end(_END, start),
        practice_sub_icb=line.code(_PRACTICE_SUB_ICB),
        pcn_sub_icb=line.code(_PCN_SUB_ICB),
        sub_icbs_match=_TRUTHS.get(line.cells[_MATCH].upper()),
    )
    return row, [
        _named(row.practice, OrganisationKind.PRACTICE, line.text(_PRACTICE_NAME)),
        _named(row.pcn, OrganisationKind.PCN, line.text("PCN Name")),
        _named_sub_icb(line, row.practice_sub_icb, _PRACTICE_SUB_ICB_NAME),
        _named_sub_icb(line, row.pcn_sub_icb, _PCN_SUB_ICB_NAME),
    ]


def _named_sub_icb(line: Line, code: str, column: str) -> Organisation:
    return _named(code, OrganisationKind.SUB_ICB, line.maybe(column) or code)


def _named(code: str, kind: OrganisationKind, name: str) -> Organisation:
    return Organisation(code, kind, name, Status.NAMED_ONLY)
