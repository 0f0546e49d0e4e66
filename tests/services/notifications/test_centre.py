"""The Message Centre over HTTP: what is shown, to whom, and what recipients do."""

import pytest

from chassis.ids import new_id
from nhs.roles import Role
from tests.services.notifications.centre import AT, Served, declaration, event, many, offer

P, C = "A99001", "QZ9"
SERVICE, APPROVAL = Role.SERVICE_MANAGEMENT, Role.APPROVAL_MANAGEMENT

MESSAGES = """
query ($filter: MessageFilter, $first: Int, $after: String) {
  messages(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id version kind subjectCode subject body status count outstanding at
      person { id } organisation { odsCode } qualityService { id }
      about(first: 2) { done provider { odsCode } offer { id } declaration { id } } } }
  }
}
"""
READ = """
mutation ($choose: MessageChoice!, $dryRun: Boolean, $key: String) {
  markMessagesRead(choose: $choose, dryRun: $dryRun, idempotencyKey: $key) {
    done refused { id code } counts { name value } selection message
  }
}
"""
COMPLETE = READ.replace("markMessagesRead", "completeTasks")
COUNTS = "{ messageCounts { total unread openTasks } }"


async def listed(served: Served, role, code, **variables):
    answer = await served.ask(role, code, MESSAGES, **variables)
    return [edge["node"] for edge in answer.data["messages"]["edges"]]


def chosen(*rows):
    return {"rows": [{"id": row["id"], "version": row["version"]} for row in rows]}


async def statuses(served):
    return sorted(row["status"] for row in await served.centre.rows())


async def test_a_message_says_what_happened_in_words(served):
    published = {"id": "QOF2526/1", "code": "QOF2526", "version": 1, "name": "QOF 2025/26"}
    one = new_id()
    await served.centre.hear(event("quality-service.published", published), offer("made", one))
    (message,) = await listed(served, SERVICE, P)
    assert message["subject"] == "Offered: QOF 2025/26"
    assert message["body"] == (
        "Organisation QZ9 has offered QOF 2025/26 to Organisation A99001: "
        "accept or reject it, by 31 March 2025."
    )
    assert (message["kind"], message["status"], message["count"]) == ("TASK", "UNREAD", 1)
    assert message["about"] == [
        {"done": False, "provider": {"odsCode": P}, "offer": {"id": str(one)}, "declaration": None}
    ]
    assert message["at"] == AT.isoformat()


async def test_a_bulk_message_gives_the_count_and_names_no_one_provider(served):
    action = str(new_id())
    await served.centre.hear(*[declaration("approved", one, action=action) for one in many(3)])
    (message,) = await listed(served, Role.FINANCE_MANAGEMENT, C)
    assert message["subject"] == "Ready for finance approval: QOF2526/1 (3)"
    assert "by 3 providers is approved" in message["body"]
    assert len(message["about"]) == 2


async def test_a_bulk_action_over_two_services_tells_of_each_by_its_name(served):
    action, other = str(new_id()), {"quality_service": "NCD2526/1", "payment_type": "NCD"}
    await served.centre.hear(
        offer("rejected", action=action), offer("rejected", action=action, **other)
    )
    told = await listed(served, Role.COMMISSIONING_MANAGEMENT, C)
    assert {(one["subject"], one["count"]) for one in told} == {
        ("Rejected: QOF2526/1", 1),
        ("Rejected: NCD2526/1", 1),
    }


async def test_everyone_sees_their_own_and_a_supervisor_sees_all_of_the_organisation(served):
    await served.centre.hear(
        offer("made"), offer("made", provider="A99002"), declaration("calculated")
    )
    assert len(await listed(served, SERVICE, P)) == 1
    assert len(await listed(served, Role.VIEW, P)) == 0
    assert len(await listed(served, Role.SUPERVISOR, P)) == 2
    assert len(await listed(served, Role.SUPERVISOR, C)) == 0
    assert len(await listed(served, Role.SUPERVISOR, P, filter={"mine": True})) == 0


async def test_a_supervisor_of_some_payment_types_sees_those(served):
    await served.centre.hear(offer("made"), offer("made", payment_type="VACCINATION"))
    async with served.centre.database.transaction() as tx:
        await tx.execute(
            "update directory.person_role set payment_types = '{QOF}' where role = 'SUPERVISOR'"
        )
    assert len(await listed(served, Role.SUPERVISOR, P)) == 1


async def test_the_list_is_paged_newest_first_and_filtered(served):
    moments = [f"2025-03-{day}T09:00:00+00:00" for day in (13, 14, 15)]
    await served.centre.hear(*[offer("made", at=at) for at in moments], offer("withdrawn"))
    first = await served.ask(SERVICE, P, MESSAGES, first=2, filter={"kind": "TASK"})
    page = first.data["messages"]
    assert page["totalCount"] == 3
    assert [edge["node"]["at"] for edge in page["edges"]] == moments[:0:-1]
    after = page["pageInfo"]["endCursor"]
    rest = await listed(served, SERVICE, P, first=2, after=after, filter={"kind": "TASK"})
    assert [node["at"] for node in rest] == moments[:1]
    since = {"since": moments[1], "status": ["UNREAD"], "subjectCodes": ["OFFER_MADE"]}
    assert len(await listed(served, SERVICE, P, filter=since)) == 2


