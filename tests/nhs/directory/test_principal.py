"""Who calls, and what they may do."""

from datetime import UTC, datetime

import pytest

from chassis.auth import Identity
from chassis.errors import DomainError, TransientError
from nhs.directory.principal import load_principal
from nhs.roles import OrganisationKind, Role
from tests.support.directory import ISSUER, have_organisation, have_person

NOW = datetime(2026, 4, 9, 9, tzinfo=UTC)
PRACTICE = OrganisationKind.PRACTICE


async def principal(database, subject, acting_for=None):
    async with database.reader() as reader:
        return await load_principal(reader, Identity(ISSUER, subject), acting_for, NOW)


async def refusal(database, subject, acting_for=None):
    with pytest.raises(DomainError) as refused:
        await principal(database, subject, acting_for)
    return refused.value


@pytest.fixture
async def people(database):
    async with database.transaction() as tx:
        await have_organisation(tx, "A81001", PRACTICE)
        await have_organisation(tx, "A81002", PRACTICE)
        both = {"A81001": [Role.SERVICE_MANAGEMENT, Role.VIEW], "A81002": [Role.VIEW]}
        await have_person(tx, "one", {"A81001": [Role.SERVICE_MANAGEMENT]})
        await have_person(tx, "two", both)
        await have_person(tx, "idle", {"A81001": []})
        await have_person(tx, "nowhere", {})
        await have_person(tx, "gone", both, status="DISABLED")
        await have_person(tx, "early", {"A81999": [Role.VIEW]})


async def test_who_is_linked_to_one_organisation_acts_for_it(people, database):
    one = await principal(database, "one")
    assert (one.organisation, one.organisation_kind) == ("A81001", PRACTICE)
    assert one.holds(Role.SERVICE_MANAGEMENT)
    one.require(Role.SERVICE_MANAGEMENT)


async def test_who_is_linked_to_two_organisations_must_say_which(people, database):
    refused = await refusal(database, "two")
    assert refused.code == "ACTING_FOR_REQUIRED"
    assert refused.facts["organisations"] == ["A81001", "A81002"]
    assert set((await principal(database, "two", "A81002")).roles) == {Role.VIEW}


async def test_nobody_acts_for_an_organisation_they_are_not_linked_to(people, database):
    assert (await refusal(database, "one", "A81002")).code == "NOT_LINKED"
    assert (await refusal(database, "nowhere")).code == "NOT_LINKED"


async def test_an_unknown_person_is_refused(people, database):
    assert (await refusal(database, "nobody")).code == "PERSON_NOT_KNOWN"


async def test_the_subject_of_another_issuer_is_somebody_else(people, database):
    async with database.reader() as reader:
        with pytest.raises(DomainError, match="Nobody"):
            await load_principal(reader, Identity("https://other.example", "one"), None, NOW)


async def test_two_people_of_one_subject_are_neither(people, database):
    """As it stands for a moment when events of both are on their way."""
    async with database.transaction() as tx:
        await have_person(tx, "one", {"A81001": [Role.DATA_LOAD]})
    async with database.reader() as reader:
        with pytest.raises(TransientError):
            await load_principal(reader, Identity(ISSUER, "one"), None, NOW)


async def test_a_disabled_person_is_refused(people, database):
    assert (await refusal(database, "gone", "A81001")).code == "PERSON_DISABLED"


async def test_an_organisation_not_heard_of_yet_is_worth_another_try(people, database):
    assert (await refusal(database, "early")).code == "NOT_YET_KNOWN"


async def test_a_missing_role_is_named_with_the_organisation(people, database):
    idle = await principal(database, "idle")
    with pytest.raises(DomainError) as refused:
        idle.require(Role.SERVICE_MANAGEMENT)
    assert refused.value.code == "ROLE_REQUIRED"
    assert "Service Management" in refused.value.message
    assert refused.value.facts["organisation"] == "A81001"


async def test_a_role_taken_away_refuses_at_once(people, database):
    async with database.transaction() as tx:
        await tx.execute("delete from directory.person_role where role = 'SERVICE_MANAGEMENT'")
    with pytest.raises(DomainError, match="Service Management"):
        (await principal(database, "one")).require(Role.SERVICE_MANAGEMENT)


async def test_a_role_may_hold_for_some_payment_types_only(people, database):
    async with database.transaction() as tx:
        await tx.execute(
            "update directory.person_role set payment_types = '{QOF}' where organisation = 'A81002'"
        )
    two = await principal(database, "two", "A81002")
    assert two.holds(Role.VIEW)
    assert two.holds(Role.VIEW, payment_type="QOF")
    with pytest.raises(DomainError, match="for V&I at A81002"):
        two.require(Role.VIEW, payment_type="V&I")


async def test_a_role_made_later_is_no_reason_to_refuse_the_others(people, database):
    async with database.transaction() as tx:
        await tx.execute(
            "insert into directory.person_role (person_id, organisation, role)"
            " select person_id, 'A81002', 'NEW_ROLE' from directory.person_role"
            " where organisation = 'A81002'"
        )
    assert set((await principal(database, "two", "A81002")).roles) == {Role.VIEW}
