"""What finance systems report of payments, in whatever order and however often."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis.errors import DomainError
from chassis.ids import new_id
from services.declarations.payments.domain import AlreadySettledError, Progress, State
from tests.services.declarations.paying import (
    SETTLED_AT,
    finance_approved,
    hear,
    payments,
    report,
)
from tests.services.declarations.period import Period

START = datetime(2026, 6, 1, tzinfo=UTC)
REPORTS = st.tuples(
    st.sampled_from([State.SENT, State.FAILED, State.SETTLED]),
    st.integers(0, 5).map(lambda days: START + timedelta(days=days)),
)


def heard(reports: list[tuple[State, datetime]]) -> State:
    progress = Progress(State.AUTHORISED)
    for told, at in reports:
        try:
            progress = progress.after(told, at)
        except AlreadySettledError:
            continue
    return progress.state


@given(st.lists(REPORTS, max_size=5), st.data())
def test_reports_end_in_one_state_in_any_order_and_however_often(reports, data):
    again = data.draw(st.permutations(reports + reports))
    assert heard(again) == heard(reports)


def test_a_failed_payment_may_be_sent_again_and_settled():
    days = [START + timedelta(days=n) for n in range(4)]
    story = list(zip([State.SENT, State.FAILED, State.SENT, State.SETTLED], days, strict=True))
    ends = [heard(story[:n]) for n in range(1, 5)]
    assert ends == [State.SENT, State.FAILED, State.SENT, State.SETTLED]
    assert {heard(list(one)) for one in permutations(story[:3])} == {State.SENT}


def test_a_failure_after_a_settlement_is_for_a_person_to_look_at():
    settled = Progress(State.SETTLED, START)
    assert settled.after(State.FAILED, START - timedelta(days=1)) == settled
    with pytest.raises(AlreadySettledError):
        settled.after(State.FAILED, START + timedelta(days=1))


async def test_a_ledger_replayed_twice_and_reported_settled_twice_shows_one_settlement(
    period: Period,
):
    for payment in await finance_approved(period, "A81001", "A81002"):
        entry = payment["entries"][0]["id"]
        for kind in ("sent", "settled", "settled", "sent"):
            await hear(period, [report(kind, entry, reference="BACS 1")])
    for payment in await payments(period):
        (entry,) = payment["entries"]
        assert (payment["status"], entry["status"]) == ("SETTLED", "SETTLED")
        assert (entry["statusAt"], entry["reference"]) == (SETTLED_AT.isoformat(), "BACS 1")
        told = [one["action"] for one in payment["declaration"]["history"]]
        assert (told.count("PAYMENT_SENT"), told.count("PAYMENT_SETTLED")) == (1, 1)
    counted = await period.events_by_type()
    assert counted["declaration.payment-sent.v1"] == 2
    assert counted["declaration.payment-settled.v1"] == 2
    assert counted["payment.authorised.v1"] == 2


async def test_settled_before_sent_stays_settled(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    entry = payment["entries"][0]["id"]
    await hear(period, [report("settled", entry)])
    await hear(period, [report("sent", entry), report("failed", entry, at="2026-06-29T06:00:00Z")])
    (payment,) = await payments(period)
    assert payment["status"] == "SETTLED"
    assert "declaration.payment-sent.v1" not in await period.events_by_type()


async def test_a_failure_is_shown_and_told_with_its_reason_until_it_is_sent_again(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    why = "Account   closed"
    failed = report("failed", None, payment_id=payment["id"], reason=why)
    await hear(period, [failed, failed])
    (payment,) = await payments(period)
    assert payment["status"] == "FAILED"
    assert payment["entries"][0]["failure"] == "Account closed"
    assert payment["declaration"]["history"][-1]["notes"] == "Account closed"
    (told,) = await period.events("declaration.payment-failed.v1")
    assert (told["reason"], told["status"], told["by"]) == (
        "Account closed",
        "FINANCE_APPROVED",
        None,
    )
    assert told["version"] == payment["declaration"]["version"]
    await hear(period, [report("sent", payment["entries"][0]["id"], at="2026-07-02T06:00:00Z")])
    (payment,) = await payments(period)
    assert (payment["status"], payment["entries"][0]["failure"]) == ("SENT", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"entry_id": str(new_id())},
        {"entry_id": None, "payment_id": str(new_id())},
        {"entry_id": None},
        {"entry_id": "no id"},
        {"at": "2026-06-30T06:00:00"},
        {"payment_id": str(new_id())},
    ],
)
async def test_a_report_that_cannot_be_placed_is_parked_and_changes_nothing(period: Period, wrong):
    (payment,) = await finance_approved(period, "A81001")
    before = await period.everything()
    event = report("settled", payment["entries"][0]["id"], **wrong)
    with pytest.raises((DomainError, ValidationError)) as refused:
        await hear(period, [event])
    assert getattr(refused.value, "code", None) in {"PAYMENT_NOT_KNOWN", None}
    assert await period.everything() == before


async def test_a_payment_of_nothing_stays_closed_whatever_is_reported(period: Period):
    (payment,) = await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        await tx.execute("update entry_state set status = 'CLOSED_ZERO'")
    before = await period.everything()
    await hear(period, [report("settled", payment["entries"][0]["id"])])
    assert await period.everything() == before
