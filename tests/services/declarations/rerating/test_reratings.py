"""A change that was looked at is proposed, and approved into adjustments by somebody else."""

import asyncio
import csv
import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.errors import TransientError
from chassis.jobs import JobRun
from cqrs import verify
from services.declarations.payments import commands as ledger
from services.declarations.rerating import commands
from tests.nhs.formulas.qof import qof
from tests.services.declarations.adjustments.test_adjustments import decide as decide_by_hand
from tests.services.declarations.adjustments.test_adjustments import propose as propose_by_hand
from tests.services.declarations.adjustments.test_adjustments import total as ledger_total
from tests.services.declarations.owed.test_owed import owed
from tests.services.declarations.paying import POUNDS, fetched, finance_approved, payments, work
from tests.services.declarations.period import Period
from tests.services.declarations.rerating.rating import (
    REASON,
    adjustments,
    counted,
    decide,
    nodes,
    propose,
    rated,
    rerating,
    what_if,
)

AVERAGE = {"constants": [{"name": "average_list", "value": "10000"}]}
AFTER = "37912.02"
"""The worked values under an average list of 10,000, line by line."""
NOTHING_NEW = {"chassis.job", "public.rerating"}
"""What asking alone leaves: who asked, and that it failed."""


async def proposed(period: Period, *providers: str) -> Any:
    await finance_approved(period, *providers)
    found = await what_if(period, AVERAGE)
    return await propose(period, AVERAGE, found["fingerprint"])


async def test_what_was_shown_is_proposed_and_nothing_is_owed_yet(period: Period):
    made = await proposed(period, "A81001", "A81002")
    assert (made["status"], made["count"], made["proposed"]) == ("PROPOSED", 2, 2)
    assert (made["before"], made["after"]) == ("74454.10", str(2 * Decimal(AFTER)))
    assert (made["reason"], made["proposedFor"]) == (REASON, "QHM")
    assert made["change"]["constants"] == {"average_list": "10000"}
    assert [one["status"] for one in await adjustments(period, made)] == ["PROPOSED"] * 2
    assert "payment.adjusted.v1" not in await period.events_by_type()
    assert [one["amount"] for one in await payments(period)] == [POUNDS] * 2


async def test_another_person_approves_it_into_entries_and_the_old_ones_stay(period: Period):
    made = await proposed(period, "A81001", "A81002")
    looked = await decide(period, made, dry_run=True)
    assert looked["message"] == "2 adjustment(s) can be approved; 0 cannot"
    assert {x["name"]: x["value"] for x in looked["counts"]}["pounds"] == made["difference"]
    assert (await rerating(period, made["id"]))["status"] == "PROPOSED"
    done = await decide(period, made)
    assert (len(done["done"]), done["refused"]) == (2, [])
    after = await rerating(period, made["id"])
    assert (after["status"], after["approved"]) == ("APPROVED", 2)
    for payment in await payments(period):
        first, second = payment["entries"]
        assert (first["kind"], first["amount"]) == ("AUTHORISED", POUNDS)
        assert (second["kind"], payment["amount"]) == ("ADJUSTED", AFTER)
        last = payment["declaration"]["history"][-1]
        assert last == {"action": "PAYMENT_ADJUSTED", "notes": REASON}
    told = await period.events("payment.adjusted.v1")
    assert {(one["reason"], one["calculation_version"]) for one in told} == {(REASON, 2)}
    assert (
        len({one["action"] for one in await period.events("declaration.payment-adjusted.v1")}) == 1
    )
    authorised = await period.events("payment.authorised.v1")
    assert ledger_total(authorised + told + told) == 2 * Decimal(AFTER)


async def test_the_ledger_is_restated_with_its_re_ratings(period: Period):
    await decide(period, await proposed(period, "A81001"))
    first = await period.events("payment.authorised.v1")
    first += await period.events("payment.adjusted.v1")
    async with period.db.transaction() as tx:
        assert [event.payload async for event in ledger.republish(tx)] == first


async def test_every_adjustment_has_a_receipt_that_verifies(period: Period, tmp_path: Path):
    made = await proposed(period, "A81001")
    (one,) = await adjustments(period, made)
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(one["receipt"]))
    assert verify.report(path) == 0
    (line,) = [x for x in one["receipt"]["lines"] if x["indicator"] == "CHOL004"]
    assert line["sources"]["constants.average_list"]["source"] == f"Re-rating: {REASON}"
    assert line["pounds"] == "5768.35"
    assert {x["name"] for x in one["changes"]["inputs"]} == {"rules"}
    assert one["receipt"]["pounds"] == AFTER


