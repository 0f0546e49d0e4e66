"""Many submissions as one file, checked whole; and the marked values reviewers look at."""

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

from chassis.sheets import write_extract
from services.declarations.submissions.files import COLUMNS, TEMPLATE, TemplateAsked
from tests.services.declarations.period import Period, extract_rows
from tests.services.declarations.test_kept_values import columns, the, year_before
from tests.services.declarations.test_submissions import (
    GROUP,
    all_of,
    codes,
    group_of,
    record,
)

UPLOAD = """mutation { requestAchievementSubmissionUpload(fileName: "x.csv") { id path } }"""
SUBMIT = """mutation ($upload: ID!) { submitAchievementFile(upload: $upload) {
    errors { code row field message } changed marked message } }"""


async def template(period: Period, who: str) -> list[list[str]]:
    """The downloaded rows, its header among them."""
    out, asked = BytesIO(), TemplateAsked("QOF2526", date(2026, 3, 31))
    principal = await period.principal(who)
    async with period.db.reader() as reader:
        await write_extract(out, TEMPLATE.columns, TEMPLATE.rows(reader, principal, asked))
    return list(csv.reader(StringIO(out.getvalue().decode())))


async def submit(period: Period, who: str, rows: list[list[str]]) -> Any:
    asked = (await period.ask(who, UPLOAD))["requestAchievementSubmissionUpload"]
    organisation = (await period.principal(who)).organisation
    files = period.files()
    path = files.path("achievement-submission", UUID(asked["id"]), organisation=organisation)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    data = await period.ask(who, SUBMIT, upload=asked["id"])
    return data if "errors" in data else data["submitAchievementFile"]


def filled(rows: list[list[str]]) -> list[list[str]]:
    """The template with 1 of 2, and a register of 3, wherever it asks for the group's."""
    given = {(v["indicator"], v["field"]): v["value"] for v in all_of(GROUP)}
    return [[*row[:-1], given.get((row[4], row[5]), row[-1])] for row in rows]


async def test_a_template_is_filled_and_put_back_and_the_same_file_again_changes_nothing(entry):
    rows = await template(entry, "on behalf")
    assert tuple(rows[0]) == COLUMNS
    assert {row[1] for row in rows[1:]} == {"A81001", "A81002"}
    answer = await submit(entry, "on behalf", filled(rows))
    assert (answer["errors"], answer["changed"]) == ([], 2 * len(GROUP.indicators))
    before = await entry.everything(), await the(entry, "select * from achievement_submission")
    again = await submit(entry, "on behalf", filled(rows))
    assert (again["errors"], again["changed"]) == ([], 0)
    after = await entry.everything(), await the(entry, "select * from achievement_submission")
    assert before == after


async def test_a_template_shows_what_the_caller_may_change_with_its_current_value(entry):
    await entry.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    own = [row for row in await template(entry, "enterer") if row[4] == "CHOL004"]
    assert own == []  # an extract brought it
    theirs = [row for row in await template(entry, "on behalf") if row[1] == "A81001"]
    assert [row[-1] for row in theirs if row[4] == "CHOL004"] == ["231", "660", "700"]
    assert await template(entry, "stranger") == [list(COLUMNS)]


async def test_rows_of_adjustments_may_be_added_to_a_template_and_of_nothing_else(entry):
    rows = filled(await template(entry, "on behalf"))
    added = ["QOF2526", "A81001", "2026-03-31", "CHOL", "CHOL004", "CHOLDEC", "7"]
    wrong = [*added[:5], "CHOLDEK", "7"]
    refused = await submit(entry, "on behalf", [*rows, added, wrong])
    assert codes(refused) == [("UNKNOWN_FIELD", len(rows) + 2, "field")]
    assert await the(entry, "select * from achievement_value") == []
    assert (await submit(entry, "on behalf", [*rows, added]))["errors"] == []
    others = "select others from achievement_value where others is not null"
    assert await the(entry, others) == [({"CHOLDEC": 7},)]


async def test_all_that_is_wrong_in_a_file_is_listed_by_row_and_nothing_is_kept(entry):
    good = filled(await template(entry, "enterer"))
    bad = [
        ["QOF2526", "A81001", "31st March", "CHOL", "CHOL004", "Numerator", "1"],
        ["QOF2526", "A81002", "2026-03-31", GROUP.code, "CHOL004", "Numerator", "1"],
        ["QOF9999", "A81001", "2026-03-31", GROUP.code, "CHOL004", "Numerator", "1"],
        ["QOF2526", "A81001", "2026-03-30", GROUP.code, "CHOL004", "Numerator", "1"],
        ["QOF2526", "A81001", "2026-03-31", "NONE", "CHOL004", "Numerator", "1"],
        ["too", "short"],
    ]
    before = await entry.everything()
    answer = await submit(entry, "enterer", [good[0], *bad, *good[1:]])
    assert codes(answer) == [
        ("DATE_NOT_VALID", 2, "ACH_DATE"),
        ("NOT_FOUND", 3, None),
        ("UNKNOWN_SERVICE", 4, "service"),
        ("ACHIEVEMENT_DATE_UNKNOWN", 5, "achievementDate"),
        ("UNKNOWN_GROUP", 6, "group"),
        ("ROW_MALFORMED", 7, None),
    ]
    assert await entry.everything() == before
    assert await the(entry, "select * from achievement_value") == []


async def test_a_file_that_is_no_template_is_refused_whole(entry):
    assert await submit(entry, "enterer", [["A", "B"]]) == {"errors": ["COLUMNS_NOT_AS_EXPECTED"]}
    many = [list(COLUMNS), *[["QOF2526", "A81001", "2026-03-31", "x", "x", "x", ""]] * 20_001]
    assert await submit(entry, "enterer", many) == {"errors": ["TOO_MANY_ROWS"]}


MARKED = """query ($filter: MarkedAchievementFilter) { markedAchievement(filter: $filter) {
    totalCount edges { node { service provider indicator because origin { how } } } } }"""


async def test_a_value_far_from_the_one_before_is_marked_on_submission_and_listed(entry):
    await year_before(entry)
    before = extract_rows("A81001", {"CHD015": (200, 280, 372)})
    await entry.load([columns(line) for line in before])
    group = group_of("CHD015")
    numbers = {one.code: ("0", "280", "372") for one in group.indicators}
    answer = await record(entry, "enterer", all_of(group, **numbers), group=group.code)
    assert (answer["errors"], answer["marked"]) == ([], 1)
    seen = (await entry.ask("approver", MARKED))["markedAchievement"]
    assert seen["totalCount"] == 1
    assert seen["edges"][0]["node"] == {
        "service": "QOF2526",
        "provider": "A81001",
        "indicator": "CHD015",
        "because": "0 of 280, after 200 of 280 on 2024-03-31: more than 20 percentage points apart",
        "origin": {"how": "MANUAL"},
    }
    for who in ("other practice", "other commissioner"):
        assert (await entry.ask(who, MARKED))["markedAchievement"]["totalCount"] == 0
    elsewhere = await entry.ask("approver", MARKED, filter={"provider": "A81002"})
    assert elsewhere["markedAchievement"]["totalCount"] == 0
