"""Relays, readers and topics for the tests of messaging."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from chassis import outbox, wire
from chassis.consumer import Consumer, Subscription
from chassis.db import Database
from chassis.handling import FUSE
from chassis.kafka import Kafka
from chassis.outbox import Event
from chassis.relay import Relay
from cqrs.embedded.broker import Broker
from tests.support.containers import KafkaContainer, delete_before

AT = datetime(2025, 4, 1, 9, tzinfo=UTC)


@pytest.fixture
def topic() -> str:
    """The test's own; the embedded broker makes it, of 4 partitions, when first named."""
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
def kafka(broker: Broker | KafkaContainer) -> Kafka:
    forgetful = isinstance(broker, Broker)
    return Kafka(
        broker.bootstrap, session_timeout_ms=2_000, fetch_max_wait_ms=20, forgetful=forgetful
    )


@asynccontextmanager
async def relaying(dsn: str, kafka: Kafka, timeout: float = 1.0) -> AsyncIterator[asyncio.Event]:
    """A relay at work during the block."""
    stop = asyncio.Event()
    relay = Relay(dsn, kafka, name="test", request_timeout=timeout)
    running = asyncio.create_task(relay.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await running


@asynccontextmanager
async def reading(
    database: Database, subscription: Subscription, kafka: Kafka, fuse: int = FUSE
) -> AsyncIterator[Consumer]:
    """A reader at work during the block."""
    stop = asyncio.Event()
    reader = Consumer(database, subscription, kafka, fuse=fuse)
    running = asyncio.create_task(reader.run(stop))
    try:
        yield reader
    finally:
        stop.set()
        await running


async def record(database: Database, events: Sequence[Event]) -> None:
    async with database.transaction() as tx:
        await outbox.record(tx, events, at=AT)


async def only_left(database: Database, rows: int) -> None:
    """So many events are left in the outbox."""
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from chassis.outbox") == rows


def headers(event_type: str, event: UUID | None = None) -> list[tuple[str, bytes]]:
    """Those of a well-formed event."""
    return [
        ("ce_id", str(event or uuid4()).encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", b"test"),
        ("ce_time", b"2025-04-01T09:00:00+00:00"),
    ]


async def publish(kafka: Kafka, topic: str, records: Sequence[Mapping[str, object]]) -> None:
    """Put records on the topic as they are, one after the other, without outbox or relay."""
    producer = AIOKafkaProducer(**kafka.connection(), max_request_size=2_000_000)
    await producer.start()
    try:
        for each in records:
            await producer.send(topic, **each)
    finally:
        await producer.stop()


async def lose_the_oldest(kafka: Kafka, topic: str) -> None:
    """The topic's oldest records go before anybody reads them."""
    if kafka.forgetful:  # more than the 5 MB that the embedded broker keeps of a partition
        big = {"key": b"a", "value": b"x" * 900_000, "headers": headers("thing.painted.v1")}
        await publish(kafka, topic, [big] * 8)
        return
    small = {"key": b"a", "value": b"{}", "headers": headers("thing.painted.v1")}
    await publish(kafka, topic, [small] * 8)
    last = (await on_the_topic(kafka, topic))[-1]
    delete_before(kafka.bootstrap, topic, last.partition, last.offset)


async def on_the_topic(kafka: Kafka, topic: str, partitions: int = 4) -> list[ConsumerRecord]:
    """Every record of the topic, partition by partition."""
    settings = {"fetch_max_wait_ms": 20, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(**kafka.connection(), **settings)
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for n in range(partitions)]
        consumer.assign(places)
        end = await consumer.end_offsets(places)
        found: list[ConsumerRecord] = []
        for place in places:  # where records were compacted away there are fewer than offsets
            while await consumer.position(place) < end[place]:
                found += (await consumer.getmany(place, timeout_ms=1_000)).get(place, [])
        return sorted(found, key=lambda each: (each.partition, each.offset))
    finally:
        await consumer.stop()


async def all_is_read(kafka: Kafka, asked: Subscription, partitions: int = 4) -> None:
    """The group has committed its offsets: that comes after the effects.

    Kafka refuses a commit while members come and go; what is read again then has no effect.
    """
    consumer = AIOKafkaConsumer(**kafka.connection(), group_id=asked.group)
    await consumer.start()
    try:
        places = [TopicPartition(asked.topics[0], n) for n in range(partitions)]
        ends = await consumer.end_offsets(places)
        committed = [await consumer.committed(place) or 0 for place in places]
        assert sum(committed) == sum(ends.values())
    finally:
        await consumer.stop()


async def parked(database: Database) -> list[dict[str, object]]:
    """What is on its way to dead-letter topics."""
    async with database.reader() as reader:
        rows = await reader.fetch(
            "select aggregatetype, payload from chassis.outbox where type = 'record.parked.v1'"
            " order by position"
        )
    return [{"dead": row["aggregatetype"], **row["payload"]} for row in rows]


def value(payload: object) -> bytes:
    return wire.encode(payload)
