"""Extracts in CQRS's formats: the same rows that were loaded, and nobody else's."""

import csv
import io
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.declarations.achievement.domain import COLUMNS
from services.declarations.extracts import queries
from tests.nhs.formulas.qof import qof
from tests.services.declarations.paying import fetched
from tests.services.declarations.period import Period, Values, extract_rows, row

ROOT = Path(__file__).resolve().parents[4]
FIELDS = {i.code: i.fields for i in qof().indicators}
ADJUSTMENTS = {i.code: i.adjustments for i in qof().indicators}
LONE: Values = {"CHOL004": (231, 660, 700)}


async def extract(
    period: Period, name: str = "IndicatorValues", who: str = "approver", **asked: Any
) -> list[list[str]]:
    """The lines of an extract, its header among them, as a program reads them."""
    content = await fetched(period, (await asked_for(period, name, who, **asked))["csv"])
    assert content.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


async def asked_for(period: Period, name: str, who: str, **asked: Any) -> Any:
    given = {"service": "QOF2526"} | asked
    query = f"""mutation ($service: String!, $achievementDate: Date, $provider: OdsCode) {{
        request{name}Extract(service: $service, achievementDate: $achievementDate,
            provider: $provider) {{ csv xlsx }} }}"""
    data = await period.ask(who, query, **given)
    return data if "errors" in data else data[f"request{name}Extract"]


async def test_what_was_loaded_is_written_out_as_it_came(period: Period):
    rows = extract_rows("A81001", {"AF006": (3, 4, 9), **LONE})
    rows += [row("A81001", "AF006", "AFIBPCADEC", "7")]
    await period.load(rows)
    header, *written = await extract(period)
    assert header == list(COLUMNS)
    assert sorted(written) == sorted(rows)


codes = st.sampled_from(sorted(FIELDS))
numbers = st.integers(0, 5_000)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 4, 1)).map(  # noqa: DTZ001 (extracts have no zone)
    lambda at: at.replace(microsecond=0)
)
others = st.dictionaries(st.integers(0, 14), numbers, max_size=3)  # by place among adjustments
users = st.sampled_from(["AUTOMATED", "aaa100"])
words = st.sampled_from(["None", "All", "Some"])
submissions = st.dictionaries(
    codes,
    st.tuples(numbers, numbers, numbers, others, moments, users, words),
    min_size=1,
    max_size=6,
)


def rows_of(provider: str, drawn: dict[str, Any]) -> list[list[str]]:
    rows = []
    for code, (first, second, register, places, at, user, word) in drawn.items():
        more = {name: places[n] for n, name in enumerate(ADJUSTMENTS[code]) if n in places}
        low, high = sorted((first, second))
        numbered = {"numerator": low, "denominator": high, "register": register}
        given = {field: numbered[part] for part, field in FIELDS[code].items()} | more
        about = {
            "DEFAULT_VALUES_USED": word,
            "SUBMIT_USER_ID": user,
            "SUBMIT_DATE": f"{at:%d/%m/%Y}",
            "SUBMIT_TIME": f"{at:%H:%M:%S}",
        }
        rows += [row(provider, code, field, str(n), **about) for field, n in given.items()]
    return rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=submissions, second=submissions)
async def test_any_extract_that_was_loaded_is_written_out_as_the_same_rows(
    period: Period, first: dict[str, Any], second: dict[str, Any]
):
    async with period.db.transaction() as tx:
        await tx.execute("truncate achievement_value, achievement_value_past")
    rows = rows_of("A81001", first) + rows_of("A81002", second)
    await period.load(rows)
    _, *written = await extract(period)
    assert sorted(written) == sorted(rows)
    counts = await period.load(written)
    assert (counts["loaded"], counts["errors"]) == (0, 0)


async def test_what_was_replaced_is_there_with_last_submission_n(period: Period):
    await period.load(extract_rows("A81001", LONE))
    later = {"SUBMIT_DATE": "02/04/2026", "SUBMIT_TIME": "14:16:53"}
    await period.load([row("A81001", "CHOL004", "Numerator", "330", **later)])
    _, *written = await extract(period)
    shown = [(one[5], one[6], one[9], one[11]) for one in written]
    register = FIELDS["CHOL004"]["register"]
    assert shown == [
        ("Numerator", "330", "02/04/2026", "Y"),
        ("Denominator", "660", "02/04/2026", "Y"),
        (register, "700", "02/04/2026", "Y"),
        ("Numerator", "231", "01/04/2026", "N"),
        ("Denominator", "660", "01/04/2026", "N"),
        (register, "700", "01/04/2026", "N"),
    ]


async def test_who_submitted_by_hand_is_written_by_a_short_id_and_no_name(entry: Period):
    values = [
        {"indicator": "CS005", "field": "Numerator", "value": "5"},
        {"indicator": "CS005", "field": "Denominator", "value": "9"},
        {"indicator": "CS006", "field": "Numerator", "value": "5"},
        {"indicator": "CS006", "field": "Denominator", "value": "9"},
    ]
    given = {
        "service": "QOF2526",
        "provider": "A81001",
        "achievementDate": "2026-03-31",
        "group": "CS",
        "values": values,
    }
    query = """mutation ($input: AchievementRecording!) {
        recordAchievement(input: $input) { errors { code } } }"""
    assert await entry.ask("enterer", query, input=given) == {"recordAchievement": {"errors": []}}
    _, *written = await extract(entry)
    person = (await entry.principal("enterer")).person_id
    assert {one[8] for one in written} == {str(person)[-12:]}
    assert {(one[9], one[10]) for one in written} == {("01/04/2026", "10:00:00")}


