"""The forms a file of ODS comes in."""

from datetime import date

import pytest

from services.organisations.ods.formats.files import File, read_files
from tests.services.organisations.importing import load_files, relationships, rows, told
from tests.services.organisations.small_england import FILES, MEMBERS, PCNS
from tests.support.files_of_ods import (
    MEMBER_HEADER,
    PCN_HEADER,
    csv_file,
    member,
    pcn,
    successor,
    workbook,
)

OF_2025 = (
    "Partner Organisation Code",
    "Partner Name",
    "Practice Parent Sub ICB Loc Code",
    "Practice Parent Sub ICB Location Name",
    "PCN Code",
    "PCN Name",
    "PCN Parent Sub ICB Code",
    "PCN Parent Sub ICB Name",
    "Practice-to-PCN Relationship Start Date",
    "Practice-to-PCN Relationship End Date",
    "Practice Sub ICB and PCN Sub ICB Match?",
)


def reading(**files):
    return read_files([File(name, content) for name, content in files.items()], ())


@pytest.mark.parametrize("header", [None, MEMBER_HEADER, OF_2025])
def test_the_table_of_members_says_what_the_sheet_says(header):
    sheet = reading(workbook=workbook(PCNS, MEMBERS))
    table = reading(members=csv_file(MEMBERS, header), pcns=csv_file(PCNS, header and PCN_HEADER))
    assert table.problems == []
    assert table.rows == sheet.rows
    assert (table.organisations, table.named) == (sheet.organisations, sheet.named)
    assert (table.led, table.pcns_listed) == (sheet.led, True)


def test_a_row_that_comes_in_two_forms_is_one():
    both = reading(workbook=workbook(PCNS, MEMBERS), members=csv_file(MEMBERS))
    assert (len(both.rows), both.problems) == (len(MEMBERS), [])


async def test_members_alone_neither_close_nor_blank_a_network(database):
    closed = workbook([pcn("U99001", closed="20250331"), pcn("U99002")], MEMBERS)
    await load_files(database, {**FILES, "ePCN.xlsx": closed})
    await told(database)
    networks = "select * from organisation where kind = 'PCN' order by ods_code"
    before = await rows(database, networks)
    outcome, report = await load_files(database, {"members.csv": csv_file(MEMBERS, OF_2025)})
    assert (outcome, report["problems"], report["warnings"]) == ("UNCHANGED", [], [])
    moved = csv_file([*MEMBERS[:2], member("A99002", "U99002", end="20260331"), MEMBERS[3]])
    outcome, _ = await load_files(database, {"members.csv": moved})
    assert (outcome, await told(database)) == ("APPLIED", ["A99002"])
    assert await rows(database, networks) == before


async def test_members_alone_name_networks_until_a_list_describes_them(database):
    files = {name: FILES[name] for name in ("epraccur.csv", "mapping.csv")}
    outcome, report = await load_files(database, {**files, "members.csv": csv_file(MEMBERS)})
    assert outcome == "APPLIED"
    assert [one["code"] for one in report["warnings"]] == ["PCN_NOT_KNOWN"] * 2
    networks = "select ods_code, name, status from organisation where kind = 'PCN' order by 1"
    assert await rows(database, networks) == [
        ("U99001", "U99001 PCN", "NAMED_ONLY"),
        ("U99002", "U99002 PCN", "NAMED_ONLY"),
    ]
    led = [("98A", date(2019, 10, 1), None)]
    assert await relationships(database, "U99002", "COMMISSIONED_BY") == led
    assert (await load_files(database, {"members.csv": csv_file(MEMBERS)}))[0] == "UNCHANGED"
    await told(database)
    _, report = await load_files(database, {"epcn.csv": csv_file(PCNS)})
    assert (report["warnings"], await told(database)) == ([], ["U99001", "U99002"])
    assert {status for *_, status in await rows(database, networks)} == {"ACTIVE"}
    assert await relationships(database, "U99002", "COMMISSIONED_BY") == led


async def test_a_practice_that_takes_over_another_succeeds_it(database):
    await load_files(database, FILES)
    await told(database)
    lines = [
        successor("A99002", "A99001", "20250401", indicator="X"),
        successor("A99003", "A99001", "20240701"),
        successor("RXX01", "RXX02", "19980401", reason="F"),  # of no kind that is kept
        successor("A99009", "A99001"),  # of nobody known
    ]
    for outcome in ("APPLIED", "UNCHANGED"):
        assert (await load_files(database, {"succ.csv": csv_file(lines)}))[0] == outcome
    assert await relationships(database, "A99001", "SUCCESSOR_OF") == [
        ("A99003", date(2024, 7, 1), None),
        ("A99002", date(2025, 4, 1), None),
    ]
    assert await told(database) == ["A99001"]
    corrected = csv_file([successor("A99002", "A99001", "20250501")])
    await load_files(database, {"succ.csv": corrected})
    assert await relationships(database, "A99001", "SUCCESSOR_OF") == [
        ("A99003", date(2024, 7, 1), None),
        ("A99002", date(2025, 5, 1), None),
    ]
