"""Reading events: what takes effect, what waits, what is parked, and what stops a reader."""

import asyncio
from uuid import uuid4

from chassis import outbox
from chassis.consumer import Received
from chassis.db import Database, Tx
from chassis.errors import NOT_YET_KNOWN, DomainError, TransientError
from chassis.handling import Handling
from chassis.kafka import Kafka
from chassis.outbox import Event
from tests.support.eventually import eventually
from tests.support.messaging import (
    AT,
    all_is_read,
    headers,
    on_the_topic,
    parked,
    publish,
    reading,
    record,
    relaying,
)
from tests.support.things import (
    CHANGED,
    HAPPENED,
    changed,
    effects_are,
    happened,
    react,
    subscription,
    things_are,
    wrong,
)


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
        await eventually(lambda: all_is_read(kafka, asked))
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


UNDECODABLE = {
    "not JSON": wrong(value=b"{"),
    "not an object": wrong(value=b"[1]"),
    "not text": wrong(value=b"\xff\x00"),
    "no headers": wrong(headers=[]),
    "a header that is no text": wrong(headers=[*headers(CHANGED), ("note", b"\xff")]),
    "an id that is none": wrong(headers=[*headers(CHANGED), ("ce_id", b"7")]),
    "a time without a zone": wrong(headers=[*headers(CHANGED), ("ce_time", b"2025-04-01")]),
    "a key that is no text": wrong(key=b"\xff"),
    "a key that cannot be stored": wrong(key=b"a\0b", value=b"{"),
    "a value that swells as JSON": wrong(value=b"\x01" * 300_000),
    "a value of quotes": wrong(value=b'"' * 300_000),
    "many long headers": wrong(headers=[(f"h{n}", b"x" * 190_000) for n in range(5)]),
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