async def test_points_are_written_with_whether_they_are_approved(period: Period):
    await period.calculated("A81001", "A81002")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("approver", [await period.of("A81001")])
    header, *written = await extract(period, "AchievedPoints", "practice viewer")
    assert header == ["QUALITY_SERVICE", "ORG_CODE", "ACH_DATE", "IND_CODE", "POINTS", "APPROVED"]
    assert len(written) == 44
    assert ["QOF2526", "A81001", "20260331", "CHOL004", "22.00", "Approved"] in written
    _, *written = await extract(period, "AchievedPoints", provider="A81002")
    assert {one[5] for one in written} == {"Awaiting Service Provider Approval"}


async def test_an_extract_is_a_workbook_too_and_of_the_date_and_provider_asked_for(period: Period):
    await period.load(extract_rows("A81001", LONE) + extract_rows("A81002", LONE))
    paths = await asked_for(period, "IndicatorValues", "approver", provider="A81002")
    book = CalamineWorkbook.from_filelike(io.BytesIO(await fetched(period, paths["xlsx"])))
    sheet = book.get_sheet_by_index(0).to_python()
    assert [line[2] for line in sheet] == ["ORG_CODE", "A81002", "A81002", "A81002"]
    assert len(await extract(period, achievementDate="2025-03-31")) == 1


@pytest.mark.parametrize(
    ("who", "providers"),
    [
        ("practice", {"A81001"}),
        ("practice viewer", {"A81001"}),
        ("approver", {"A81001", "A81002"}),
        ("other commissioner", set()),
    ],
)
async def test_each_is_written_what_they_may_see(period: Period, who: str, providers: set[str]):
    await period.calculated("A81001", "A81002")
    for name, place in (("IndicatorValues", 2), ("AchievedPoints", 1), ("NetworkValues", 1)):
        _, *written = await extract(period, name, who)
        assert {one[place] for one in written} == providers


_OFFERED_AGAIN = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at)
select gen_random_uuid(), 1, gen_random_uuid(), quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at
from declaration where provider = 'A81001'
"""


async def test_the_declaration_that_holds_says_whether_values_are_approved(period: Period):
    """Not that of an offer that was cancelled before it."""
    await period.calculated("A81001")
    async with period.db.transaction() as tx:
        await tx.execute(_OFFERED_AGAIN)
        await tx.execute("update declaration set status = 'CLOSED' where points is not null")
    _, *written = await extract(period, "NetworkValues")
    assert {one[6] for one in written} == {"Awaiting Service Provider Approval"}


async def test_a_role_of_another_payment_type_is_written_nothing(period: Period):
    await period.calculated("A81001")
    async with period.db.transaction() as tx:
        await tx.execute("update directory.person_role set payment_types = '{DES}'")
    for name in ("IndicatorValues", "AchievedPoints", "NetworkValues"):
        assert len(await extract(period, name)) == 1


async def test_a_service_nobody_knows_and_a_role_that_sees_nothing_are_refused(period: Period):
    unknown = await asked_for(period, "IndicatorValues", "approver", service="QOF9999")
    assert unknown == {"errors": ["UNKNOWN_SERVICE"]}
    assert await asked_for(period, "AchievedPoints", "service manager") == {
        "errors": ["ROLE_REQUIRED"]
    }


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "report"),
    [("INDICATOR_VALUES", queries.VALUES), ("INDICATOR_ACHIEVED_POINTS", queries.POINTS)],
)
async def test_extracts_are_column_for_column_and_format_for_format_the_real_ones(
    period: Period, name: str, report: Any
):
    file = ROOT / os.environ.get("CQRS_REAL_DATA", "../shared/data") / f"qof/{name}.csv"
    if not file.exists():
        pytest.skip(f"no {file}: set CQRS_REAL_DATA")
    content = file.read_bytes().decode()
    assert content.endswith("\r\n")
    header, *real = list(csv.reader(io.StringIO(content, newline="")))
    assert header == list(report.columns)
    await period.calculated("A81001")
    asked = {"INDICATOR_VALUES": "IndicatorValues"}.get(name, "AchievedPoints")
    _, *ours = await extract(period, asked)
    for place, column in enumerate(header):
        if column not in {"VALUE", "POINTS", "NAME", "FIELD_NAME", "IND_CODE"}:
            assert {shape(one[place]) for one in ours} <= {shape(one[place]) for one in real} | {
                "Aaaaaaaa Aaaaaaa Aaaaaaaa Aaaaaaaa"
            }, column


def shape(text: str) -> str:
    """9 for a digit, A and a for letters."""
    return "".join(
        "9" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else c for c in text
    )


async def test_many_rows_are_written_in_constant_memory(period: Period):
    """The database writes them part by part: no list of rows is ever held."""
    await period.load(extract_rows("A81001", LONE))
    async with period.db.transaction() as tx:
        await tx.execute(_MANY, 20_000)
    principal = await period.principal("approver")
    statement, arguments = queries.VALUES.statement(  # type: ignore[misc]  # it has one
        principal, queries.ExtractAsked("QOF2526")
    )
    longest, whole = 0, 0

    async def put(part: bytes) -> None:
        nonlocal longest, whole
        longest, whole = max(longest, len(part)), whole + len(part)

    async with period.db.reader() as reader:
        await reader.copy_csv(put, statement, *arguments)
    assert whole > 6_000_000
    assert longest < 1_000_000


_MANY = """
insert into achievement_value_past (service_code, achievement_date, provider, indicator, numerator,
    denominator, register, others, how, submitted_by, submitted_at, load_id, loaded_by, loaded_at,
    acting_for, extracted, replaced_at)
select service_code, achievement_date, provider, indicator, numerator, denominator, register,
    others, how, submitted_by, submitted_at, load_id, loaded_by, loaded_at, acting_for, extracted,
    now()
from achievement_value, generate_series(1, $1)
"""
