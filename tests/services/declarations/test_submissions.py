"""Record Achievement: values by hand, as work in progress or submitted, and who may change them."""

from datetime import datetime
from typing import Any

import pytest

from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import Role
from services.declarations.agreements import commands as agreements
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import Period, extract_rows, offer, worked_values
from tests.services.declarations.test_kept_values import the, year_before
from tests.support.directory import have_person

CHOL: dict[str, str] = {
    "Numerator": "231",
    "Denominator": "660",
    "Secondary prevention of cardiovascular disease register": "700",
}


def group_of(code: str, service: QualityServiceSpecification | None = None) -> Any:
    return next(g for g, i in (service or qof()).grouped() if i.code == code)


def all_of(group: Any, **numbers: tuple[str, ...]) -> list[dict[str, str]]:
    """Values for every field of a group: 1 of 2 with a register of 3, unless said otherwise."""
    parts = {"numerator": "1", "denominator": "2", "register": "3"}
    given = []
    for indicator in group.indicators:
        chosen = dict(zip(parts, numbers.get(indicator.code, parts.values()), strict=False))
        given += [
            {"indicator": indicator.code, "field": name, "value": chosen[part]}
            for part, name in indicator.fields.items()
        ]
    return given


RECORD = """mutation ($input: AchievementRecording!, $draft: Boolean!, $key: String) {
    recordAchievement(input: $input, saveAsDraft: $draft, idempotencyKey: $key) {
        errors { code row field message } changed marked message } }"""


async def record(
    period: Period, who: str, values: list[dict[str, str]], *, draft: bool = False, **more: Any
) -> Any:
    wanted = {
        "service": "QOF2526",
        "provider": "A81001",
        "achievementDate": "2026-03-31",
        "group": group_of("CHOL004").code,
        "values": values,
    }
    key = more.pop("key", None)
    data = await period.ask(who, RECORD, input=wanted | more, draft=draft, key=key)
    return data if "errors" in data else data["recordAchievement"]


def codes(answer: Any) -> list[tuple[str, int, str | None]]:
    return [(error["code"], error["row"], error["field"]) for error in answer["errors"]]


async def submission(period: Period, who: str = "enterer", **more: str) -> Any:
    named = {"service": "QOF2526", "provider": "A81001", "day": "2026-03-31"} | more
    return await period.ask(
        who,
        """query ($service: String!, $provider: String!, $day: Date!) {
            achievementSubmission(service: $service, provider: $provider, achievementDate: $day) {
                enteringFor groups { code status submitted outOf notes actingFor indicators {
                    code complete changeable whyNot { code } marked markedBecause
                    origin { how submittedBy actingFor }
                    fields { name kind value draft } } }
                past(indicator: "CHOL004") { numerator origin { how actingFor } } } }""",
        **named,
    )


async def group(period: Period, code: str = "CHOL004", who: str = "enterer") -> Any:
    data = (await submission(period, who))["achievementSubmission"]
    return next(g for g in data["groups"] if g["code"] == group_of(code).code)


async def indicator(period: Period, code: str = "CHOL004", who: str = "enterer") -> Any:
    found = await group(period, code, who)
    return next(one for one in found["indicators"] if one["code"] == code)


GROUP = group_of("CHOL004")


async def test_work_in_progress_counts_for_nothing_and_shows_its_notes_to_reviewers(entry):
    values = [{"indicator": "CHOL004", "field": "Numerator", "value": "231"}]
    answer = await record(entry, "enterer", values, draft=True, notes="Half of it.")
    assert (answer["errors"], answer["changed"]) == ([], 0)
    assert await the(entry, "select * from achievement_value") == []
    assert await the(entry, "select * from due") == []
    seen = await group(entry, who="approver")
    assert (seen["status"], seen["submitted"], seen["notes"]) == (
        "WORK_IN_PROGRESS",
        0,
        "Half of it.",
    )
    assert (await indicator(entry))["fields"][0]["draft"] == "231"


