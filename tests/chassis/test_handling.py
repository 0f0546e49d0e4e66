"""Whatever arrives, however often, in whatever batches: the same comes of it."""

import random
from collections.abc import Sequence
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from chassis import wire
from chassis.consumer import Received, Subscription
from chassis.db import Database, Tx
from chassis.errors import TransientError
from chassis.handling import Handling, ReaderStoppedError
from tests.support.messaging import headers, parked, value

CHANGED, HAPPENED, UNKNOWN = "thing.changed.v1", "thing.happened.v1", "thing.painted.v1"
PARTITIONS = 3


class World:
    """A log of records, and readers that fail at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.log = [self._record(offset) for offset in range(150)]

    def _record(self, offset: int) -> ConsumerRecord:
        key = self.random.choice("abcdefg")
        event_type = self.random.choice([CHANGED, CHANGED, CHANGED, HAPPENED, HAPPENED, UNKNOWN])
        payload = {"version": self.random.randrange(20), "bad": self.random.random() < 0.1}
        body = value(payload) if self.random.random() > 0.05 else b"{"
        return ConsumerRecord(
            "things",
            ord(key) % PARTITIONS,
            offset,  # one counter for all partitions: gaps do not matter here
            1_000 + offset,
            0,
            key.encode(),
            body,
            None,
            1,
            len(body),
            tuple(headers(event_type, UUID(int=offset))),
        )

    def subscription(self) -> Subscription:
        return Subscription(
            "group",
            ["things"],
            projections={CHANGED: self.project},
            reactions={HAPPENED: self.react},
        )

    async def project(self, tx: Tx, events: Sequence[Received]) -> None:
        for event in events:
            self._stumble(event)
            await tx.execute(
                "insert into thing values ($1, $2) on conflict (key) do update"
                " set version = excluded.version where excluded.version > thing.version",
                event.key,
                event.payload["version"],
            )

    async def react(self, tx: Tx, event: Received) -> None:
        await tx.execute("insert into effect values ($1)", event.offset)
        self._stumble(event)

    def _stumble(self, event: Received) -> None:
        if self.random.random() < 0.03:
            raise TransientError("a stumble")
        if event.payload["bad"]:
            raise KeyError("bad")

    def good(self, event_type: str) -> list[tuple[ConsumerRecord, dict[str, int]]]:
        """The records of the type that can be handled."""
        return [
            (record, payload)
            for record in self.log
            if (payload := self._payload(record)) is not None
            and not payload["bad"]
            and dict(record.headers)["ce_type"] == event_type.encode()
        ]

    def hopeless(self) -> list[int]:
        """The offsets that can only be parked; of an unknown type nothing is even looked at."""
        return [
            record.offset
            for record in self.log
            if dict(record.headers)["ce_type"] != UNKNOWN.encode()
            and ((payload := self._payload(record)) is None or payload["bad"])
        ]

    def _payload(self, record: ConsumerRecord) -> dict[str, int] | None:
        return None if record.value == b"{" else wire.decode(record.value)


async def deliver(world: World, handling: Handling) -> None:
    """As Kafka does: from the committed offset on, and again after a crash before the commit."""
    committed = [0] * PARTITIONS
    while batch := next_batch(world, committed):
        held = await handling.handle(batch)
        if world.random.random() < 0.3:
            continue  # a crash: the database has committed, Kafka has not
        for record in batch:
            place = TopicPartition("things", record.partition)
            committed[record.partition] = held.get(place, record.offset + 1)


def next_batch(world: World, committed: Sequence[int]) -> list[ConsumerRecord]:
    batch: list[ConsumerRecord] = []
    for partition in range(PARTITIONS):
        unread = [
            record
            for record in world.log
            if record.partition == partition and record.offset >= committed[partition]
        ]
        batch += unread[: world.random.randint(1, 12)]
    return batch


@pytest.mark.parametrize("seed", range(6))
async def test_a_log_takes_effect_once_whole_and_in_spite_of_everything(
    database: Database, seed: int
):
    async with database.transaction() as tx:
        await tx.execute("create table thing (key text primary key, version int)")
        await tx.execute("create table effect (n int)")
    world = World(seed)

    await deliver(world, Handling(database, world.subscription(), fuse=1_000))

    newest: dict[str, int] = {}
    for record, payload in world.good(CHANGED):
        key = record.key.decode()
        newest[key] = max(payload["version"], newest.get(key, -1))
    async with database.reader() as reader:
        things = {row["key"]: row["version"] for row in await reader.fetch("select * from thing")}
        effects = [row["n"] for row in await reader.fetch("select n from effect order by n")]
    assert things == newest
    assert effects == [record.offset for record, _ in world.good(HAPPENED)]
    assert sorted(dead["offset"] for dead in await parked(database)) == world.hopeless()


async def test_what_is_skipped_is_no_sign_that_events_can_be_handled(database: Database):
    """Between poison only: the fuse blows all the same."""
    handling = Handling(database, World(1).subscription(), fuse=3)
    poison, unknown = [
        [as_record(type_, offset) for offset in range(3)] for type_ in (CHANGED, UNKNOWN)
    ]
    for record in (poison[0], unknown[0], poison[1], unknown[1]):
        assert await handling.handle([record]) == {}
    with pytest.raises(ReaderStoppedError, match="3 records in a row"):
        await handling.handle([poison[2]])


def as_record(event_type: str, offset: int) -> ConsumerRecord:
    body = b"{"
    taken = headers(event_type, UUID(int=offset))
    return ConsumerRecord("things", 0, offset, 0, 0, b"a", body, None, 1, len(body), tuple(taken))
