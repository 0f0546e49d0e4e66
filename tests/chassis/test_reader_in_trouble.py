"""What stops a reader, and what it only waits for."""

import asyncio
import os
import signal

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from chassis.consumer import Consumer, LostOffsetError, ReaderStoppedError
from chassis.kafka import Kafka
from chassis.outbox import Event
from cqrs.embedded.broker import Broker
from tests.support.eventually import eventually
from tests.support.messaging import (
    all_is_read,
    lose_the_oldest,
    parked,
    publish,
    reading,
    record,
    relaying,
)
from tests.support.things import (
    CHANGED,
    changed,
    effects_are,
    happened,
    subscription,
    things_are,
    wrong,
)


async def test_a_reader_that_parks_everything_is_stopped_by_its_fuse(things, kafka, topic):
    await publish(kafka, topic, [changed("a", n, "poison") for n in range(30)])
    reader = Consumer(things, subscription(topic), kafka, fuse=10)

    with pytest.raises(ReaderStoppedError, match="10 records in a row"):
        await asyncio.wait_for(reader.run(asyncio.Event()), 30)

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
            await asyncio.sleep(1)  # the reader tries again, and is not let in
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
    async with relaying(dsn, kafka), reading(things, subscription(topic), kafka) as reader:
        await record(things, [Event(CHANGED, topic, "a", {"version": 1})])
        await eventually(lambda: things_are(things, {"a": 1}))
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            for n in range(2, 20):
                await record(things, [Event(CHANGED, topic, "a", {"version": n})])
            assert reader.assigned, "commands go on, so the process stays ready"
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


async def test_a_reader_once_assigned_stays_ready_though_the_broker_goes_away(
    things, kafka, topic, monkeypatch
):
    stop = asyncio.Event()
    reader = Consumer(things, subscription(topic), kafka)
    assert not reader.assigned
    running = asyncio.create_task(reader.run(stop))

    async def assigned() -> None:
        assert reader.assigned

    await eventually(assigned)
    stop.set()
    await running
    stop.clear()

    async def away(*_: object) -> None:
        stop.set()
        raise KafkaConnectionError

    monkeypatch.setattr(AIOKafkaConsumer, "beginning_offsets", away)
    await reader.run(stop)
    assert reader.assigned


async def test_a_reader_whose_offset_has_gone_stops_and_says_so(things, kafka, topic):
    asked = subscription(topic)
    await publish(kafka, topic, [changed("a", 1)])
    async with reading(things, asked, kafka):
        await eventually(lambda: things_are(things, {"a": 1}))
        await eventually(lambda: all_is_read(kafka, asked))
    await lose_the_oldest(kafka, topic)

    with pytest.raises(LostOffsetError, match=r"records 1 to \d are gone"):
        await asyncio.wait_for(Consumer(things, asked, kafka).run(asyncio.Event()), 30)


async def test_a_new_reader_that_finds_the_beginning_gone_stops(things, kafka, topic):
    if not kafka.forgetful:
        pytest.skip("Kafka keeps to the retention it was told: a new reader begins there")
    await lose_the_oldest(kafka, topic)

    with pytest.raises(LostOffsetError, match="records 0 to"):
        await asyncio.wait_for(
            Consumer(things, subscription(topic), kafka).run(asyncio.Event()), 30
        )


async def test_an_offset_beyond_the_end_stops_a_reader(things, kafka, topic, broker: Broker):
    asked = subscription(topic)
    await publish(kafka, topic, [changed("a", 1)])
    consumer = AIOKafkaConsumer(
        **kafka.connection(), group_id=asked.group, enable_auto_commit=False
    )
    await consumer.start()
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    await consumer.commit({place: 1_000})
    await consumer.stop()

    with pytest.raises(LostOffsetError, match="1000 was read once"):
        await asyncio.wait_for(Consumer(things, asked, kafka).run(asyncio.Event()), 30)
