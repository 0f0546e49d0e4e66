"""What Apache Kafka does and the embedded broker does not: members of a group that come and go,
batches that failed, compaction, retention, and a broker that is started again."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.consumer import Consumer, LostOffsetError, Received
from chassis.db import Database, Tx
from chassis.errors import TransientError
from chassis.kafka import Kafka
from chassis.outbox import Event
from chassis.place import read_again
from tests.support.containers import KafkaContainer
from tests.support.eventually import eventually
from tests.support.messaging import (
    all_is_read,
    headers,
    on_the_topic,
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
)

pytestmark = [pytest.mark.containers, pytest.mark.timeout(240), pytest.mark.xdist_group("kafka")]

KEYS = [f"k{n}" for n in range(12)]
_BETWEEN = 0.05
"""Seconds from one round to the next: what readers in the same process keep up with."""
PATIENCE = 60


@pytest.fixture
def kafka(real_kafka: KafkaContainer) -> Kafka:
    return Kafka(real_kafka.bootstrap, session_timeout_ms=3_000, fetch_max_wait_ms=20)


@pytest.fixture
def topic(real_kafka: KafkaContainer) -> str:
    name = f"test-{uuid4().hex[:8]}"
    real_kafka.make(name, partitions=4)
    return name


async def in_their_order(database: Database, rounds: int) -> None:
    """Each key's happenings took effect once each, and in the order they happened."""
    async with database.reader() as reader:
        rows = await reader.fetch(
            "select key, array_agg(n order by place) as ns from effect group by 1"
        )
    assert {row["key"]: row["ns"] for row in rows} == {key: list(range(rounds)) for key in KEYS}


class Happening:
    """Every key goes on happening, some hundred times a second, until it was enough."""

    def __init__(self, kafka: Kafka, topic: str) -> None:
        self._enough = asyncio.Event()
        self._flowing = asyncio.create_task(self._flow(kafka, topic))

    async def _flow(self, kafka: Kafka, topic: str) -> int:
        rounds = 0
        while not self._enough.is_set():
            await publish(kafka, topic, [happened(key, rounds) for key in KEYS])
            rounds += 1
            await asyncio.sleep(_BETWEEN)
        return rounds

    async def ended(self) -> int:
        """How often each happened."""
        self._enough.set()
        return await self._flowing

    def cancel(self) -> None:
        self._flowing.cancel()


@asynccontextmanager
async def happening(kafka: Kafka, topic: str) -> AsyncIterator[Happening]:
    load = Happening(kafka, topic)
    try:
        yield load
    finally:
        load.cancel()


async def test_workers_that_join_and_leave_under_load_lose_and_repeat_nothing(
    things: Database, kafka: Kafka, topic: str
) -> None:
    asked = subscription(topic)
    async with reading(things, asked, kafka) as first, happening(kafka, topic) as load:
        await eventually(lambda: some_took_effect(things, 50), PATIENCE)
        async with reading(things, asked, kafka) as second:
            await eventually(lambda: both_assigned(first, second), PATIENCE)
            joined = await effects(things)
            await eventually(lambda: some_took_effect(things, joined + 400), PATIENCE)
        left = await effects(things)
        await eventually(lambda: some_took_effect(things, left + 400), PATIENCE)
        rounds = await load.ended()
        await eventually(lambda: in_their_order(things, rounds), PATIENCE)
        await eventually(lambda: all_is_read(kafka, asked), PATIENCE)


async def some_took_effect(database: Database, least: int) -> None:
    assert await effects(database) >= least


async def effects(database: Database) -> int:
    async with database.reader() as reader:
        return int(await reader.fetchval("select count(*) from effect"))


async def both_assigned(*readers: Consumer) -> None:
    assert all(reader.assigned for reader in readers)


async def test_a_worker_that_dies_without_a_word_is_stood_in_for_and_nothing_is_done_twice(
    things: Database, dsn: str, kafka: Kafka, topic: str
) -> None:
    asked = subscription(topic)
    dying = get_context("spawn").Process(
        target=read, args=(dsn, topic, asked.group, kafka), daemon=True
    )
    dying.start()
    async with happening(kafka, topic) as load:
        await eventually(lambda: some_took_effect(things, 50), PATIENCE)
        dying.kill()
        dying.join()
        done = await effects(things)
        async with reading(things, asked, kafka):
            await eventually(lambda: some_took_effect(things, done + 500), PATIENCE)
            rounds = await load.ended()
            await eventually(lambda: in_their_order(things, rounds), PATIENCE)


def read(dsn: str, topic: str, group: str, kafka: Kafka) -> None:
    """A worker of its own, until it is killed."""

    async def reads() -> None:
        database = await Database.connect(dsn, name="test")
        asked = subscription(topic, group=group)
        await Consumer(database, asked, kafka).run(asyncio.Event())

    asyncio.run(reads())


async def test_after_a_batch_that_failed_it_reads_on_from_where_it_was_and_others_go_on(
    things: Database, kafka: Kafka, topic: str
) -> None:
    refusals = 3

    async def react_at_last(tx: Tx, event: Received) -> None:
        nonlocal refusals
        if event.key == "k3" and refusals:
            refusals -= 1
            raise TransientError("not now")
        await react(tx, event)

    asked = subscription(topic, reactions={HAPPENED: react_at_last})
    await publish(kafka, topic, [happened(key, n) for n in range(5) for key in KEYS])
    async with reading(things, asked, kafka):
        await eventually(lambda: in_their_order(things, 5), PATIENCE)
        await eventually(lambda: all_is_read(kafka, asked), PATIENCE)
    assert refusals == 0


