"""The reports as files: their rows, whose they are, and no pounds for who may not see them."""

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from nhs.reports import Report
from services.declarations.reports.domain import COLUMNS, Name
from tests.services.declarations.paying import POUNDS, fetched, finance_approved
from tests.services.declarations.period import Period, extract_rows, row
from tests.services.declarations.test_expanded_reports import allocation, hear

ASK = """mutation ($report: DeclarationReport!, $filter: DeclarationReportFilter,
        $expanded: Boolean! = false) {
    requestDeclarationReport(report: $report, filter: $filter, expanded: $expanded) {
        csv xlsx } }"""
SUMMARY = """mutation ($declaration: ID!) {
    requestAchievementSummaryDownload(declaration: $declaration) { csv } }"""
SERVICE = {"service": "QOF2526"}


async def report(
    period: Period, name: str, who: str = "finance", *, expanded: bool = False, **wanted: Any
) -> Any:
    """The rows, each by its titles; or why there are none."""
    given = SERVICE | wanted
    data = await period.ask(who, ASK, report=name, filter=given, expanded=expanded)
    if "errors" in data:
        return data
    return await rows_of(period, data["requestDeclarationReport"]["csv"])


async def rows_of(period: Period, path: str) -> list[dict[str, str]]:
    content = (await fetched(period, path)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


async def test_missing_data_names_what_is_missing_and_whom_it_waits_for(period: Period):
    await period.prevalence()
    await period.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    await period.settle()
    found = await report(period, "MISSING_DATA", provider="A81001")
    assert len(found) == 43
    one = next(one for one in found if one["Indicator"] == "AF006")
    assert (one["Provider Name"], one["Waits For Code"]) == ("Organisation A81001", "A81001")
    assert one["Cause"] == "Values missing"
    assert one["What Is Missing"].startswith("AF006: no ")
    assert one["Days Waiting"] == "0"


async def test_a_submission_is_shown_with_who_when_how_and_what_it_replaced(entry: Period):
    await entry.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    later = {"SUBMIT_DATE": "02/04/2026", "SUBMIT_TIME": "14:16:53", "SUBMIT_USER_ID": "aaa100"}
    await entry.load([row("A81001", "CHOL004", "Numerator", "330", **later)])
    first, second = await report(entry, "SUBMISSION_AUDIT")
    assert (first["Current"], second["Current"]) == ("No", "Yes")
    assert (first["Numerator"], first["Numerator Replaced"]) == ("231", "")
    assert (second["Numerator"], second["Numerator Replaced"]) == ("330", "231")
    assert (first["How"], second["How"]) == ("Automatic", "Manual")
    assert (first["Submitted By"], second["Submitted By"]) == ("AUTOMATED", "aaa100")
    assert second["Submitted At"] == "2026-04-02 14:16:53"
    person = (await entry.principal("data load")).person_id
    assert (second["Kept By"], second["Acting For"]) == (str(person)[-12:], "ENG")


async def test_achievement_is_a_file_by_provider_and_by_indicator(period: Period):
    await period.calculated("A81001", "A81002")
    found = await report(period, "ACHIEVEMENT_RESULTS")
    assert len(found) == 88
    one = next(one for one in found if one["Indicator"] == "CHOL004")
    assert (one["Points"], one["Pounds"], one["Reached"]) == ("22.00", "5664.13", "Between")
    totals = await report(period, "ACHIEVEMENT_BY_INDICATOR")
    total = next(one for one in totals if one["Indicator"] == "CHOL004")
    assert (total["Providers"], total["Points"], total["Pounds"]) == ("2", "44.00", "11328.26")
    assert (one["Provider Name"], one["Achievement %"]) == ("Organisation A81001", "35.00")
    for row_ in (one, total):
        assert (row_["Quality Service"], row_["Achievement Date"]) == ("QOF2526", "2026-03-31")
    assert total["Achievement %"] == "35.00"


async def test_where_declarations_stand_and_for_how_long(period: Period):
    await period.calculated("A81001")
    found = {one["Provider Code"]: one for one in await report(period, "DECLARATION_STATUS")}
    assert found["A81001"]["Status"] == "Awaiting provider approval"
    assert (found["A81001"]["Days Waiting"], found["A81001"]["Pounds"]) == ("0", POUNDS)
    assert found["A81002"]["Status"] == "Incomplete"


async def test_the_history_of_declarations_says_who_did_what_for_whom(period: Period):
    await finance_approved(period, "A81001")
    found = await report(period, "DECLARATION_HISTORY", provider="A81001")
    assert [one["What Happened"] for one in found] == [
        "Opened",
        "Calculated",
        "Declared",
        "Approved",
        "Finance approved",
    ]
    person = (await period.principal("practice")).person_id
    assert (found[2]["By"], found[2]["Acting For"]) == (str(person)[-12:], "A81001")
    assert len({one["Hash"] for one in found}) == 5


async def test_payments_are_a_file_by_organisation_and_period(period: Period):
    await finance_approved(period, "A81001", "A81002")
    found = await report(period, "PAYMENTS")
    assert [(one["Payee Code"], one["Amount"]) for one in found] == [
        ("A81001", POUNDS),
        ("A81002", POUNDS),
    ]
    assert [one["Payee Name"] for one in found] == ["Organisation A81001", "Organisation A81002"]
    assert found[0]["Provider Name"] == "Organisation A81001"
    assert found[0]["Commissioner Name"] == "Organisation QHM"
    assert found[0]["Period Start Date"] == "2025-04-01"
    assert found[0]["Period End Date"] == "2026-03-31"


async def test_the_achievement_summary_of_a_declaration(period: Period):
    await period.calculated("A81001")
    one = await period.of("A81001")
    paths = await period.ask("practice", SUMMARY, declaration=one["id"])
    found = await rows_of(period, paths["requestAchievementSummaryDownload"]["csv"])
    assert len(found) == 44
    line = next(one for one in found if one["Indicator"] == "CHOL004")
    assert (line["Achievement %"], line["Points"], line["Pounds"]) == ("35.00", "22.00", "5664.13")
    assert line["Points Available"] == "44.00"
    for who in ("other practice", "other commissioner"):
        refused = await period.ask(who, SUMMARY, declaration=one["id"])
        assert refused == {"errors": ["NOT_FOUND"]}
    paths = await period.ask("practice viewer", SUMMARY, declaration=one["id"])
    found = await rows_of(period, paths["requestAchievementSummaryDownload"]["csv"])
    assert "Pounds" not in found[0]


@pytest.mark.parametrize("name", [name for name in Name if name is not Name.PAYMENTS])
async def test_for_who_sees_points_alone_a_file_has_no_column_of_pounds(period: Period, name: Name):
    await finance_approved(period, "A81001")
    found = await report(period, name.value, "practice viewer")
    if name is not Name.MISSING_DATA:
        assert found
    assert not any("Pounds" in title or "Amount" in title for one in found for title in one)
    assert not any(POUNDS in value for one in found for value in one.values())


@pytest.mark.parametrize("name", list(Name))
async def test_each_is_written_what_they_may_see(period: Period, name: Name):
    await finance_approved(period, "A81001", "A81002")
    assert await report(period, name.value, "other commissioner") == []
    found = await report(period, name.value, "practice")
    codes = {one["Provider Code"] for one in found if "Provider Code" in one}
    assert codes <= {"A81001"}


@pytest.mark.parametrize(
    ("name", "allocated"),
    [
        (Name.DECLARATION_STATUS, Report.DECLARATION_STATUS),
        (Name.PAYMENTS, Report.PAYMENTS),
        (Name.ACHIEVEMENT_RESULTS, Report.ACHIEVEMENT),
        (Name.ACHIEVEMENT_BY_INDICATOR, Report.ACHIEVEMENT),
    ],
)
async def test_an_allocated_report_is_a_file_of_more_organisations(
    period: Period, name: Name, allocated: Report
):
    await finance_approved(period, "A81001", "A81002")
    await hear(period, 2)
    plain = await report(period, name, "practice")
    assert await report(period, name, "practice", expanded=True) == plain
    await hear(period, 3, allocation(allocated, "A81001", "QOF2526"))
    assert await report(period, name, "practice") == plain
    found = await report(period, name, "practice", expanded=True)
    if name is Name.ACHIEVEMENT_BY_INDICATOR:
        assert ({one["Providers"] for one in plain}, {one["Providers"] for one in found}) == (
            {"1"},
            {"2"},
        )
    else:
        assert {one["Provider Code"] for one in found} == {"A81001", "A81002"}
    await hear(period, 4, allocation(allocated, "A81001", "NCD2526"))
    assert await report(period, name, "practice", expanded=True) == plain


async def test_what_nobody_can_allocate_is_not_expanded(period: Period):
    for name in (Name.MISSING_DATA, Name.SUBMISSION_AUDIT, Name.DECLARATION_HISTORY):
        refused = await report(period, name, "practice", expanded=True)
        assert refused == {"errors": ["REPORT_NOT_EXPANDED"]}


@pytest.mark.parametrize("name", list(Name))
async def test_a_report_is_a_workbook_too(period: Period, name: Name):
    await finance_approved(period, "A81001")
    data = await period.ask("finance", ASK, report=name.value, filter=SERVICE)
    content = await fetched(period, data["requestDeclarationReport"]["xlsx"])
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    assert sheet.to_python()[0] == [title for title, _ in COLUMNS[name]]


async def test_whose_right_to_see_pounds_is_gone_is_written_none(period: Period):
    await period.calculated("A81001")
    data = await period.ask("finance", ASK, report="DECLARATION_STATUS", filter=SERVICE)
    async with period.db.transaction() as tx:
        await tx.execute(
            "update directory.person_role set role = 'VIEW' where role = 'FINANCE_MANAGEMENT'"
        )
    with pytest.raises(AssertionError, match="ROLE_REQUIRED"):
        await fetched(period, data["requestDeclarationReport"]["csv"])


@pytest.mark.parametrize(
    ("name", "who", "wanted", "code"),
    [
        ("PAYMENTS", "practice viewer", {}, "ROLE_REQUIRED"),
        ("MISSING_DATA", "service manager", {}, "ROLE_REQUIRED"),
        ("SUBMISSION_AUDIT", "finance", {"service": None}, "SERVICE_REQUIRED"),
        ("ACHIEVEMENT_RESULTS", "finance", {"service": ""}, "SERVICE_REQUIRED"),
        ("PAYMENTS", "finance", {"achievementDate": "2026-03-31"}, "FILTER_NOT_OF_REPORT"),
        ("ACHIEVEMENT_RESULTS", "finance", {"financialYear": "2024/25"}, "FILTER_NOT_OF_REPORT"),
        (
            "ACHIEVEMENT_BY_INDICATOR",
            "finance",
            {"financialYear": "2024/25"},
            "FILTER_NOT_OF_REPORT",
        ),
    ],
)
async def test_what_cannot_be_had_is_refused_before_a_path_is_handed_out(
    period: Period, name: str, who: str, wanted: Any, code: str
):
    assert await report(period, name, who, **wanted) == {"errors": [code]}
