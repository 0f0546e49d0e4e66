"""Loading INDICATOR_VALUES: what is wrong is listed, and nothing else is lost."""

import asyncio
from uuid import UUID

import pytest

from chassis.errors import DomainError
from chassis.jobs import run_jobs
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.achievement.domain import COLUMNS
from services.declarations.agreements import commands as agreements
from services.declarations.app import SERVICE
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import (
    Period,
    extract_rows,
    row,
    worked_values,
)
from tests.support.eventually import eventually

LONE = {"CHOL004": (231, 660, 700)}


async def stored(period: Period) -> list[tuple]:
    async with period.db.reader() as reader:
        rows = await reader.fetch(
            "select provider, indicator, numerator, denominator, register"
            " from achievement_value order by 1, 2"
        )
    return [tuple(r) for r in rows]


async def test_a_value_is_one_row_a_provider_and_indicator_and_says_where_it_came_from(period):
    counts = await period.load(extract_rows("A81001", LONE))
    assert counts["loaded"] == 1
    assert await stored(period) == [("A81001", "CHOL004", 231, 660, 700)]
    async with period.db.reader() as reader:
        value = await reader.fetchrow("select * from achievement_value")
    assert (value["how"], value["submitted_by"]) == ("AUTOMATIC", "AUTOMATED")
    assert value["submitted_at"].isoformat() == "2026-04-01T02:19:50"
    assert value["load_id"] == period.last_load


async def test_the_same_file_again_changes_nothing(period):
    await period.calculated("A81001")
    before = await period.everything()
    counts = await period.load(extract_rows("A81001", worked_values()))
    await period.settle()
    assert (counts["loaded"], counts["unchanged"]) == (0, 44)
    assert await period.everything() == before


async def test_what_is_wrong_is_listed_with_code_row_and_field_and_the_rest_is_loaded(period):
    good = extract_rows("A81001", worked_values())
    bad = [
        row("Z99999", "AF006", "Numerator", "1"),
        row("A81002", "AF006", "Numerator", "11"),
        row("A81002", "AF006", "Denominator", "10"),
        row("A81002", "AF008", "Numerator", "many"),
        row("A81002", "AF008", "Denominator", "-1"),
        row("A81002", "CHD005", "Numerator", ""),
        row("A81002", "XX001", "Numerator", "1"),
        row("A81002", "AF006", "Numerator", "1", ACH_DATE="31st March"),
        row("A81002", "AF006", "Numerator", "1", ACH_DATE="20250331"),
        row("A81002", "AF006", "Numerator", "1", QUALITY_SERVICE="QOF9999"),
        ["QOF2526", "too", "short"],
    ]
    counts = await period.load([*bad, *good])
    assert await period.problems() == [
        ("UNKNOWN_PRACTICE", 2, "ORG_CODE"),
        ("NUMERATOR_ABOVE_DENOMINATOR", 3, "VALUE"),
        ("VALUE_NOT_A_NUMBER", 5, "VALUE"),
        ("VALUE_NEGATIVE", 6, "VALUE"),
        ("VALUE_MISSING", 7, "VALUE"),
        ("UNKNOWN_INDICATOR", 8, "IND_CODE"),
        ("DATE_NOT_VALID", 9, "ACH_DATE"),
        ("ACHIEVEMENT_DATE_UNKNOWN", 10, "ACH_DATE"),
        ("UNKNOWN_SERVICE", 11, "QUALITY_SERVICE"),
        ("ROW_MALFORMED", 12, None),
    ]
    assert (counts["loaded"], counts["unknown"], counts["errors"]) == (44, 1, 10)
    assert {r[0] for r in await stored(period)} == {"A81001"}


async def test_values_of_who_does_not_participate_are_kept_and_listed_and_never_paid(period):
    counts = await period.load(extract_rows("A81003", worked_values()))
    assert await period.problems() == [("NOT_PARTICIPATING", 2, "ORG_CODE")]
    assert (counts["loaded"], counts["not_participating"]) == (44, 1)
    await period.settle()
    assert await period.declarations(provider="A81003") == []


async def test_superseded_submissions_are_passed_over_and_the_latest_counts(period):
    rows = [
        row("A81001", "AF006", "Numerator", "1", LAST_SUBMISSION="N"),
        row("A81001", "AF006", "Numerator", "3", SUBMIT_DATE="03/04/2026"),
        row("A81001", "AF006", "Numerator", "2", SUBMIT_DATE="20260402"),
        row("A81001", "AF006", "Denominator", "4"),
        row("A81001", "AF006", "Atrial Fibrillation Register", "9", ACH_DATE="31/03/2026"),
    ]
    counts = await period.load(rows)
    assert counts["superseded"] == 1
    assert await stored(period) == [("A81001", "AF006", 3, 4, 9)]


