"""Small files in the formats of ODS, with codes that are nobody's."""

import csv
import io
from collections.abc import Sequence

import xlsxwriter

PCN_HEADER = (
    "PCN Code",
    "PCN Name",
    "Current Sub ICB Loc Code",
    "Sub ICB Location",
    "Open Date",
    "Close Date",
    *(f"Address Line {n}" for n in range(1, 6)),
    "Postcode",
)
MEMBER_HEADER = (
    "Partner\nOrganisation\nCode",
    "Partner\nName",
    "Practice\nParent\nSub ICB Loc Code",
    "Practice\nParent\nSub ICB Loc Name",
    "PCN Code",
    "PCN Name",
    "PCN Parent\nSub ICB Loc Code",
    "PCN Parent\nSub ICB Loc Name",
    "Practice to PCN\nRelationship\nStart Date",
    "Practice to PCN\nRelationship\nEnd Date",
    "Practice Sub ICB Loc and PCN Sub ICB Loc Match ",
)
MAPPING_HEADER = (
    "PRACTICE_CODE",
    "PRACTICE_NAME",
    "PCN_ODS_CODE",
    "PCN_NAME",
    *(
        f"{level}_{column}"
        for level in ("CCG", "STP", "REGION")
        for column in ("ODS_CODE", "ONS_CODE", "NAME")
    ),
    "NAT_CODE",
    "NAT_ONS_CODE",
    "NAT_COUNTRY",
)
PATIENTS_HEADER = (
    "PUBLICATION",
    "EXTRACT_DATE",
    "TYPE",
    "CCG_CODE",
    "ONS_CCG_CODE",
    "CODE",
    "POSTCODE",
    "SEX",
    "AGE",
    "NUMBER_OF_PATIENTS",
)


def practice(
    code: str,
    sub_icb: str = "98A",
    *,
    name: str | None = None,
    status: str = "A",
    joined: str = "20130401",
    closed: str = "",
    setting: str = "4",
    grouping: str = "Y98",
) -> list[str]:
    """A line of epraccur."""
    line = [""] * 27
    line[0], line[1], line[2], line[3] = code, name or f"PRACTICE {code} ", grouping, "QQ1"
    line[4], line[9] = "1 HIGH STREET", "ZZ99 9ZZ"
    line[10], line[11], line[12], line[13] = "19740401", closed, status, "B"
    line[14], line[15], line[16] = sub_icb, joined, closed
    line[25] = setting
    return line


def pcn(code: str, lead: str = "98A", *, closed: str = "") -> list[str]:
    opened = "20191001"
    return [code, f"{code} PCN", lead, f"ICB - {lead}", opened, closed, *[""] * 5, "ZZ99 9ZZ"]


def member(
    practice_code: str, pcn_code: str, start: str = "20191001", end: str = "", sub_icb: str = "98A"
) -> list[str]:
    names = f"PRACTICE {practice_code}", f"{pcn_code} PCN"
    return [
        practice_code,
        names[0],
        sub_icb,
        f"ICB - {sub_icb}",
        pcn_code,
        names[1],
        "98A",
        "ICB - 98A",
        start,
        end,
        "TRUE",
    ]


def successor(
    predecessor: str, code: str, on: str = "20250401", *, reason: str = "R", indicator: str = ""
) -> list[str]:
    """A line of succ."""
    return [predecessor, code, reason, on, indicator]


def mapping(sub_icb: str, icb: str, region: str = "Y98") -> list[str]:
    levels = [
        cell
        for code, name in ((sub_icb, f"{icb} - {sub_icb}"), (icb, f"ICB {icb}"), (region, region))
        for cell in (code, "E99", name)
    ]
    return ["Z99999", "ANY", "U", "UNALLOCATED", *levels, "ENG", "E92000001", "England"]


def patients(code: str, number: object, on: str = "01JAN2026", sex: str = "ALL") -> list[str]:
    return ["GP", on, "GP", "98A", "E99", code, "ZZ99 9ZZ", sex, "ALL", str(number)]


def csv_file(rows: Sequence[Sequence[str]], header: Sequence[str] | None = None) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if header is None else csv.QUOTE_MINIMAL)
    writer.writerows([header, *rows] if header else rows)
    return out.getvalue().encode("cp1252")


def workbook(
    pcns: Sequence[Sequence[str]],
    members: Sequence[Sequence[str]],
    sheets: Sequence[str] = ("PCNDetails", "PCN Core Partner Details"),
) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in zip(
            sheets, ([PCN_HEADER, *pcns], [MEMBER_HEADER, *members]), strict=True
        ):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return out.getvalue()
