"""Making a service's read model anew from the topics, while events flow and readers read.

Everything happens in one transaction: the tables are locked against other writers (readers go on
with what they had), emptied, and filled from the beginning of each topic to the end it has once the
lock is held. The service's own reader waits for the lock meanwhile, as for any other, and then
takes what is newer. So nobody sees half a model, and a row that no event accounts for is gone.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.db import Database, Tx
from chassis.errors import TransientError
from chassis.handling import FUSE, ReaderStoppedError, take
from chassis.kafka import Kafka
from chassis.place import in_the_readers_place
from chassis.received import Received, Record, UndecodableError, decode
from chassis.subscription import Subscription

log = structlog.get_logger()

_LOCK_TIMEOUT = "60s"
_MOST_AT_ONCE = 5_000

Offsets = Mapping[TopicPartition, int]


class BeginningLostError(Exception):
    """The topics no longer hold all there is to know; their sources must republish it first."""


async def rebuild(
    db: Database, subscription: Subscription, kafka: Kafka, *, republished: bool = False
) -> int:
    """Rebuild the subscription's read model; answers the number of events projected.

    Refuses where the beginning of a topic is lost, unless its source has republished the current
    state since. Then the subscription's reader, too, may go on where its place was lost.
    """
    async with _everything(subscription, kafka) as consumer, db.transaction() as tx:
        await _empty(tx, subscription.read_model)
        first = await consumer.beginning_offsets(list(consumer.assignment()))
        if not republished:
            _refuse_if_lost(first)
        count = await _replay(tx, subscription, consumer, first)
    if republished:
        await _let_reader_go_on(subscription, kafka, first)
    return count


@asynccontextmanager
async def _everything(subscription: Subscription, kafka: Kafka) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of no group, which has every partition of the topics."""
    consumer = AIOKafkaConsumer(
        *subscription.topics,
        **kafka.connection(),
        auto_offset_reset="none",
        fetch_max_wait_ms=kafka.fetch_max_wait_ms,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def _empty(tx: Tx, tables: Sequence[str]) -> None:
    """Lock the tables in the order the projections write them: in another one two would wait."""
    await tx.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
    for table in tables:
        await tx.execute(f"lock table {table} in share row exclusive mode")
    for table in tables:
        await tx.execute(f"delete from {table}")  # noqa: S608 - the service's own tables


async def _replay(
    tx: Tx, subscription: Subscription, consumer: AIOKafkaConsumer, first: Offsets
) -> int:
    projections_only = Subscription(
        subscription.group, subscription.topics, projections=subscription.projections
    )
    count, left_out = 0, list[Received]()
    async for records in _to_the_end(consumer, first):
        events = [event for event in map(_event, records) if event is not None]
        known = [event for event in events if event.type in subscription.projections]
        await _project(tx, projections_only, known, left_out)
        count += len(known)
    return count - len(left_out)


async def _project(
    tx: Tx, subscription: Subscription, events: Sequence[Received], left_out: list[Received]
) -> None:
    """Project the events; what cannot be, the reader has parked, and here it is found by halves."""
    try:
        async with tx.savepoint():
            await take(tx, subscription, events)
    except TransientError:
        raise
    except Exception as error:
        if len(events) > 1:
            middle = len(events) // 2
            await _project(tx, subscription, events[:middle], left_out)
            await _project(tx, subscription, events[middle:], left_out)
            return
        left_out.extend(events)
        log.warning("rebuild.left_out", key=events[0].key, reason=repr(error))
        if len(left_out) >= FUSE:
            message = f"{FUSE} events could not be projected, the last because of {error!r}"
            raise ReaderStoppedError(message) from error


async def _to_the_end(
    consumer: AIOKafkaConsumer, first: Offsets
) -> AsyncIterator[Sequence[Record]]:
    """All records from the first offsets to the end there is now."""
    ends = await consumer.end_offsets(list(first))
    unread = {place for place in first if first[place] < ends[place]}
    for place, offset in first.items():
        consumer.seek(place, offset)
    while unread:
        found = await consumer.getmany(*unread, timeout_ms=1_000, max_records=_MOST_AT_ONCE)
        yield [record for records in found.values() for record in records]
        for place in list(unread):
            if await consumer.position(place) >= ends[place]:
                unread.discard(place)


def _event(record: Record) -> Received | None:
    """What could not be decoded is parked already, by the reader."""
    try:
        return decode(record)
    except UndecodableError:
        return None


def _refuse_if_lost(first: Offsets) -> None:
    if lost := sorted({place.topic for place, offset in first.items() if offset > 0}):
        raise BeginningLostError(
            f"the beginning of {', '.join(lost)} is lost: have the sources republish, then rebuild "
            "again and say that they have"
        )


async def _let_reader_go_on(subscription: Subscription, kafka: Kafka, first: Offsets) -> None:
    """Where the reader's place is before the beginning, put it at the beginning."""
    async with in_the_readers_place(subscription, kafka) as consumer:
        mended = {
            place: first[place]
            for place in consumer.assignment() & first.keys()
            if (await consumer.committed(place) or 0) < first[place]
        }
        if mended:
            await consumer.commit(mended)
