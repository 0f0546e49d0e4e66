"""DOMAIN.md 10.4, line by line: exactly these, and nobody else."""

from datetime import date, datetime
from uuid import UUID

import pytest

from chassis.errors import NOT_YET_KNOWN, DomainError
from chassis.ids import new_id
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.notifications.messages import telling
from services.notifications.messages.domain import NOTICES
from tests.services.notifications.centre import (
    AT,
    Centre,
    claim,
    declaration,
    make_centre,
    many,
    members,
    offer,
    person,
    proposal,
    relationship,
)
from tests.support.directory import have_organisation, have_person, relate

TASK, MESSAGE = "TASK", "MESSAGE"
P, C = "A99001", "QZ9"

MATRIX = {
    "offer.made": {("SERVICE_MANAGEMENT", P, TASK)},
    "offer.accepted": set(),
    "offer.rejected": {("COMMISSIONING_MANAGEMENT", C, MESSAGE)},
    "offer.withdrawn": {("SERVICE_MANAGEMENT", P, MESSAGE)},
    "offer.cancelled": {("SERVICE_MANAGEMENT", P, MESSAGE)},
    "offer.ended": {("SERVICE_MANAGEMENT", P, MESSAGE)},
    "offer.extended": {("SERVICE_MANAGEMENT", P, MESSAGE)},
    "offer.response-due": {("SERVICE_MANAGEMENT", P, TASK)},
    "declaration.values-missing": {("ACHIEVEMENT_ENTRY", P, TASK)},
    "declaration.calculated": {("DECLARATION_MANAGEMENT", P, TASK)},
    "declaration.declared": {("APPROVAL_MANAGEMENT", C, TASK)},
    "declaration.approved": {("FINANCE_MANAGEMENT", C, TASK)},
    "declaration.returned": {("DECLARATION_MANAGEMENT", P, TASK)},
    "declaration.recalculated": {("DECLARATION_MANAGEMENT", P, TASK)},
    "declaration.held": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "declaration.released": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "declaration.finance-approved": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "declaration.closed": set(),
    "declaration.payment-sent": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "declaration.payment-settled": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "declaration.payment-adjusted": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "declaration.payment-failed": {
        ("DECLARATION_MANAGEMENT", P, MESSAGE),
        ("FINANCE_MANAGEMENT", C, TASK),
    },
    "declaration.reminded-to-submit": {("ACHIEVEMENT_ENTRY", P, TASK)},
    "declaration.reminded-to-declare": {("DECLARATION_MANAGEMENT", P, TASK)},
    "declaration.reminded-to-approve": {("APPROVAL_MANAGEMENT", C, TASK)},
    "declaration.reminded-to-finance-approve": {("FINANCE_MANAGEMENT", C, TASK)},
    "claim.draft": set(),
    "claim.awaiting-provider-approval": {("CLAIM_APPROVER", P, TASK)},
    "claim.awaiting-tier-1": {("CLAIM_TIER_1", C, TASK)},
    "claim.awaiting-tier-2": {("CLAIM_TIER_2", C, TASK)},
    "claim.awaiting-finance": {("CLAIM_FINANCE", C, TASK)},
    "claim.approved": {("CLAIM_USER", P, MESSAGE)},
    "claim.rejected": {("CLAIM_USER", P, MESSAGE)},
    "claim.withdrawn": set(),
    "claim.payment-sent": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "claim.payment-settled": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "claim.payment-adjusted": {("DECLARATION_MANAGEMENT", P, MESSAGE)},
    "claim.payment-failed": {
        ("DECLARATION_MANAGEMENT", P, MESSAGE),
        ("FINANCE_MANAGEMENT", C, TASK),
    },
    "membership.proposed": {("ORGANISATION_ADMINISTRATOR", C, TASK)},
    "membership.confirmed": set(),
    "membership.refused": set(),
    "membership.withdrawn": set(),
    "membership.overtaken": set(),
    "membership.started": {
        ("DECLARATION_MANAGEMENT", P, MESSAGE),
        ("DECLARATION_MANAGEMENT", "U99001", MESSAGE),
        ("COMMISSIONING_MANAGEMENT", C, MESSAGE),
    },
    "membership.ended": {
        ("DECLARATION_MANAGEMENT", P, MESSAGE),
        ("DECLARATION_MANAGEMENT", "U99001", MESSAGE),
        ("COMMISSIONING_MANAGEMENT", C, MESSAGE),
    },
    "person.linked": {("VIEW", P, MESSAGE)},
    "person.unlinked": {("VIEW", P, MESSAGE)},
    "person.role-granted": {("VIEW", P, MESSAGE)},
    "person.role-withdrawn": {("VIEW", P, MESSAGE)},
}
REMINDED = "reminded-to-"
BOUNCED = "mail.bounced"
"""Told by a command of our own, without an event."""