async def test_adjustments_that_the_catalogue_names_are_kept_beside_what_rules_use(period):
    await period.load([row("A81001", "AF006", "AFIBPCADEC", "7")])
    async with period.db.reader() as reader:
        others = await reader.fetchval("select others from achievement_value")
    assert others == {"AFIBPCADEC": 7}


async def test_a_field_that_the_catalogue_does_not_name_is_refused_by_row_and_the_rest_loaded(
    period,
):
    rows = [
        row("A81001", "CS005", "Smoking Register", "1"),  # a register, of another indicator
        row("A81001", "AF006", "Numerater", "1"),
        row("A81002", "AF006", "Numerater", "-1"),
        row("A81002", "AF006", "Denominator", "4"),
    ]
    counts = await period.load(rows)
    assert await period.problems() == [
        ("UNKNOWN_FIELD", 2, "FIELD_NAME"),
        ("UNKNOWN_FIELD", 3, "FIELD_NAME"),
    ]
    assert (counts["rows"], counts["loaded"], counts["errors"]) == (4, 1, 2)
    assert await stored(period) == [("A81002", "AF006", None, 4, None)]


async def test_the_newest_version_of_a_line_says_which_fields_there_are(period):
    document = qof().as_json()
    for domain in document["domains"]:
        for group in domain["groups"]:
            for each in group["indicators"]:
                each["adjustments"] = ["NEWCODE"]
    changed = QualityServiceSpecification.model_validate(document)
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, "QOF2526/2", 2, changed)
    await period.load([row("A81001", "AF006", name, "7") for name in ("AFIBPCADEC", "NEWCODE")])
    assert await period.problems() == [("UNKNOWN_FIELD", 2, "FIELD_NAME")]
    async with period.db.reader() as reader:
        assert await reader.fetchval("select others from achievement_value") == {"NEWCODE": 7}


async def test_what_an_extract_says_of_defaults_is_kept_until_another_says_otherwise(period):
    word = "select default_values_used from achievement_value"
    for said, counted in (("All", 1), ("All", 0), ("None", 1), ("None", 0)):
        rows = extract_rows("A81001", LONE)
        counts = await period.load([[*one[:7], said, *one[8:]] for one in rows])
        assert counts["loaded"] == counted
        async with period.db.reader() as reader:
            assert await reader.fetchval(word) == (None if said == "None" else said)
    async with period.db.reader() as reader:
        assert await reader.fetchval(f"{word}_past") == "All"


async def test_whoever_asks_where_a_value_came_from_is_told_of_defaults(period):
    words = {"AF006": "All"}
    rows = extract_rows("A81001", worked_values())
    rows = [[*one[:7], words.get(one[4], "None"), *one[8:]] for one in rows]
    await period.prevalence()
    await period.load(rows)
    await period.settle()
    origin = """{ achievementSubmission(service: "QOF2526", provider: "A81001",
        achievementDate: "2026-03-31") { groups { indicators {
        code origin { defaultValuesUsed } } } } }"""
    groups = (await period.ask("practice", origin))["achievementSubmission"]["groups"]
    told = {one["code"]: one["origin"] for group in groups for one in group["indicators"]}
    assert told["AF006"] == {"defaultValuesUsed": "All"}
    assert told["AF008"] == {"defaultValuesUsed": None}
    receipt = f'{{ declaration(id: "{(await period.of("A81001"))["id"]}") {{ receipt }} }}'
    lines = (await period.ask("practice", receipt))["declaration"]["receipt"]["lines"]
    said = {
        line["indicator"]: value.get("default_values_used")
        for line in lines
        for value in line["values"]
    }
    assert (said["AF006"], said["AF008"]) == ("All", None)


async def test_an_organisation_that_is_no_provider_of_the_service_is_refused_and_named(period):
    rows = [
        row("16C", "AF006", "Numerator", "1"),
        row("16C", "AF006", "Denominator", "1"),
        row("Z99999", "AF006", "Numerator", "1"),
    ]
    counts = await period.load(rows)
    assert await period.problems() == [
        ("PROVIDER_KIND", 2, "ORG_CODE"),
        ("UNKNOWN_PRACTICE", 4, "ORG_CODE"),
    ]
    assert (counts["loaded"], counts["unknown"], await stored(period)) == (0, 1, [])


async def test_a_numerator_is_held_against_the_denominator_of_an_earlier_load(period):
    await period.load(extract_rows("A81001", LONE))
    await period.load([row("A81001", "CHOL004", "Numerator", "661")])
    assert await period.problems() == [("NUMERATOR_ABOVE_DENOMINATOR", 2, "VALUE")]
    assert await stored(period) == [("A81001", "CHOL004", 231, 660, 700)]


