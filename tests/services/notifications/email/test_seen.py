"""Who sees what became of mails."""

import pytest

from chassis.ids import new_id
from nhs.roles import OrganisationKind, RelationshipKind, Role
from tests.services.notifications.centre import offer
from tests.support.directory import have_organisation, have_person, relate

DELIVERIES = """
query ($filter: EmailDeliveryFilter, $first: Int, $after: String) {
  emailDeliveries(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { id status person { id } message { subject } digestOn attempts
      nextAttemptAt endedAt events problem { code text } } }
  }
}
"""
P = "A99001"
SERVICE, ADMINISTRATOR = Role.SERVICE_MANAGEMENT, Role.USER_ADMINISTRATOR


async def _delivered(served, person, status="FAILED", message=None):
    one = new_id()
    async with served.centre.database.transaction() as tx:
        await tx.execute(
            "insert into email_delivery (id, person_id, message_id, digest_on, status, made_at,"
            " attempts, due_at, ended_at, problem_code, problem) values ($1, $2, $3, $4, $5, now(),"
            " 1, now(), now(), '550', 'no such mailbox')",
            one,
            person,
            message,
            None if message else served.client.running.clock.today(),
            status,
        )
    return str(one)


async def _seen(served, role, code, **variables):
    answer = await served.ask(role, code, DELIVERIES, **variables)
    return [edge["node"] for edge in answer.data["emailDeliveries"]["edges"]]


async def test_one_sees_what_became_of_ones_own(served):
    people = served.centre.people
    mine = await _delivered(served, people[P, SERVICE])
    await _delivered(served, people[P, Role.VIEW])
    [node] = await _seen(served, SERVICE, P)
    assert node["id"] == mine
    assert node["problem"] == {"code": "550", "text": "no such mailbox"}


async def test_an_administrator_sees_those_to_the_people_of_the_organisation(served):
    people = served.centre.people
    theirs = [await _delivered(served, people[P, role]) for role in (SERVICE, Role.VIEW)]
    await _delivered(served, people["A99002", SERVICE])
    await _delivered(served, people["QZ9", Role.VIEW])
    assert [node["id"] for node in await _seen(served, ADMINISTRATOR, P)] == theirs[::-1]


@pytest.mark.parametrize(("role", "count"), [(ADMINISTRATOR, 0), (None, 1)])
async def test_an_advanced_administrator_sees_those_below(served, role, count):
    role = role or Role.ADVANCED_USER_ADMINISTRATOR
    async with served.centre.database.transaction() as tx:
        await have_organisation(tx, "A98001", OrganisationKind.PRACTICE)
        await have_organisation(tx, "Q98", OrganisationKind.ICB)
        await relate(tx, "A98001", RelationshipKind.COMMISSIONED_BY, "Q98")
        below = await have_person(tx, "below", {"A98001": [SERVICE]})
        subject = f"{role.value.lower().replace('_', '-')}-q98"
        above = await have_person(tx, subject, {"Q98": [role]})
        issuer = served.client.issuer.address
        await tx.execute("update directory.person set issuer = $1 where id = $2", issuer, above)
    await _delivered(served, below)
    assert len(await _seen(served, role, "Q98")) == count


async def test_the_message_is_shown_only_to_those_who_see_it(served):
    await served.centre.hear(offer("made"))
    [message] = await served.centre.rows()
    await _delivered(served, message["person_id"], message=message["id"])
    [own] = await _seen(served, SERVICE, P)
    [theirs] = await _seen(served, ADMINISTRATOR, P)
    assert own["message"] == {"subject": "Offered: QOF2526/1"}
    assert theirs["message"] is None


async def test_they_are_listed_page_by_page_and_by_what_became_of_them(served):
    people = served.centre.people
    person = people[P, SERVICE]
    for status in ("SENT", "UNCERTAIN", "FAILED"):
        async with served.centre.database.transaction() as tx:
            await tx.execute("update email_delivery set digest_on = digest_on - 1")
        await _delivered(served, person, status)
    chosen = {"filter": {"status": ["FAILED", "UNCERTAIN"], "person": str(person)}}
    answer = await served.ask(ADMINISTRATOR, P, DELIVERIES, first=1, **chosen)
    page = answer.data["emailDeliveries"]
    assert (page["totalCount"], page["edges"][0]["node"]["status"]) == (2, "FAILED")
    after = page["pageInfo"]["endCursor"]
    [node] = await _seen(served, ADMINISTRATOR, P, after=after, **chosen)
    assert node["status"] == "UNCERTAIN"