async def test_figures_given_with_a_change_are_named_in_its_receipts(
    period: Period, tmp_path: Path
):
    """They are no set that was loaded, and nothing else is ever calculated by them."""
    await finance_approved(period, "A81001")
    change = {"national": [{"name": _group("CHOL004"), "value": "0.0500"}]}
    found = await what_if(period, change)
    made = await propose(period, change, found["fingerprint"])
    (one,) = await adjustments(period, made)
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(one["receipt"]))
    assert verify.report(path) == 0
    (line,) = [x for x in one["receipt"]["lines"] if x["indicator"] == "CHOL004"]
    source = line["sources"]["national.prevalence"]["source"]
    assert source == f"given with re-rating {made['id']}: {REASON}"
    assert one["receipt"]["prevalence_set"] is None
    await period.calculated("A81002")
    assert (await period.of("A81002"))["pounds"] == POUNDS


def _group(code: str) -> str:
    return next(str(one.prevalence_group) for one in qof().indicators if one.code == code)


async def test_anything_else_than_what_was_shown_is_refused_and_leaves_nothing(period: Period):
    await finance_approved(period, "A81001", "A81002")
    found = await what_if(period, AVERAGE)
    (payment, _) = await payments(period)
    await decide_by_hand(period, await propose_by_hand(period, payment, "-227.05"))
    before = await counted(period)
    failed = await propose(period, AVERAGE, found["fingerprint"])
    assert (failed["status"], failed["count"]) == ("FAILED", 0)
    assert failed["failure"].startswith("RERATING_CHANGED")
    after = await counted(period)
    assert {name for name in after if after[name] != before[name]} == NOTHING_NEW


async def test_two_re_ratings_stand_on_each_other(period: Period):
    """The second knows what the first changed: it takes nothing of it back."""
    await finance_approved(period, "A81001")
    await rated(period, AVERAGE)
    pounds = {"constants": [{"name": "pounds_per_point", "value": "220.00"}]}
    (one,) = nodes(await what_if(period, pounds))
    assert one["before"] == AFTER
    both = {"constants": [*AVERAGE["constants"], *pounds["constants"]]}
    assert one["after"] == nodes(await what_if(period, both))[0]["after"]
    back = {"constants": [{"name": "average_list", "value": "10184"}]}
    assert nodes(await what_if(period, back))[0]["after"] == POUNDS


async def test_a_payment_adjusted_meanwhile_is_refused_by_name_and_the_others_go(period: Period):
    made = await proposed(period, "A81001", "A81002")
    (payment, _) = await payments(period)
    await decide_by_hand(period, await propose_by_hand(period, payment, "10.00"))
    outcome = await decide(period, made)
    (refused,) = outcome["refused"]
    assert refused["code"] == "ADJUSTED_MEANWHILE"
    assert refused["message"].startswith("A81001: ")
    assert len(outcome["done"]) == 1
    assert [one["amount"] for one in await payments(period)] == ["37237.05", AFTER]
    after = await rerating(period, made["id"])
    assert (after["status"], after["proposed"], after["approved"]) == ("PROPOSED", 1, 1)
    await decide(period, made, verb="refuse")
    assert (await rerating(period, made["id"]))["status"] == "APPROVED"


async def test_nobody_approves_the_re_rating_that_they_proposed(period: Period):
    made = await proposed(period, "A81001")
    before = await counted(period)
    outcome = await decide(period, made, "finance")
    assert [one["code"] for one in outcome["refused"]] == ["SEPARATION_OF_DUTIES"]
    assert outcome["done"] == []
    assert await counted(period) == before


async def test_a_commissioner_that_joins_duties_has_it_marked(period: Period):
    made = await proposed(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into directory.duty_switch values"
            " ('QHM', 'DECLARATIONS', false, '2026-04-01', '2026-04-02')"
        )
    await decide(period, made, "finance")
    (payment,) = await payments(period)
    told = [one["action"] for one in payment["declaration"]["history"][-2:]]
    assert told == ["DUTIES_JOINED", "PAYMENT_ADJUSTED"]


async def test_of_two_who_approve_at_once_one_does(period: Period):
    made = await proposed(period, "A81001", "A81002")
    answers = await asyncio.gather(*(decide(period, made) for _ in range(2)))
    codes = [one["errors"] for one in answers if "errors" in one]
    assert codes in ([["ALREADY_DECIDED"]], [["TRY_AGAIN"]])
    assert len(await period.events("payment.adjusted.v1")) == 2