@pytest.fixture
async def centre(database) -> Centre:
    return await make_centre(database)


def _event(centre, name, about=None, **others):
    thing, _, what = name.partition(".")
    if name in ("membership.started", "membership.ended"):
        return members(f"MEMBERSHIP_{what.upper()}")
    if thing == "person":
        return person(centre, what.upper().replace("-", "_"))
    if thing == "claim" and what.startswith("payment-"):
        return claim(what, "APPROVED", about, **others)
    if thing == "claim":
        event = {"draft": "amended", "approved": what, "rejected": what, "withdrawn": what}
        status = what.upper().replace("-", "_")
        return claim(event.get(what, "submitted"), status, about, **others)
    if what.startswith(REMINDED):
        turn = what.removeprefix(REMINDED).upper().replace("-", "_")
        return declaration("reminded", about, turn=turn, **others)
    made = {"offer": offer, "declaration": declaration, "membership": proposal}[thing]
    return made(what, about, **others)


def test_every_line_of_the_table_is_tried_here():
    assert set(NOTICES) == MATRIX.keys() | {BOUNCED}


@pytest.mark.parametrize("name", MATRIX)
async def test_exactly_these_people_are_told(centre, name):
    await centre.hear(_event(centre, name))
    subject = name.upper().replace(".", "_").replace("-", "_")
    assert await centre.told() == {(*line, subject) for line in MATRIX[name]}
    assert len(await centre.events()) == len(MATRIX[name])


@pytest.mark.parametrize("what", ["returned", "recalculated"])
async def test_approvers_hear_of_what_had_reached_them_and_of_nothing_else(centre, what):
    one = new_id()
    await centre.hear(declaration("declared", one), declaration(what, one))
    approver = ("APPROVAL_MANAGEMENT", C, MESSAGE, f"DECLARATION_{what.upper()}")
    assert approver in await centre.told()
    before = len(await centre.rows())
    await centre.hear(declaration("recalculated", one))
    assert len(await centre.rows()) == before + 1


async def test_a_network_whose_member_leaves_after_declaring_is_asked_to_declare_again(centre):
    one, left = new_id(), "A99002 left on 2025-01-31; list size 48000 to 24000"
    of_network = {"provider": "U99001", "service_code": "NCD2425", "indicator": "HI03"}
    await centre.hear(
        declaration("declared", one, **of_network),
        declaration("recalculated", one, reason=left, **of_network),
    )
    assert ("DECLARATION_MANAGEMENT", "U99001", TASK, "DECLARATION_RECALCULATED") in (
        await centre.told()
    )
    tasks = [row for row in await centre.rows() if row["organisation"] == "U99001"]
    assert [(row["status"], row["reason"]) for row in tasks] == [("UNREAD", left)]


async def test_a_role_for_another_payment_type_is_not_told(centre):
    async with centre.database.transaction() as tx:
        await tx.execute("update directory.person_role set payment_types = '{VACCINATION}'")
    await centre.hear(offer("made"))
    assert await centre.told() == set()
    await centre.hear(offer("made", payment_type="VACCINATION"))
    assert len(await centre.told()) == 1


async def test_a_disabled_person_is_not_told(centre):
    async with centre.database.transaction() as tx:
        await tx.execute("update directory.person set status = 'DISABLED'")
    await centre.hear(offer("made"))
    assert await centre.rows() == []
    assert await centre.events() == []


