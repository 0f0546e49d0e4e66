"""Reading events: what takes effect, what waits, what is parked, and what stops a reader."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis import outbox
from chassis.consumer import Consumer, LostOffsetError, ReaderStoppedError, Received, Subscription
from chassis.db import Database, Tx
from chassis.errors import NOT_YET_KNOWN, DomainError, TransientError
from chassis.handling import Handling
from chassis.kafka import Kafka
from chassis.outbox import Event
from cqrs.embedded.broker import Broker
from tests.support.eventually import eventually
from tests.support.messaging import (
    AT,
    headers,
    on_the_topic,
    parked,
    publish,
    reading,
    record,
    relaying,
    value,
)

CHANGED = "thing.changed.v1"
HAPPENED = "thing.happened.v1"


@pytest.fixture
async def things(database: Database) -> Database:
    """A read model of things, and a list of what happened."""
    async with database.transaction() as tx:
        await tx.execute("create table thing (key text primary key, version int, name text)")
        await tx.execute("create table effect (key text, n int)")
    return database


UPSERT = """
insert into thing select distinct on (key) key, version, name
from unnest($1::text[], $2::int[], $3::text[]) as new (key, version, name)
order by key, version desc
on conflict (key) do update set version = excluded.version, name = excluded.name
    where excluded.version > thing.version
