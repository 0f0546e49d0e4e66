"""From the outbox to Kafka: in order, nothing lost."""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.producer.sender import SendProduceReqHandler
from structlog.testing import capture_logs

from chassis import outbox, relay, wire
from chassis.db import Database
from chassis.kafka import Kafka
from chassis.outbox import Event
from tests.support import messaging
from tests.support.eventually import eventually
from tests.support.line import line
from tests.support.messaging import AT, on_the_topic, only_left, relaying


async def record(database: Database, topic: str, rows: Sequence[tuple[str, int]]) -> None:
    await messaging.record(database, [event(topic, key, n) for key, n in rows])


def event(topic: str, key: str, n: int) -> Event:
    return Event("thing.changed.v1", topic, key, {"version": n})


async def all_sent(database: Database) -> None:
    async def empty() -> None:
        async with database.reader() as reader:
            assert await reader.fetchval("select count(*) from chassis.outbox") == 0

    await eventually(empty)


def versions(records: Sequence[ConsumerRecord]) -> dict[str, list[int]]:
    """By key, in the order of the log."""
    heard: dict[str, list[int]] = defaultdict(list)
    for each in records:
        heard[each.key.decode()].append(wire.decode(each.value)["version"])
    return heard


def without_repeats(heard: Sequence[int]) -> list[int]:
    """What a reader makes of it that takes only newer versions."""
    taken: list[int] = []
    for version in heard:
        if not taken or version > taken[-1]:
            taken.append(version)
    return taken


async def test_an_event_travels_as_a_cloudevent_in_binary_mode(database, dsn, kafka, topic):
    await record(database, topic, [("a", 1)])
    async with relaying(dsn, kafka):
        await all_sent(database)

    (found,) = await on_the_topic(kafka, topic)
    headers = {name: value.decode() for name, value in found.headers}
    assert (found.key, found.value) == (b"a", b'{"version":1}')
    assert headers.pop("ce_id")
    assert headers == {
        "ce_specversion": "1.0",
        "ce_type": "thing.changed.v1",
        "ce_source": "test",
        "ce_time": "2025-04-01T09:00:00+00:00",
        "content-type": "application/json",
    }


async def test_events_of_one_key_arrive_in_their_order(database, dsn, kafka, topic):
    rows = [(f"k{n % 7}", n) for n in range(5_000)]
    await record(database, topic, rows)
    async with relaying(dsn, kafka):
        await all_sent(database)

    heard = versions(await on_the_topic(kafka, topic))
    assert heard == {f"k{k}": [n for n in range(5_000) if n % 7 == k] for k in range(7)}


async def test_a_whole_state_larger_than_a_batch_is_sent(database, dsn, kafka, topic, monkeypatch):
    monkeypatch.setattr(outbox, "_state_topics", lambda: {topic})
    large = [
        Event("thing.changed.v1", topic, "a", {"version": n, "x": "y" * 700_000}) for n in (1, 2)
    ]
    await messaging.record(database, large)
    async with relaying(dsn, kafka):
        await all_sent(database)

    assert versions(await on_the_topic(kafka, topic)) == {"a": [1, 2]}


async def test_a_writer_that_commits_late_loses_no_event(database, dsn, kafka, topic):
    async with relaying(dsn, kafka):
        async with database.transaction() as late:
            await outbox.record(late, [event(topic, "late", 1)], at=AT)  # takes its position
            await record(database, topic, [("early", 1)])
            await eventually(lambda: only_left(database, 0))
        await all_sent(database)

    assert versions(await on_the_topic(kafka, topic)) == {"early": [1], "late": [1]}


async def test_two_relays_keep_the_order(database, dsn, kafka, topic):
    async with relaying(dsn, kafka) as first, relaying(dsn, kafka):
        for n in range(1, 51):
            await record(database, topic, [("a", n), ("b", n)])
            if n == 25:
                first.set()
        await all_sent(database)

    heard = versions(await on_the_topic(kafka, topic))
    assert heard == {"a": list(range(1, 51)), "b": list(range(1, 51))}


