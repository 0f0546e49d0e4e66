"""What was told to whom, when, and because of which event."""

import pytest

from chassis.ids import new_id
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.notifications.history import store
from services.notifications.history.store import HistoryFilter, Sight
from tests.services.notifications.centre import AT, Served, declaration, event, many, members, offer
from tests.support.directory import have_organisation, relate

P, C = "A99001", "QZ9"
SUPERVISOR = Role.SUPERVISOR
HISTORY = """
query ($filter: MessageHistoryFilter, $first: Int, $after: String) {
  messageHistory(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { at eventId eventType kind subjectCode subject body role status emailChoice
      messageId person { id } organisation { odsCode } about { kind id offer { id } }
      message { id } email { id status } } } } }
"""
PUBLISHED = {"id": "QOF2526/1", "code": "QOF2526", "version": 1, "name": "QOF 2025/26"}


async def history(served: Served, role=SUPERVISOR, code=P, **variables):
    answer = await served.ask(role, code, HISTORY, **variables)
    return [edge["node"] for edge in answer.data["messageHistory"]["edges"]]


async def test_it_says_to_whom_when_why_and_in_which_words(served):
    made = offer("made")
    await served.centre.hear(event("quality-service.published", PUBLISHED), made, made)
    (entry,) = await history(served)
    assert entry["eventId"] == str(made.id)
    assert (entry["eventType"], entry["at"]) == ("offer.made.v1", AT.isoformat())
    assert (entry["kind"], entry["subjectCode"]) == ("TASK", "OFFER_MADE")
    assert (entry["role"], entry["status"]) == ("SERVICE_MANAGEMENT", "UNREAD")
    assert entry["person"]["id"] == str(served.centre.people[P, Role.SERVICE_MANAGEMENT])
    assert entry["subject"] == "Offered: QOF 2025/26"
    assert entry["body"].startswith("Organisation QZ9 has offered QOF 2025/26")
    about = {"kind": "OFFER", "id": made.key, "offer": {"id": made.key}}
    assert (entry["about"], entry["message"]) == (about, {"id": entry["messageId"]})


async def test_each_event_of_a_bulk_action_is_kept(served):
    action = str(new_id())
    await served.centre.hear(*[declaration("declared", one, action=action) for one in many(5)])
    entries = await history(served, code=C)
    assert len({entry["eventId"] for entry in entries}) == 5
    assert len({entry["messageId"] for entry in entries}) == 1
    assert {entry["subject"] for entry in entries} == {"Ready to approve: QOF2526/1 (5)"}


async def test_it_is_searched_by_whom_where_what_when_and_why(served):
    withdrawn = offer("withdrawn", reason="Offered by mistake", at="2025-03-14T09:00:00+00:00")
    await served.centre.hear(offer("made"), withdrawn, declaration("calculated"))
    manager = str(served.centre.people[P, Role.SERVICE_MANAGEMENT])
    found = {
        "person": ({"person": manager}, 2),
        "organisation": ({"organisation": P}, 3),
        "another organisation": ({"organisation": C}, 0),
        "subject": ({"subjectCodes": ["DECLARATION_CALCULATED", "OFFER_MADE"]}, 2),
        "about": ({"about": withdrawn.key}, 1),
        "event": ({"event": str(withdrawn.id)}, 1),
        "from": ({"from": "2025-03-14T09:00:00Z"}, 1),
        "to": ({"to": "2025-03-14T09:00:00Z"}, 2),
        "words": ({"words": "mistake offer"}, 1),
        "a phrase": ({"words": '"by mistake"'}, 1),
        "a code": ({"words": "A99001 -declare"}, 2),
        "other words": ({"words": "cancelled"}, 0),
        "several": ({"person": manager, "words": "offered", "to": "2025-03-14T00:00:00Z"}, 1),
    }
    for what, (wanted, count) in found.items():
        answer = (await served.ask(SUPERVISOR, P, HISTORY, filter=wanted)).data["messageHistory"]
        assert (answer["totalCount"], len(answer["edges"])) == (count, count), what