"""


async def project(tx: Tx, events: Sequence[Received]) -> None:
    if any(event.payload.get("name") == "poison" for event in events):
        raise KeyError("poison")
    await tx.execute(
        UPSERT,
        [event.key for event in events],
        [event.payload["version"] for event in events],
        [event.payload.get("name") for event in events],
    )


async def react(tx: Tx, event: Received) -> None:
    await tx.execute("insert into effect values ($1, $2)", event.key, event.payload["n"])


def subscription(topic: str, **changes: object) -> Subscription:
    fields: dict[str, object] = {
        "projections": {CHANGED: project},
        "reactions": {HAPPENED: react},
        "read_model": ["public.thing"],
    }
    return Subscription(f"group-{uuid4().hex[:8]}", [topic], **{**fields, **changes})


def changed(key: str, version: int, name: str = "") -> dict[str, object]:
    payload = {"version": version, "name": name}
    return {"key": key.encode(), "value": value(payload), "headers": headers(CHANGED)}


def happened(key: str, n: int, event=None) -> dict[str, object]:
    return {"key": key.encode(), "value": value({"n": n}), "headers": headers(HAPPENED, event)}


async def things_are(database: Database, expected: Mapping[str, int]) -> None:
    async with database.reader() as reader:
        rows = await reader.fetch("select key, version from thing")
    assert {row["key"]: row["version"] for row in rows} == expected


async def effects_are(database: Database, expected: Sequence[tuple[str, int]]) -> None:
    async with database.reader() as reader:
        rows = await reader.fetch("select key, n from effect order by key, n")
    assert [tuple(row) for row in rows] == list(expected)


async def test_a_projection_takes_newer_versions_only(things, kafka, topic):
    await publish(
        kafka, topic, [changed("a", 2), changed("a", 1), changed("b", 1), changed("a", 2)]
    )
    async with reading(things, subscription(topic), kafka):
        await eventually(lambda: things_are(things, {"a": 2, "b": 1}))


async def test_from_outbox_to_read_model(things, dsn, kafka, topic):
    async with relaying(dsn, kafka), reading(things, subscription(topic), kafka):
        for n in range(1, 30):
            await record(things, [Event(CHANGED, topic, "a", {"version": n})])
        await eventually(lambda: things_are(things, {"a": 29}))


async def test_an_event_delivered_twice_takes_effect_once(things, kafka, topic):
    event = uuid4()
    await publish(kafka, topic, [happened("a", 1, event), happened("a", 1, event)])
    asked = subscription(topic)
    async with reading(things, asked, kafka):
        await eventually(lambda: effects_are(things, [("a", 1)]))
        await publish(kafka, topic, [happened("a", 1, event), happened("a", 2)])
        await eventually(lambda: effects_are(things, [("a", 1), ("a", 2)]))


async def test_an_event_delivered_to_eight_readers_at_once_takes_effect_once(things, kafka, topic):
    await publish(kafka, topic, [happened(f"k{n % 5}", n) for n in range(40)])
    records = await on_the_topic(kafka, topic)
    asked = subscription(topic)

    held = await asyncio.gather(*(Handling(things, asked).handle(records) for _ in range(8)))

    assert held == [{}] * 8
    await effects_are(things, sorted((f"k{n % 5}", n) for n in range(40)))


async def test_what_a_reaction_records_carries_the_trace_of_its_event(things, kafka, topic):
    async def answer(tx: Tx, event: Received) -> None:
        await react(tx, event)
        await outbox.record(tx, [Event("thing.answered.v1", topic, "a", {})], at=AT)

    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    traced = happened("a", 1) | {"headers": [*headers(HAPPENED), ("traceparent", trace.encode())]}
    malformed = happened("a", 2) | {"headers": [*headers(HAPPENED), ("traceparent", b"x\n")]}
    await publish(kafka, topic, [traced, malformed])
    async with reading(things, subscription(topic, reactions={HAPPENED: answer}), kafka):
        await eventually(lambda: effects_are(things, [("a", 1), ("a", 2)]))

    async with things.reader() as reader:
        rows = await reader.fetch("select headers from chassis.outbox order by position")
    assert [row["headers"].get("traceparent") for row in rows] == [trace, None]


async def test_a_reader_goes_on_where_it_stopped(things, kafka, topic):
    asked = subscription(topic)
    await publish(kafka, topic, [changed("a", 1)])
    async with reading(things, asked, kafka):
        await eventually(lambda: things_are(things, {"a": 1}))
    async with things.transaction() as tx:
        await tx.execute("delete from thing")

    await publish(kafka, topic, [changed("b", 1)])
    async with reading(things, asked, kafka):
        await eventually(lambda: things_are(things, {"b": 1}))


async def test_poison_is_parked_the_rest_goes_on_and_the_next_event_heals(things, kafka, topic):
    batch = [changed("a", 1), changed("b", 1), changed("a", 2, "poison"), changed("b", 2)]
    await publish(kafka, topic, [*batch, happened("c", 1)])
    async with reading(things, subscription(topic), kafka):
        await eventually(lambda: things_are(things, {"a": 1, "b": 2}))
        await eventually(lambda: effects_are(things, [("c", 1)]))
        (dead,) = await parked(things)
        await publish(kafka, topic, [changed("a", 3)])
        await eventually(lambda: things_are(things, {"a": 3, "b": 2}))

    assert (dead["dead"], dead["code"]) == (f"{topic}.dead", "INTERNAL")
    assert dead["reason"] == "KeyError: 'poison'"
    assert dead["value"] == {"text": '{"version":2,"name":"poison"}'}


async def test_a_refused_reaction_is_parked_with_its_code_and_leaves_nothing(things, kafka, topic):
    async def refuse(tx: Tx, event: Received) -> None:
        await react(tx, event)
        raise DomainError("NOT_PARTICIPATING", "It takes no part.")

    await publish(kafka, topic, [happened("a", 1), changed("b", 1)])
    asked = subscription(topic, reactions={HAPPENED: refuse})
    async with reading(things, asked, kafka):
        await eventually(lambda: things_are(things, {"b": 1}))

    assert [dead["code"] for dead in await parked(things)] == ["NOT_PARTICIPATING"]
    await effects_are(things, [])


def wrong(**changes: object) -> dict[str, object]:
    return {**changed("x", 1), **changes}


UNDECODABLE = {
    "not JSON": wrong(value=b"{"),
    "not an object": wrong(value=b"[1]"),
    "not text": wrong(value=b"\xff\x00"),
    "no headers": wrong(headers=[]),
    "a header that is no text": wrong(headers=[*headers(CHANGED), ("note", b"\xff")]),
    "an id that is none": wrong(headers=[*headers(CHANGED), ("ce_id", b"7")]),
    "a time without a zone": wrong(headers=[*headers(CHANGED), ("ce_time", b"2025-04-01")]),
    "a key that is no text": wrong(key=b"\xff"),
}


async def test_undecodable_records_are_parked_as_they_came_and_block_nothing(things, kafka, topic):
    await publish(kafka, topic, [*UNDECODABLE.values(), changed("a", 1)])
    async with reading(things, subscription(topic), kafka):
        await eventually(lambda: things_are(things, {"a": 1}))
        await eventually(lambda: parked_are(things, len(UNDECODABLE)))

    dead = await parked(things)
    assert {each["code"] for each in dead} == {"UNDECODABLE"}
    assert {"text": "", "base64": "/wA="} in [each["value"] for each in dead]


async def parked_are(database: Database, count: int) -> None:
    assert len(await parked(database)) == count


async def test_a_parked_record_arrives_on_the_dead_letter_topic_once(things, dsn, kafka, topic):
    await publish(kafka, topic, [wrong(value=b"{"), changed("a", 1)])
    records = await on_the_topic(kafka, topic)
    asked = subscription(topic)
    for _ in range(2):  # as after a crash before the commit
        await Handling(things, asked).handle(records)
    async with relaying(dsn, kafka):
        await eventually(lambda: parked_are(things, 0))

    (dead,) = await on_the_topic(kafka, f"{topic}.dead")
    assert dead.key == b"x"


async def test_unknown_types_and_deletions_are_skipped(things, kafka, topic):
    unknown = wrong(headers=headers("thing.painted.v1"), value=b"not ours to judge")
    await publish(kafka, topic, [unknown, wrong(value=None), changed("a", 1)])
    async with reading(things, subscription(topic), kafka):
        await eventually(lambda: things_are(things, {"a": 1}))

    assert await parked(things) == []


async def test_a_transient_error_holds_its_partition_while_others_go_on(things, kafka, topic):
    blocked = asyncio.Event()
    blocked.set()
    tried: list[int] = []

    async def hesitate(tx: Tx, event: Received) -> None:
        if event.key == "slow" and blocked.is_set():
            tried.append(event.payload["n"])
            raise TransientError("locked")
        await react(tx, event)

    slow, fast = await keys_of_two_partitions(kafka, topic, "slow")
    batch = [happened(slow, 1), happened(fast, 1), happened(slow, 2), happened(fast, 2)]
    await publish(kafka, topic, batch)
    async with reading(things, subscription(topic, reactions={HAPPENED: hesitate}), kafka):
        await eventually(lambda: effects_are(things, [(fast, 1), (fast, 2)]))
        await publish(kafka, topic, [happened(fast, 3)])
        await eventually(lambda: effects_are(things, [(fast, 1), (fast, 2), (fast, 3)]))
        blocked.clear()
        expected = [(fast, 1), (fast, 2), (fast, 3), (slow, 1), (slow, 2)]
        await eventually(lambda: effects_are(things, expected))

    assert set(tried) == {1}
    assert len(tried) < 20, "it is tried again with a pause"
    assert await parked(things) == []


async def test_what_is_not_yet_known_is_waited_for_and_then_parked(things, kafka, topic):
    async def needs_thing(tx: Tx, event: Received) -> None:
        if not await tx.fetchval("select true from thing where key = 'b'"):
            raise DomainError(NOT_YET_KNOWN, "Thing b has not been heard of.")
        await react(tx, event)

    await publish(kafka, topic, [happened("a", 1)])
    records = await on_the_topic(kafka, topic)
    asked = subscription(topic, reactions={HAPPENED: needs_thing})
    handling = Handling(things, asked, patience=0.2)

    held = await handling.handle(records)
    assert list(held.values()) == [0]
    assert await parked(things) == []

    async def given_up() -> None:
        assert await handling.handle(records) == {}

    await eventually(given_up)
    assert [dead["code"] for dead in await parked(things)] == [NOT_YET_KNOWN]


async def test_an_event_takes_effect_when_what_it_needs_has_been_heard(things, kafka, topic):
    async def needs_thing(tx: Tx, event: Received) -> None:
        if not await tx.fetchval("select true from thing"):
            raise DomainError(NOT_YET_KNOWN, "The thing has not been heard of.")
        await react(tx, event)

    needing, needed = await keys_of_two_partitions(kafka, topic, "a")
    await publish(kafka, topic, [happened(needing, 1)])
    async with reading(things, subscription(topic, reactions={HAPPENED: needs_thing}), kafka):
        await publish(kafka, topic, [changed(needed, 1)])
        await eventually(lambda: effects_are(things, [(needing, 1)]))


async def keys_of_two_partitions(kafka: Kafka, topic: str, first: str) -> tuple[str, str]:
    from chassis.sending import _partition

    taken = _partition(first.encode(), 4)
    return first, next(k for k in "abcdefgh" if _partition(k.encode(), 4) != taken)


async def test_a_reader_that_parks_everything_is_stopped_by_its_fuse(things, kafka, topic):
    await publish(kafka, topic, [changed("a", n, "poison") for n in range(30)])
    reader = Consumer(things, subscription(topic), kafka, fuse=10)

    with pytest.raises(ReaderStoppedError, match="10 records in a row"):
        await asyncio.wait_for(reader.run(asyncio.Event()), 10)

    assert len(await parked(things)) == 10


async def test_started_again_a_stopped_reader_goes_on_behind_what_was_parked(things, kafka, topic):
    await publish(kafka, topic, [wrong(key=b"a", value=b"{")] * 15)
    await publish(kafka, topic, [changed("a", 1)])
    asked = subscription(topic)

    with pytest.raises(ReaderStoppedError):
        await Consumer(things, asked, kafka, fuse=10).run(asyncio.Event())
    async with reading(things, asked, kafka, fuse=10):
        await eventually(lambda: things_are(things, {"a": 1}))

    assert len(await parked(things)) == 15


async def test_a_database_that_is_away_loses_nothing(things, dsn, kafka, topic, postgres):
    async with reading(things, subscription(topic), kafka):
        await publish(kafka, topic, [happened("a", 1)])
        await eventually(lambda: effects_are(things, [("a", 1)]))
        close, reopen = away(dsn)
        postgres.execute(*close)
        try:
            await publish(kafka, topic, [happened(key, 2) for key in "abcdef"])
        finally:
            postgres.execute(reopen)
        expected = sorted([("a", 1), *((key, 2) for key in "abcdef")])
        await eventually(lambda: effects_are(things, expected))

    assert await parked(things) == []


def away(dsn: str) -> tuple[list[str], str]:
    """Statements that shut everybody out of the database, and one that lets them in again."""
    name = dsn.rpartition("/")[2]
    sessions = "select pg_terminate_backend(pid) from pg_stat_activity where datname = "
    close = [f"alter database {name} allow_connections false", f"{sessions}'{name}'"]
    return close, f"alter database {name} allow_connections true"


async def test_a_broker_that_stands_still_is_waited_for(things, dsn, kafka, topic, broker):
    async with relaying(dsn, kafka), reading(things, subscription(topic), kafka):
        await record(things, [Event(CHANGED, topic, "a", {"version": 1})])
        await eventually(lambda: things_are(things, {"a": 1}))
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            for n in range(2, 20):
                await record(things, [Event(CHANGED, topic, "a", {"version": n})])
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        await eventually(lambda: things_are(things, {"a": 19}))


async def test_a_closed_port_is_waited_for_and_a_stop_is_heard_meanwhile(things, topic):
    stop = asyncio.Event()
    reader = Consumer(things, subscription(topic), Kafka("127.0.0.1:1"))
    running = asyncio.create_task(reader.run(stop))
    await asyncio.wait([running], timeout=0.2)
    assert not running.done()
    stop.set()
    await asyncio.wait_for(running, 5)


async def drop_the_oldest(kafka: Kafka, topic: str) -> None:
    """More than the 5 MB that the embedded broker keeps of a partition."""
    big = {"key": b"a", "value": b"x" * 900_000, "headers": headers("thing.painted.v1")}
    await publish(kafka, topic, [big] * 8)


async def test_a_reader_whose_offset_has_gone_stops_and_says_so(things, kafka, topic):
    asked = subscription(topic)
    await publish(kafka, topic, [changed("a", 1)])
    async with reading(things, asked, kafka):
        await eventually(lambda: things_are(things, {"a": 1}))
    await drop_the_oldest(kafka, topic)

    with pytest.raises(LostOffsetError, match=r"records 1 to \d are gone"):
        await asyncio.wait_for(Consumer(things, asked, kafka).run(asyncio.Event()), 10)


async def test_a_new_reader_that_finds_the_beginning_gone_stops(things, kafka, topic):
    await drop_the_oldest(kafka, topic)

    with pytest.raises(LostOffsetError, match="records 0 to"):
        await asyncio.wait_for(
            Consumer(things, subscription(topic), kafka).run(asyncio.Event()), 10
        )


async def test_an_offset_beyond_the_end_stops_a_reader(things, kafka, topic, broker: Broker):
    asked = subscription(topic)
    await publish(kafka, topic, [changed("a", 1)])
    consumer = AIOKafkaConsumer(**kafka.connection(), group_id=asked.group)
    await consumer.start()
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    await consumer.commit({place: 1_000})
    await consumer.stop()

    with pytest.raises(LostOffsetError, match="1000 was read once"):
        await asyncio.wait_for(Consumer(things, asked, kafka).run(asyncio.Event()), 10)
