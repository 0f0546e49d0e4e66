"""ePCN.xlsx, with both sheets and the header texts of the real one, line breaks included."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

from cqrs.england.land import Land, Membership
from cqrs.england.words import short_icb_name

_DETAILS = (
    *("PCN Code", "PCN Name", "Current Sub ICB Loc Code", "Sub ICB Location"),
    *("Open Date", "Close Date"),
    *("Address Line 1", "Address Line 2", "Address Line 3", "Address Line 4", "Address Line 5"),
    "Postcode",
)
_PARTNERS = (
    *("Partner\nOrganisation\nCode", "Partner\nName"),
    *("Practice\nParent\nSub ICB Loc Code", "Practice\nParent\nSub ICB Loc Name"),
    *("PCN Code", "PCN Name"),
    *("PCN Parent\nSub ICB Loc Code", "PCN Parent\nSub ICB Loc Name"),
    *("Practice to PCN\nRelationship\nStart Date", "Practice to PCN\nRelationship\nEnd Date"),
    "Practice Sub ICB Loc and PCN Sub ICB Loc Match ",  # the blank is the real header's
)
_CREATED = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""A fixed moment: else two files of the same land would differ."""

_Row = Sequence[str | bool]


def write_epcn(land: Land, path: Path) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": _CREATED})
        _sheet(book, "PCNDetails", _DETAILS, _details(land))
        _sheet(book, "PCN Core Partner Details", _PARTNERS, _partners(land))


def _sheet(book: xlsxwriter.Workbook, name: str, header: _Row, rows: Iterator[_Row]) -> None:
    sheet = book.add_worksheet(name)
    for number, row in enumerate((header, *rows)):
        sheet.write_row(number, 0, row)


def _details(land: Land) -> Iterator[_Row]:
    for each in land.pcns:
        yield (
            *(each.code, each.name, each.sub_icb, _sub_icb_name(land, each.sub_icb)),
            *(_day(each.opened), _day(each.closed)),
            *(*each.address.lines, each.address.postcode),
        )


def _partners(land: Land) -> Iterator[_Row]:
    for each in land.memberships:
        yield _partner(land, each)


def _partner(land: Land, membership: Membership) -> _Row:
    practice, pcn = land.practice[membership.practice], land.pcn[membership.pcn]
    return (
        *(practice.code, practice.name),
        *(practice.sub_icb, _sub_icb_name(land, practice.sub_icb)),
        *(pcn.code, pcn.name, pcn.sub_icb, _sub_icb_name(land, pcn.sub_icb)),
        *(_day(membership.start), _day(membership.end), practice.sub_icb == pcn.sub_icb),
    )


def _sub_icb_name(land: Land, code: str) -> str:
    return f"{short_icb_name(land.icb_of[code].name)} - {code}".upper()


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
