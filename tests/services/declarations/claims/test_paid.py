"""Claims are paid through the same ledger, reported and adjusted as declarations are."""

import copy
import json

import pytest

from cqrs import verify
from services.declarations.claims.restating import restate
from services.declarations.payments import commands as ledger
from tests.services.declarations.claims.asking import (
    amend,
    approved,
    content,
    create,
    decide,
    shown,
    submit,
    submitted,
)
from tests.services.declarations.paying import hear, payments, report
from tests.services.declarations.period import Period

PAYMENTS = "payments { id status amount entries { id status } claim { id } }"
HISTORY = "history { action notes by } historyExport"


async def paid_claim(period: Period) -> tuple[dict, dict]:
    one = await approved(period, await submitted(period), "tier 1", "tier 2")
    (payment,) = (await shown(period, one, more=PAYMENTS))["payments"]
    return one, payment


async def test_what_finance_reports_of_a_payment_is_told_of_its_claim(claiming: Period):
    one, payment = await paid_claim(claiming)
    entry = payment["entries"][0]["id"]
    await hear(claiming, [report("sent", entry, at="2026-06-28T06:00:00Z")])
    await hear(claiming, [report("failed", entry, reason="Account closed")])
    await hear(claiming, [report("settled", entry, at="2026-07-02T06:00:00Z")] * 2)
    seen = await shown(claiming, one, more=f"{PAYMENTS} {HISTORY}")
    assert (seen["status"], seen["payments"][0]["status"]) == ("APPROVED", "SETTLED")
    told = [(entry["action"], entry["notes"], entry["by"]) for entry in seen["history"][-3:]]
    assert told == [
        ("PAYMENT_SENT", None, None),
        ("PAYMENT_FAILED", "Account closed", None),
        ("PAYMENT_SETTLED", None, None),
    ]
    (failed,) = await claiming.events("claim.payment-failed.v1")
    assert (failed["reason"], failed["status"]) == ("Account closed", "APPROVED")
    assert len(await claiming.events("claim.payment-settled.v1")) == 1


async def test_a_payment_of_a_claim_is_in_the_ledger_and_in_its_statements(claiming: Period):
    one, payment = await paid_claim(claiming)
    (listed,) = await payments(claiming)
    assert (listed["id"], listed["declaration"]) == (payment["id"], None)
    query = "{ payments { edges { node { claimId claim { id } } } } }"
    shown_to_finance = (await claiming.ask("finance", query))["payments"]["edges"]
    assert shown_to_finance == [{"node": {"claimId": one["id"], "claim": None}}]
    query = '{ statement(provider: "A81001", month: "2026-04") { total } }'
    assert await claiming.ask("practice", query) == {"statement": {"total": "250.00"}}
    async with claiming.db.transaction() as tx:
        again = [event.payload async for event in ledger.republish(tx)]
    assert again == await claiming.events("payment.authorised.v1")
    assert again[0]["claim_id"] == one["id"]


async def test_a_payment_of_a_claim_is_adjusted_by_two_people(claiming: Period):
    one, payment = await paid_claim(claiming)
    proposed = await claiming.ask(
        "finance",
        """mutation ($payment: ID!) { proposeAdjustment(payment: $payment, amount: "-25.00",
            reason: "One dressing twice") { id } }""",
        payment=payment["id"],
    )
    adjustment = proposed["proposeAdjustment"]["id"]
    approve = "mutation ($id: ID!) { approveAdjustment(id: $id) { status } }"
    refused = await claiming.ask("finance", approve, id=adjustment)
    assert refused == {"errors": ["SEPARATION_OF_DUTIES"]}
    done = await claiming.ask("both", approve, id=adjustment)
    assert done == {"approveAdjustment": {"status": "APPROVED"}}
    (told,) = await claiming.events("payment.adjusted.v1")
    assert (told["amount"], told["claim_id"]) == ("-25.00", one["id"])
    seen = await shown(claiming, one, more=f"{PAYMENTS} {HISTORY}")
    assert seen["payments"][0]["amount"] == "225.00"
    assert seen["history"][-1]["action"] == "PAYMENT_ADJUSTED"
    assert len(await claiming.events("claim.payment-adjusted.v1")) == 1


async def test_an_exported_history_is_verified_with_the_head_of_an_event(
    claiming: Period, tmp_path, capsys
):
    one = await submitted(claiming)
    await decide(claiming, "tier 1", [one], "reject")
    draft = await amend(claiming, await shown(claiming, one))
    await submit(claiming, draft, content=content([("WOUND", "9")]))
    (_, event) = await claiming.events("claim.submitted.v1")
    head = f"{event['history_length']}:{event['history_hash']}"
    export = (await shown(claiming, one, more=HISTORY))["historyExport"]
    file = tmp_path / "claim.json"
    file.write_text(json.dumps(export))
    assert verify.report(file, head) == 0
    assert capsys.readouterr().out == f"holds: 5 entries of {one['id']}\n"
    export["contents"][0]["lines"][0]["quantity"] = "11"
    file.write_text(json.dumps(export))
    assert verify.report(file, head) == 1
    assert "submitted as version 1 has been changed" in capsys.readouterr().out
    export["contents"][0]["lines"][0]["quantity"] = "10"
    forged = copy.deepcopy(export["contents"][0])
    forged["lines"][0]["quantity"] = "11"
    file.write_text(json.dumps(export | {"contents": [forged, *export["contents"]]}))
    assert verify.report(file, head) == 1  # one too many, of a version that is there as well
    assert "submitted as version 1 has been changed" in capsys.readouterr().out
    export["entries"][2]["code"] = "OTHER"
    file.write_text(json.dumps(export))
    assert verify.report(file, head) == 1


@pytest.mark.parametrize("table", ["claim_history", "claim_content"])
async def test_the_database_lets_nobody_change_what_happened(claiming: Period, table: str):
    await submitted(claiming)
    with pytest.raises(Exception, match="never changed"):
        async with claiming.db.transaction() as tx:
            await tx.execute(f"update {table} set content_version = 9")  # noqa: S608 (ours)


async def test_every_event_of_a_claim_is_small_and_whole(claiming: Period):
    one = await submitted(claiming)
    await decide(claiming, "tier 1", [one], "reject", reason="x" * 300)
    await amend(claiming, await shown(claiming, one))
    async with claiming.db.reader() as reader:
        rows = await reader.fetch(
            "select payload::text as text, headers from chassis.outbox where type like 'claim.%'"
        )
    assert len(rows) == 3
    assert max(len(row["text"]) for row in rows) < 1_250


async def test_claims_are_told_again_as_they_stand_and_drafts_nobody_heard_of_are_not(
    claiming: Period,
):
    one = await submitted(claiming)
    await decide(claiming, "tier 1", [one], "reject")
    await decide(claiming, "claimant", [await create(claiming)], "withdraw", reason=None)
    await create(claiming)
    (rejected,) = await claiming.events("claim.rejected.v1")
    async with claiming.db.transaction() as tx:
        (again,) = [event async for event in restate(tx)]
    assert (again.type, again.key) == ("claim.restated.v1", one["id"])
    told_anew = {"action": again.payload["action"], "code": None, "reason": None}
    assert again.payload == rejected | told_anew
