"""Every event that really was published keeps its contract, and nothing was parked."""

import asyncio
import json
from collections import defaultdict
from datetime import datetime
from functools import cache
from itertools import pairwise
from statistics import mean
from uuid import UUID

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from chassis.topics import DEAD, declared_topics
from cqrs.contracts.generated import CONTRACTS
from tests.e2e.story import LEAVING, NAMES
from tests.e2e.topics import event_type, records
from tests.support.eventually import eventually
from tests.support.volumes import HEADERS, RARE, payload

pytestmark = pytest.mark.xdist_group("system")

BOUND = 1_024
"""Bytes of an event that is no state (DESIGN.md 3)."""
STATES = {topic.name for topic in declared_topics() if topic.compacted}
WRITERS = {topic.name: topic.writers for topic in declared_topics()}
CHANNELS = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())["channels"]
NAMED = {"ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion", "content-type"}
HAPPENED = {
    "organisation.changed.v1",
    "person.changed.v1",
    "contact.changed.v1",
    "quality-service.published.v1",
    "offer.made.v1",
    "offer.accepted.v1",
    "offer.rejected.v1",
    "offer.withdrawn.v1",
    "offer.cancelled.v1",
    "offer.response-due.v1",
    "declaration.calculated.v1",
    "declaration.values-missing.v1",
    "declaration.declared.v1",
    "declaration.approved.v1",
    "declaration.finance-approved.v1",
    "payment.authorised.v1",
    "message.raised.v1",
    "email.sent.v1",
}
KEYS = ("ods_code", "payment_id", "person_id", "id")
"""Which property is the record's key, the first of them that the topic speaks of."""


@cache
def schema(event_type: str) -> Draft202012Validator:
    path = CONTRACTS / "events" / f"{event_type}.schema.json"
    return Draft202012Validator(json.loads(path.read_text()), format_checker=FormatChecker())


@pytest.fixture(scope="module")
def told(system, story):
    """By topic: type, headers, key and payload of every event, once the last has arrived."""

    async def all_of_it():
        found = await records(system.running.kafka)
        types = {event_type(each) for each in found}
        assert types >= HAPPENED, HAPPENED - types
        return found

    return asyncio.run(eventually(all_of_it, 20))


def headers(record):
    return {name: value.decode() for name, value in record.headers}


def test_nothing_was_parked(told):
    assert [record for record in told if record.topic.endswith(DEAD)] == []


def test_every_event_keeps_the_schema_of_its_type(told):
    wrong = [
        (event_type(record), error.message)
        for record in told
        for error in schema(event_type(record)).iter_errors(json.loads(record.value))
    ]
    assert wrong == []


def test_every_event_is_on_a_topic_that_tells_of_it(told):
    found = {(record.topic, event_type(record)) for record in told}
    assert [(topic, kind) for topic, kind in found if kind not in CHANNELS[topic]["messages"]] == []


def test_every_event_is_a_cloud_event_in_binary_mode(told):
    for record in told:
        named = headers(record)
        assert named.keys() >= NAMED, named
        assert UUID(named["ce_id"]).version == 7
        assert datetime.fromisoformat(named["ce_time"]).tzinfo is not None
        assert (named["ce_specversion"], named["content-type"]) == ("1.0", "application/json")
        assert named["ce_source"] in WRITERS[record.topic], record.topic


def test_the_key_is_the_aggregate(told):
    for record in told:
        payload = json.loads(record.value)
        assert record.key.decode() in [payload.get(key) for key in KEYS], record.topic


def test_versions_of_an_aggregate_rise_along_its_partition(told):
    versions = defaultdict(list)
    for record in told:
        version = json.loads(record.value).get("version")
        if version is not None:
            versions[record.topic, record.partition, record.key].append(version)
    falling = [
        place
        for place, seen in versions.items()
        if any(later < one for one, later in pairwise(seen))
    ]
    assert falling == []
    places = {(topic, key) for topic, _, key in versions}
    assert len(places) == len(versions), "an aggregate is on two partitions"


def test_an_event_that_is_no_state_is_small(told):
    assert [
        (record.topic, len(record.value))
        for record in told
        if record.topic not in STATES and len(record.value) > BOUND
    ] == []


def test_names_and_addresses_of_people_are_on_one_topic_alone(told):
    """Looked for in the bytes: any address of theirs, and the name of somebody of the story."""
    telling = {
        record.topic
        for record in told
        if b"@cqrs.example" in record.value or NAMES[LEAVING].encode() in record.value
    }
    assert telling == {"organisations.contact"}


def test_an_example_is_as_large_as_what_is_sent(told):
    """So that volumes may be added up from examples (tests/cqrs/england/test_volumes.py)."""
    sizes = defaultdict(list)
    for record in told:
        sizes[event_type(record)].append(len(record.value))
    too_small = {
        kind: (payload(kind), round(mean(found)))
        for kind, found in sizes.items()
        if mean(found) > 1.25 * payload(kind) and kind not in RARE
    }
    assert too_small == {}


def test_headers_are_as_large_as_is_reckoned(told):
    reckoned = [
        len(record.key) + sum(len(name) + len(value) + 4 for name, value in record.headers)
        for record in told
    ]
    assert mean(reckoned) < HEADERS


def test_an_event_says_nothing_its_schema_does_not_describe(told):
    undescribed = {
        (event_type(record), *sorted(said - schema(event_type(record)).schema["properties"].keys()))
        for record in told
        if (said := json.loads(record.value).keys())
        - schema(event_type(record)).schema["properties"].keys()
    }
    assert undescribed == set()
