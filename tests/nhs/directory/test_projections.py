"""What is heard of organisations and people, in any order and any number of times."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from chassis.auth import Identity
from chassis.errors import DomainError
from chassis.ids import new_id
from chassis.received import Received
from nhs.directory import load_principal
from nhs.directory.projections import project_organisations, project_persons
from nhs.roles import Role
from tests.support.directory import ISSUER

NOW = datetime(2026, 4, 9, 9, tzinfo=UTC)


def heard(type_, topic, key, payload):
    return Received(new_id(), type_, "organisations", NOW, topic, 0, 0, key, payload)


def practice(version, pcn, **changes):
    payload = {
        "ods_code": "A84002",
        "version": version,
        "kind": "PRACTICE",
        "name": f"Practice, version {version}",
        "status": "ACTIVE",
        "opened_on": "1974-04-01",
        "closed_on": None,
        "postcode": "NE65 7UW",
        "list_sizes": [{"on": "2026-01-01", "patients": 5903}],
        "payees": [{"payee": "A84002", "valid_from": "1974-04-01", "valid_to": None}],
        "relationships": [
            {
                "id": str(new_id()),
                "kind": "MEMBER_OF",
                "target": pcn,
                "valid_from": "2022-04-01",
                "valid_to": None,
            }
        ],
        "something_new": "let pass",
    }
    return heard(
        "organisation.changed.v1", "organisations.organisation", "A84002", payload | changes
    )


def person(id_, version, roles, status="ACTIVE", organisation="A84002"):
    payload = {
        "id": str(id_),
        "version": version,
        "issuer": ISSUER,
        "subject": "one",
        "status": status,
        "links": [{"organisation": organisation, "roles": roles}],
    }
    return heard("person.changed.v1", "organisations.person", str(id_), payload)


async def project(database, how, *batch):
    async with database.transaction() as tx:
        await how(tx, batch)


async def networks(database):
    async with database.reader() as reader:
        rows = await reader.fetch("select target, valid_from from directory.relationship")
        version = await reader.fetchval("select version from directory.organisation")
    return version, [tuple(row) for row in rows]


async def test_an_organisation_is_kept_with_all_its_parts(database):
    await project(database, project_organisations, practice(1, "U09980"))
    assert await networks(database) == (1, [("U09980", date(2022, 4, 1))])
    async with database.reader() as reader:
        assert await reader.fetchval("select patients from directory.list_size") == 5903
        assert await reader.fetchval("select payee from directory.payee") == "A84002"


async def test_what_an_organisation_decides_is_kept_until_it_is_told_no_more(database):
    given = {"id": str(new_id()), "report": "PAYMENTS", "to": "U00001", "valid_from": "2026-04-01"}
    duty = {"kind": "DECLARATIONS", "separated": False, "valid_from": "2026-04-01"}
    decided = practice(1, "U00001", allocated_reports=[given], duties=[duty])

    async def kept():
        async with database.reader() as reader:
            return (
                [
                    tuple(row)
                    for row in await reader.fetch(
                        "select granted_by, report, service_code, granted_to, valid_to"
                        " from directory.allocated_report"
                    )
                ],
                [
                    tuple(row)
                    for row in await reader.fetch(
                        "select ods_code, kind, separated, valid_to from directory.duty_switch"
                    )
                ],
            )

    for _ in range(2):
        await project(database, project_organisations, decided)
        assert await kept() == (
            [("A84002", "PAYMENTS", None, "U00001", None)],
            [("A84002", "DECLARATIONS", False, None)],
        )
    await project(database, project_organisations, practice(2, "U00001"))
    assert await kept() == ([], [])


async def test_of_a_batch_the_newest_version_counts(database):
    batch = practice(1, "U00001"), practice(3, "U00003"), practice(2, "U00002")
    await project(database, project_organisations, *batch)
    assert await networks(database) == (3, [("U00003", date(2022, 4, 1))])


async def test_an_older_version_changes_nothing(database):
    await project(database, project_organisations, practice(2, "U00002"))
    await project(database, project_organisations, practice(1, "U00001"))
    assert await networks(database) == (2, [("U00002", date(2022, 4, 1))])


async def test_the_same_event_again_changes_nothing(database):
    event = practice(1, "U00001")
    await project(database, project_organisations, event)
    await project(database, project_organisations, event)
    assert await networks(database) == (1, [("U00001", date(2022, 4, 1))])


async def test_what_is_no_organisation_is_poison_and_leaves_nothing(database):
    with pytest.raises(ValidationError):
        await project(database, project_organisations, practice(1, "U00001", kind=None))
    assert await networks(database) == (None, [])


async def test_a_role_taken_away_refuses_with_the_next_request(database):
    id_ = new_id()
    full = [{"role": "VIEW"}, {"role": "SERVICE_MANAGEMENT", "payment_types": ["QOF"]}]
    await project(database, project_organisations, practice(1, "U00001"))
    await project(database, project_persons, person(id_, 1, full))
    async with database.reader() as reader:
        before = await load_principal(reader, Identity(ISSUER, "one"), None, NOW)
    assert before.person_id == id_
    assert before.roles == {Role.VIEW: None, Role.SERVICE_MANAGEMENT: frozenset({"QOF"})}

    await project(database, project_persons, person(id_, 2, full[:1]), person(id_, 1, full))
    async with database.reader() as reader:
        after = await load_principal(reader, Identity(ISSUER, "one"), None, NOW)
    with pytest.raises(DomainError, match="Service Management"):
        after.require(Role.SERVICE_MANAGEMENT)


async def test_a_person_disabled_or_unlinked_is_refused_with_the_next_request(database):
    id_ = new_id()
    await project(database, project_organisations, practice(1, "U00001"))
    await project(database, project_persons, person(id_, 1, [], status="DISABLED"))
    async with database.reader() as reader:
        with pytest.raises(DomainError, match="disabled"):
            await load_principal(reader, Identity(ISSUER, "one"), None, NOW)
    await project(database, project_persons, person(id_, 2, [], organisation="A84003"))
    async with database.reader() as reader:
        with pytest.raises(DomainError, match="not linked"):
            await load_principal(reader, Identity(ISSUER, "one"), "A84002", NOW)
