import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from chassis import sheets
from chassis.errors import DomainError
from chassis.sheets import write_csv, write_extract, write_xlsx

COLUMNS = ("Text", "Whole", "Pounds", "Day", "Moment")
MOMENT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
ROW = ('Smith, "Jo"\r\n& Söhne', -7, Decimal("-1234.50"), date(2022, 3, 31), MOMENT)
FORMULAS = ["=1+1", "+44 20", "-2", "@sum", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0"]


async def written(write, *rows):
    async def source():
        for row in rows:
            yield row

    out = io.BytesIO()
    await write(out, COLUMNS, source())
    return out.getvalue()


def read_sheet(content):
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


async def test_an_extract_is_written_for_programs_without_a_mark_and_every_text_as_it_is():
    assert await written(write_extract, ("=1+1", None), ("-2", "a,b")) == (
        b'Text,Whole,Pounds,Day,Moment\r\n=1+1,\r\n-2,"a,b"\r\n'
    )


async def test_csv_is_quoted_and_marked_as_utf_8_and_its_lines_end_as_rfc_4180_says():
    content = await written(write_csv, ROW)
    assert content.startswith("\ufeff".encode())
    assert content.decode("utf-8-sig") == (
        "Text,Whole,Pounds,Day,Moment\r\n"
        '"Smith, ""Jo""\r\n& Söhne",-7,-1234.50,2022-03-31,2026-07-01 09:30:00+01:00\r\n'
    )


async def test_a_sheet_holds_numbers_as_numbers_and_days_as_days():
    header, row = read_sheet(await written(write_xlsx, ROW))
    assert header == list(COLUMNS)
    assert row == [ROW[0], -7, -1234.5, date(2022, 3, 31), datetime(2026, 7, 1, 9, 30)]  # noqa: DTZ001 (a sheet knows no zones)


async def test_what_is_not_there_is_an_empty_cell():
    nothing = (None,) * 5
    assert (await written(write_csv, nothing)).decode().endswith("\r\n,,,,\r\n")
    assert len(read_sheet(await written(write_xlsx, nothing, ROW))) == 3


@pytest.mark.parametrize("formula", FORMULAS)
async def test_a_text_that_begins_like_a_formula_is_none(formula):
    content = await written(write_csv, (formula, 1, None, None, None))
    line = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1]
    assert line[:2] == [f"'{formula}", "1"]
    content = await written(write_xlsx, (formula, 1, None, None, None))
    assert read_sheet(content)[1][0].strip() == formula.strip()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert b'quotePrefix="1"' in parts.read("xl/styles.xml")


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))


@settings(max_examples=50)
@given(text=_TEXT)
async def test_any_text_is_read_back_as_it_was_and_in_csv_is_no_formula(text):
    row = (text, 1, None, None, None)
    content = (await written(write_csv, row)).decode("utf-8-sig")
    (cell, *_) = list(csv.reader(io.StringIO(content, newline="")))[1]
    assert cell in {text, f"'{text}"}
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert read_sheet(await written(write_xlsx, row))[1][0] == text


async def test_a_sheet_that_would_lose_rows_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 1)
    with pytest.raises(DomainError) as refused:
        await written(write_xlsx, ROW, ROW)
    assert refused.value.code == "TOO_MANY_ROWS"
