"""Subscriptions through the gateway, over real sockets: a service that streams, one that joins."""

import asyncio
import contextlib
import json

import aiohttp
import pytest
from graphql import parse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from gateway import subscribe
from gateway.app import Application
from gateway.config import GatewaySettings
from gateway.event_stream import COMMENT, Event, events
from gateway.subscribe import EventStream, Streams, Subscribing
from tests.gateway.library import BOOKS, SCHEMAS
from tests.gateway.served import as_service, served
from tests.gateway.subgraphs import Subgraph
from tests.support.eventually import eventually

NEWS = "subscription News($topic: String) { news(topic: $topic) { headline book { title } } }"


class Newsroom:
    """A service that streams what a test puts in, and remembers who asked for what."""

    def __init__(self):
        self.asked = []
        self.headers = []
        self.news = asyncio.Queue()
        self.refuses = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.open = 0

    def say(self, number, headline, isbn=None):
        news = {"headline": headline, "book": isbn and {"isbn": isbn}}
        self.news.put_nowait((number, news))

    def end(self, *events):
        for event in (*events, None):
            self.news.put_nowait(event)

    def application(self):
        return Starlette(routes=[Route("/graphql", self._answer, methods=["POST"])])

    async def _answer(self, request: Request):
        self.asked.append(await request.json())
        self.headers.append(request.headers)
        await self.answers.wait()
        if self.refuses:
            return JSONResponse({"errors": [self.refuses]}, 401)
        field = parse(self.asked[-1]["query"]).definitions[0].selection_set.selections[0]
        name = (field.alias or field.name).value
        cookie = {"set-cookie": "whose=one"}
        return StreamingResponse(self._stream(name), 200, cookie, "text/event-stream")

    async def _stream(self, name):
        self.open += 1
        try:
            yield COMMENT
            while (said := await self.news.get()) is not None:
                if isinstance(said, tuple):
                    data = json.dumps({"data": {name: said[1]}})
                    said = Event("next", data.encode(), said[0])
                yield said if isinstance(said, bytes) else said.written()
        finally:
            self.open -= 1


def _books():
    sdl = (SCHEMAS / "news/books.graphql").read_text()
    known = {"Book": lambda told: BOOKS[told["isbn"]]}
    return Subgraph("books", sdl, {"Query.book": lambda _, isbn: BOOKS.get(isbn)}, known)


class Edge:
    def __init__(self, session, newsroom, books, application):
        self.session, self.newsroom, self.books = session, newsroom, books
        self.application = application

    def subscribe(self, query=NEWS, variables=None, **headers):
        body = {"query": query, "variables": variables or {}}
        told = {"accept": "text/event-stream", **headers}
        return self.session.post("/graphql", json=body, headers=told)


@pytest.fixture
async def open_edge():
    """Opens a gateway over the two services, with settings of one's own."""
    async with contextlib.AsyncExitStack() as stack:

        async def opened(**settings):
            newsroom, books = Newsroom(), _books()
            news = await stack.enter_async_context(served(newsroom.application()))
            news = news.replace("127.0.0.1", "localhost")  # a name may have cookies
            at = await stack.enter_async_context(served(as_service(books)))
            application = Application(
                GatewaySettings(
                    supergraph=SCHEMAS / "news.supergraph.graphql",
                    subgraphs=f"news={news},books={at}",
                    **settings,
                )
            )
            address = await stack.enter_async_context(served(application))
            stack.callback(newsroom.end)
            stack.callback(newsroom.answers.set)
            session = await stack.enter_async_context(aiohttp.ClientSession(address))
            stack.callback(application.stop_streams)
            return Edge(session, newsroom, books, application)

        yield opened


@pytest.fixture
async def edge(open_edge):
    return await open_edge()


async def said(answer, most):
    """The first events of an answer, comments apart."""
    found = []
    async for event in events(answer.content.iter_any()):
        if event is not None:
            found.append(event)
        if len(found) == most:
            break
    return found