async def test_what_is_refused_is_no_entry_and_stays_so(period: Period):
    made = await proposed(period, "A81001")
    await decide(period, made, "finance", verb="refuse")
    assert (await rerating(period, made["id"]))["status"] == "REFUSED"
    before = await counted(period)
    assert await decide(period, made) == {"errors": ["ALREADY_DECIDED"]}
    assert await counted(period) == before
    assert [one["amount"] for one in await payments(period)] == [POUNDS]


async def test_a_part_of_it_is_not_approved_by_hand(period: Period):
    made = await proposed(period, "A81001")
    (one,) = await adjustments(period, made)
    assert await decide_by_hand(period, one) == {"errors": ["PART_OF_RERATING"]}


async def test_unconfirmed_rules_pay_in_a_demonstration_only(period: Period):
    made = await proposed(period, "A81001")
    period.demonstration = False
    before = await counted(period)
    outcome = await decide(period, made)
    assert [one["code"] for one in outcome["refused"]] == ["PROVISIONAL_RULES"]
    assert await counted(period) == before


async def test_the_same_key_proposes_once(period: Period):
    await finance_approved(period, "A81001")
    found = await what_if(period, AVERAGE)
    first = await propose(period, AVERAGE, found["fingerprint"], key="k")
    again = await propose(period, AVERAGE, found["fingerprint"], key="k")
    assert first == again
    assert len(await adjustments(period, first)) == 1


async def test_interrupted_it_leaves_nothing_and_is_done_the_next_time(period: Period):
    await finance_approved(period, "A81001")
    found = await what_if(period, AVERAGE)
    before = await counted(period)
    asked = await propose(period, AVERAGE, found["fingerprint"], working=False)
    overtaken = JobRun(period.db, UUID(asked["id"]), 0, {}, uuid4(), "QHM", period.now)
    with pytest.raises(TransientError):  # another worker has taken it over: it may not finish
        await commands.make(overtaken)
    after = await counted(period)
    assert {name for name in after if after[name] != before[name]} == NOTHING_NEW
    assert (await rerating(period, asked["id"]))["status"] == "WAITING"
    await work(period)
    done = await rerating(period, asked["id"])
    assert (done["status"], done["count"]) == ("PROPOSED", 1)


async def test_others_neither_see_nor_decide_it(period: Period):
    made = await proposed(period, "A81001")
    assert await rerating(period, made["id"], "other commissioner") == {"errors": ["NOT_FOUND"]}
    assert await decide(period, made, "other commissioner") == {"errors": ["NOT_FOUND"]}
    assert await decide(period, made, "approver") == {"errors": ["ROLE_REQUIRED"]}
    listed = await period.ask("both", "{ reratings { totalCount edges { node { id } } } }")
    assert listed["reratings"]["edges"] == [{"node": {"id": made["id"]}}]
    unseen = await period.ask("other commissioner", "{ reratings { totalCount } }")
    assert unseen == {"reratings": {"totalCount": 0}}


_REFUSED: list[tuple[Any, Any, str]] = [
    (AVERAGE, {"fingerprint": "x"}, "FINGERPRINT_NOT_VALID"),
    (AVERAGE, {"reason": "patient 943 476 5919"}, "NHS_NUMBER_IN_NOTE"),
    (AVERAGE, {"reason": " "}, "REASON_REQUIRED"),
    (AVERAGE, {"who": "approver"}, "ROLE_REQUIRED"),
    (AVERAGE, {"start": "2025-05-01"}, "NOT_FOUND"),
    ({}, {}, "CHANGE_OF_NOTHING"),
]


async def test_what_cannot_be_proposed_leaves_nothing(period: Period):
    await finance_approved(period, "A81001")
    before = await counted(period)
    for change, more, code in _REFUSED:
        given = {"fingerprint": "0" * 64} | more
        assert await propose(period, change, **given) == {"errors": [code]}, (change, more)
    assert await counted(period) == before


async def test_what_was_owed_counts_a_re_rating_from_its_approval_on(period: Period):
    """A proposal that nobody has approved makes nothing owed, and the past stays as it was."""
    made = await proposed(period, "A81001")
    asked = period.now
    period.now += timedelta(hours=1)
    waiting = await owed(period, period.now, provider="A81001")
    period.now += timedelta(hours=1)
    await decide(period, made)
    approved = await owed(period, period.now, provider="A81001")
    (was,), (still,), (now,) = await owed(period, asked, provider="A81001"), waiting, approved
    assert (was["calculationVersion"], was["owed"]) == (1, POUNDS)
    assert (still["calculationVersion"], still["owed"]) == (1, POUNDS)
    assert (now["calculationVersion"], now["calculated"], now["owed"]) == (2, AFTER, AFTER)
    assert now["run"] != was["run"]
    assert await owed(period, asked, provider="A81001") == [was]