async def test_counts_tell_unread_and_open_tasks_apart(served):
    await served.centre.hear(offer("made"), offer("withdrawn"))
    answer = await served.ask(SERVICE, P, COUNTS)
    assert answer.data["messageCounts"] == {"total": 2, "unread": 2, "openTasks": 1}


async def test_select_all_marks_as_read_what_the_dry_run_showed(served):
    await served.centre.hear(offer("made"), offer("withdrawn"))
    every = {"filter": {"status": ["UNREAD"]}}
    shown = (await served.ask(SERVICE, P, READ, choose=every, dryRun=True)).data["markMessagesRead"]
    assert shown["message"] == "2 messages would be marked as read."
    assert await statuses(served) == ["UNREAD", "UNREAD"]
    await served.centre.hear(offer("ended"))
    choose = {"selection": shown["selection"]}
    done = (await served.ask(SERVICE, P, READ, choose=choose)).data["markMessagesRead"]
    assert done["message"] == "2 messages were marked as read."
    assert await statuses(served) == ["READ", "READ", "UNREAD"]


async def test_a_key_used_again_answers_the_same_and_does_nothing_more(served):
    await served.centre.hear(offer("made"))
    (message,) = await listed(served, SERVICE, P)
    asked = [
        (await served.ask(SERVICE, P, READ, choose=chosen(message), key="k")).data for _ in range(2)
    ]
    assert asked[0] == asked[1]
    assert [row["version"] for row in await served.centre.rows()] == [2]


async def test_a_task_is_completed_by_hand_and_then_by_itself_no_more(served):
    one = new_id()
    await served.centre.hear(offer("made", one))
    (message,) = await listed(served, SERVICE, P)
    answer = await served.ask(SERVICE, P, COMPLETE, choose=chosen(message))
    assert answer.data["completeTasks"]["done"] == [message["id"]]
    await served.centre.hear(offer("accepted", one))
    assert [(row["status"], row["outstanding"]) for row in await served.centre.rows()] == [
        ("DONE", 0)
    ]


async def test_what_a_bulk_action_adds_to_a_completed_task_waits_for_its_own_answer(served):
    first, second, action = new_id(), new_id(), str(new_id())
    await served.centre.hear(offer("made", first, action=action))
    (message,) = await listed(served, SERVICE, P)
    await served.ask(SERVICE, P, COMPLETE, choose=chosen(message))
    await served.centre.hear(offer("made", second, action=action), offer("accepted", first))
    (task,) = await served.centre.rows()
    assert (task["status"], task["outstanding"]) == ("UNREAD", 1)


async def test_a_key_under_which_all_was_refused_can_be_used_again(served):
    await served.centre.hear(offer("made"))
    (message,) = await listed(served, SERVICE, P)
    for version, done in ((9, 0), (1, 1)):
        rows = chosen(message | {"version": version})
        answer = await served.ask(SERVICE, P, READ, choose=rows, key="k")
        assert len(answer.data["markMessagesRead"]["done"]) == done


@pytest.mark.parametrize(
    ("role", "what", "change", "code"),
    [
        (SERVICE, COMPLETE, {}, "NOT_A_TASK"),
        (SERVICE, READ, {"version": 9}, "STALE_VERSION"),
        (SERVICE, READ, {"id": "01990000-0000-7000-8000-000000000000"}, "MESSAGE_NOT_FOUND"),
        (Role.VIEW, READ, {}, "MESSAGE_NOT_FOUND"),
        (Role.SUPERVISOR, READ, {}, "NOT_YOURS"),
    ],
)
async def test_what_cannot_be_done_is_refused_and_changes_nothing(served, role, what, change, code):
    await served.centre.hear(offer("withdrawn"))
    (message,) = await listed(served, SERVICE, P)
    before = await served.client.count("chassis.outbox")
    answer = await served.ask(role, P, what, choose=chosen(message | change))
    (body,) = answer.data.values()
    assert [each["code"] for each in body["refused"]] == [code]
    assert await statuses(served) == ["UNREAD"]
    assert await served.client.count("chassis.outbox") == before


async def test_what_was_read_is_not_marked_again(served):
    await served.centre.hear(offer("withdrawn"))
    for expected in ([], ["TRANSITION_NOT_ALLOWED"]):
        (message,) = await listed(served, SERVICE, P)
        answer = await served.ask(SERVICE, P, READ, choose=chosen(message))
        refused = answer.data["markMessagesRead"]["refused"]
        assert [each["code"] for each in refused] == expected


async def test_a_filter_is_for_a_dry_run(served):
    assert (await served.ask(SERVICE, P, READ, choose={"filter": {}})).code == "DRY_RUN_FIRST"


async def test_another_persons_selection_has_expired_for_me(served):
    await served.centre.hear(declaration("declared"))
    shown = await served.ask(APPROVAL, C, READ, choose={"filter": {}}, dryRun=True)
    token = shown.data["markMessagesRead"]["selection"]
    answer = await served.ask(Role.SUPERVISOR, C, READ, choose={"selection": token})
    assert answer.code == "SELECTION_EXPIRED"
    assert await statuses(served) == ["UNREAD"]


async def test_too_many_things_at_once_are_refused(served):
    await served.centre.hear(offer("made"))
    answer = await served.ask(
        SERVICE, P, "{ messages { edges { node { about(first: 101) { id } } } } }"
    )
    assert answer.code == "PAGE_TOO_LONG"
