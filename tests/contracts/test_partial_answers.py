"""A service that is away costs its own fields only: what hangs on another service may be null.

GraphQL moves a null up to the nearest place that allows it, so without these rules one absent
service would empty the answers of the others.
"""

from pathlib import Path

import pytest
from graphql import get_named_type, is_list_type, is_non_null_type, is_object_type

from gateway.supergraph import Supergraph

SUPERGRAPH = Supergraph.load(Path(__file__).parents[2] / "contracts" / "supergraph.graphql")
OBJECTS = [
    (name, kind)
    for name, kind in SUPERGRAPH.schema.type_map.items()
    if is_object_type(kind) and name in SUPERGRAPH.types
]


def home(name):
    """The service that owns an entity: the one that gives most of its fields."""
    join = SUPERGRAPH.types[name]
    return max(join.keys, key=lambda graph: sum(graph in of for of in join.fields.values()))


def is_entity(name):
    keys = SUPERGRAPH.types[name].keys if name in SUPERGRAPH.types else {}
    return any(keys.values())


def allows_null(kind):
    """Whether a null from below stops here: the field itself, or the items of its list."""
    if not is_non_null_type(kind):
        return True
    return is_list_type(kind.of_type) and not is_non_null_type(kind.of_type.of_type)


def test_every_field_of_the_query_may_be_null():
    query = SUPERGRAPH.schema.query_type
    assert [name for name, of in query.fields.items() if is_non_null_type(of.type)] == []


@pytest.mark.parametrize("name", [name for name, _ in OBJECTS if is_entity(name)])
def test_what_a_service_adds_to_the_entity_of_another_may_be_null(name):
    owner, join = home(name), SUPERGRAPH.types[name]
    fields = SUPERGRAPH.schema.type_map[name].fields
    added = [one for one, of in join.fields.items() if owner not in of]
    assert [one for one in added if is_non_null_type(fields[one].type)] == []


@pytest.mark.parametrize(("name", "kind"), OBJECTS, ids=[name for name, _ in OBJECTS])
def test_a_reference_to_the_entity_of_another_service_may_be_null(name, kind):
    strict = []
    for one, of in kind.fields.items():
        target = get_named_type(of.type).name
        known_here = set(SUPERGRAPH.types[name].fields[one])
        if is_entity(target) and home(target) not in known_here and not allows_null(of.type):
            strict.append(one)
    assert strict == []
