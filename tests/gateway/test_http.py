"""The edge, over real sockets: GraphQL over HTTP, the page, files, health."""

import contextlib

import aiohttp
import pytest

from gateway.app import Application
from gateway.config import GatewaySettings
from tests.gateway import library
from tests.gateway.served import as_service, served

BOTH = "application/graphql-response+json"


@pytest.fixture
async def edge():
    """A client session on a gateway over three services, and the services."""
    services = library.services()
    async with contextlib.AsyncExitStack() as stack:
        addresses = [
            f"{name}={await stack.enter_async_context(served(as_service(one)))}"
            for name, one in services.items()
        ]
        settings = GatewaySettings(
            supergraph=library.SCHEMAS / "library.supergraph.graphql",
            subgraphs=",".join(addresses),
            sign_in="http://issuer.example",
        )
        address = await stack.enter_async_context(served(Application(settings)))
        session = await stack.enter_async_context(aiohttp.ClientSession(address))
        session.services = services
        yield session


async def post(edge, body, **headers):
    async with edge.post("/graphql", json=body, headers=headers) as answer:
        return answer, await answer.json(content_type=None)


async def test_a_query_is_answered_over_http(edge):
    query = {"query": "{ books(first: 2) { title stars shelf { number } } }"}
    answer, body = await post(edge, query)
    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert body["data"]["books"][1] == {"title": "Book 2", "stars": 4.0, "shelf": {"number": 3}}
    assert answer.headers["x-request-id"]


async def test_a_query_that_is_not_valid_is_400_only_in_the_new_media_type(edge):
    answer, body = await post(edge, {"query": "{ nothing }"})
    assert answer.status == 200
    assert "data" not in body
    assert body["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    answer, _ = await post(edge, {"query": "{ nothing }"}, accept=BOTH)
    assert answer.status == 400
    assert answer.content_type == BOTH
    answer, _ = await post(edge, {"query": "{"}, accept=f"{BOTH}, application/json;q=0.9")
    assert answer.status == 400


@pytest.mark.parametrize(
    "body", [[], 1, {}, {"query": 1}, {"query": "{ __typename }", "variables": []}]
)
async def test_what_is_no_request_is_400(edge, body):
    answer, told = await post(edge, body)
    assert answer.status == 400
    assert told["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_body_that_is_no_json_or_of_another_type_or_too_long_is_refused(edge):
    json = {"content-type": "application/json"}
    async with edge.post("/graphql", data=b"{", headers=json) as answer:
        assert answer.status == 400
    async with edge.post("/graphql", data={"query": "{ __typename }"}) as answer:
        assert answer.status == 415
    async with edge.post("/graphql", data=b" " * 300_000, headers=json) as answer:
        assert answer.status == 413
    async with edge.delete("/graphql") as answer:
        assert answer.status == 405


async def test_get_answers_queries_that_no_other_site_can_have_sent(edge):
    asked = {"query": "query Q($n: ID!) { book(isbn: $n) { title } }", "variables": '{"n": "2"}'}
    async with edge.get("/graphql", params=asked) as answer:
        assert answer.status == 400
    safe = {"graphql-require-preflight": "1"}
    async with edge.get("/graphql", params=asked, headers=safe) as answer:
        assert (await answer.json()) == {"data": {"book": {"title": "Book 2"}}}
    mutation = {"query": 'mutation { renameBook(isbn: 1, title: "x") { id } }'}
    async with edge.get("/graphql", params=mutation, headers=safe) as answer:
        assert answer.status == 405
    assert not any("mutation" in one["query"] for one in edge.services["books"].asked)


async def test_a_browser_gets_the_page_and_what_it_needs(edge):
    async with edge.get("/", headers={"accept": "text/html,*/*"}) as answer:
        page = await answer.text()
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "//" not in page.replace("<!doctype", "").split("<body>")[0].split("stylesheet")[1]
    for name in (
        "page.js",
        "page.css",
        "graphiql/graphiql.min.js",
        "graphiql/react.production.min.js",
    ):
        async with edge.get(f"/page/{name}") as answer:
            assert answer.status == 200
    async with edge.get("/page/config.json") as answer:
        assert await answer.json() == {"signIn": "http://issuer.example"}


async def test_only_listed_headers_go_on(edge):
    await post(
        edge,
        {"query": "{ version { number } }"},
        authorization="Bearer x",
        cookie="a=b",
        **{"x-acting-for": "A84002", "x-other": "1"},
    )
    [headers] = edge.services["books"].headers
    assert (headers["authorization"], headers["x-acting-for"]) == ("Bearer x", "A84002")
    assert "cookie" not in headers
    assert "x-other" not in headers


async def test_a_file_goes_through_in_both_directions(edge):
    path = "/files/stock/lists/ENG/1?expires=9&signature=ab%20c"
    async with edge.put(path, data=b"x" * 300_000) as answer:
        assert answer.status == 201
    async with edge.get(path) as answer:
        assert await answer.read() == b"x" * 300_000
        assert answer.headers["content-disposition"] == 'attachment; filename="a.csv"'
    async with edge.get("/files/stock/other") as answer:
        assert answer.status == 404
    async with edge.get("/files/nobody/x") as answer:
        assert answer.status == 404


async def test_a_link_somebody_was_sent_goes_through_with_what_its_page_may_do(edge):
    path = "/links/stock/stop?signature=ab%20c"
    async with edge.get(path) as answer:
        assert await answer.text() == "GET signature=ab%20c "
        assert answer.headers["content-security-policy"] == "default-src 'none'"
    async with edge.post(path, data="List-Unsubscribe=One-Click") as answer:
        assert await answer.text() == "POST signature=ab%20c List-Unsubscribe=One-Click"
    async with edge.put(path, data=b"x") as answer:
        assert answer.status == 405


async def test_health_and_metrics_are_there(edge):
    for path in ("/health/live", "/health/ready"):
        async with edge.get(path) as answer:
            assert answer.status == 200
    await post(edge, {"query": "{ version { number } }"})
    async with edge.get("/metrics") as answer:
        assert 'cqrs_gateway_seconds_count{outcome="ok"}' in await answer.text()