async def test_a_relay_that_loses_its_session_with_a_batch_in_flight_loses_nothing(
    database, dsn, kafka, topic, broker
):
    """The broker is stopped, so the batch hangs; then the session is ended."""
    async with relaying(dsn, kafka), relaying(dsn, kafka):
        await record(database, topic, [("a", 0)])
        await all_sent(database)
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await record(database, topic, [("a", n) for n in range(1, 100)])
            await eventually(lambda: leader_waits_for_kafka(database))
            await only_left(database, 99)
            await end_sessions_of_leaders(database)
            await record(database, topic, [("a", n) for n in range(100, 200)])
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        await all_sent(database)

    heard = versions(await on_the_topic(kafka, topic))["a"]
    assert without_repeats(heard) == list(range(200))


async def leader_waits_for_kafka(database: Database) -> None:
    """It has read rows and has not asked for more since, though an idle leader asks at once."""
    async with database.reader() as reader:
        assert await reader.fetchval("""
            select true from pg_stat_activity a join pg_locks l on l.pid = a.pid
            where l.locktype = 'advisory' and a.datname = current_database()
              and a.state = 'idle' and a.query_start < clock_timestamp() - interval '150 ms'
              and a.query like '%from chassis.outbox where aggregatetype%'
        """)


async def end_sessions_of_leaders(database: Database) -> None:
    async with database.reader() as reader:
        await reader.fetch("""
            select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'test relay' and datname = current_database()
              and pid in (select pid from pg_locks where locktype = 'advisory')
        """)


async def test_a_successor_waits_out_a_leader_that_was_cut_off(database, dsn, kafka, topic):
    async with database.transaction() as tx:
        await tx.execute("update chassis.relay set in_order = false")
    await record(database, topic, [("a", 1)])
    began = asyncio.get_running_loop().time()
    async with relaying(dsn, kafka, timeout=0.5):
        await all_sent(database)

    assert asyncio.get_running_loop().time() - began > 0.5


async def test_commands_go_on_while_the_broker_is_away(database, dsn, topic):
    nowhere = Kafka("127.0.0.1:1")
    async with relaying(dsn, nowhere):
        for n in range(20):
            await record(database, topic, [("a", n)])

    await only_left(database, 20)
    async with database.reader() as reader:
        assert await reader.fetchval("select in_order from chassis.relay"), "nothing was sent"


async def test_a_topic_that_fails_does_not_hold_up_the_others(
    database, dsn, kafka, topic, monkeypatch
):
    refuse_topic(monkeypatch, "refused")
    await record(database, "refused", [("a", 1)])
    await record(database, topic, [("a", 1)])
    async with relaying(dsn, kafka):
        await eventually(lambda: only_left(database, 1))

    assert versions(await on_the_topic(kafka, topic)) == {"a": [1]}


