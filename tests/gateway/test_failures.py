"""A service that is down, slow or wrong costs its own fields, and nothing else."""

import asyncio

import pytest
import uvloop

from gateway.transport import HttpTransport, TooLateError, UnavailableError

QUERY = "{ books(first: 2) { title stars } latestReviews { s: stars } shelves { number } }"


@pytest.mark.parametrize(
    ("fault", "code"), [("down", "SERVICE_UNAVAILABLE"), ("slow", "DEADLINE_EXCEEDED")]
)
async def test_a_service_down_or_slow_is_null_with_path_and_code(ask, fault, code):
    ask.services["reviews"].fault = fault
    answer = await ask(QUERY)
    assert answer["data"]["books"] == [
        {"title": "Book 1", "stars": None},
        {"title": "Book 2", "stars": None},
    ]
    assert answer["data"]["latestReviews"] is None
    assert len(answer["data"]["shelves"]) == 4
    assert [one["path"] for one in answer["errors"]] == [
        ["books", 0, "stars"],
        ["books", 1, "stars"],
        ["latestReviews"],
    ]
    assert {one["extensions"]["code"] for one in answer["errors"]} == {code}
    assert "reviews" not in str(answer["errors"][0]["message"])


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"data": null}',
        b'{"data": {"_e0": []}}',
        b'{"data": {"_e0": null}}',
        b'{"data": {"_e0": 7}}',
    ],
)
async def test_an_answer_that_is_none_costs_the_same(ask, answer):
    ask.services["reviews"].fault = answer
    found = await ask("{ book(isbn: 1) { title stars } }")
    assert found["data"] == {"book": {"title": "Book 1", "stars": None}}
    [error] = found["errors"]
    assert error["path"] == ["book", "stars"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_the_code_field_and_facts_of_a_refusal_reach_the_client(ask):
    ask.services["books"].fault = (
        b'{"data": {"book__b": null}, "errors": [{"message": "No role.", "path": ["version"],'
        b' "extensions": {"code": "ROLE_REQUIRED", "field": "isbn", "facts": {"role": "X"},'
        b' "exception": "secret"}}]}'
    ).replace(b"book__b", b"version")
    answer = await ask("{ v: version { number } }")
    assert answer == {
        "data": {"v": None},
        "errors": [
            {
                "message": "No role.",
                "path": ["v"],
                "extensions": {
                    "code": "ROLE_REQUIRED",
                    "field": "isbn",
                    "facts": {"role": "X"},
                    "requestId": "request-1",
                },
            }
        ],
    }


async def test_words_without_a_code_are_not_passed_on(ask):
    ask.services["books"].fault = b'{"errors": [{"message": "at 10.0.0.7:5432"}]}'
    answer = await ask("{ version { number } }")
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "10.0.0.7" not in str(answer)


async def test_a_request_refused_as_a_whole_is_told_at_each_field(ask):
    ask.services[
        "books"
    ].fault = b'{"errors": [{"message": "Sign in.", "extensions": {"code": "UNAUTHENTICATED"}}]}'
    answer = await ask("{ a: version { number } b: book(isbn: 1) { title } shelves { number } }")
    assert answer["data"]["shelves"] is not None
    assert {(one["path"][0], one["extensions"]["code"]) for one in answer["errors"]} == {
        ("a", "UNAUTHENTICATED"),
        ("b", "UNAUTHENTICATED"),
    }


async def test_null_moves_up_to_the_nearest_place_that_allows_it(ask):
    ask.services["books"].fault = "down"
    answer = await ask("{ latestReviews { stars book { weight } by { name } } }")
    assert answer["data"]["latestReviews"] == [
        {"stars": 2, "book": None, "by": None},
        {"stars": 3, "book": None, "by": None},
    ]
    assert answer["errors"][0]["path"] == ["latestReviews", 0, "book", "weight"]


async def test_what_needs_something_that_failed_fails_with_it(ask):
    ask.services["books"].fault = "down"
    answer = await ask("{ topBooks { isbn postage } }")
    assert answer["data"]["topBooks"][0] == {"isbn": "1", "postage": None}
    assert answer["errors"][0]["path"] == ["topBooks", 0, "postage"]
    assert answer["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert ask.services["stock"].asked == []


async def test_a_slow_service_holds_up_only_what_needs_it(ask):
    stock, free = ask.services["stock"], asyncio.Event()

    async def held(_body, answer=stock.answer):
        await free.wait()
        return await answer(_body)

    stock.answer = held
    running = asyncio.create_task(ask("{ shelves { number } books { stars } }"))
    while not ask.services["reviews"].asked:
        await asyncio.sleep(0)
    assert not running.done()
    free.set()
    assert (await running)["data"]["shelves"][0] == {"number": 1}


async def test_a_mutation_that_failed_ends_where_it_may_be_null(ask):
    ask.services["reviews"].fault = "down"
    answer = await ask(
        """mutation { addReview(review: {isbn: 1, stars: 1}) { id }
             renameBook(isbn: 1, title: "x") { title } }"""
    )
    assert answer["data"] == {"addReview": None, "renameBook": {"title": "x"}}
    assert answer["errors"][0]["path"] == ["addReview"]


async def test_an_answer_lists_a_hundred_errors_at_most(ask):
    ask.services["reviews"].fault = "down"
    fields = " ".join(f"a{n}: stars b{n}: reviews {{ id }}" for n in range(10))
    answer = await ask(f"{{ books(first: 6) {{ {fields} }} }}")
    assert len(answer["errors"]) == 100


class Wire(asyncio.Protocol):
    """A server that answers each request as the script says: bytes, `close` or `wait`."""

    def __init__(self, script, seen):
        self.script, self.seen = script, seen

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if not data.startswith(b"POST"):
            return
        self.seen.append(data)
        step = self.script.pop(0) if self.script else b"{}"
        if step == "close":
            self.transport.close()
        elif isinstance(step, Exception):
            self.transport.write(b"nonsense\r\n\r\n")
        elif step != "wait":
            head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(step)
            self.transport.write(head + step)


@pytest.fixture
async def wire():
    """Starts a scripted server; gives its address and what it saw."""
    servers = []

    async def start(*script):
        seen, steps = [], list(script)
        server = await asyncio.get_running_loop().create_server(
            lambda: Wire(steps, seen), "127.0.0.1", 0
        )
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql", seen

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def transport():
    made = HttpTransport(answer_limit=1000)
    yield made
    await made.close()


async def send(transport, url, *, once=False, seconds=2.0):
    return await transport.send(url, b"{}", {}, seconds=seconds, once=once)


async def test_a_query_that_met_a_dead_connection_is_sent_again_once(wire, transport):
    url, seen = await wire("close", b'{"a": 1}')
    assert (await send(transport, url)).body == b'{"a": 1}'
    assert len(seen) == 2
    url, seen = await wire("close", "close", b"{}")
    with pytest.raises(UnavailableError):
        await send(transport, url)
    assert len(seen) == 2


async def test_a_mutation_is_never_sent_again(wire, transport):
    url, seen = await wire("close", b"{}")
    with pytest.raises(UnavailableError):
        await send(transport, url, once=True)
    assert len(seen) == 1


async def test_nothing_is_waited_for_longer_than_there_is_time(wire, transport):
    url, seen = await wire("wait")
    with pytest.raises(TooLateError):
        await send(transport, url, seconds=0.05)
    assert len(seen) == 1


async def test_one_connection_serves_one_request_after_another(wire, transport):
    url, seen = await wire(b"1", b"2")
    assert [(await send(transport, url)).body for _ in range(2)] == [b"1", b"2"]
    assert len({one.split(b"\r\n\r\n")[0] for one in seen}) == 1


def test_the_event_loop_of_production_can_be_asked_with():
    async def asked():
        server = await asyncio.get_running_loop().create_server(
            lambda: Wire([b"1", b"2"], []), "127.0.0.1", 0
        )
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql"
        transport = HttpTransport()
        try:
            return [(await send(transport, url)).body for _ in range(2)]
        finally:
            await transport.close()
            server.close()

    assert uvloop.run(asked()) == [b"1", b"2"]


async def test_what_is_no_http_is_no_answer(wire, transport):
    url, _ = await wire(RuntimeError("raw"))
    with pytest.raises(UnavailableError):
        await send(transport, url)
    assert (await send(transport, url)).body == b"{}"


async def test_nobody_there_is_unavailable_at_once(transport):
    with pytest.raises(UnavailableError):
        await send(transport, "http://127.0.0.1:1/graphql")


async def test_a_header_cannot_bring_another_one(wire, transport):
    url, seen = await wire()
    with pytest.raises(UnavailableError):
        await transport.send(url, b"{}", {"a": "b\r\nc: d"}, seconds=2.0, once=False)
    assert seen == []


async def test_an_answer_that_is_too_long_is_none(wire, transport):
    url, _ = await wire(b" " * 2000)
    with pytest.raises(UnavailableError):
        await send(transport, url)
