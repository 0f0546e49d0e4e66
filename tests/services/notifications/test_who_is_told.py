"""DOMAIN.md 10.4, line by line: exactly these, and nobody else."""

import pytest

from chassis.errors import NOT_YET_KNOWN, DomainError
from chassis.ids import new_id
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.notifications.messages.consumers import REACTIONS
from tests.services.notifications.centre import Centre, declaration, make_centre, many, offer
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
}


@pytest.fixture
async def centre(database) -> Centre:
    return await make_centre(database)


def _event(name, about=None, **others):
    thing, _, what = name.partition(".")
    return (offer if thing == "offer" else declaration)(what, about, **others)


def test_every_event_reacted_to_has_a_line():
    assert set(REACTIONS) == {f"{name}.v1" for name in MATRIX}


@pytest.mark.parametrize("name", MATRIX)
async def test_exactly_these_people_are_told(centre, name):
    await centre.hear(_event(name))
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


async def test_the_successor_of_a_commissioner_is_told_in_its_place(centre):
    async with centre.database.transaction() as tx:
        await have_organisation(tx, "QZX", OrganisationKind.ICB)
        await relate(tx, "QZX", RelationshipKind.SUCCESSOR_OF, C)
        heir = await have_person(tx, "heir", {"QZX": [Role.APPROVAL_MANAGEMENT]})
    await centre.hear(declaration("declared"))
    assert (heir, "QZX") in {(row["person_id"], row["organisation"]) for row in await centre.rows()}


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