async def test_each_event_is_completed_with_what_another_service_knows_and_keeps_its_id(edge):
    edge.newsroom.say("41", "A book is out", "1")
    edge.newsroom.say("42", "Nothing is out")
    async with edge.subscribe(variables={"topic": "BOOKS"}) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        first, second = await said(answer, 2)
    whole = {"data": {"news": {"headline": "A book is out", "book": {"title": "Book 1"}}}}
    assert (first.id, first.name, json.loads(first.data)) == ("41", "next", whole)
    none = {"data": {"news": {"headline": "Nothing is out", "book": None}}}
    assert (second.id, json.loads(second.data)) == ("42", none)
    [asked] = edge.newsroom.asked
    assert asked["variables"] == {"topic": "BOOKS"}
    assert len(edge.books.asked) == 1


async def test_who_asks_and_the_last_event_seen_go_to_the_service_as_they_came(edge):
    edge.newsroom.say("8", "Go on")
    told = {"authorization": "Bearer one", "x-acting-for": "QHM", "last-event-id": "7"}
    async with edge.subscribe(**told) as answer:
        await said(answer, 1)
    [headers] = edge.newsroom.headers
    assert {name: headers[name] for name in told} == told
    assert "cookie" not in headers


async def test_the_service_ends_the_stream_and_the_client_hears_that_it_is_complete(edge):
    edge.newsroom.say("1", "The last")
    edge.newsroom.end(Event("complete"))
    async with edge.subscribe() as answer:
        assert [one.name for one in await said(answer, 9)] == ["next", "complete"]


async def test_a_service_that_is_lost_ends_the_stream_without_complete_so_that_one_comes_back(edge):
    edge.newsroom.say("1", "The last")
    edge.newsroom.end()
    async with edge.subscribe() as answer:
        assert [one.name for one in await said(answer, 9)] == ["next"]


async def test_what_cannot_be_joined_is_null_with_an_error_and_the_stream_goes_on(edge):
    edge.newsroom.say("1", "A book that nobody knows is out", "no book")
    edge.newsroom.say("2", "And on")
    async with edge.subscribe() as answer:
        first, second = await said(answer, 2)
    body = json.loads(first.data)
    assert body["data"]["news"] == {
        "headline": "A book that nobody knows is out",
        "book": {"title": None},
    }
    assert body["errors"][0]["path"] == ["news", "book", "title"]
    assert "errors" not in json.loads(second.data)


