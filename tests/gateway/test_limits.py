"""What is refused before anything is asked of a service."""

import asyncio

import pytest

from gateway import candidates
from tests.gateway import library
from tests.gateway.conftest import asking


def code(answer):
    assert "data" not in answer
    return answer["errors"][0]["extensions"]["code"]


def nested(levels):
    return "{ book(isbn: 1) " + "{ author { books " * levels + "{ id }" + " } }" * levels + " }"


@pytest.mark.parametrize(
    "query",
    [
        "{ " + "version { number } " * 11 + "}",
        "{ " + " ".join(f"a{n}: version {{ number }}" for n in range(21)) + " }",
        "{ books { " + " ".join(f"a{n}: title" for n in range(31)) + " } }",
        "{ version { number " + "@include(if: true) " * 9 + "} }",
        nested(8),
        "{ books { " + "...A " * 10 + "} b: books { " + "...A " * 10 + "} } fragment A on Book { "
        "x: author { books { ...B ...B ...B } } y: author { books { ...B ...B } } } "
        "fragment B on Book { "
        + " ".join(f"reviews(first: {n}) {{ id }}" for n in range(10))
        + "}",
    ],
    ids=["repeats", "root fields", "aliases", "directives", "levels", "fields in fragments"],
)
async def test_a_query_that_is_too_large_is_refused(ask, query):
    assert code(await ask(query)) == "QUERY_TOO_LARGE"
    assert ask.sent() == {}


async def test_a_document_of_too_many_tokens_is_not_read(ask):
    assert code(await ask("{ version { number " * 2_001)) == "GRAPHQL_PARSE_FAILED"


async def test_a_fragment_that_spreads_itself_is_refused(ask):
    query = "{ book(isbn: 1) { ...A } } fragment A on Book { author { books { ...A } } }"
    assert code(await ask(query)) == "GRAPHQL_VALIDATION_FAILED"


async def test_a_query_that_does_not_fit_the_schema_is_told_where_and_nothing_more(ask):
    answer = await ask("{\n  book(isbn: 1) { titel }\n}")
    assert code(answer) == "GRAPHQL_VALIDATION_FAILED"
    assert answer["errors"][0]["locations"] == [{"line": 2, "column": 19}]
    assert "title" not in answer["errors"][0]["message"]


@pytest.mark.parametrize("variables", [{}, {"n": "x"}, {"n": None}])
async def test_variables_that_do_not_fit_are_refused(ask, variables):
    query = "query Q($n: Int!) { books(first: $n) { id } }"
    assert code(await ask(query, variables)) == "VARIABLES_NOT_VALID"
    assert ask.sent() == {}


async def test_one_of_several_operations_must_be_named(ask):
    query = "query A { version { number } } query B { v: version { number } }"
    assert code(await ask(query)) == "BAD_REQUEST"
    assert code(await ask(query, name="C")) == "BAD_REQUEST"
    assert await ask(query, name="B") == {"data": {"v": {"number": 7}}}


async def test_more_ways_than_can_be_weighed_are_refused(ask, monkeypatch):
    monkeypatch.setattr(candidates, "MOST_NODES", 5)
    assert code(await ask("{ books { stars shelf { number } author { id } } }")) == (
        "PLAN_TOO_COMPLEX"
    )


async def test_a_query_is_checked_and_planned_once_however_many_ask_at_a_time(ask, monkeypatch):
    planned = []
    planner, plan = type(ask.gateway.operations._planner), ask.gateway.operations._planner.plan
    monkeypatch.setattr(planner, "plan", lambda _self, *given: planned.append(1) or plan(*given))
    query = "{ book(isbn: 1) { title stars } }"
    answers = await asyncio.gather(*(ask(query) for _ in range(5)))
    assert answers == [{"data": {"book": {"title": "Book 1", "stars": 3.0}}}] * 5
    assert len(planned) == 1


async def test_what_was_checked_is_forgotten_oldest_first():
    made = asking(library.supergraph(), library.in_process())
    kept = made.gateway.operations._kept
    kept._most = 10_000
    for n in range(10):
        await made(f"{{ v{n}: version {{ number }} }}")
    assert 0 < len(kept._kept) < 5
    assert kept._weight <= 10_000
    made.gateway.operations.close()