async def test_a_submission_takes_the_work_in_progress_with_it_and_is_calculated(entry):
    await entry.calculated("A81002")
    values = all_of(GROUP)
    await record(entry, "enterer", values[:2], draft=True, notes="First half.")
    answer = await record(entry, "enterer", values[2:])
    assert (answer["errors"], answer["changed"]) == ([], len(GROUP.indicators))
    seen = await group(entry)
    assert (seen["status"], seen["submitted"], seen["outOf"], seen["notes"]) == (
        "SUBMITTED",
        len(GROUP.indicators),
        len(GROUP.indicators),
        "First half.",
    )
    assert (await indicator(entry))["origin"]["how"] == "MANUAL"
    marks = await the(entry, "select distinct reason from due")
    assert marks == [("achievement was submitted",)]


async def test_a_whole_service_submitted_by_hand_is_paid_as_one_that_was_loaded(entry):
    await entry.prevalence()
    worked = {
        code: tuple(str(number) for number in numbers) for code, numbers in worked_values().items()
    }
    for domain in qof().domains:
        for one in domain.groups:
            answer = await record(entry, "enterer", all_of(one, **worked), group=one.code)
            assert answer["errors"] == []
    await entry.settle()
    assert (await entry.of("A81001"))["pounds"] == "37227.05"


async def test_a_new_submission_supersedes_and_loses_nothing(entry):
    await record(entry, "enterer", all_of(GROUP, CHOL004=("1", "2", "3")))
    await record(entry, "on behalf", all_of(GROUP, CHOL004=("2", "2", "3")))
    data = (await submission(entry))["achievementSubmission"]
    assert data["past"] == [{"numerator": 1, "origin": {"how": "MANUAL", "actingFor": "A81001"}}]
    assert (await indicator(entry))["origin"]["actingFor"] == "QHM"
    last = "select acting_for, last_submission from achievement_submission order by at, id"
    assert await the(entry, last) == [("A81001", False), ("QHM", True)]


async def test_the_same_submission_again_changes_nothing(entry):
    await record(entry, "enterer", all_of(GROUP))
    before = await the(entry, "select * from achievement_submission")
    answer = await record(entry, "enterer", all_of(GROUP))
    assert (answer["changed"], answer["message"]) == (0, "Nothing is other than before")
    assert await the(entry, "select * from achievement_submission") == before
    assert await the(entry, "select * from achievement_value_past") == []


async def test_a_key_sent_twice_submits_once_and_a_refused_one_may_be_used_again(entry):
    wrong = all_of(GROUP, CHOL004=("3", "2", "3"))
    assert (await record(entry, "enterer", wrong, key="k"))["errors"]
    right = await record(entry, "enterer", all_of(GROUP), key="k")
    assert right == await record(entry, "enterer", all_of(GROUP), key="k")
    assert right["changed"] == len(GROUP.indicators)


async def test_all_that_is_wrong_is_listed_at_once_and_nothing_is_kept(entry):
    before = await entry.everything()
    answer = await record(
        entry,
        "enterer",
        [
            {"indicator": "CHOL004", "field": "Numerator", "value": "661"},
            {"indicator": "CHOL004", "field": "Denominator", "value": "660"},
            {"indicator": "XX001", "field": "Numerator", "value": "1"},
            {"indicator": "CHOL003", "field": "Numerator", "value": "-1"},
            {"indicator": "CHOL003", "field": "Denominator", "value": "many"},
            {"indicator": "CHOL004", "field": "Eyes", "value": "1"},
            {"indicator": "CHOL004", "field": "Numerator", "value": "5"},
        ],
        notes="Ask for 943 476 5919.",
    )
    found = codes(answer)
    assert ("NHS_NUMBER_IN_NOTE", 1, "notes") in found
    for expected in (
        ("UNKNOWN_INDICATOR", 3, "indicator"),
        ("VALUE_NEGATIVE", 4, "Numerator"),
        ("VALUE_NOT_A_NUMBER", 5, "Denominator"),
        ("UNKNOWN_FIELD", 6, "field"),
        ("VALUE_GIVEN_TWICE", 7, "Numerator"),
    ):
        assert expected in found
    assert await the(entry, "select * from achievement_submission") == []
    assert await entry.everything() == before