def refuse_topic(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    real = AIOKafkaProducer.partitions_for

    async def partitions_for(self: AIOKafkaProducer, topic: str) -> Any:
        if topic == refused:
            raise TopicAuthorizationFailedError(topic)
        return await real(self, topic)

    monkeypatch.setattr(AIOKafkaProducer, "partitions_for", partitions_for)


async def test_what_found_no_leader_in_time_is_sent_with_all_that_comes_after_it(
    database, dsn, kafka, topic, monkeypatch
):
    """A broker that was away has no leader for a moment: what waited too long by then fails."""
    with capture_logs() as said:
        async with relaying(dsn, kafka):
            await record(database, topic, [("a", 1), ("b", 1)])
            await all_sent(database)
            with monkeypatch.context() as patch:
                patch.setattr(ClusterMetadata, "leader_for_partition", lambda *_: -1)
                await record(database, topic, [("a", 2), ("b", 2)])
                await eventually(lambda: batch_failed(said, "LeaderNotAvailableError()"))
            await record(database, topic, [("a", 3), ("b", 3)])
            await all_sent(database)

    heard = versions(await on_the_topic(kafka, topic))
    assert heard == {"a": [1, 2, 3], "b": [1, 2, 3]}
    # The embedded broker does not mind a gap; Kafka takes nothing more from the producer of before.
    begun = [one["event"] for one in said if one["event"] in ("relay.leading", "relay.outwaiting")]
    assert begun == ["relay.leading", "relay.outwaiting", "relay.leading"]


async def batch_failed(said: Sequence[Mapping[str, Any]], reason: str) -> None:
    assert any(one["event"] == "relay.batch_failed" and one["reason"] == reason for one in said)


async def test_what_a_broker_refuses_holds_up_no_other_topic_and_is_sent_in_the_end(
    database, dsn, kafka, topic, monkeypatch
):
    other = f"{topic}-other"
    with capture_logs() as said:
        async with relaying(dsn, kafka, timeout=30):
            await record(database, topic, [("a", 1)])
            await all_sent(database)
            with monkeypatch.context() as patch:
                refuse_batches(patch, topic)
                await record(database, topic, [("a", 2)])
                await record(database, other, [("b", n) for n in range(3)])
                await eventually(lambda: only_left(database, 1))
            await record(database, topic, [("a", 3)])
            await all_sent(database)

    events = [one["event"] for one in said]
    assert events.count("relay.leading") > 1
    assert "relay.outwaiting" not in events, "the broker has answered: nothing is on its way"
    assert versions(await on_the_topic(kafka, topic)) == {"a": [1, 2, 3]}
    assert without_repeats(versions(await on_the_topic(kafka, other))["b"]) == [0, 1, 2]


def refuse_batches(patch: pytest.MonkeyPatch, refused: str) -> None:
    """As a broker does that has taken the right to write the topic away."""
    real = SendProduceReqHandler.do

    async def do(self: SendProduceReqHandler, node: int) -> None:
        taken, batches = {}, self._batches
        for place, batch in batches.items():
            if place.topic == refused:
                batch.failure(exception=TopicAuthorizationFailedError(refused))
            else:
                taken[place] = batch
        self._batches = taken
        if taken:
            await real(self, node)

    patch.setattr(SendProduceReqHandler, "do", do)


async def test_a_relay_starts_again_when_its_database_comes_back(database, dsn, kafka, topic):
    async with relaying(dsn, kafka, timeout=0.1):
        await record(database, topic, [("a", 1)])
        await all_sent(database)
        await end_sessions_of_leaders(database)
        await record(database, topic, [("a", 2)])
        await all_sent(database)

    assert without_repeats(versions(await on_the_topic(kafka, topic))["a"]) == [1, 2]


async def test_a_relay_whose_database_falls_silent_begins_again(database, dsn, kafka, topic):
    async with line(dsn) as carried, relaying(carried.url, kafka, timeout=0.3):
        await record(database, topic, [("a", 1)])
        await all_sent(database)
        before = carried.begun
        carried.alive.clear()

        async def begun_again() -> None:
            assert carried.begun > before

        await eventually(begun_again)
        carried.alive.set()
        await record(database, topic, [("a", 2)])
        await all_sent(database)

    assert without_repeats(versions(await on_the_topic(kafka, topic))["a"]) == [1, 2]


async def test_an_unused_relay_leaves_its_lock(dsn, kafka):
    async with relaying(dsn, kafka):
        pass
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select in_order from chassis.relay")
        assert await connection.fetchval("select pg_try_advisory_lock($1)", relay._LOCK)
    finally:
        await connection.close()


async def test_the_oldest_rows_are_found_by_their_index(database):
    await record(database, "t", [(f"k{n}", n) for n in range(5_000)])
    async with database.transaction() as tx:
        await tx.execute("analyze chassis.outbox")
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        lines = await tx.fetch(f"explain {relay._OLDEST}", 4_000, [])

    plan = "\n".join(line[0] for line in lines)
    assert "Index Scan using outbox_pkey" in plan
    assert "Sort" not in plan
