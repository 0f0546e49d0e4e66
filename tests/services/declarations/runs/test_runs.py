"""Payment runs: files with control totals, and what finance answers to their lines."""

import asyncio
import csv
import hashlib
import io
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from services.declarations.runs import store
from services.declarations.runs.domain import COLUMNS
from tests.services.declarations.paying import (
    POUNDS,
    fetched,
    finance_approved,
    hear,
    payments,
    report,
    work,
)
from tests.services.declarations.period import Period
from tests.support.directory import have_person

RUN = "id status commissioner count total hash accepted rejected"


async def ask_for_run(period: Period, who: str = "finance", **given: Any) -> Any:
    query = f"""mutation ($cutOff: Date!, $commissioner: OdsCode) {{
        createPaymentRun(cutOff: $cutOff, commissioner: $commissioner) {{ {RUN} }} }}"""
    data = await period.ask(who, query, **{"cutOff": "2026-04-01", "commissioner": None} | given)
    return data if "errors" in data else data["createPaymentRun"]


async def run_of(period: Period, run: Any) -> Any:
    query = f"query ($id: ID!) {{ paymentRun(id: $id) {{ {RUN} }} }}"
    return (await period.ask("finance", query, id=run["id"]))["paymentRun"]


async def made(period: Period, **given: Any) -> Any:
    run = await ask_for_run(period, **given)
    await work(period)
    return await run_of(period, run)


async def file_of(period: Period, run: Any, who: str = "finance") -> Any:
    query = "mutation ($run: ID!) { requestPaymentRunDownload(run: $run) { csv } }"
    data = await period.ask(who, query, run=run["id"])
    if "errors" in data:
        return data
    return await fetched(period, data["requestPaymentRunDownload"]["csv"])


async def acknowledge(period: Period, run: Any, *lines: dict[str, Any], who: str = "finance"):
    query = """mutation ($run: ID!, $lines: [PaymentRunAnswer!]!) {
        acknowledgePaymentRun(run: $run, lines: $lines) {
            done refused { id code field } message } }"""
    data = await period.ask(who, query, run=run["id"], lines=lines)
    return data if "errors" in data else data["acknowledgePaymentRun"]


async def shown(period: Period) -> list[dict[str, Any]]:
    """What the first entry of each payment says of its run."""
    query = "{ payments { edges { node { entries { run answer answerReason } } } } }"
    data = await period.ask("finance", query)
    return [edge["node"]["entries"][0] for edge in data["payments"]["edges"]]


def lines_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


async def test_a_run_holds_what_was_entered_until_its_cut_off_with_control_totals(period: Period):
    await finance_approved(period, "A81001", "A81002")
    run = await made(period)
    assert (run["status"], run["count"], run["total"]) == ("DONE", 2, "74454.10")
    content = await file_of(period, run)
    assert hashlib.sha256(content).hexdigest() == run["hash"]
    lines = lines_of(content)
    assert tuple(lines[0]) == COLUMNS
    assert sum(Decimal(line["amount"]) for line in lines) == Decimal(run["total"])
    first = lines[0]
    assert (first["payment_run_id"], first["payee_ods"]) == (run["id"], "A81001")
    assert (first["period_start"], first["period_end"]) == ("2025-04-01", "2026-03-31")
    assert (first["amount"], first["financial_year"]) == (POUNDS, "2025/26")
    *cells, digest = first.values()
    assert hashlib.sha256(",".join(cells).encode()).hexdigest() == digest