async def test_its_adjustments_come_as_a_file_to_look_at_before_they_are_approved(period: Period):
    made = await proposed(period, "A81001", "A81002")
    query = "mutation ($id: ID!) { requestReratingDownload(id: $id) { csv } }"
    asked = await period.ask("approver", query, id=made["id"])
    text = (await fetched(period, asked["requestReratingDownload"]["csv"])).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert [(x["Provider Code"], x["Before"], x["After"]) for x in rows] == [
        ("A81001", POUNDS, AFTER),
        ("A81002", POUNDS, AFTER),
    ]
    unseen = await period.ask("other commissioner", query, id=made["id"])
    assert unseen == {"errors": ["NOT_FOUND"]}


async def test_one_part_may_be_refused_and_the_rest_approved(period: Period):
    made = await proposed(period, "A81001", "A81002")
    one, other = await adjustments(period, made)
    await decide_by_hand(period, one, verb="refuse")
    outcome = await decide(period, made)
    assert outcome["done"] == [other["id"]]
    after = await rerating(period, made["id"])
    assert (after["status"], after["approved"], after["refused"]) == ("APPROVED", 1, 1)


async def test_a_role_for_other_payment_types_finds_nothing_to_rate(period: Period):
    made = await proposed(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute("update directory.person_role set payment_types = '{DES}'")
    found = await what_if(period, AVERAGE)
    assert (found["paid"]["count"], nodes(found)) == (0, [])
    assert await decide(period, made) == {"errors": ["NOT_FOUND"]}


async def test_a_change_without_a_difference_is_no_proposal(period: Period):
    await finance_approved(period, "A81001")
    same = {"constants": [{"name": "average_list", "value": "10184"}]}
    found = await what_if(period, same)
    failed = await propose(period, same, found["fingerprint"])
    assert failed["failure"].startswith("CHANGE_OF_NOTHING")
    assert await adjustments(period, failed) == []


@pytest.mark.parametrize("first", ["re-rating", "by hand"])
async def test_of_an_adjustment_by_hand_and_a_re_rating_at_once_nothing_is_lost(
    period: Period, first: str
):
    """Both, or one and the other refused by name: the ledger holds just what was entered."""
    made = await proposed(period, "A81001")
    (payment,) = await payments(period)
    by_hand = await propose_by_hand(period, payment, "10.00")
    both = [decide(period, made), decide_by_hand(period, by_hand)]
    answers = await asyncio.gather(*(both if first == "re-rating" else both[::-1]))
    (after,) = await payments(period)
    entries = [Decimal(one["amount"]) for one in after["entries"]]
    assert sum(entries) == Decimal(after["amount"])
    told = await period.events("payment.adjusted.v1")
    assert len(told) == len(entries) - 1 >= 1, answers
    allowed = {"37237.05", AFTER, str(Decimal(AFTER) + 10)}
    assert after["amount"] in allowed


async def test_of_who_approves_and_who_refuses_at_once_one_does(period: Period):
    made = await proposed(period, "A81001", "A81002")
    verbs = ("approve", "refuse")
    answers = await asyncio.gather(*(decide(period, made, verb=verb) for verb in verbs))
    codes = [one["errors"] for one in answers if "errors" in one]
    assert codes in ([["ALREADY_DECIDED"]], [["TRY_AGAIN"]])
    after = await rerating(period, made["id"])
    assert (after["status"], after["approved"]) in {("APPROVED", 2), ("REFUSED", 0)}
    assert len(await period.events("payment.adjusted.v1")) == after["approved"]


async def test_of_two_proposals_of_the_same_one_is_approved(period: Period):
    """The second stands on what the first has changed: it is refused by name, and whole."""
    first = await proposed(period, "A81001", "A81002")
    second = await propose(period, AVERAGE, (await what_if(period, AVERAGE))["fingerprint"])
    assert (await rerating(period, second["id"]))["count"] == 2
    assert len((await decide(period, first))["done"]) == 2
    before = await counted(period)
    outcome = await decide(period, second)
    assert [one["code"] for one in outcome["refused"]] == ["ADJUSTED_MEANWHILE"] * 2
    assert await counted(period) == before
    assert [one["amount"] for one in await payments(period)] == [AFTER] * 2
