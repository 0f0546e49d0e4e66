"""The calendar of cut-offs: whose it is, what is open before each, and when that is paid."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.declarations.paying import finance_approved
from tests.services.declarations.period import Period

LOAD = """mutation ($source: String!, $cutOffs: [CutOffInput!]!) {
    loadCutOffs(source: $source, cutOffs: $cutOffs) { added message } }"""
CALENDAR = """query ($from: Date, $until: Date, $service: String, $first: Int, $after: String) {
    cutOffs(from: $from, until: $until, service: $service, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node {
        id serviceCode paymentType commissioner declareBy approveBy payOn daysLeft
        stillOpen { status count points pounds } } } } }"""
# DOMAIN 1.8: the Network Contract's of 2025/26, as its commissioners were told.
JULY, AUGUST = ("2026-07-03", "2026-07-20"), ("2026-08-05", "2026-08-20")


def cut_off(approve_by: str, pay_on: str, **more: Any) -> dict[str, Any]:
    return {"approveBy": approve_by, "payOn": pay_on} | more


async def load(period: Period, who: str, *given: Any, source: str = "a system update") -> Any:
    data = await period.ask(who, LOAD, source=source, cutOffs=list(given))
    return data if "errors" in data else data["loadCutOffs"]["added"]


async def calendar(period: Period, who: str = "approver", **asked: Any) -> list[Any]:
    data = (await period.ask(who, CALENDAR, **asked))["cutOffs"]
    found = [edge["node"] for edge in data["edges"]]
    assert data["totalCount"] == len(found)
    return found


async def kept(period: Period) -> int:
    async with period.db.reader() as reader:
        count: int = await reader.fetchval("select count(*) from cut_off")
    return count


async def test_the_national_calendar_is_seen_by_all_with_the_days_that_are_left(period: Period):
    assert await load(period, "data load", cut_off(*AUGUST), cut_off(*JULY)) == 2
    period.now = datetime(2026, 6, 30, 9, tzinfo=UTC)
    for who in ("approver", "practice", "practice viewer", "other commissioner"):
        shown = [
            (one["approveBy"], one["payOn"], one["daysLeft"]) for one in await calendar(period, who)
        ]
        assert shown == [(*JULY, 3), (*AUGUST, 36)]
    period.now = datetime(2026, 7, 4, 9, tzinfo=UTC)
    assert [one["approveBy"] for one in await calendar(period)] == [AUGUST[0]]
    past = await calendar(period, **{"from": "2026-07-01", "until": "2026-07-31"})
    assert [one["daysLeft"] for one in past] == [-1]


async def test_a_commissioners_own_calendar_is_seen_by_it_and_its_providers_alone(period: Period):
    assert await load(period, "finance", cut_off(*JULY)) == 1
    seen = {
        who: len(await calendar(period, who))
        for who in ("approver", "practice", "other commissioner")
    }
    assert seen == {"approver": 1, "practice": 1, "other commissioner": 0}


async def test_what_is_open_before_a_cut_off_is_counted_in_pounds_by_whose_step_it_is(period):
    await load(period, "data load", cut_off(*JULY), cut_off(*AUGUST))
    await period.calculated("A81001", "A81002")
    await period.declare("practice", [await period.of("A81001")])
    (july, august) = await calendar(period)
    assert july["stillOpen"] == [
        {
            "status": "AWAITING_COMMISSIONER_APPROVAL",
            "count": 1,
            "points": "139.47",
            "pounds": "37227.05",
        },
        {
            "status": "AWAITING_PROVIDER_APPROVAL",
            "count": 1,
            "points": "139.47",
            "pounds": "37227.05",
        },
    ]
    assert august["stillOpen"] == july["stillOpen"]
    (own, _) = await calendar(period, "practice viewer")
    assert [(one["count"], one["pounds"]) for one in own["stillOpen"]] == [(1, None)]
    (none, _) = await calendar(period, "other commissioner")
    assert none["stillOpen"] == []


async def test_what_finance_has_approved_is_open_no_more(period: Period):
    await load(period, "data load", cut_off(*JULY))
    await finance_approved(period, "A81001")
    (july,) = await calendar(period)
    assert [(one["status"], one["count"]) for one in july["stillOpen"]] == [("INCOMPLETE", 1)]


async def test_the_most_particular_calendar_stands_before_the_others(period: Period):
    await period.calculated("A81001")
    await load(
        period,
        "data load",
        cut_off("2026-05-01", "2026-05-20"),
        cut_off("2026-05-02", "2026-05-20", paymentType="QOF"),
        cut_off("2026-05-03", "2026-05-20", service="QOF2526"),
        cut_off("2026-05-04", "2026-05-20", paymentType="DES"),
    )
    shown = {one["approveBy"]: bool(one["stillOpen"]) for one in await calendar(period)}
    assert [day for day, is_open in shown.items() if is_open] == ["2026-05-03"]
    await load(period, "finance", cut_off("2026-05-05", "2026-05-20"))
    shown = {one["approveBy"]: bool(one["stillOpen"]) for one in await calendar(period)}
    assert [day for day, is_open in shown.items() if is_open] == ["2026-05-05"]
    period.now = datetime(2026, 5, 6, 9, tzinfo=UTC)
    assert await calendar(period) == []


async def test_the_same_again_changes_nothing_and_another_takes_its_place(period: Period):
    assert await load(period, "data load", cut_off(*JULY)) == 1
    assert await load(period, "data load", cut_off(*JULY)) == 0
    assert await load(period, "data load", cut_off(JULY[0], "2026-07-21")) == 1
    (one,) = await calendar(period)
    assert one["payOn"] == "2026-07-21"
    assert await kept(period) == 2


async def test_a_cut_off_is_taken_back_by_whoever_keeps_its_calendar(period: Period):
    await load(period, "finance", cut_off(*JULY))
    (one,) = await calendar(period)
    query = "mutation ($id: ID!) { withdrawCutOff(id: $id) { approveBy } }"
    assert await period.ask("data load", query, id=one["id"]) == {"errors": ["NOT_FOUND"]}
    assert len(await calendar(period)) == 1
    done = await period.ask("finance", query, id=one["id"])
    assert done == {"withdrawCutOff": {"approveBy": JULY[0]}}
    assert await calendar(period) == []
    assert await period.ask("finance", query, id=one["id"]) == {"errors": ["NOT_FOUND"]}


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("data load", [], "CUT_OFFS_NOT_SO_MANY"),
        ("data load", [cut_off("2026-07-03", "2026-07-02")], "DATES_OUT_OF_ORDER"),
        ("data load", [cut_off(*JULY, declareBy="2026-07-04")], "DATES_OUT_OF_ORDER"),
        ("data load", [cut_off(*JULY, service="QOF9999")], "UNKNOWN_SERVICE"),
        ("data load", [cut_off(*JULY, paymentType="XYZ")], "PAYMENT_TYPE_UNKNOWN"),
        ("data load", [cut_off(*JULY, service="QOF2526", paymentType="QOF")], "CUT_OFF_OF_BOTH"),
        ("data load", [cut_off(*JULY), cut_off(*JULY)], "CUT_OFF_GIVEN_TWICE"),
        ("approver", [cut_off(*JULY)], "ROLE_REQUIRED"),
        ("practice", [cut_off(*JULY)], "ROLE_REQUIRED"),
    ],
)
async def test_a_load_with_a_fault_keeps_nothing(period: Period, who, given, code):
    refused = (
        await load(period, who, cut_off(*AUGUST), *given) if given else await load(period, who)
    )
    assert refused == {"errors": [code]}
    assert await kept(period) == 0


async def test_a_calendar_names_its_source(period: Period):
    refused = await load(period, "data load", cut_off(*JULY), source=" ")
    assert refused == {"errors": ["REASON_REQUIRED"]}
    assert await kept(period) == 0


async def test_a_statement_expects_an_entry_on_the_pay_day_of_its_cut_off(period: Period):
    await finance_approved(period, "A81001")
    statement = '{ statement(provider: "A81001", month: "2026-04") { lines { expectedOn } } }'

    async def expected() -> Any:
        return (await period.ask("practice", statement))["statement"]["lines"][0]["expectedOn"]

    assert await expected() == "2026-06-30"
    await load(period, "data load", cut_off("2026-03-31", "2026-04-20"), cut_off(*JULY))
    assert await expected() == "2026-07-20"
    await load(period, "finance", cut_off("2026-05-05", "2026-05-20", service="QOF2526"))
    assert await expected() == "2026-05-20"


async def test_pages_of_the_calendar_follow_one_another(period: Period):
    await load(period, "data load", cut_off(*JULY), cut_off(*AUGUST))
    first = (await period.ask("approver", CALENDAR, first=1))["cutOffs"]
    after = first["pageInfo"]["endCursor"]
    second = (await period.ask("approver", CALENDAR, first=1, after=after))["cutOffs"]
    days = [page["edges"][0]["node"]["approveBy"] for page in (first, second)]
    assert days == [JULY[0], AUGUST[0]]
    assert not second["pageInfo"]["hasNextPage"]