async def test_what_finance_has_approved_changes_no_more(period):
    await period.calculated("A81001")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    before = await period.everything()
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))
    await period.settle()
    assert await period.problems() == [("PERIOD_LOCKED", 2, "ORG_CODE")]
    assert await period.everything() == before


async def test_a_file_that_is_no_extract_is_refused_whole(period):
    with pytest.raises(DomainError) as refused:
        await period.load([], header=[*COLUMNS[:-1], "LAST"])
    assert refused.value.code == "COLUMNS_NOT_AS_EXPECTED"
    assert "LAST_SUBMISSION missing" in refused.value.message


async def test_an_interrupted_load_that_starts_again_lists_each_error_once(period):
    rows = [row("A81001", "AF006", "Numerator", "many")]
    await period.load(rows)
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into achievement_staging values"
            " ($1, 9, 9, 1, 'QOF2526', 'A81001', '2026-03-31', 'AF006', '{}', 'x', now())",
            period.last_load,
        )
    await period.load(rows)
    assert await period.problems() == [("VALUE_NOT_A_NUMBER", 2, "VALUE")]
    assert await stored(period) == []


async def test_an_upload_is_asked_for_put_loaded_by_a_job_and_watched(period):
    asked = await period.ask(
        "data load", 'mutation { requestAchievementUpload(fileName: "x.csv") { id path } }'
    )
    upload = asked["requestAchievementUpload"]
    assert upload["path"].startswith("/files/declarations/achievement/ENG/")
    load = """mutation ($upload: ID!) { loadAchievement(upload: $upload, idempotencyKey: "k") {
        id status } }"""
    assert await period.ask("data load", load, upload=upload["id"]) == {
        "errors": ["UPLOAD_NOT_FOUND"]
    }
    path = period.files().path("achievement", UUID(upload["id"]), organisation="ENG")
    path.parent.mkdir(parents=True)
    rows = [COLUMNS, *extract_rows("A81001", LONE), row("A81001", "XX001", "Numerator", "1")]
    path.write_text("\n".join(",".join(columns) for columns in rows))
    started = await period.ask("data load", load, upload=upload["id"])
    assert started == await period.ask("data load", load, upload=upload["id"])

    stop = asyncio.Event()
    working = asyncio.create_task(run_jobs(period.db, SERVICE.jobs, stop))
    watched = """query ($id: ID!) { achievementLoad(id: $id) { status done total failure errorCount
        counts { name value } errors { code row field message } } }"""

    async def done() -> None:
        data = await period.ask("data load", watched, id=started["loadAchievement"]["id"])
        assert data["achievementLoad"]["status"] == "DONE"

    await eventually(done)
    stop.set()
    await working
    data = await period.ask("data load", watched, id=started["loadAchievement"]["id"])
    told = data["achievementLoad"]
    assert (told["errorCount"], told["failure"]) == (1, None)
    assert told["done"] == told["total"] == path.stat().st_size
    assert [(e["code"], e["row"], e["field"]) for e in told["errors"]] == [
        ("UNKNOWN_INDICATOR", 5, "IND_CODE")
    ]
    assert {"name": "loaded", "value": "1"} in told["counts"]


async def test_only_csv_files_are_asked_for(period):
    refused = await period.ask(
        "data load", 'mutation { requestAchievementUpload(fileName: "x.xlsx") { id } }'
    )
    assert refused == {"errors": ["FILE_TYPE_NOT_ACCEPTED"]}


async def test_a_row_no_column_can_hold_is_listed_and_the_rest_is_loaded(period):
    bad = [
        row("A81002", "AF006", "Numerator", "9" * 5_000),
        row("A81002", "AF006", "Numerator", "-" + "9" * 5_000),
        row("A81002", "AF006", "Numerator", "٣"),
        row("A81002", "AF006", "Num\0erator", "1"),
        row("A81002", "AF006", "Numerator", "1", SUBMIT_TIME="11:19:50Z"),
        row("A81002", "AF006", "Numerator", "1", ACH_DATE="2026331"),
    ]
    counts = await period.load([*bad, *extract_rows("A81001", LONE)])
    assert await period.problems() == [
        ("VALUE_TOO_LARGE", 2, "VALUE"),
        ("VALUE_NEGATIVE", 3, "VALUE"),
        ("VALUE_NOT_A_NUMBER", 4, "VALUE"),
        ("ROW_MALFORMED", 5, None),
        ("TIME_NOT_VALID", 6, "SUBMIT_TIME"),
        ("DATE_NOT_VALID", 7, "ACH_DATE"),
    ]
    assert counts["loaded"] == 1


async def test_what_is_no_text_at_all_is_refused_by_code(period):
    with pytest.raises(DomainError) as refused:
        await period.load([], header=["x" * 200_000])
    assert refused.value.code == "EXTRACT_MALFORMED"
