"""Splits of a schema, each with its difficulty, against the whole: any query, the same answer.

A service that is asked for what is not its own raises, so a poor plan shows.
"""

import asyncio

import pytest
from graphql import GraphQLEnumType, execute_sync, get_named_type, parse
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.gateway.conftest import asking
from tests.gateway.world import World
from tests.support.queries import queries

SPLITS = {
    "keys": "keys of several parts, nested keys, and chains of them through a third service",
    "requires": "fields that need fields of others, which need fields of others again",
    "abstract": "interfaces and unions whose types are spread over services",
    "provides": "fields lent on some paths only",
    "values": "objects without a key, in parts, reached through their parent's key",
}


def values(_type, _field, _key, argument):
    kind = get_named_type(argument.type)
    return st.sampled_from(sorted(kind.values) if isinstance(kind, GraphQLEnumType) else "12")


@pytest.fixture(scope="module", params=SPLITS)
def world(request):
    made = World(request.param)
    with asyncio.Runner() as runner:
        ask = asking(made.supergraph, made.services())
        yield made.schema(), lambda asked: runner.run(ask(asked.text, asked.variables))
        ask.gateway.operations.close()


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_query_is_answered_as_by_the_whole(world, data):
    whole, answered = world
    asked = data.draw(queries(whole, values, depth=4, budget=15))
    note(f"{asked.text}\n{asked.variables}")
    truth = execute_sync(whole, parse(asked.text), variable_values=asked.variables)
    answer = answered(asked)
    note(str(answer))
    assert answer.get("data") == truth.data
    assert sorted(str(one["path"]) for one in answer.get("errors", ())) == sorted(
        str(one.path) for one in truth.errors or ()
    )