async def test_a_numerator_above_its_denominator_is_refused_with_row_and_field(entry):
    answer = await record(entry, "enterer", all_of(GROUP, CHOL004=("661", "660", "700")))
    place = 1 + [v["indicator"] for v in all_of(GROUP)].index("CHOL004")
    assert codes(answer) == [("NUMERATOR_ABOVE_DENOMINATOR", place, "Numerator")]
    assert await the(entry, "select * from achievement_value") == []


async def test_a_submission_lacks_no_indicator_of_its_group(entry):
    answer = await record(entry, "enterer", all_of(GROUP)[1:])
    assert [code for code, _, _ in codes(answer)] == ["VALUE_MISSING"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"service": "QOF9999"}, "UNKNOWN_SERVICE"),
        ({"achievementDate": "2026-03-30"}, "ACHIEVEMENT_DATE_UNKNOWN"),
        ({"group": "NONE"}, "UNKNOWN_GROUP"),
    ],
)
async def test_a_wrong_service_date_or_group_is_named(entry, wrong, code):
    assert [c for c, _, _ in codes(await record(entry, "enterer", all_of(GROUP), **wrong))] == [
        code
    ]


async def test_what_an_extract_brought_is_changed_by_the_commissioner_alone(entry):
    await entry.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    assert (await indicator(entry))["whyNot"] == {"code": "VALUE_EXTRACTED"}
    changed = all_of(GROUP, CHOL004=("330", "660", "700"))
    refused = await record(entry, "enterer", changed)
    assert [code for code, _, _ in codes(refused)] == ["VALUE_EXTRACTED"]
    assert (await record(entry, "on behalf", changed))["errors"] == []
    # It was the extract's once: the commissioner's adjustment does not make it the provider's.
    assert (await indicator(entry))["whyNot"] == {"code": "VALUE_EXTRACTED"}


async def test_the_provider_enters_until_the_commissioner_approves_who_does_until_finance(entry):
    await entry.prevalence()
    worked = {c: tuple(str(n) for n in numbers) for c, numbers in worked_values().items()}
    for domain in qof().domains:
        for one in domain.groups:
            await record(entry, "enterer", all_of(one, **worked), group=one.code)
    await entry.settle()
    await entry.declare("practice", [await entry.of("A81001")])
    assert (await indicator(entry))["changeable"] is True
    await entry.approve("approver", [await entry.of("A81001")])
    assert (await indicator(entry))["whyNot"] == {"code": "COMMISSIONER_APPROVED"}
    more = all_of(GROUP, **worked | {"CHOL004": ("330", "660", "700")})
    assert [c for c, _, _ in codes(await record(entry, "enterer", more))] == [
        "COMMISSIONER_APPROVED"
    ]
    assert (await record(entry, "on behalf", more))["changed"] == 1
    await entry.settle()
    again = await entry.of("A81001")
    assert again["status"] == "AWAITING_PROVIDER_APPROVAL"
    for who, step in (
        ("practice", entry.declare),
        ("approver", entry.approve),
        ("finance", entry.approve),
    ):
        await step(who, [await entry.of("A81001")])
    before = await entry.everything()
    locked = await record(entry, "on behalf", all_of(GROUP))
    assert {code for code, _, _ in codes(locked)} == {"PERIOD_LOCKED"}
    assert await entry.everything() == before


async def test_a_provider_enters_within_the_window_of_the_achievement_date(entry):
    entry.now = datetime.fromisoformat("2026-09-01T09:00:00+00:00")
    assert (await indicator(entry))["whyNot"] == {"code": "OUTSIDE_WINDOW"}
    assert (await indicator(entry, who="on behalf"))["changeable"] is True
    for day in ("2026-08-31", "2025-04-01"):
        entry.now = datetime.fromisoformat(f"{day}T09:00:00+00:00")
        assert (await indicator(entry))["changeable"] is True
    entry.now = datetime.fromisoformat("2025-03-31T09:00:00+00:00")
    assert (await indicator(entry))["whyNot"] == {"code": "OUTSIDE_WINDOW"}


