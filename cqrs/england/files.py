"""The land written as the files of ODS (DOMAIN.md 4.3): the importer cannot tell the difference."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from cqrs.england.land import Address, Icb, Land, Practice
from cqrs.england.words import short_icb_name
from cqrs.england.workbook import write_epcn

AS_AT = date(2026, 1, 1)
_MAPPING = (
    "PRACTICE_CODE,PRACTICE_NAME,PCN_ODS_CODE,PCN_NAME,CCG_ODS_CODE,CCG_ONS_CODE,CCG_NAME,"
    "STP_ODS_CODE,STP_ONS_CODE,STP_NAME,REGION_ODS_CODE,REGION_ONS_CODE,REGION_NAME,NAT_CODE,"
    "NAT_ONS_CODE,NAT_COUNTRY"
)
_LISTS = (
    "PUBLICATION,EXTRACT_DATE,TYPE,CCG_CODE,ONS_CCG_CODE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS"
)
_NATION = ("ENG", "E92000001", "England")
_MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
"""Spelt out, because strftime follows the locale of whoever runs it."""


def write(land: Land, folder: Path, *, as_at: date = AS_AT) -> list[Path]:
    """Writes the files and answers their paths; the same land gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "epraccur.csv", folder / "ePCN.xlsx", folder / "QOF_MANUAL_MAPPINGS.csv"]
    _csv(paths[0], _epraccur(land), quoting=csv.QUOTE_ALL, end="\n")
    write_epcn(land, paths[1])
    _csv(paths[2], [_MAPPING.split(","), *_mapping(land, as_at)])
    return paths + [_write_lists(land, folder, on) for on in _quarters(land) if on <= as_at]


def _csv(
    path: Path,
    rows: Iterable[Sequence[str]],
    *,
    quoting: int = csv.QUOTE_MINIMAL,
    end: str = "\r\n",
) -> None:
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type]


def _epraccur(land: Land) -> Iterator[Sequence[str]]:
    for each in sorted((*land.practices, *land.elsewhere), key=lambda each: each.code):
        icb = land.icb_of[each.sub_icb]
        yield (
            *(each.code, each.name, icb.region, icb.code),
            *_address(each.address),
            *(_day(each.opened), _day(_shown(each)), each.status, "B", each.sub_icb),
            *(_day(max(each.opened, date(2013, 4, 1))), _day(_shown(each)), each.phone),
            *("", "", "", "0", "", each.sub_icb, "", each.setting, ""),
        )


def _shown(practice: Practice) -> date | None:
    """A dormant practice has no close date in the real file either."""
    return None if practice.status == "D" else practice.closed


def _address(address: Address) -> Sequence[str]:
    return (*address.lines, address.postcode)


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _mapping(land: Land, as_at: date) -> Iterator[Sequence[str]]:
    regions = {each.code: each for each in land.regions}
    members = land.members(as_at)
    for each in land.open_practices(as_at):
        pcn = members.get(each.code)
        sub, icb = land.sub_icb[each.sub_icb], land.icb_of[each.sub_icb]
        region = regions[icb.region]
        yield (
            *(each.code, each.name.strip()),
            *((pcn, land.pcn[pcn].name) if pcn else ("U", "Unallocated")),
            *(sub.code, sub.ons, sub_icb_name(icb, sub.code)),
            *(icb.code, icb.ons, icb.name),
            *(region.code, region.ons, region.name, *_NATION),
        )


def sub_icb_name(icb: Icb, code: str) -> str:
    return f"{short_icb_name(icb.name)} - {code}"


def _quarters(land: Land) -> list[date]:
    return sorted({on for each in land.practices for on in each.lists})


def _write_lists(land: Land, folder: Path, on: date) -> Path:
    path = folder / f"gp-reg-pat-prac-all-{on:%Y%m%d}.csv"
    _csv(path, [_LISTS.split(","), *_lists(land, on)])
    return path


def _lists(land: Land, on: date) -> Iterator[Sequence[str]]:
    written = f"{on.day:02d}{_MONTHS[3 * on.month - 3 : 3 * on.month]}{on.year}"
    for each in land.practices:
        if on in each.lists:
            yield _list_row(land, each, written, each.lists[on])


def _list_row(land: Land, practice: Practice, written: str, patients: int) -> Sequence[str]:
    sub = land.sub_icb[practice.sub_icb]
    return (
        *("GP_PRAC_PAT_LIST", written, "GP", sub.code, sub.ons, practice.code),
        *(practice.address.postcode, "ALL", "ALL", str(patients)),
    )
