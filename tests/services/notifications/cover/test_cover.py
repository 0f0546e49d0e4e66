"""A colleague receives somebody's tasks for a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from services.notifications.messages.domain import LONDON
from tests.services.notifications.centre import Served, declaration, offer
from tests.services.notifications.test_centre import COMPLETE, READ, chosen, listed, statuses
from tests.support.directory import have_person

P = "A99001"
SERVICE, VIEW = Role.SERVICE_MANAGEMENT, Role.VIEW
TODAY = datetime.now(LONDON).date()
NAME = """
mutation ($colleague: ID!, $from: Date!, $to: Date!, $key: String) {
  nameCover(colleague: $colleague, from: $from, to: $to, idempotencyKey: $key) {
    id state person { id } colleague { id } history { change by { id } } } }
"""
END = "mutation ($id: ID!) { endCover(id: $id) { state history { change } } }"
COVERS = "{ covers { totalCount edges { node { id state } } } }"
MESSAGES = """
{ messages { edges { node { id version kind subjectCode person { id } covers { id } } } } }
"""


def at(days: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def made(about=None, **others):
    return offer("made", about, at=others.pop("at", at()), **others)


@pytest.fixture
async def colleague(served: Served):
    """Somebody of the same role, known by the subject that `ask` makes of the name of a role."""
    async with served.centre.database.transaction() as tx:
        one = await have_person(tx, "view-a99001-too", {P: [SERVICE]})
        issuer = served.client.issuer.address
        await tx.execute("update directory.person set issuer = $1 where id = $2", issuer, one)
    return one


async def as_colleague(served, query, **variables):
    token = served.client.issuer.token("view-a99001-too")
    return await served.client.ask(query, variables, token=token, X_Acting_For=P)


async def name(served, colleague, first=0, last=6, **others):
    days = {"from": str(TODAY + timedelta(first)), "to": str(TODAY + timedelta(last))}
    return await served.ask(SERVICE, P, NAME, colleague=str(colleague), **days, **others)


async def told(served):
    """Who was told, and in whose place."""
    return {row["person_id"]: row["covers"] for row in await served.centre.rows()}


async def test_tasks_go_to_the_colleague_in_ones_place_and_messages_do_not(served, colleague):
    me = served.centre.people[P, SERVICE]
    shown = (await name(served, colleague)).data["nameCover"]
    assert (shown["state"], shown["person"]["id"]) == ("IN_FORCE", str(me))
    assert shown["history"] == [{"change": "NAMED", "by": {"id": str(me)}}]
    await served.centre.hear(made())
    assert await told(served) == {colleague: [me]}
    nodes = (await as_colleague(served, MESSAGES)).data["messages"]["edges"]
    assert [node["node"]["covers"] for node in nodes] == [[{"id": str(me)}]]
    await served.centre.hear(offer("withdrawn", at=at()))
    assert set(await told(served)) == {colleague, me}


async def test_cover_begins_and_ends_by_itself(served, colleague):
    me = served.centre.people[P, SERVICE]
    await name(served, colleague, 1, 2)
    for day, covered in ((0, False), (1, True), (2, True), (3, False)):
        action = str(new_id())
        await served.centre.hear(made(at=at(day), action=action))
        rows = [row for row in await served.centre.rows() if str(row["action"]) == action]
        assert (me not in {row["person_id"] for row in rows}) == covered


async def test_an_ended_cover_gives_the_tasks_back(served, colleague):
    me = served.centre.people[P, SERVICE]
    shown = (await name(served, colleague)).data["nameCover"]
    await served.centre.hear(made())
    assert len(await listed(served, SERVICE, P)) == 1  # to see that it is in hand
    ended = (await as_colleague(served, END, id=shown["id"])).data["endCover"]
    assert (ended["state"], len(ended["history"])) == ("ENDED", 2)
    await served.centre.hear(made())
    assert set(await told(served)) == {colleague, me}
    again = await served.ask(SERVICE, P, END, id=shown["id"])
    assert again.code == "COVER_ENDED"


async def test_open_tasks_are_shown_to_who_was_not_told_and_can_be_completed_by_them(
    served, colleague
):
    async with served.centre.database.transaction() as tx:
        await tx.execute("delete from directory.person_role where person_id = $1", colleague)
    await served.centre.hear(made(), declaration("calculated", at=at()))
    async with served.centre.database.transaction() as tx:
        await tx.execute(
            "insert into directory.person_role values ($1, $2, $3)", colleague, P, SERVICE.value
        )
    assert (await as_colleague(served, MESSAGES)).data["messages"]["edges"] == []
    await name(served, colleague)
    (edge,) = (await as_colleague(served, MESSAGES)).data["messages"]["edges"]
    task = edge["node"]
    assert (task["subjectCode"], task["person"]["id"]) == (
        "OFFER_MADE",
        str(served.centre.people[P, SERVICE]),
    )
    read = await as_colleague(served, READ, choose=chosen(task))
    assert [one["code"] for one in read.data["markMessagesRead"]["refused"]] == ["NOT_YOURS"]
    done = await as_colleague(served, COMPLETE, choose=chosen(task))
    assert done.data["completeTasks"]["done"] == [task["id"]]
    assert await statuses(served) == ["DONE", "UNREAD"]
    assert (await as_colleague(served, MESSAGES)).data["messages"]["edges"] == []


async def test_a_task_of_both_is_shown_to_the_colleague_once(served, colleague):
    await served.centre.hear(made())
    await name(served, colleague)
    assert len((await as_colleague(served, MESSAGES)).data["messages"]["edges"]) == 1


async def test_a_colleague_who_lost_the_role_receives_nothing(served, colleague):
    me = served.centre.people[P, SERVICE]
    await name(served, colleague)
    async with served.centre.database.transaction() as tx:
        await tx.execute("delete from directory.person_role where person_id = $1", colleague)
    await served.centre.hear(made())
    assert await told(served) == {me: []}


async def test_a_key_used_again_names_one_cover(served, colleague):
    both = [(await name(served, colleague, key="k")).data for _ in range(2)]
    assert both[0] == both[1]
    assert await served.client.count("cover") == 1


async def test_what_is_no_cover_is_refused_and_leaves_nothing(served, colleague):
    me, viewer = served.centre.people[P, SERVICE], served.centre.people[P, VIEW]
    refused = [
        ((me,), "COVER_BY_ONESELF"),
        ((colleague, 3, 2), "DATES_OUT_OF_ORDER"),
        ((colleague, -1, 2), "DATE_PASSED"),
        ((viewer,), "SAME_ROLE_REQUIRED"),
        ((new_id(),), "COLLEAGUE_NOT_FOUND"),
        ((served.centre.people["A99002", SERVICE],), "COLLEAGUE_NOT_FOUND"),
    ]
    for given, code in refused:
        assert (await name(served, *given)).code == code
    assert await served.client.count("cover") == 0
    assert await served.client.count("chassis.outbox") == 0


async def test_covers_neither_overlap_nor_chain(served, colleague):
    me = served.centre.people[P, SERVICE]
    await name(served, colleague, 0, 3)
    assert (await name(served, colleague, 3, 5)).code == "COVER_OVERLAPS"
    days = {"from": str(TODAY), "to": str(TODAY)}
    back = await as_colleague(served, NAME, colleague=str(me), **days)
    assert back.code == "COVER_CHAIN"
    assert await served.client.count("cover") == 1


async def test_of_two_covers_named_at_once_one_stands(served, colleague):
    me = served.centre.people[P, SERVICE]
    days = {"from": str(TODAY), "to": str(TODAY)}
    answers = await asyncio.gather(
        name(served, colleague),
        name(served, colleague),
        as_colleague(served, NAME, colleague=str(me), **days),
    )
    refused = {answer.code for answer in answers if "errors" in answer.body}
    assert refused <= {"COVER_OVERLAPS", "COVER_CHAIN"}
    assert await served.client.count("cover") == 1


async def test_covers_are_seen_by_the_two_and_by_the_supervisor(served, colleague):
    await name(served, colleague)
    answers = [
        await served.ask(SERVICE, P, COVERS),
        await as_colleague(served, COVERS),
        await served.ask(Role.SUPERVISOR, P, COVERS),
        await served.ask(VIEW, P, COVERS),
        await served.ask(SERVICE, "A99002", COVERS),
    ]
    assert [one.data["covers"]["totalCount"] for one in answers] == [1, 1, 1, 0, 0]
    identity = answers[0].data["covers"]["edges"][0]["node"]["id"]
    for role in (Role.SUPERVISOR, VIEW):
        assert (await served.ask(role, P, END, id=identity)).code == "COVER_NOT_FOUND"
