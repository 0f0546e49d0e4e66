"""A read model made anew while events flow; and the current state told again."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import uuid4

import pytest

from chassis.consumer import Consumer, LostOffsetError, Received, Subscription
from chassis.db import Database, Tx
from chassis.kafka import Kafka
from chassis.outbox import Event
from chassis.rebuild import BeginningLostError, rebuild
from chassis.republish import republish
from tests.support.eventually import eventually
from tests.support.messaging import (
    AT,
    all_is_read,
    headers,
    lose_the_oldest,
    publish,
    reading,
    record,
    relaying,
    value,
)

CHANGED = "thing.changed.v1"


@pytest.fixture
async def things(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("create table thing (key text primary key, version int)")
        await tx.execute("create table effect (key text)")
    return database


async def project(tx: Tx, events: Sequence[Received]) -> None:
    await tx.execute(
        """
        insert into thing select key, max(version)
        from unnest($1::text[], $2::int[]) as new (key, version) group by key order by key
        on conflict (key) do update set version = excluded.version
            where excluded.version > thing.version
        """,
        [event.key for event in events],
        [event.payload["version"] for event in events],
    )


async def react(tx: Tx, event: Received) -> None:
    await tx.execute("insert into effect values ($1)", event.key)


@pytest.fixture
def subscription(topic: str) -> Subscription:
    return Subscription(
        f"group-{uuid4().hex[:8]}",
        [topic],
        projections={CHANGED: project},
        reactions={CHANGED: react},
        read_model=["public.thing"],
    )


def changed(topic: str, key: str, version: int) -> Event:
    return Event(CHANGED, topic, key, {"version": version})


async def things_are(database: Database, expected: Mapping[str, int]) -> None:
    async with database.reader() as reader:
        rows = await reader.fetch("select key, version from thing")
    assert {row["key"]: row["version"] for row in rows} == expected


async def test_a_read_model_is_rebuilt_while_events_flow(things, dsn, kafka, topic, subscription):
    keys = [f"k{n}" for n in range(20)]
    rounds = 60

    async def flow() -> None:
        for version in range(1, rounds + 1):
            await record(things, [changed(topic, key, version) for key in keys])

    async with relaying(dsn, kafka), reading(things, subscription, kafka):
        flowing = asyncio.create_task(flow())
        await eventually(lambda: something_there(things))
        await spoil(things)
        await rebuild(things, subscription, kafka)
        await no_ghost(things)
        await flowing
        await eventually(lambda: things_are(things, dict.fromkeys(keys, rounds)))
        await eventually(lambda: reacted(things, len(keys) * rounds))


async def something_there(database: Database) -> None:
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from thing") > 5


async def spoil(database: Database) -> None:
    """A row no event accounts for, a row from the future, and a row gone."""
    async with database.transaction() as tx:
        await tx.execute("insert into thing values ('ghost', 1)")
        await tx.execute("update thing set version = 1000000 where key = 'k1'")
        await tx.execute("delete from thing where key = 'k2'")


async def reacted(database: Database, times: int) -> None:
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from effect") == times


async def no_ghost(database: Database) -> None:
    async with database.reader() as reader:
        assert not await reader.fetchval("select count(*) from thing where key = 'ghost'")
        assert await reader.fetchval("select max(version) from thing") < 1_000_000


async def test_readers_see_the_old_model_until_the_new_one_is_whole(
    things, kafka, topic, subscription
):
    await publish(kafka, topic, [raw("a", 2)])
    async with things.transaction() as tx:
        await tx.execute("insert into thing values ('old', 1)")
    seen: list[str] = []

    async def look(tx: Tx, events: Sequence[Received]) -> None:
        await project(tx, events)
        async with things.reader() as reader:
            seen.extend(row["key"] for row in await reader.fetch("select key from thing"))

    looking = Subscription(
        subscription.group, [topic], projections={CHANGED: look}, read_model=["public.thing"]
    )
    assert await rebuild(things, looking, kafka) == 1
    assert seen == ["old"]
    await things_are(things, {"a": 2})


def raw(key: str, version: int) -> dict[str, object]:
    payload = value({"version": version})
    return {"key": key.encode(), "value": payload, "headers": headers(CHANGED)}


async def test_what_was_parked_does_not_stand_in_the_way_of_a_rebuild(
    things, kafka, topic, subscription
):
    poison = raw("a", 2) | {"value": value({"version": "two"})}
    undecodable = raw("a", 2) | {"value": b"{"}
    await publish(kafka, topic, [raw("a", 1), poison, undecodable, raw("b", 3), raw("a", 4)])

    assert await rebuild(things, subscription, kafka) == 3

    await things_are(things, {"a": 4, "b": 3})


async def lose_the_beginning(kafka: Kafka, topic: str) -> None:
    await publish(kafka, topic, [raw("a", 1)])
    await lose_the_oldest(kafka, topic)


async def test_a_rebuild_refuses_where_the_beginning_is_lost(things, kafka, topic, subscription):
    await lose_the_beginning(kafka, topic)
    async with things.transaction() as tx:
        await tx.execute("insert into thing values ('a', 1)")

    with pytest.raises(BeginningLostError, match=f"{topic} is lost: have the sources republish"):
        await rebuild(things, subscription, kafka)

    await things_are(things, {"a": 1})


async def test_after_a_republish_it_rebuilds_and_the_reader_goes_on(
    things, dsn, kafka, topic, subscription
):
    await publish(kafka, topic, [raw("a", 1)])
    async with reading(things, subscription, kafka):
        await eventually(lambda: things_are(things, {"a": 1}))
        await eventually(lambda: all_is_read(kafka, subscription))
    await lose_the_beginning(kafka, topic)
    with pytest.raises(LostOffsetError):
        await Consumer(things, subscription, kafka).run(asyncio.Event())

    await publish(kafka, topic, [raw("a", 7)])  # what the source still knows
    assert await rebuild(things, subscription, kafka, republished=True) == 1
    await things_are(things, {"a": 7})
    async with reading(things, subscription, kafka):
        await publish(kafka, topic, [raw("b", 1)])
        await eventually(lambda: things_are(things, {"a": 7, "b": 1}))


async def test_the_current_state_is_told_again_in_order(things, topic):
    async def current(tx: Tx) -> AsyncIterator[Event]:
        async for row in tx.stream("select key, version from thing order by key for share"):
            yield changed(topic, row["key"], row["version"])

    async with things.transaction() as tx:
        await tx.execute("insert into thing select 'k' || n, n from generate_series(1, 1200) n")

    assert await republish(things, current, at=AT) == 1_200

    async with things.reader() as reader:
        rows = await reader.fetch("select aggregateid from chassis.outbox order by position")
    assert [row["aggregateid"] for row in rows] == sorted(f"k{n}" for n in range(1, 1201))
