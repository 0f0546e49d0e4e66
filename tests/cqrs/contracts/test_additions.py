import copy

import pytest

from cqrs.contracts.additions import taken_away

RELEASED = {
    "type": "object",
    "required": ["id", "status", "lines"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": {"enum": ["OFFERED", "APPROVED"], "type": "string"},
        "reason": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
    },
    "$defs": {"Line": {"type": "object", "properties": {"amount": {"type": "string"}}}},
}


@pytest.fixture
def current():
    return copy.deepcopy(RELEASED)


def test_an_unchanged_schema_takes_nothing_away(current):
    assert taken_away(RELEASED, current) == []


def test_a_new_property_is_an_addition_even_when_required(current):
    current["properties"]["note"] = {"type": "string"}
    current["required"].append("note")
    assert taken_away(RELEASED, current) == []


def test_a_removed_property_is_named(current):
    del current["properties"]["reason"]
    assert taken_away(RELEASED, current) == ["$.reason: removed"]


def test_a_property_that_may_now_be_missing_is_named(current):
    current["required"].remove("id")
    assert taken_away(RELEASED, current) == ["$.id: was always there, may now be missing"]


def test_another_type_is_named_through_a_reference_and_a_list(current):
    current["$defs"]["Line"]["properties"]["amount"] = {"type": "number"}
    assert taken_away(RELEASED, current) == ["$.lines[].amount: type was string, is number"]


def test_another_format_is_named(current):
    current["properties"]["id"].pop("format")
    assert taken_away(RELEASED, current) == ["$.id: format was uuid, is not stated"]


def test_a_value_readers_do_not_know_is_named(current):
    current["properties"]["status"]["enum"].append("PAUSED")
    assert taken_away(RELEASED, current) == ["$.status: readers do not know ['PAUSED']"]


def test_a_value_that_may_now_be_null_is_named(current):
    current["properties"]["reason"]["anyOf"].append({"type": "integer"})
    assert taken_away(RELEASED, current) == ["$.reason: readers do not know the type integer"]


def test_a_required_value_that_becomes_nullable_is_named(current):
    current["properties"]["id"] = {
        "anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]
    }
    assert taken_away(RELEASED, current)
