"""The gateway over three services equals graphql-core over one schema of the same library."""

import asyncio
import contextlib

import pytest
from graphql import GraphQLEnumType, execute_sync, get_named_type, parse
from hypothesis import given, note, settings
from hypothesis import strategies as st

from gateway.answer import Asked, caller
from gateway.execute import Execution
from tests.gateway import library
from tests.gateway.conftest import asking
from tests.gateway.library import RESOLVED
from tests.gateway.subgraphs import failing
from tests.support.queries import queries

GRAPH = library.supergraph()
ONE = library.one_schema(GRAPH)
_IDS = {"book": list("1239"), "item": ["b1", "f1", "x"], "review": ["r1", "r4", "x"]}

HALF = settings(max_examples=settings().max_examples // 2)


def values(_type, name, _key, argument):
    kind = get_named_type(argument.type)
    if isinstance(kind, GraphQLEnumType):
        return st.sampled_from(sorted(kind.values))
    if kind.name == "ShelfPlace":
        return st.sampled_from(["{room: 1, number: 1}", "{number: 2, room: 0}"])
    if kind.name == "Int":
        return st.sampled_from("0126")
    if kind.name == "ID":
        return st.sampled_from(_IDS[name]).map(lambda one: f'"{one}"')
    return st.sampled_from(['"1"', '"Film"', '"nothing"'])


@pytest.fixture(scope="module")
def answered():
    """Asks one gateway all of it; gives the answer and what each service was asked."""
    with asyncio.Runner() as runner:
        ask = asking(GRAPH, library.in_process())

        def answered(asked):
            ask.sent()
            answer = runner.run(ask(asked.text, asked.variables))
            return answer, [one for service in ask.services.values() for one in service.asked]

        yield answered
        ask.gateway.operations.close()


@pytest.fixture(scope="module")
def both_ways():
    """The answer as compiled for the plan, and as walked."""
    with asyncio.Runner() as runner:
        gateway = asking(GRAPH, library.in_process()).gateway

        async def answer(asked):
            operation = await gateway.operation(Asked(asked.text, None, asked.variables))
            plan = await gateway.operations.plan(operation, asked.variables)
            by = caller("request", {}, 5)
            ways = [
                Execution(gateway.services, plan, by, asked.variables, failed=slow)
                for slow in (False, True)
            ]
            return [(await way.run(), way.errors) for way in ways]

        yield lambda asked: runner.run(answer(asked))
        gateway.operations.close()


@HALF
@given(queries(ONE, values, depth=5))
def test_any_query_is_answered_as_by_one_schema(answered, asked):
    note(f"{asked.text}\n{asked.variables}")
    truth = execute_sync(ONE, parse(asked.text), variable_values=asked.variables)
    answer, _ = answered(asked)
    assert answer["data"] == truth.data
    assert _paths(answer.get("errors", ())) == _paths([one.formatted for one in truth.errors or ()])


@HALF
@given(queries(ONE, values, depth=5))
def test_no_entity_is_asked_for_twice_in_one_place(answered, asked):
    note(f"{asked.text}\n{asked.variables}")
    _, requests = answered(asked)
    for request in requests:
        for told in (request.get("variables") or {}).values():
            if isinstance(told, list):
                assert len(told) == len({str(sorted(one.items())) for one in told})


@HALF
@given(queries(ONE, values, depth=5))
def test_the_fast_way_and_the_slow_one_agree(both_ways, asked):
    fast, slow = both_ways(asked)
    assert fast == slow


@HALF
@given(
    queries(ONE, values, depth=5, skipped=frozenset({"Book.label", "Book.postage"}), one_name=True),
    st.sets(st.sampled_from(RESOLVED), min_size=1, max_size=4),
)
def test_what_fails_is_null_where_the_specification_has_it(answered, asked, chosen):
    note(f"{asked.text}\n{asked.variables}\n{chosen}")
    with fail_in(chosen):
        truth = execute_sync(ONE, parse(asked.text), variable_values=asked.variables)
        answer, _ = answered(asked)
    assert answer["data"] == truth.data
    told = [one["path"] for one in answer.get("errors", ())]
    for error in truth.errors or ():  # a service's own null may have moved up before it was told
        assert any(error.path[: len(path)] == path for path in told)


@contextlib.contextmanager
def fail_in(fields):
    failing.update(fields)
    try:
        yield
    finally:
        failing.clear()


@HALF
@given(queries(ONE, values, depth=3))
def test_skip_is_include_turned_round(answered, asked):
    flipped = {name: not value for name, value in asked.variables.items()}
    swapped = asked.text.replace("@skip", "@SKIP").replace("@include", "@skip")
    swapped = swapped.replace("@SKIP", "@include")
    asked_again = type(asked)(swapped, flipped)
    assert answered(asked)[0] == answered(asked_again)[0]


def _paths(errors):
    return sorted(str(one["path"]) for one in errors)
