"""A task is done when the step it asks for was taken, whoever took it."""

import pytest

from chassis.ids import new_id
from tests.services.notifications.centre import Centre, declaration, make_centre, many, offer


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


@pytest.mark.parametrize("back", ["returned", "recalculated", "closed"])
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
