import csv
import re
from datetime import date
from hashlib import sha256

import pytest
from python_calamine import CalamineWorkbook

from cqrs.england.england import England
from cqrs.england.files import write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("icb")
    write(England(2025).icb(), folder)
    return folder


def _mapping(folder):
    with (folder / "QOF_MANUAL_MAPPINGS.csv").open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file))


def _digests(folder):
    return {each.name: sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}


def test_two_runs_with_a_seed_write_equal_bytes_and_another_seed_does_not(folder, tmp_path):
    write(England(2025).icb(), tmp_path / "again")
    write(England(2026).icb(), tmp_path / "other")
    assert _digests(tmp_path / "again") == _digests(folder)
    assert not _digests(tmp_path / "other").items() & _digests(folder).items()


def test_all_of_england_is_written_within_seconds(land, tmp_path):
    names = [path.name for path in write(land, tmp_path)]
    assert names[:3] == ["epraccur.csv", "ePCN.xlsx", "QOF_MANUAL_MAPPINGS.csv"]
    assert [name[-12:-4] for name in names[3:]] == [
        *("20250101", "20250401", "20250701", "20251001", "20260101")
    ]


def test_epraccur_has_27_quoted_columns_and_no_header(folder):
    text = (folder / "epraccur.csv").read_bytes().decode("cp1252")
    rows = list(csv.reader(text.splitlines()))
    assert {len(row) for row in rows} == {27}
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    assert re.fullmatch(r"[A-Z]\d{5}", rows[0][0])
    assert {row[12] for row in rows} >= {"A", "C"}
    assert {row[25] for row in rows} > {"4"}
    assert "\N{RIGHT SINGLE QUOTATION MARK}" in text


def test_epcn_has_both_sheets_with_line_breaks_in_the_header(folder, england):
    book = CalamineWorkbook.from_path(str(folder / "ePCN.xlsx"))
    assert book.sheet_names == ["PCNDetails", "PCN Core Partner Details"]
    details, partners = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert details[0][:2] == ["PCN Code", "PCN Name"]
    assert partners[0][0] == "Partner\nOrganisation\nCode"
    assert len(partners) - 1 == len(england.icb().memberships)
    assert {type(row[10]) for row in partners[1:]} == {bool}
    assert all(re.fullmatch(r"\d{8}", str(row[8])) for row in partners[1:])


def test_the_mapping_names_the_unallocated_u(folder):
    rows = _mapping(folder)
    unallocated = [row for row in rows if row["PCN_ODS_CODE"] == "U"]
    assert all(row["PCN_NAME"] == "Unallocated" for row in unallocated)
    assert {row["NAT_CODE"] for row in rows} == {"ENG"}


def test_after_the_mergers_the_files_name_the_new_icbs(england, tmp_path):
    parts = {part for merger in england.whole.mergers for part in merger.parts}
    write(england.whole.merged(), tmp_path, as_at=date(2026, 4, 1))
    named = {row["STP_ODS_CODE"] for row in _mapping(tmp_path)}
    assert len(named) == 36
    assert not named & parts
