"""`cqrs import achievement` against a whole system, which it leaves as it found it."""

import csv

import pytest

from cqrs import commands
from services.declarations.achievement.domain import COLUMNS, NETWORK_COLUMNS
from tests.services.declarations.period import row

pytestmark = pytest.mark.xdist_group("system")


@pytest.fixture
def extract(tmp_path):
    def written(rows, header=COLUMNS):
        path = tmp_path / "INDICATOR_VALUES.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return written


async def test_what_is_at_fault_is_shown_and_ends_with_another_status(system, extract, capsys):
    rows = [row("Z99999", "AF006", "Numerator", "-1"), row("Z99999", "AF006", "Numerator", "1")]
    assert await commands.import_achievement(extract(rows), system.running.pid) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 rows" in shown
    assert "2 VALUE VALUE_NEGATIVE" in shown


async def test_an_extract_without_a_fault_ends_well(system, extract, capsys):
    assert await commands.import_achievement(extract([]), system.running.pid) == 0
    assert "0 errors" in capsys.readouterr().out


async def test_an_ncd_extract_is_imported_by_the_same_command(system, extract, capsys):
    rows = [["NCD9999", "Z99999", "20260331", "HI03", "Numerator", "1", ""]]
    path = extract(rows, header=NETWORK_COLUMNS)
    assert await commands.import_achievement(path, system.running.pid) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 PRMRY_MDCL_CARE_SRVC_SHRT_NAME UNKNOWN_SERVICE" in shown


async def test_a_load_that_fails_says_why(system, extract, capsys):
    path = extract([], header=["QUALITY_SERVICE"])
    assert await commands.import_achievement(path, system.running.pid) == 1
    assert "COLUMNS_NOT_AS_EXPECTED" in capsys.readouterr().err