async def test_everyone_who_holds_the_role_is_told(centre):
    async with centre.database.transaction() as tx:
        await have_person(tx, "second", {P: [Role.SERVICE_MANAGEMENT]})
    await centre.hear(offer("made"))
    assert len(await centre.rows()) == 2


async def test_one_bulk_action_is_one_message_a_recipient_with_the_count(centre):
    action = str(new_id())
    things = many(142)
    await centre.hear(*[declaration("approved", one, action=action) for one in things])
    (row,) = await centre.rows()
    assert (row["count"], row["outstanding"], row["version"]) == (142, 142, 142)
    last = (await centre.events())[-1]
    assert (last["count"], len(last["about"])) == (142, 10)
    assert set(last["about"]) <= {str(one) for one in things}


async def test_another_action_is_another_message(centre):
    await centre.hear(declaration("approved"), declaration("approved"))
    assert len(await centre.rows()) == 2


async def test_an_event_that_names_no_action_is_one_of_its_own(centre):
    await centre.hear(offer("rejected", action=None), offer("rejected", action=None))
    assert [row["count"] for row in await centre.rows()] == [1, 1]


async def test_calculated_again_is_the_same_open_task(centre):
    one = new_id()
    await centre.hear(declaration("calculated", one), declaration("calculated", one))
    assert len(await centre.rows()) == 1
    await centre.hear(declaration("declared", one), declaration("calculated", one))
    subjects = [row["subject_code"] for row in await centre.rows()]
    assert subjects.count("DECLARATION_CALCULATED") == 2


async def test_values_still_missing_are_the_same_open_task(centre):
    one = new_id()
    await centre.hear(declaration("values-missing", one), declaration("values-missing", one))
    assert len(await centre.rows()) == 1


async def test_a_reminder_comes_again(centre):
    one = new_id()
    await centre.hear(offer("response-due", one), offer("response-due", one))
    assert len(await centre.rows()) == 2


async def test_a_reminder_of_many_is_one_task_a_recipient_with_the_count_and_its_day(centre):
    action = str(new_id())
    about = [
        declaration("reminded", one, turn="DECLARE", action=action, due_on="2026-07-03")
        for one in many(14)
    ]
    await centre.hear(*about)
    (row,) = await centre.rows()
    assert (row["kind"], row["count"], row["due_on"]) == (TASK, 14, date(2026, 7, 3))
    await centre.hear(declaration("declared", UUID(about[0].payload["id"]), version=9))
    assert (await centre.rows())[0]["outstanding"] == 13


async def test_everybody_whose_values_a_network_waits_for_is_reminded(centre):
    async with centre.database.transaction() as tx:
        await have_person(tx, "enterer", {"A99002": [Role.ACHIEVEMENT_ENTRY]})
    waits_for = [P, "A99002"]
    await centre.hear(
        declaration("reminded", provider="U99001", turn="SUBMIT", waits_for=waits_for)
    )
    assert {row["organisation"] for row in await centre.rows()} == set(waits_for)


async def test_a_reminder_heard_after_the_step_raises_no_task(centre):
    one = new_id()
    await centre.hear(
        declaration("declared", one, version=5), declaration("reminded", one, turn="DECLARE")
    )
    subjects = {row["subject_code"] for row in await centre.rows()}
    assert subjects == {"DECLARATION_DECLARED"}


async def test_an_event_heard_twice_tells_once(centre):
    once = offer("made")
    await centre.hear(once)
    await centre.hear(once)
    assert [row["count"] for row in await centre.rows()] == [1]


async def test_an_organisation_not_heard_of_yet_is_waited_for(centre):
    with pytest.raises(DomainError, match="A99003") as refusal:
        await centre.hear(offer("made", provider="A99003"))
    assert refusal.value.code == NOT_YET_KNOWN  # for which the reader waits
    assert await centre.rows() == []
    assert await centre.events() == []


async def test_an_import_is_one_message_a_recipient_with_the_count(centre):
    action = str(new_id())
    await centre.hear(*[members("MEMBERSHIP_STARTED", p, action=action) for p in (P, "A99002")])
    counts = {row["organisation"]: row["count"] for row in await centre.rows()}
    assert counts == {P: 1, "A99002": 1, "U99001": 2, C: 2}
    assert len(await centre.events()) == 4  # one a message, as it stands at the end


