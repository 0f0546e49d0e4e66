"""Subscriptions as server-sent events, of the sample service, over real sockets."""

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack, suppress

import aiohttp
import pytest
from graphql import ExecutionResult

from chassis.graphql import stream
from chassis.graphql.live import Live
from chassis.graphql.stream import EventStream, Streams
from chassis.ids import new_id
from tests.support.eventually import eventually
from tests.support.listening import Listening, listening
from tests.support.sample.fixtures import Sample

TITLES = "subscription ($times: Int! = 1) { titles(times: $times) }"
NOTE = "insert into note values ($1, 1, $2, $3, 0)"


async def note(sample: Sample, *titles: str, organisation: str = "A1") -> None:
    async with sample.running.database.transaction() as tx:
        await tx.executemany(NOTE, [(new_id(), organisation, title) for title in titles])


def titles(sample: Sample, subject: str = "anna", **options):
    claims = options.pop("claims", {})
    token = sample.issuer.token(subject, **claims)
    return listening(sample.address, TITLES, token=token, **options)


async def test_events_come_as_they_happen_with_their_numbers(sample: Sample):
    async with titles(sample) as events, titles(sample, "otto") as others:
        await note(sample, "Bread")
        assert await events.data() == ("1", {"titles": "Bread"})
        await note(sample, "Oats", organisation="A2")
        await note(sample, "Apples")
        assert await events.data() == ("2", {"titles": "Apples"})
        assert await others.data() == ("1", {"titles": "Oats"})


async def test_a_lost_stream_goes_on_after_the_last_event(sample: Sample):
    await note(sample, *(str(n) for n in range(1, 251)))
    async with titles(sample, last=3) as events:
        found = [(await events.data())[0] for _ in range(247)]
    assert found == [str(n) for n in range(4, 251)]


async def test_a_last_event_that_is_no_number_is_refused(sample: Sample):
    async with titles(sample, last="yesterday") as events:
        assert events.response.status == 400
        (error,) = (await events.response.json())["errors"]
        assert error["extensions"]["code"] == "LAST_EVENT_ID_NOT_VALID"


async def test_a_subscription_is_answered_by_a_stream_alone(sample: Sample):
    answer = await sample.ask(TITLES)
    assert (answer.status, answer.code) == (406, "STREAM_REQUIRED")


async def test_a_query_is_answered_on_a_stream_too(sample: Sample):
    async with listening(sample.address, "{ today }", token=sample.issuer.token()) as events:
        assert (await events.data())[1]["today"]
        assert (await events.event()).name == "complete"
        assert await events.event() is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_is_no_valid_operation_is_told_on_the_stream(sample: Sample, query, code):
    async with listening(sample.address, query, token=sample.issuer.token()) as events:
        _, body = await events.next()
        assert body["errors"][0]["extensions"]["code"] == code
        assert (await events.event()).name == "complete"


async def test_a_token_that_expires_ends_the_stream(sample: Sample):
    async with titles(sample, claims={"exp": int(time.time()) + 2}) as events:
        _, body = await events.next()
        assert body["errors"][0]["extensions"] == {
            "code": "UNAUTHENTICATED",
            "facts": {"part": "expiry"},
        }
        assert (await events.event()).name == "complete"


async def test_who_may_no_longer_act_is_told_so_in_the_place_of_what_happened(sample: Sample):
    async with titles(sample) as events:
        async with sample.running.database.transaction() as tx:
            await tx.execute("delete from person where subject = 'anna'")
        await note(sample, "Bread")
        _, body = await events.next()
        assert body["data"] is None
        assert body["errors"][0]["extensions"]["code"] == "PERSON_NOT_KNOWN"
        assert (await events.event()).name == "complete"


async def test_a_person_has_so_many_streams_and_no_more(sample: Sample, monkeypatch):
    monkeypatch.setattr(stream, "MOST_EACH", 2)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(titles(sample))
        async with titles(sample) as third, titles(sample, "otto") as another:
            assert (third.response.status, another.response.status) == (429, 200)
            (error,) = (await third.response.json())["errors"]
            assert error["extensions"]["code"] == "TOO_MANY_STREAMS"

    async def room():
        async with titles(sample) as events:
            assert events.response.status == 200

    await eventually(room)


async def test_a_quiet_stream_says_that_it_lives(sample: Sample, monkeypatch):
    monkeypatch.setattr(stream, "QUIET_SECONDS", 0.02)
    async with titles(sample) as events:
        waiting = asyncio.create_task(events.event())

        async def commented():
            assert events.comments > 3

        await eventually(commented)
        waiting.cancel()


async def test_a_client_that_takes_nothing_is_let_go(sample: Sample, monkeypatch):
    monkeypatch.setattr(stream, "QUEUED", 3)
    monkeypatch.setattr(stream, "PATIENCE", 0.1)
    await note(sample, *(f"{n:02}" for n in range(60)))
    async with titles(sample, variables={"times": 200_000}) as events:

        async def ended():
            assert "cqrs_graphql_streams 0.0" in (await sample.get("/metrics"))[1]

        await eventually(ended)
        numbers = [number async for number in _numbers(events)]
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
    assert len(numbers) < 60


async def _numbers(events: Listening):
    with suppress(aiohttp.ClientPayloadError):  # the stream was cut off
        while event := await events.event():
            if event.name == "next":
                yield event.id


async def test_a_client_that_fell_behind_is_told_to_begin_anew(monkeypatch):
    monkeypatch.setattr(stream, "QUEUED", 3)
    monkeypatch.setattr(stream, "PATIENCE", 0.1)
    sent, taking = [], asyncio.Event()

    async def send(part):
        sent.append(part.get("body", b""))
        if len(sent) > 2:
            await taking.wait()

    opened = _opened(60)
    answering = asyncio.create_task(opened({}, asyncio.Event().wait, send))
    await eventually(lambda: _is(opened.overrun))
    taking.set()
    await answering
    assert sent[-2].startswith(b"event: reset")
    assert b'"titles":"0"' in sent[2]


async def test_a_quiet_client_that_takes_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(stream, "TAKING_SECONDS", 0.1)

    async def send(part):
        if part.get("body"):
            await asyncio.Event().wait()

    async with asyncio.timeout(5):
        await _opened(1)({}, asyncio.Event().wait, send)


def _opened(count: int) -> EventStream:
    """A stream of so many events, as the server would answer with it."""

    async def results():
        for n in range(count):
            live.number = n
            yield ExecutionResult({"titles": str(n)}, None)

    async def renew():
        pass

    live = Live(watcher=None, after=None, renew_caller=renew)
    return EventStream(results(), live, time.time() + 60, Streams(), ExitStack(), "a request")


def _is(event: asyncio.Event) -> None:
    assert event.is_set()


async def test_a_process_that_ends_lets_its_clients_come_back(sample: Sample):
    async with titles(sample) as events:
        await note(sample, "Bread")
        assert (await events.data())[0] == "1"
        sample.stop.set()
        assert await events.event() is None  # no complete: it goes on elsewhere


async def test_a_database_that_fell_silent_is_listened_to_again(sample: Sample):
    async with titles(sample) as events:
        await note(sample, "Bread")
        assert (await events.data())[0] == "1"
        async with sample.running.database.reader() as reader:
            await reader.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        await note(sample, "Apples")
        number = (await events.data())[0]
        assert number == "2"
