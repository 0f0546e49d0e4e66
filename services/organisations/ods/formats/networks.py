"""ePCN.xlsx: the PCNs on one sheet, their members past and present on the other.

epcn.csv and epcncorepartnerdetails.csv hold the two as tables, with a header or without one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from nhs.roles import OrganisationKind
from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import MembershipRow
from services.organisations.ods.domain import Led, Problem, Reading
from services.organisations.ods.formats.cells import (
    Line,
    Row,
    headed,
    heading,
    is_pcn,
    only_first,
    read_each,
    unheaded,
)
from services.organisations.ods.formats.workbook import opened, rows

_PCNS = "PCNDetails"
_PCN = "PCN Code"
_PCN_COLUMNS = (
    _PCN,
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
    _PCN,
    "PCN Name",
    _PCN_SUB_ICB,
    _PCN_SUB_ICB_NAME,
    _START,
    _END,
    _MATCH,
)

_TRUTHS = {"TRUE": True, "YES": True, "Y": True, "FALSE": False, "NO": False, "N": False}


def read_workbook(file: str, content: bytes, reading: Reading) -> None:
    workbook = opened(file, content, reading.problems)
    if workbook is None:
        return
    for sheet, columns, read in (
        (_PCNS, _PCN_COLUMNS, _read_pcns),
        (_MEMBERS, _MEMBER_COLUMNS, _read_members),
    ):
        place = f"{file}, {sheet}"
        if sheet in workbook.sheet_names:
            read(headed(place, rows(workbook, sheet), columns, reading.problems), reading)
        else:
            reason = f"The workbook has no sheet {sheet!r}"
            reading.problems.append(Problem(file, "SHEET_MISSING", reason))


def pcns_are_here(first: Sequence[object]) -> bool:
    """Whether it is epcn: by its header, or by its columns."""
    titled = heading(first[0]) == heading(_PCN)
    return titled or (len(first) == len(_PCN_COLUMNS) and is_pcn(first[0]))


def members_are_here(first: Sequence[object]) -> bool:
    """Whether it is epcncorepartnerdetails: by its header, or by its columns."""
    titled = heading(first[0]) == heading(_PRACTICE)
    place = _MEMBER_COLUMNS.index(_PCN)
    return titled or (len(first) == len(_MEMBER_COLUMNS) and is_pcn(first[place]))


def read_pcns(file: str, table: Iterable[Row], reading: Reading) -> None:
    _read_pcns(_lines(file, table, _PCN_COLUMNS, reading.problems), reading)


def read_members(file: str, table: Iterable[Row], reading: Reading) -> None:
    _read_members(_lines(file, table, _MEMBER_COLUMNS, reading.problems), reading)


def _lines(
    file: str, table: Iterable[Row], columns: Sequence[str], problems: list[Problem]
) -> Iterator[Line]:
    """Whether the first row is a header, its first cell tells."""
    numbered = iter(table)
    first = list(islice(numbered, 1))
    whole = chain(first, numbered)
    if first and heading(first[0][1][0]) == heading(columns[0]):
        return headed(file, whole, columns, problems)
    return unheaded(file, whole, {name: n for n, name in enumerate(columns, 1)}, problems)


def _read_pcns(lines: Iterator[Line], reading: Reading) -> None:
    reading.pcns_listed = True
    read = read_each(lines, lambda line: (line, _pcn(line)), reading.problems)
    for line, (pcn, led, lead) in only_first(read, _PCN, reading.problems):
        reading.say(pcn, line.file, line.number)
        reading.led.append(led)
        reading.name([lead], line.file, line.number)


def _read_members(lines: Iterator[Line], reading: Reading) -> None:
    before = len(reading.problems)
    reading.rows = reading.rows or []
    for line, row, named in read_each(lines, lambda line: (line, *_member(line)), reading.problems):
        reading.take(row, line.file, line.number)
        reading.name(named, line.file, line.number)
    reading.rows_unread |= len(reading.problems) > before


def _pcn(line: Line) -> tuple[Organisation, Led, Organisation]:
    code, opened = line.pcn(_PCN), line.day("Open Date")
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


def _member(line: Line) -> tuple[MembershipRow, list[Organisation]]:
    start = line.day(_START)
    row = MembershipRow(
        practice=line.practice(_PRACTICE),
        starts_on=start,
        pcn=line.pcn(_PCN),
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
