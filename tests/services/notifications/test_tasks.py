"""A task is done when the step it asks for was taken, whoever took it."""

import pytest

from chassis.ids import new_id
from tests.services.notifications.centre import (
    Centre,
    claim,
    declaration,
    make_centre,
    many,
    offer,
    proposal,
)

_ONE = new_id()


@pytest.fixture
async def centre(database) -> Centre:
    return await make_centre(database)


@pytest.mark.parametrize("answer", ["accepted", "rejected", "withdrawn", "cancelled"])
async def test_an_answered_offer_asks_for_nothing_more(centre, answer):
    one = new_id()
    await centre.hear(offer("made", one), offer("response-due", one), offer(answer, one))
    tasks = await centre.tasks()
    assert (tasks["OFFER_MADE"], tasks["OFFER_RESPONSE_DUE"]) == ("DONE", "DONE")


async def test_each_step_of_a_declaration_completes_the_task_before_it(centre):
    one = new_id()
    steps = ["values-missing", "calculated", "declared", "approved"]
    for place, step in enumerate(steps):
        await centre.hear(declaration(step, one))
        done = {_subject(each): "DONE" for each in steps[:place]}
        assert await centre.tasks() == done | {_subject(step): "UNREAD"}
    await centre.hear(declaration("finance-approved", one))
    assert set((await centre.tasks()).values()) == {"DONE"}


@pytest.mark.parametrize("back", ["returned", "recalculated", "closed", "values-missing"])
async def test_what_is_sent_back_waits_for_no_commissioner(centre, back):
    one = new_id()
    await centre.hear(
        declaration("declared", one), declaration("approved", one), declaration(back, one)
    )
    tasks = await centre.tasks()
    assert tasks["DECLARATION_DECLARED"] == tasks["DECLARATION_APPROVED"] == "DONE"


async def test_a_declaration_made_anew_completes_what_asked_for_it(centre):
    one = new_id()
    await centre.hear(
        declaration("declared", one), declaration("returned", one), declaration("declared", one)
    )
    assert (await centre.tasks())["DECLARATION_RETURNED"] == "DONE"


async def test_a_failed_payment_is_mended_by_sending_it_again(centre):
    one = new_id()
    await centre.hear(declaration("payment-failed", one))
    assert sorted(row["status"] for row in await centre.rows()) == ["UNREAD", "UNREAD"]
    await centre.hear(declaration("payment-sent", one))
    done = [row["kind"] for row in await centre.rows() if row["status"] == "DONE"]
    assert done == ["TASK"]


async def test_a_task_about_many_is_done_when_none_of_them_waits(centre):
    action, things = str(new_id()), many(3)
    await centre.hear(*[declaration("declared", one, action=action) for one in things])
    for left, one in zip((2, 1, 0), things, strict=True):
        await centre.hear(declaration("approved", one))
        (task,) = [r for r in await centre.rows() if r["subject_code"] == "DECLARATION_DECLARED"]
        assert task["outstanding"] == left
        assert (task["status"] == "DONE") == (left == 0)


async def test_another_offers_task_stays_open(centre):
    one = new_id()
    await centre.hear(offer("made", one), offer("accepted", new_id()))
    assert await centre.tasks() == {"OFFER_MADE": "UNREAD"}


def _subject(step: str) -> str:
    return f"DECLARATION_{step.upper().replace('-', '_')}"


@pytest.mark.parametrize("end", ["confirmed", "refused", "withdrawn", "overtaken"])
async def test_a_proposal_that_is_settled_asks_for_nothing_more(centre, end):
    one = new_id()
    await centre.hear(proposal("proposed", one), proposal(end, one, version=2))
    assert await centre.tasks() == {"MEMBERSHIP_PROPOSED": "DONE"}


async def test_a_claim_waits_for_one_step_at_a_time(centre):
    one = new_id()
    steps = ["AWAITING_PROVIDER_APPROVAL", "AWAITING_TIER_1", "AWAITING_TIER_2", "AWAITING_FINANCE"]
    for version, status in enumerate(steps, 1):
        await centre.hear(claim("submitted", status, one, version=version))
        open_tasks = [code for code, state in (await centre.tasks()).items() if state != "DONE"]
        assert open_tasks == [f"CLAIM_{status}"]
    await centre.hear(claim("approved", "APPROVED", one, version=9))
    assert set((await centre.tasks()).values()) == {"DONE"}


@pytest.mark.parametrize("mended", ["payment-sent", "payment-settled", "payment-adjusted"])
async def test_a_failed_payment_of_a_claim_is_a_task_until_it_is_paid_or_adjusted(centre, mended):
    one = new_id()
    await centre.hear(claim("payment-failed", "APPROVED", one, version=7))
    assert await centre.tasks() == {"CLAIM_PAYMENT_FAILED": "UNREAD"}
    await centre.hear(claim(mended, "APPROVED", one, version=8))
    assert await centre.tasks() == {"CLAIM_PAYMENT_FAILED": "DONE"}


@pytest.mark.parametrize(
    ("late", "before"),
    [
        (offer("made", _ONE, version=1), offer("accepted", _ONE, version=2)),
        (declaration("declared", _ONE, version=3), declaration("approved", _ONE, version=4)),
        (proposal("proposed", _ONE, version=1), proposal("refused", _ONE, version=2)),
    ],
)
async def test_a_task_heard_of_after_its_step_is_not_raised(centre, late, before):
    await centre.hear(before)
    await centre.hear(late)
    assert late.type.upper().partition(".V1")[0].replace(".", "_") not in await centre.tasks()


async def test_a_step_before_the_task_does_not_complete_it(centre):
    one = new_id()
    await centre.hear(declaration("declared", one, version=2))
    await centre.hear(declaration("returned", one, version=3))
    assert (await centre.tasks())["DECLARATION_RETURNED"] == "UNREAD"
