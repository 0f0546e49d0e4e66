"""What is committed is what the services say (`make check` adds the supergraph, with Node)."""

import json
import tomllib

import jsonschema
import pytest

from chassis.topics import declared_topics
from cqrs.contracts.additions import taken_away
from cqrs.contracts.generated import CONTRACTS, stale, without_supergraph

RELEASED = CONTRACTS / "released"
SCHEMAS = sorted((CONTRACTS / "events").glob("*.schema.json"))


def type_of(path):
    return path.name.removesuffix(".schema.json")


@pytest.fixture(scope="module")
def made():
    return without_supergraph()


def test_what_is_committed_is_what_the_services_say(made):
    assert stale(made) == []


@pytest.mark.parametrize("path", SCHEMAS, ids=type_of)
def test_each_example_keeps_its_schema(path):
    example = path.with_name(f"{type_of(path)}.example.json")
    jsonschema.validate(json.loads(example.read_text()), json.loads(path.read_text()))


@pytest.mark.parametrize("path", sorted((RELEASED / "events").glob("*.schema.json")), ids=type_of)
def test_an_event_only_gains_inside_its_version(path):
    current = CONTRACTS / "events" / path.name
    assert current.exists(), f"{type_of(path)} was released and is published no more"
    assert taken_away(json.loads(path.read_text()), json.loads(current.read_text())) == []


def test_names_and_addresses_are_in_the_contact_event_alone():
    telling = {"email", "mail", "telephone", "phone", "first_name", "last_name", "surname"}
    leaking = [
        type_of(path)
        for path in SCHEMAS
        if telling & set(json.loads(path.read_text())["properties"])
    ]
    assert leaking == ["contact.changed.v1"]


def test_a_release_is_there_to_compare_with():
    assert list((RELEASED / "events").glob("*.schema.json"))


def test_a_topic_keeps_its_partitions_for_ever():
    released = tomllib.loads((RELEASED / "topics.toml").read_text())["topic"]
    declared = {topic.name: topic.partitions for topic in declared_topics()}
    assert {name: declared.get(name) for name in released} == {
        name: topic["partitions"] for name, topic in released.items()
    }
