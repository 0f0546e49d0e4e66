"""Drafting and publishing quality services."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from chassis.errors import DomainError
from chassis.outbox import Event
from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import Role
from nhs.values import FinancialYear
from services.participation.catalogue import commands, events, queries, shipped
from services.participation.catalogue.commands import Ask, Terms
from services.participation.catalogue.domain import (
    Publication,
    QualityService,
    ServiceFilter,
    Signature,
)
from services.participation.catalogue.queries import Looking
from tests.services.participation.conftest import NOW, QOF, person

MANAGER = person("ENG", Role.CATALOGUE_MANAGER)
ANOTHER = person("ENG", Role.CATALOGUE_MANAGER)
TODAY = NOW.date()


def qof(**changes):
    return shipped.library()["QOF2526"].model_copy(update=changes)


def draft(specification=None):
    signature, author = Signature(NOW, MANAGER.person_id, "ENG"), MANAGER.person_id
    return QualityService("QOF2526", 1, specification or qof(), signature, "ENG", (author,))


def published(one, reason=None, on=TODAY):
    decided = Signature(NOW, ANOTHER.person_id, "ENG")
    return one.publish(Publication(decided, on, reason), None, TODAY)


async def refused_to_publish(participation, principal, **terms):
    with pytest.raises(DomainError) as refused:
        await commands.publish_quality_service(
            participation.db, Ask(principal, NOW), QOF, Terms(**terms)
        )
    return refused.value


async def publish(participation, principal=ANOTHER, identity=QOF, now=NOW, **terms):
    asked = Ask(principal, now)
    return await commands.publish_quality_service(participation.db, asked, identity, Terms(**terms))


@pytest.fixture
async def drafted(participation):
    await commands.draft_shipped_quality_service(participation.db, Ask(MANAGER, NOW), "QOF2526")
    return participation


def test_every_shipped_service_is_sound_and_named_by_its_file():
    for code, specification in shipped.library().items():
        assert specification.code == code
        assert not replace(draft(), specification=specification).problems, code


def test_points_that_do_not_add_up_cannot_be_published():
    short = draft(qof(points=563))
    with pytest.raises(DomainError, match="563") as refused:
        published(short, "It is urgent")
    assert refused.value.code == "NOT_SOUND"
    assert refused.value.facts["problems"][0]["code"] == "POINTS_DO_NOT_ADD_UP"


def test_an_unknown_rounding_policy_cannot_be_published():
    with pytest.raises(DomainError, match="no rounding policy pounds-0@1") as refused:
        published(draft(qof(rounding_policy="pounds-0@1")), "It is urgent")
    assert refused.value.facts["problems"][0]["code"] == "ROUNDING_POLICY_UNKNOWN"


async def test_a_reason_that_is_too_long_is_refused_and_not_cut(drafted):
    before = await drafted.traces()
    refused = await refused_to_publish(drafted, ANOTHER, reason="x" * 301)
    assert refused.code == "REASON_NOT_VALID"
    assert await drafted.traces() == before


def test_an_unusual_price_of_a_patient_takes_a_reason():
    dear = qof().constants[0].model_copy(update={"value": 300})
    unusual = draft(qof(constants=(dear, qof().constants[1])))
    with pytest.raises(DomainError) as refused:
        published(unusual)
    assert (refused.value.code, refused.value.field) == ("REASON_REQUIRED", "reason")
    assert published(unusual, "As negotiated").publication.reason == "As negotiated"


async def test_nobody_publishes_what_they_wrote(drafted):
    before = await drafted.traces()
    assert (await refused_to_publish(drafted, MANAGER)).code == "SEPARATION_OF_DUTIES"
    assert await drafted.traces() == before


async def test_a_published_version_is_told_whole(drafted):
    await publish(drafted)
    (row,) = await drafted.rows("select type, aggregateid, payload from chassis.outbox")
    assert (row["type"], row["aggregateid"]) == ("quality-service.published.v1", QOF)
    heard = row["payload"]
    assert (heard["id"], heard["code"], heard["version"]) == (QOF, "QOF2526", 1)
    told = QualityServiceSpecification.model_validate(
        {name: heard[name] for name in qof().as_json()}
    )
    assert told == qof()
    assert heard["digest_sha256"] == qof().digest


async def test_a_published_version_is_frozen(drafted):
    await publish(drafted)
    assert (await refused_to_publish(drafted, ANOTHER)).code == "ALREADY_PUBLISHED"
    for change in ("update quality_service set name = 'x'", "delete from quality_service"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="frozen"):
            async with drafted.db.transaction() as tx:
                await tx.execute(change)


async def test_the_next_draft_is_the_next_version_and_there_is_one_at_a_time(drafted):
    before = await drafted.traces()
    with pytest.raises(DomainError) as refused:
        await commands.draft_shipped_quality_service(drafted.db, Ask(ANOTHER, NOW), "QOF2526")
    assert refused.value.code == "DRAFT_EXISTS"
    assert await drafted.traces() == before
    await publish(drafted)
    following = await commands.draft_shipped_quality_service(
        drafted.db, Ask(ANOTHER, NOW + timedelta(days=1)), "QOF2526"
    )
    assert following == "QOF2526/2"


async def test_two_who_draft_at_once_make_one_draft(participation):
    async with asyncio.TaskGroup() as together:
        both = [
            together.create_task(_attempt(participation, manager)) for manager in (MANAGER, ANOTHER)
        ]
    assert sorted(task.result() for task in both) == ["DRAFT_EXISTS", QOF]


async def _attempt(participation, manager):
    try:
        return await commands.draft_shipped_quality_service(
            participation.db, Ask(manager, NOW), "QOF2526"
        )
    except DomainError as error:
        return error.code


async def test_what_is_not_shipped_or_not_there_is_named(participation):
    before = await participation.traces()
    with pytest.raises(DomainError, match="QOF2526") as refused:
        await commands.draft_shipped_quality_service(participation.db, Ask(MANAGER, NOW), "NONE")
    assert refused.value.code == "NOT_SHIPPED"
    refused = await refused_to_publish(participation, ANOTHER)
    assert refused.code == "QUALITY_SERVICE_NOT_FOUND"
    assert await participation.traces() == before


async def test_only_englands_catalogue_managers_write_national_services(drafted):
    before = await drafted.traces()
    refused = await refused_to_publish(drafted, person("ENG", Role.DATA_LOAD))
    assert refused.code == "ROLE_REQUIRED"
    local = person("QHM", Role.CATALOGUE_MANAGER)
    assert (await refused_to_publish(drafted, local)).code == "QUALITY_SERVICE_NOT_FOUND"
    with pytest.raises(DomainError) as refused:
        await commands.draft_shipped_quality_service(drafted.db, Ask(local, NOW), "QOF2324")
    assert refused.value.code == "ENGLAND_ONLY"
    assert await drafted.traces() == before


async def test_a_draft_is_seen_by_its_owners_catalogue_managers_only(drafted):
    nobody = [
        person("A81001", Role.SERVICE_MANAGEMENT),
        person("QHM", Role.CATALOGUE_MANAGER),
        person("ENG", Role.DATA_LOAD),
    ]
    for who, times in [(ANOTHER, 1), *((one, 0) for one in nobody)]:
        looking = Looking(drafted.db, who)
        found = await queries.find(looking, [QOF])
        assert [one.id for one in found if one] == [QOF] * times
        assert await queries.count(looking, ServiceFilter(code="QOF2526")) == times
        assert len(await queries.quality_services(looking, ServiceFilter(), (None, None), 9)) == (
            times
        )
        (history,) = await queries.histories(looking, [QOF])
        assert len(history) == times


async def test_a_service_year_that_crosses_31_march_shows_in_both_financial_years(participation):
    await participation.publish("SHIN2324")
    practice = Looking(participation.db, person("A81001", Role.VIEW))
    for year, count in (("2022/23", 0), ("2023/24", 1), ("2024/25", 1), ("2025/26", 0)):
        wanted = ServiceFilter(year=FinancialYear.parse(year).period)
        assert await queries.count(practice, wanted) == count


async def test_what_was_published_can_be_told_again(published):
    async with published.db.transaction() as tx:
        again = [event async for event in commands.restate_published(tx)]
    (row,) = await published.rows(
        "select payload from chassis.outbox where type = 'quality-service.published.v1'"
    )
    assert again == [Event(events.PUBLISHED, events.TOPIC, QOF, row["payload"])]


def test_readers_are_told_that_fields_may_be_added():
    schema = events.QualityServicePublished.model_json_schema(mode="serialization")
    assert '"additionalProperties": false' not in json.dumps(schema)
    assert "digest_sha256" in schema["required"]