async def test_a_runs_file_is_the_same_each_time_whatever_happened_since(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    run = await made(period)
    first = await file_of(period, run)
    await acknowledge(period, run, {"lineId": payment["entries"][0]["id"], "accepted": True})
    await hear(period, [report("settled", payment["entries"][0]["id"])])
    assert await file_of(period, run) == first
    assert (await run_of(period, run))["hash"] == run["hash"]


async def test_an_entry_is_in_one_run_only_though_two_are_made_at_once(period: Period):
    await finance_approved(period, "A81001", "A81002")
    runs = [await ask_for_run(period) for _ in range(3)]
    await work(period, workers=3)
    found = [await run_of(period, run) for run in runs]
    assert sorted(run["count"] for run in found) == [0, 0, 2]
    assert {run["status"] for run in found} == {"DONE"}
    assert sum(Decimal(run["total"]) for run in found) == Decimal("74454.10")


async def test_what_was_paid_or_is_nothing_or_comes_later_is_in_no_run(period: Period):
    paid, nothing = await finance_approved(period, "A81001", "A81002")
    await hear(period, [report("sent", paid["entries"][0]["id"])])
    async with period.db.transaction() as tx:
        await tx.execute(
            "update entry_state set status = 'CLOSED_ZERO' where payment_id = $1", nothing["id"]
        )
    assert (await made(period))["count"] == 0
    async with period.db.transaction() as tx:
        await tx.execute("update entry_state set status = 'AUTHORISED'")
    assert (await made(period, cutOff="2026-03-31"))["count"] == 0
    assert (await made(period))["count"] == 2


async def test_answers_are_kept_once_and_shown_on_the_entry(period: Period):
    first, second = await finance_approved(period, "A81001", "A81002")
    run = await made(period)
    yes = {"lineId": first["entries"][0]["id"], "accepted": True}
    no = {"lineId": second["entries"][0]["id"], "accepted": False, "reason": "No such payee"}
    for _ in range(2):
        answer = await acknowledge(period, run, yes, no)
        assert (len(answer["done"]), answer["refused"]) == (2, [])
    found = await run_of(period, run)
    assert (found["accepted"], found["rejected"]) == (1, 1)
    assert await shown(period) == [
        {"run": run["id"], "answer": "ACCEPTED", "answerReason": None},
        {"run": run["id"], "answer": "REJECTED", "answerReason": "No such payee"},
    ]
    mended = await acknowledge(period, run, no | {"accepted": True, "reason": None})
    assert len(mended["done"]) == 1
    assert (await run_of(period, run))["accepted"] == 2
    assert [one["status"] for one in await payments(period)] == ["AUTHORISED"] * 2


async def test_a_line_that_was_rejected_goes_into_the_next_run_until_it_is_accepted(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    line = payment["entries"][0]["id"]
    no = {"lineId": line, "accepted": False, "reason": "No such payee"}
    first = await made(period)
    content = await file_of(period, first)
    await acknowledge(period, first, no)

    asked = [await ask_for_run(period) for _ in range(3)]
    await work(period, workers=3)
    found = [await run_of(period, run) for run in asked]
    assert sorted(run["count"] for run in found) == [0, 0, 1]
    again = next(run for run in found if run["count"])
    assert [each["line_id"] for each in lines_of(await file_of(period, again))] == [line]
    assert (await file_of(period, first), await run_of(period, first)) == (
        content,
        first | {"rejected": 1},
    )
    assert await shown(period) == [{"run": again["id"], "answer": None, "answerReason": None}]

    late = await acknowledge(period, first, {"lineId": line, "accepted": True})
    assert [one["code"] for one in late["refused"]] == ["IN_ANOTHER_RUN"]
    assert (await acknowledge(period, again, {"lineId": line, "accepted": True}))["done"] == [line]
    assert await shown(period) == [{"run": again["id"], "answer": "ACCEPTED", "answerReason": None}]
    assert (await made(period))["count"] == 0


async def test_of_two_runs_at_once_the_second_finds_the_rejected_line_taken(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    line = {"lineId": payment["entries"][0]["id"], "accepted": False, "reason": "No such payee"}
    await acknowledge(period, await made(period), line)
    one, other = [UUID((await ask_for_run(period))["id"]) for _ in range(2)]

    async def gather_other() -> None:
        async with period.db.transaction() as tx:
            await store.gather(tx, other)

    async with period.db.transaction() as tx:
        await store.gather(tx, one)
        second = asyncio.create_task(gather_other())
        await asyncio.wait([second], timeout=0.3)
        assert not second.done(), "it waits for the first"
    await second
    async with period.db.reader() as reader:
        rows = await reader.fetch("select run_id from payment_run_line where answer is null")
    assert [row["run_id"] for row in rows] == [one]


async def test_a_line_that_was_rejected_and_paid_since_goes_into_no_run(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    line = payment["entries"][0]["id"]
    run = await made(period)
    await acknowledge(period, run, {"lineId": line, "accepted": False, "reason": "No such payee"})
    await hear(period, [report("sent", line)])
    assert (await made(period))["count"] == 0


async def test_an_answer_that_cannot_be_is_refused_and_leaves_the_others_kept(period: Period):
    first, second = await finance_approved(period, "A81001", "A81002")
    run = await made(period)
    lines = [one["entries"][0]["id"] for one in (first, second)]
    await acknowledge(period, run, {"lineId": lines[0], "accepted": True})
    answer = await acknowledge(
        period,
        run,
        {"lineId": lines[0], "accepted": False, "reason": "late"},
        {"lineId": lines[1], "accepted": False},
        {"lineId": str(new_id()), "accepted": True},
    )
    assert answer["done"] == []
    assert [one["code"] for one in answer["refused"]] == [
        "ALREADY_ACCEPTED",
        "REASON_REQUIRED",
        "LINE_NOT_OF_RUN",
    ]
    twice = [{"lineId": lines[1], "accepted": True}] * 2
    assert await acknowledge(period, run, *twice) == {"errors": ["LINE_TWICE"]}
    found = await run_of(period, run)
    assert (found["accepted"], found["rejected"]) == (1, 0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"cutOff": "2026-04-02"}, "CUT_OFF_NOT_YET"),
        ({"commissioner": "QZZ"}, "NOT_FOUND"),
        ({"who": "approver"}, "ROLE_REQUIRED"),
    ],
)
async def test_a_run_that_cannot_be_is_refused_and_leaves_nothing(period: Period, given, code):
    assert await ask_for_run(period, **given) == {"errors": [code]}
    async with period.db.reader() as reader:
        assert await reader.fetchval("select count(*) from payment_run") == 0
        assert await reader.fetchval("select count(*) from chassis.job") == 0


async def test_a_run_is_its_commissioners_alone(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    run = await made(period)
    other = "other commissioner"
    await ask_for_run(period, other)
    await work(period)
    assert await file_of(period, run, other) == {"errors": ["NOT_FOUND"]}
    yes = {"lineId": payment["entries"][0]["id"], "accepted": True}
    assert await acknowledge(period, run, yes, who=other) == {"errors": ["NOT_FOUND"]}
    assert (await run_of(period, run))["accepted"] == 0
    listed = await period.ask(other, "{ paymentRuns { edges { node { id count } } } }")
    (theirs,) = [edge["node"] for edge in listed["paymentRuns"]["edges"]]
    assert (theirs["count"], theirs["id"] == run["id"]) == (0, False)


async def test_a_file_of_a_run_that_is_not_made_yet_is_not_there(period: Period):
    run = await ask_for_run(period)
    assert await file_of(period, run) == {"errors": ["RUN_NOT_MADE"]}


async def test_a_run_holds_the_payment_types_of_who_makes_it(period: Period):
    await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        person = await have_person(tx, "immunisations", {"QHM": [Role.FINANCE_MANAGEMENT]})
        await tx.execute(
            "update directory.person_role set payment_types = '{V&I}' where person_id = $1", person
        )
    await ask_for_run(period, "immunisations")
    await work(period)
    data = await period.ask("immunisations", "{ paymentRuns { edges { node { count } } } }")
    assert data == {"paymentRuns": {"edges": [{"node": {"count": 0}}]}}
    assert (await made(period))["count"] == 1