async def test_the_icb_over_the_practices_commissioner_is_told_and_the_region_is_not(centre):
    commissioning = Role.COMMISSIONING_MANAGEMENT
    async with centre.database.transaction() as tx:
        await have_organisation(tx, "99Z", OrganisationKind.SUB_ICB)
        await have_organisation(tx, "Y99", OrganisationKind.REGION)
        await relate(tx, "99Z", RelationshipKind.PART_OF, C)
        await relate(tx, C, RelationshipKind.PART_OF, "Y99")
        await tx.execute("delete from directory.relationship where source = 'U99001'")
        await have_person(tx, "region", {"Y99": [commissioning]})
        below = await have_person(tx, "below", {"99Z": [commissioning]})
    by = relationship(P) | {"target": "99Z"}
    await centre.hear(members("MEMBERSHIP_STARTED", relationships=[by]))
    commissioners = {below, centre.people[C, commissioning]}
    told = {
        row["person_id"] for row in await centre.rows() if row["organisation"] not in (P, "U99001")
    }
    assert told == commissioners


async def test_an_organisation_restated_tells_nobody(centre):
    await centre.hear(members("MEMBERSHIP_STARTED", changes=[]), members("RENAMED"))
    assert await centre.rows() == []


async def test_what_is_no_organisations_affair_is_told_to_nobody(centre):
    changes = [{"change": change, "organisation": None} for change in ("ADDED", "RENAMED")]
    await centre.hear(person(centre, changes=changes))
    assert await centre.rows() == []


async def test_what_else_changed_of_people_and_organisations_is_told_to_nobody(centre):
    others = [{"change": what, "organisation": None, "role": None} for what in ("ADDED", "RENAMED")]
    await centre.hear(person(centre, changes=others))
    await centre.hear(members("MERGED", changes=[{"change": "MERGED"}]))
    assert await centre.rows() == []


async def test_roles_that_come_with_an_account_are_told_with_it(centre):
    await centre.hear(person(centre, "LINKED", "ROLE_GRANTED"))
    (row,) = await centre.rows()
    assert (row["subject_code"], row["names"]) == ("PERSON_LINKED", ["VIEW"])


async def test_who_left_an_organisation_is_told_where_they_still_are(centre):
    gone = [
        {"change": "UNLINKED", "organisation": "A99002", "role": None},
        {"change": "ROLE_WITHDRAWN", "organisation": "A99002", "role": "VIEW"},
    ]
    await centre.hear(person(centre, changes=gone), person(centre, changes=gone, links=[]))
    told = [(row["organisation"], row["subject_code"], row["names"]) for row in await centre.rows()]
    assert told == [(place, "PERSON_UNLINKED", ["A99002"]) for place in (P, "A99002")]


async def test_user_administrators_are_told_of_mail_that_bounces(centre):
    async with centre.database.transaction() as tx:
        bounced = {"event_id": new_id(), "event_type": "email.failed.v1", "at": AT}
        viewer = centre.people[P, Role.VIEW]
        await telling.mail_bounced(tx, viewer, **bounced, reason="550 no such mailbox")
    assert await centre.told() == {("USER_ADMINISTRATOR", P, MESSAGE, "MAIL_BOUNCED")}


async def test_what_took_over_is_told_in_the_place_of_the_old_from_its_day_on(centre):
    async with centre.database.transaction() as tx:
        await have_organisation(tx, "QZX", OrganisationKind.ICB)
        await relate(tx, "QZX", RelationshipKind.SUCCESSOR_OF, C, date(2025, 4, 1))
        await have_person(tx, "heir", {"QZX": [Role.APPROVAL_MANAGEMENT]})
    for at, place in (("2025-03-31T22:59:59Z", C), ("2025-03-31T23:00:00Z", "QZX")):
        one = new_id()  # midnight in London is an hour earlier in UTC then
        await centre.hear(declaration("declared", one, at=at))
        assert [
            r["organisation"] for r in await centre.rows() if r["raised_at"] == _moment(at)
        ] == [place]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
