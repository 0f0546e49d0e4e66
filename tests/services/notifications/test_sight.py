"""Whose messages somebody sees: three tasks stand in the centre, one of them the caller's."""

import pytest

from chassis.ids import new_id
from nhs.roles import OrganisationKind, Role
from tests.services.notifications.centre import Served
from tests.support.directory import have_organisation, have_person

HERE, ELSEWHERE = "A98001", "A99002"
OPERATIONS = {
    "Query.messages": "{ found: messages { edges { node { id } } } }",
    "Query.message": "query ($id: ID!) { message(id: $id) { id } }",
    "Query.messageCounts": "{ found: messageCounts { total } }",
    "Query._entities Message": (
        "query ($all: [_Any!]!) {"
        " found: _entities(representations: $all) { ... on Message { id } } }"
    ),
    "Mutation.markMessagesRead": (
        "mutation ($choose: MessageChoice!) { found: markMessagesRead(choose: $choose) { done } }"
    ),
    "Mutation.completeTasks": (
        "mutation ($choose: MessageChoice!) { found: completeTasks(choose: $choose) { done } }"
    ),
}


@pytest.mark.parametrize(("role", "sees"), [(Role.SUPERVISOR, 2), (Role.SERVICE_MANAGEMENT, 1)])
async def test_a_supervisor_sees_the_organisations_and_acts_on_none_but_their_own(
    served: Served, role, sees
):
    tasks = await _three_tasks(served, role)
    for operation in OPERATIONS:
        expected = sees if operation.startswith("Query") else 1
        assert await _found(served, role, operation, tasks) == expected, operation


async def _three_tasks(served: Served, role: Role) -> list[str]:
    """The caller's, a colleague's, and one of another practice."""
    async with served.centre.database.transaction() as tx:
        await have_organisation(tx, HERE, OrganisationKind.PRACTICE)
        caller = await have_person(tx, _subject(role), {HERE: [role]})
        issuer = served.client.issuer.address
        await tx.execute("update directory.person set issuer = $1 where id = $2", issuer, caller)
        places = ((caller, HERE), (new_id(), HERE), (new_id(), ELSEWHERE))
        return [await _task(tx, person, code) for person, code in places]


def _subject(role: Role) -> str:
    return f"only-{role.value.lower()}"


async def _task(tx, person, code):
    one = new_id()
    await tx.execute(
        "insert into message (id, version, kind, subject_code, person_id, organisation, action,"
        " quality_service, payment_type, commissioner, count, outstanding, status, raised_at)"
        " values ($1, 1, 'TASK', 'OFFER_MADE', $2, $3, $4, 'QOF2526/1', 'QOF', 'QZ9', 1, 1,"
        " 'UNREAD', now())",
        one,
        person,
        code,
        new_id(),
    )
    await tx.execute(
        "insert into message_about values ($1, 'OFFER', $2, $3, false)",
        one,
        str(new_id()),
        code,
    )
    return str(one)


async def _found(served, role, operation, tasks):
    """How many of the three tasks the operation shows, or is done to."""
    token = served.client.issuer.token(_subject(role))

    async def ask(query, **variables):
        return (await served.client.ask(query, variables, token=token)).found

    if operation == "Query.message":
        shown = [await ask(OPERATIONS[operation], id=task) for task in tasks]
        return len([each for each in shown if each["message"]])
    version = 1 if operation == "Mutation.markMessagesRead" else 2
    given = {
        "all": [{"__typename": "Message", "id": task} for task in tasks],
        "choose": {"rows": [{"id": task, "version": version} for task in tasks]},
    }
    query = OPERATIONS[operation]
    used = {name: value for name, value in given.items() if f"${name}" in query}
    found = (await ask(query, **used))["found"]
    if isinstance(found, list):
        return len([each for each in found if each])
    return found.get("total") or len(found.get("edges") or found.get("done") or ())