async def test_what_the_catalogue_leaves_to_the_commissioner_is_entered_by_it(entry):
    document = qof().as_json()
    for domain in document["domains"]:
        for one in domain["groups"]:
            for each in one["indicators"]:
                each["entered_by"] = "COMMISSIONER"
                each["adjustments"] = ["CHOLPCADEC"]
    changed = QualityServiceSpecification.model_validate(document)
    async with entry.db.transaction() as tx:
        await agreements.keep_service(tx, "QOF2526/1", 2, changed)
    assert (await indicator(entry))["whyNot"] == {"code": "COMMISSIONER_ENTRY"}
    adjusted = [{"indicator": "CHOL004", "field": "CHOLPCADEC", "value": "7"}]
    answer = await record(entry, "on behalf", [*all_of(GROUP), *adjusted])
    assert answer["errors"] == []
    fields = (await indicator(entry))["fields"]
    assert {"name": "CHOLPCADEC", "kind": "ADJUSTMENT", "value": "7", "draft": None} in fields


async def test_yes_and_no_are_y_and_n(entry):
    await year_before(entry)
    entry.now = datetime.fromisoformat("2024-04-02T09:00:00+00:00")
    old = {"service": "QOF2324", "achievementDate": "2024-03-31", "group": "QIWW"}
    given = [{"indicator": c, "field": "Yes/No Flag", "value": v} for c, v in QI]
    wrong = [{**given[0], "value": "yes"}, {**given[1], "value": "1"}]
    assert [c for c, _, _ in codes(await record(entry, "enterer", wrong, **old))][:2] == [
        "VALUE_NOT_YES_OR_NO",
        "VALUE_NOT_YES_OR_NO",
    ]
    assert (await record(entry, "enterer", given, **old))["changed"] == 2
    seen = await submission(entry, service="QOF2324", day="2024-03-31")
    groups = {g["code"]: g for g in seen["achievementSubmission"]["groups"]}
    values = [i["fields"][0] for i in groups["QIWW"]["indicators"]]
    assert [(v["kind"], v["value"]) for v in values] == [("YES_NO", "Y"), ("YES_NO", "N")]


QI = (("QI013", "Y"), ("QI014", "N"))


@pytest.mark.parametrize(
    "notes", ["9434765919", "x 943-476-5919.", "2026 943 476 5919", "of 943 476\n5919"]
)
async def test_a_note_names_no_patient(entry, notes):
    answer = await record(entry, "enterer", [], draft=True, notes=notes)
    assert codes(answer) == [("NHS_NUMBER_IN_NOTE", 1, "notes")]
    assert await the(entry, "select * from achievement_submission") == []


@pytest.mark.parametrize("notes", ["9434765918", "0113 496 0000", "94347659190", "of 2026 1234567"])
async def test_other_numbers_may_stand_in_a_note(entry, notes):
    assert (await record(entry, "enterer", [], draft=True, notes=notes))["errors"] == []


async def test_nobody_else_enters_for_a_provider_or_sees_it(entry):
    before = await entry.everything()
    for who in ("other enterer", "stranger"):
        assert await record(entry, who, all_of(GROUP)) == {"errors": ["NOT_FOUND"]}
        assert await submission(entry, who) == {"errors": ["NOT_FOUND"]}
    viewing = await submission(entry, "practice viewer")
    assert viewing["achievementSubmission"]["enteringFor"] is None
    assert (await indicator(entry, who="practice viewer"))["whyNot"] == {"code": "ROLE_REQUIRED"}
    assert await entry.everything() == before
    assert await the(entry, "select * from achievement_value") == []


async def test_who_does_not_participate_submits_nothing(entry):
    async with entry.db.transaction() as tx:
        await agreements.keep_offers(tx, [offer("A81003", status="OFFERED")])
        await have_person(tx, "third", {"A81003": [Role.ACHIEVEMENT_ENTRY]})
    answer = await record(entry, "third", all_of(GROUP), provider="A81003")
    assert {code for code, _, _ in codes(answer)} == {"NOT_PARTICIPATING"}
