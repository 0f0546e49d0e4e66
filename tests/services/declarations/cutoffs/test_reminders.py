"""Reminders: whoever's step it is, once a day, in bulk."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.declarations.approval.domain import Declaration, Missing, RefusedError, Status
from services.declarations.cutoffs.domain import Turn, remind
from tests.services.declarations.cutoffs.test_cutoffs import JULY, cut_off, load
from tests.services.declarations.period import ACHIEVED_ON, Period, extract_rows, worked_values

REMIND = """mutation ($choose: ChooseDeclarations!, $dryRun: Boolean!, $key: String) {
    remindDeclarations(choose: $choose, dryRun: $dryRun, idempotencyKey: $key) {
        done refused { code } counts { name value } selection message } }"""
EVENT = "declaration.reminded.v1"


async def reminded(
    period: Period, who: str, *, dry_run: bool = False, key: str | None = None, **choose: Any
) -> Any:
    data = await period.ask(who, REMIND, choose=choose, dryRun=dry_run, key=key)
    return data if "errors" in data else data["remindDeclarations"]


def rows(*nodes: Any) -> list[dict[str, Any]]:
    return [{"id": node["id"], "version": node["version"]} for node in nodes]


async def both(period: Period) -> list[Any]:
    """A81001 has to declare, A81002 to submit what is missing."""
    await period.prevalence()
    await period.load(extract_rows("A81002", {"CHOL004": (1, 2, 3)}))
    await period.calculated("A81001")
    return [await period.of("A81001"), await period.of("A81002")]


async def test_whoever_waits_for_a_step_is_told_by_one_event_a_declaration(period: Period):
    declared, incomplete = await both(period)
    await load(period, "data load", cut_off(*JULY, declareBy="2026-06-24"))
    answer = await reminded(period, "approver", rows=rows(declared, incomplete))
    assert sorted(answer["done"]) == sorted([declared["id"], incomplete["id"]])
    counts = {one["name"]: one["value"] for one in answer["counts"]}
    assert (counts["declare"], counts["submit"]) == ("1", "1")
    assert answer["message"] == "2 reminder(s) have been sent"
    events = {event["provider"]: event for event in await period.events(EVENT)}
    assert {code: event["turn"] for code, event in events.items()} == {
        "A81001": "DECLARE",
        "A81002": "SUBMIT",
    }
    assert {event["due_on"] for event in events.values()} == {"2026-06-24"}
    assert len({event["action"] for event in events.values()}) == 1
    assert events["A81001"]["waits_for"] == ["A81001"]
    assert "pounds" not in events["A81001"]


async def test_what_the_commissioner_itself_owes_reminds_its_own_people(period: Period):
    await period.calculated("A81001")
    await load(period, "data load", cut_off(*JULY, declareBy="2026-06-24"))
    turns = []
    for who, step in (("practice", period.declare), ("approver", period.approve)):
        await step(who, [await period.of("A81001")])
        await reminded(period, "finance", rows=rows(await period.of("A81001")))
        event = (await period.events(EVENT))[-1]
        turns.append((event["turn"], event["waits_for"], event["due_on"]))
        period.now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    assert turns == [
        ("APPROVE", ["QHM"], JULY[0]),
        ("FINANCE_APPROVE", ["QHM"], JULY[0]),
    ]


async def test_nobody_is_reminded_twice_on_a_day(period: Period):
    await period.calculated("A81001")
    one = await period.of("A81001")
    await reminded(period, "approver", rows=rows(one))
    again = await reminded(period, "finance", rows=rows(one))
    assert [refused["code"] for refused in again["refused"]] == ["REMINDED_TODAY"]
    assert len(await period.events(EVENT)) == 1
    period.now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    tomorrow = await reminded(period, "finance", rows=rows(one))
    assert tomorrow["done"] == [one["id"]]


async def test_a_filter_is_shown_in_a_dry_run_and_its_selection_is_reminded(period: Period):
    await both(period)
    assert await reminded(period, "approver", filter={}) == {"errors": ["DRY_RUN_FIRST"]}
    shown = await reminded(period, "approver", dry_run=True, filter={})
    assert len(shown["done"]) == 2
    assert await period.events(EVENT) == []
    done = await reminded(period, "approver", selection=shown["selection"])
    assert sorted(done["done"]) == sorted(shown["done"])
    assert len(await period.events(EVENT)) == 2


async def test_the_same_key_reminds_once(period: Period):
    await period.calculated("A81001")
    one = rows(await period.of("A81001"))
    first = await reminded(period, "approver", key="k", rows=one)
    assert await reminded(period, "approver", key="k", rows=one) == first
    assert len(await period.events(EVENT)) == 1


async def test_a_reminder_moves_nothing(period: Period):
    await period.calculated("A81001")
    before = await period.of("A81001")
    await reminded(period, "approver", rows=rows(before))
    assert await period.of("A81001") == before


async def test_what_is_out_of_sight_has_moved_or_is_held_reminds_nobody(period: Period):
    await period.calculated("A81001")
    one = await period.of("A81001")
    before = await period.everything()
    stranger = await reminded(period, "other commissioner", rows=rows(one))
    assert [refused["code"] for refused in stranger["refused"]] == ["NOT_FOUND"]
    stale = await reminded(period, "approver", rows=[{"id": one["id"], "version": 99}])
    assert [refused["code"] for refused in stale["refused"]] == ["STALE_VERSION"]
    assert await reminded(period, "practice", rows=rows(one)) == {"errors": ["ROLE_REQUIRED"]}
    assert await period.everything() == before
    assert await period.events(EVENT) == []


async def test_two_who_remind_at_once_remind_once(period: Period):
    await period.calculated("A81001")
    one = rows(await period.of("A81001"))
    answers = await asyncio.gather(
        reminded(period, "approver", rows=one), reminded(period, "finance", rows=one)
    )
    assert sorted(len(answer["done"]) for answer in answers) == [0, 1]
    codes = [refused["code"] for answer in answers for refused in answer["refused"]]
    assert codes == ["REMINDED_TODAY"]
    assert len(await period.events(EVENT)) == 1


async def test_a_provider_is_not_reminded_of_what_england_has_to_load(period: Period):
    await period.load(extract_rows("A81001", worked_values()))
    await period.settle()
    one = await period.of("A81001")
    assert one["missing"] == ["NATIONAL_PREVALENCE_MISSING"]
    answer = await reminded(period, "approver", rows=rows(one))
    assert [refused["code"] for refused in answer["refused"]] == ["NOTHING_TO_SUBMIT"]
    assert await period.events(EVENT) == []


def _declaration(status: Status, **more: Any) -> Declaration:
    day = ACHIEVED_ON
    named = ("NCD2526/1", "NCD2526", "DES", "U00001", "QHM")
    return Declaration(uuid4(), 1, uuid4(), *named, day, day, day, status, **more)


def test_a_network_that_waits_for_members_reminds_those_whose_values_are_missing():
    blockers = (
        Missing("VALUES_MISSING", "HI03", "x", "A81002"),
        Missing("VALUES_MISSING", "CAN04", "x", "A81002"),
        Missing("VALUES_MISSING", "HI03", "x", "A81001"),
        Missing("LIST_SIZE_UNKNOWN", None, "x", "A81003"),
    )
    waiting = _declaration(Status.AWAITING_NETWORK_ACHIEVEMENT, blockers=blockers)
    found = remind(waiting, reminded_today=False)
    assert (found.turn, found.waits_for) == (Turn.SUBMIT, ("A81001", "A81002"))


NATIONAL = Missing("NATIONAL_PREVALENCE_MISSING", None, "no national prevalence is loaded")


@pytest.mark.parametrize(
    ("status", "more", "code"),
    [
        (Status.FINANCE_APPROVED, {}, "WRONG_STATUS"),
        (Status.CLOSED, {}, "WRONG_STATUS"),
        (Status.INCOMPLETE, {"held": True, "hold_reason": "x"}, "HELD"),
        (Status.INCOMPLETE, {"blockers": (NATIONAL,)}, "NOTHING_TO_SUBMIT"),
    ],
)
def test_nobody_is_reminded_of_what_waits_for_nobody(status, more, code):
    with pytest.raises(RefusedError) as refused:
        remind(_declaration(status, **more), reminded_today=False)
    assert refused.value.code == code
