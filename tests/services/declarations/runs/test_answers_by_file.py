"""Finance answers to a run by a file: checked whole, and the same twice changes nothing."""

import csv
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from services.declarations.runs.files import COLUMNS
from tests.services.declarations.paying import finance_approved
from tests.services.declarations.period import Period
from tests.services.declarations.runs.test_runs import file_of, lines_of, made, run_of

STATES = "select * from payment_run_line order by run_id, entry_id"


async def run_of_two(period: Period) -> tuple[Any, list[str]]:
    """A run, and the ids of its lines."""
    await finance_approved(period, "A81001", "A81002")
    run = await made(period)
    return run, [line["line_id"] for line in lines_of(await file_of(period, run))]


async def answer(
    period: Period, run: Any, *rows: list[str], who: str = "finance", header: Any = COLUMNS
) -> Any:
    """Put a file of these rows, and have it read."""
    asked = await period.ask(
        who,
        'mutation { requestPaymentRunAcknowledgementUpload(fileName: "a.csv") { id path } }',
    )
    if "errors" in asked:
        return asked
    upload = asked["requestPaymentRunAcknowledgementUpload"]["id"]
    organisation = (await period.principal(who)).organisation
    path = period.files().path("payment-run-answers", UUID(upload), organisation=organisation)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    query = """mutation ($run: ID!, $upload: ID!) {
        acknowledgePaymentRunFile(run: $run, upload: $upload) {
            answered changed errorCount errors { code row field } } }"""
    data = await period.ask(who, query, run=run["id"], upload=upload)
    return data if "errors" in data else data["acknowledgePaymentRunFile"]


async def states(period: Period) -> list[tuple[Any, ...]]:
    async with period.db.reader() as reader:
        return [tuple(row) for row in await reader.fetch(STATES)]


async def test_a_file_answers_to_every_line_and_the_same_file_again_changes_nothing(
    period: Period,
):
    run, (first, second) = await run_of_two(period)
    rows = [
        [run["id"], first, "ACCEPTED", ""],
        [run["id"], second, "REJECTED", "The account is closed"],
    ]
    told = await answer(period, run, *rows)
    assert (told["answered"], told["changed"], told["errors"]) == (2, 2, [])
    found = await run_of(period, run)
    assert (found["accepted"], found["rejected"]) == (1, 1)
    before, happened = await states(period), await period.everything()
    told = await answer(period, run, *rows)
    assert (told["answered"], told["changed"]) == (2, 0)
    assert (await states(period), await period.everything()) == (before, happened)


async def test_all_that_is_wrong_is_listed_by_row_and_column_and_nothing_is_kept(period: Period):
    run, (first, second) = await run_of_two(period)
    before = await states(period)
    told = await answer(
        period,
        run,
        [run["id"], first, "ACCEPTED", ""],
        [run["id"], first, "REJECTED", "Twice"],
        [run["id"], str(new_id()), "ACCEPTED", ""],
        [str(new_id()), second, "ACCEPTED", ""],
        [run["id"], "the second", "ACCEPTED", ""],
        [run["id"], second, "PAID", ""],
        [run["id"], second, "REJECTED", " "],
        [run["id"], second, "REJECTED", "Asked by 943 476 5919"],
        [run["id"], second],
    )
    assert [(one["code"], one["row"], one["field"]) for one in told["errors"]] == [
        ("LINE_TWICE", 3, "line_id"),
        ("LINE_NOT_OF_RUN", 4, "line_id"),
        ("NOT_OF_THIS_RUN", 5, "payment_run_id"),
        ("ID_NOT_VALID", 6, "line_id"),
        ("OUTCOME_NOT_VALID", 7, "outcome"),
        ("REASON_REQUIRED", 8, "reason"),
        ("NHS_NUMBER_IN_NOTE", 9, "reason"),
        ("ROW_MALFORMED", 10, None),
    ]
    assert (told["answered"], told["errorCount"]) == (0, 8)
    assert await states(period) == before


async def test_what_was_accepted_is_not_rejected_by_a_later_file(period: Period):
    run, (first, _) = await run_of_two(period)
    await answer(period, run, [run["id"], first, "ACCEPTED", ""])
    told = await answer(period, run, [run["id"], first, "REJECTED", "After all"])
    assert [(x["code"], x["row"], x["field"]) for x in told["errors"]] == [
        ("ALREADY_ACCEPTED", 2, "outcome")
    ]


async def test_what_is_in_another_run_by_now_is_not_accepted_by_a_later_file(period: Period):
    run, (first, _) = await run_of_two(period)
    await answer(period, run, [run["id"], first, "REJECTED", "The account is closed"])
    again = await made(period)
    assert again["count"] == 1
    told = await answer(period, run, [run["id"], first, "ACCEPTED", ""])
    assert told["errors"] == [{"code": "IN_ANOTHER_RUN", "row": 2, "field": "outcome"}]
    assert (await run_of(period, run))["rejected"] == 1


async def test_a_file_with_other_columns_is_refused_whole(period: Period):
    run, _ = await run_of_two(period)
    told = await answer(period, run, header=["line_id", "outcome"])
    assert told == {"errors": ["COLUMNS_NOT_AS_EXPECTED"]}


async def test_only_the_runs_own_finance_answers_to_it(period: Period):
    run, (first, _) = await run_of_two(period)
    before = await states(period)
    rows = [run["id"], first, "ACCEPTED", ""]
    assert await answer(period, run, rows, who="other commissioner") == {"errors": ["NOT_FOUND"]}
    assert await answer(period, run, rows, who="approver") == {"errors": ["ROLE_REQUIRED"]}
    assert await states(period) == before