@contextmanager
def compacted(real_kafka: KafkaContainer, name: str) -> Iterator[str]:
    """A topic that is declared compacted, whose old records go within a second or two."""
    settings = {
        "segment_ms": "100",
        "min_cleanable_dirty_ratio": "0.01",
        "segment_bytes": "1048576",
    }
    real_kafka.make(name, partitions=1, cleanup_policy="compact", **settings)
    yield name
    real_kafka.forget(name)


async def test_compaction_leaves_gaps_that_stop_no_reader_and_the_newest_of_each_key(
    things: Database, kafka: Kafka, real_kafka: KafkaContainer
) -> None:
    with compacted(real_kafka, "organisations.organisation") as topic:
        asked = subscription(topic)
        await publish(kafka, topic, [changed("a", 1), changed("b", 1)])
        async with reading(things, asked, kafka):
            await eventually(lambda: things_are(things, {"a": 1, "b": 1}), PATIENCE)
        for version in range(2, 30):
            await publish(kafka, topic, [changed("a", version), changed("b", version)])
        await eventually(lambda: fewer_than(kafka, real_kafka, topic, 20), PATIENCE)

        async with reading(things, asked, kafka):
            await eventually(lambda: things_are(things, {"a": 29, "b": 29}), PATIENCE)
        async with things.transaction() as tx:
            await tx.execute("delete from thing")
        async with reading(things, subscription(topic), kafka):
            await eventually(lambda: things_are(things, {"a": 29, "b": 29}), PATIENCE)


async def fewer_than(kafka: Kafka, real_kafka: KafkaContainer, topic: str, records: int) -> None:
    """Compaction has begun; a record more lets the newest segment end."""
    await publish(
        kafka, topic, [{"key": b"filler", "value": b"{}", "headers": headers("thing.painted.v1")}]
    )
    left = [
        each for each in await on_the_topic(kafka, topic, partitions=1) if each.key != b"filler"
    ]
    assert len(left) < records


async def test_a_reader_that_was_away_longer_than_records_are_kept_stops_and_says_so(
    things: Database, kafka: Kafka, real_kafka: KafkaContainer
) -> None:
    topic = f"test-{uuid4().hex[:8]}"
    real_kafka.make(topic, partitions=1, retention_ms="1000", segment_ms="500")
    asked = subscription(topic)
    await publish(kafka, topic, [changed("a", 1)])
    async with reading(things, asked, kafka):
        await eventually(lambda: things_are(things, {"a": 1}), PATIENCE)
        await eventually(lambda: all_is_read(kafka, asked, partitions=1), PATIENCE)
    for version in range(2, 5):
        await publish(kafka, topic, [changed("a", version)])
    await eventually(lambda: begins_after(kafka, topic, 2), PATIENCE)

    with pytest.raises(LostOffsetError, match="records 1 to"):
        await asyncio.wait_for(Consumer(things, asked, kafka).run(asyncio.Event()), PATIENCE)


async def begins_after(kafka: Kafka, topic: str, offset: int) -> None:
    await publish(kafka, topic, [changed("b", 1)])
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(**kafka.connection())
    await consumer.start()
    try:
        assert (await consumer.beginning_offsets([place]))[place] > offset
    finally:
        await consumer.stop()


@pytest.mark.parametrize("ending", ["restart", "kill"])
async def test_a_broker_that_is_started_again_costs_time_and_nothing_else(
    things, dsn, kafka, topic, *, real_kafka, ending
):
    rounds = 30
    async with relaying(dsn, kafka, timeout=5.0), reading(things, subscription(topic), kafka):
        for version in range(1, rounds + 1):
            await record(things, [Event(CHANGED, topic, key, {"version": version}) for key in KEYS])
            if version == rounds // 2:
                await asyncio.to_thread(getattr(real_kafka, ending))
        if ending == "kill":
            await asyncio.to_thread(real_kafka.start)
        await eventually(lambda: things_are(things, dict.fromkeys(KEYS, rounds)), 2 * PATIENCE)
    told = [each for each in await on_the_topic(kafka, topic) if each.key == b"k0"]
    versions = [json.loads(each.value)["version"] for each in told]
    assert list(dict.fromkeys(versions)) == list(range(1, rounds + 1))
    await effects_are(things, [])


async def test_a_database_that_was_put_back_reads_again_what_it_no_longer_knows(
    things: Database, kafka: Kafka, topic: str
) -> None:
    asked, rounds = subscription(topic), 10
    async with reading(things, asked, kafka):
        await publish(kafka, topic, [happened(key, n) for n in range(4) for key in KEYS])
        await eventually(lambda: in_their_order(things, 4), PATIENCE)
        async with things.reader() as reader:
            known = await reader.fetchval("select array_agg(event) from chassis.inbox")
        backed_up = datetime.now(UTC)
        await publish(kafka, topic, [happened(key, n) for n in range(4, rounds) for key in KEYS])
        await eventually(lambda: in_their_order(things, rounds), PATIENCE)
    async with things.transaction() as tx:
        await tx.execute("delete from chassis.inbox where event <> all($1)", known)
        await tx.execute("delete from effect where n >= 4")
    again = await read_again(asked, kafka, backed_up - timedelta(seconds=1))
    assert again >= (rounds - 4) * len(KEYS)
    async with reading(things, asked, kafka):
        await eventually(lambda: in_their_order(things, rounds), PATIENCE)
        await eventually(lambda: all_is_read(kafka, asked), PATIENCE)