async def test_a_document_that_is_not_valid_is_told_as_the_only_event(edge):
    async with edge.subscribe("subscription { weather }") as answer:
        assert answer.status == 200
        only, end = await said(answer, 2)
    assert json.loads(only.data)["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert end.name == "complete"
    assert edge.newsroom.asked == []


async def test_what_the_service_refuses_is_told_as_the_only_event(edge):
    edge.newsroom.refuses = {"message": "Who?", "extensions": {"code": "UNAUTHENTICATED"}}
    async with edge.subscribe() as answer:
        only, end = await said(answer, 2)
    assert json.loads(only.data)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end.name == "complete"


async def test_queries_are_not_streamed_and_subscriptions_not_answered_as_json(edge):
    async with edge.subscribe("{ latest { number } }") as answer:
        assert answer.status == 406
    body = {"query": NEWS}
    async with edge.session.post("/graphql", json=body) as answer:
        assert answer.status == 406
        assert "text/event-stream" in (await answer.json())["errors"][0]["message"]
    assert edge.newsroom.asked == []


async def test_streams_beyond_so_many_for_one_token_are_refused_until_one_is_closed(open_edge):
    edge = await open_edge(streams_each=1)
    async with edge.subscribe(authorization="Bearer one"):
        async with edge.subscribe(authorization="Bearer one") as second:
            assert second.status == 429
            assert (await second.json())["errors"][0]["extensions"]["code"] == "TOO_MANY_STREAMS"
        async with edge.subscribe(authorization="Bearer two") as other:
            assert other.status == 200

    async def opens_again():
        async with edge.subscribe(authorization="Bearer one") as again:
            assert again.status == 200

    await eventually(opens_again)


async def test_a_client_that_leaves_closes_the_stream_at_the_service(edge):
    async with edge.subscribe():
        assert edge.newsroom.open == 1

    async def closed():
        edge.newsroom.say("1", "Is anybody there?")  # a write is how a service sees it
        assert edge.newsroom.open == 0

    await eventually(closed)


async def test_a_client_that_falls_behind_is_told_to_begin_anew(monkeypatch):
    monkeypatch.setattr(subscribe, "QUEUED", 3)
    monkeypatch.setattr(subscribe, "PATIENCE", 0.1)
    sent, taking = [], asyncio.Event()

    async def send(part):
        sent.append(part.get("body", b""))
        if len(sent) > 2:
            await taking.wait()

    stream = _opened(60)
    answering = asyncio.create_task(stream({}, asyncio.Event().wait, send))

    async def behind():
        assert stream.overrun.is_set()

    await eventually(behind)
    taking.set()
    await answering
    assert sent[1].startswith(b"id: 0\n")
    assert sent[-2].startswith(b"event: reset")
    assert len(sent) < 60


def _opened(most):
    """A stream of so many events, as the server would answer with it."""

    async def heard():
        for number in range(most):
            yield Event("note", b"{}", str(number))

    streams = Streams(None, most=1, most_each=1, seconds=1)
    wanted = Subscribing(None, {}, {}, "a request")
    return EventStream(streams, wanted, None, heard(), contextlib.AsyncExitStack())


async def test_a_quiet_stream_says_that_it_is_still_there(edge, monkeypatch):
    monkeypatch.setattr(subscribe, "QUIET_SECONDS", 0.01)
    async with edge.subscribe() as answer:
        assert await answer.content.readexactly(len(COMMENT)) == COMMENT


async def test_a_gateway_that_stops_ends_its_streams_at_once(edge):
    async with edge.subscribe() as answer:
        edge.application.stop_streams()
        assert await asyncio.wait_for(said(answer, 1), 2) == []


async def test_a_client_that_comes_back_after_long_gets_all_it_missed(edge):
    short = b'{"data": {"news": {"headline": "Short"}}}'
    missed = [Event("next", short, str(number)).written() for number in range(500)]
    edge.newsroom.news.put_nowait(b"".join(missed))
    async with edge.subscribe("subscription { news { headline } }") as answer:
        found = await said(answer, 500)
    assert [one.id for one in found] == [str(number) for number in range(500)]


async def test_an_event_that_cannot_be_read_ends_the_stream_so_that_one_comes_back(edge):
    edge.newsroom.say("1", "The last")
    edge.newsroom.news.put_nowait(Event("next", b'{"data": {}, "errors": ["?"]}', "2"))
    async with edge.subscribe() as answer:
        assert [one.id for one in await asyncio.wait_for(said(answer, 9), 30)] == ["1"]


async def test_a_cookie_of_a_service_goes_to_nobody(edge):
    for _ in range(2):
        async with edge.subscribe() as answer:
            assert answer.status == 200
    assert len(edge.newsroom.headers) == 2
    assert all("cookie" not in headers for headers in edge.newsroom.headers)


async def test_a_service_that_does_not_answer_is_not_waited_for_and_gives_its_place_back(open_edge):
    edge = await open_edge(seconds=0.1, streams_each=1)
    edge.newsroom.answers.clear()
    for _ in range(2):
        async with edge.subscribe() as answer:
            assert answer.status == 503
    edge.newsroom.answers.set()


async def test_a_client_that_takes_nothing_is_let_go_though_the_service_has_ended(monkeypatch):
    monkeypatch.setattr(subscribe, "TAKING_SECONDS", 0.1)

    async def send(part):
        if part.get("body"):
            await asyncio.Event().wait()

    async with asyncio.timeout(30):
        await _opened(1)({}, asyncio.Event().wait, send)