async def test_it_is_paged_the_latest_first_without_loss_at_equal_moments(served):
    await served.centre.hear(*[offer("made") for _ in range(7)])
    seen, after = [], None
    while True:
        answer = await served.ask(SUPERVISOR, P, HISTORY, first=2, after=after)
        page = answer.data["messageHistory"]
        seen += [edge["node"]["eventId"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 7


async def test_an_organisation_sees_its_own_and_that_of_what_it_took_over(served):
    await served.centre.hear(offer("made"), offer("rejected"), offer("made", provider="A99002"))
    assert len(await history(served)) == 1
    assert len(await history(served, code=C)) == 1
    async with served.centre.database.transaction() as tx:
        await have_organisation(tx, "A99009", OrganisationKind.PRACTICE)
        await relate(tx, P, RelationshipKind.SUCCESSOR_OF, "A99002")
    assert len(await history(served)) == 2
    assert len(await history(served, role=Role.USER_ADMINISTRATOR)) == 2


async def test_a_supervisor_of_some_payment_types_sees_those(served):
    await served.centre.hear(offer("made"), offer("made", payment_type="VACCINATION"))
    await served.centre.hear(members("MEMBERSHIP_STARTED"))
    async with served.centre.database.transaction() as tx:
        await tx.execute(
            "update directory.person_role set payment_types = '{QOF}' where role = 'SUPERVISOR'"
        )
    assert len(await history(served)) == 2


async def test_nobody_else_sees_it_and_a_period_begins_before_it_ends(served):
    assert (await served.ask(Role.VIEW, P, HISTORY)).code == "ROLE_REQUIRED"
    days = {"from": "2025-03-14T00:00:00Z", "to": "2025-03-13T00:00:00Z"}
    assert (await served.ask(SUPERVISOR, P, HISTORY, filter=days)).code == "DATES_OUT_OF_ORDER"


SENT = """
with sent as (
    insert into email_delivery (id, person_id, message_id, status, made_at, due_at, ended_at)
    select gen_random_uuid(), person_id, id, 'SENT', now(), now(), now() from message
    returning id, message_id
)
update email_item i set choice = 'AT_ONCE', delivery_id = sent.id
from sent where sent.message_id = i.message_id
"""


async def test_the_mail_that_told_of_it_stands_beside(served):
    await served.centre.hear(offer("made"))
    (entry,) = await history(served)
    assert (entry["emailChoice"], entry["email"]) == (None, None)
    async with served.centre.database.transaction() as tx:
        await tx.execute(SENT)
    (entry,) = await history(served)
    assert (entry["emailChoice"], entry["email"]["status"]) == ("AT_ONCE", "SENT")


FILL = """
with told as (
    insert into message (id, version, kind, subject_code, person_id, organisation, action,
        count, outstanding, status, raised_at)
    select gen_random_uuid(), 1, 'MESSAGE', 'OFFER_ENDED', gen_random_uuid(),
        'B' || (n % 3), gen_random_uuid(), 1, 0, 'UNREAD', now() - n * interval '1 minute'
    from generate_series(1, 20000) n
    returning *
),
said as (
    insert into message_said
    select id, 'Ended', 'It ended', to_tsvector('english', 'ended ' || id) from told
)
insert into message_event
    (message_id, event_id, event_type, about_id, at, person_id, organisation, subject_code)
select id, gen_random_uuid(), 'offer.ended.v1', gen_random_uuid(), raised_at, person_id,
    organisation, subject_code
from told
"""


@pytest.fixture
async def filled(database):
    async with database.transaction() as tx:
        await tx.execute("alter table message_event disable trigger user")
        await tx.execute(FILL)
        await tx.fetchval("select gin_clean_pending_list('message_said_words')")  # as vacuum does
    async with database.session() as session:
        for table in ("message", "message_event", "message_said"):
            await session.fetch(f"analyze {table}")
    return database


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (HistoryFilter(), "message_event_in_order"),
        (HistoryFilter(person=new_id()), "message_event_by_person"),
        (HistoryFilter(event=new_id()), "message_event_by_event"),
        (HistoryFilter(about=str(new_id())), "message_event_by_thing"),
        (HistoryFilter(words="rare"), "message_said_words"),
    ],
)
async def test_each_search_goes_by_an_index(filled, chosen, index):
    sight = Sight("B1", AT.date(), None)
    sql, arguments = store.page(sight, chosen, (None, None, None), 50)
    async with filled.reader() as reader:
        plan = await reader.fetch(f"explain {sql}", *arguments)
    text = "\n".join(line for (line,) in plan)
    assert index in text
    assert not [kept for kept in ("_event", "_said", " ") if f"Seq Scan on message{kept}" in text]
