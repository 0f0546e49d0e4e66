"""Reading events: one subscriber a service, FastStream on aiokafka, with its traps closed.

FastStream skips what it cannot parse, retries without a pause, and sleeps over a lost offset. So
records reach our handler raw and are decoded there (`received`); the handler itself settles every
error, holding the partition of a transient one for a while (`handling`); and offsets are watched
(`offsets`). What it raises stops the reader; NACK_ON_ERROR sees to it that nothing is lost by that.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.security import SASLPlaintext

from chassis.db import Database
from chassis.handling import FUSE, Handling, Held, ReaderStoppedError
from chassis.kafka import Kafka
from chassis.offsets import LostOffsetError, Offsets
from chassis.received import Received, Record
from chassis.subscription import Projection, Reaction, Subscription

__all__ = [
    "Consumer",
    "LostOffsetError",
    "Projection",
    "Reaction",
    "ReaderStoppedError",
    "Received",
    "Subscription",
]

log = structlog.get_logger()

MOST_AT_ONCE = 500
_POLL_MS = 50
_METADATA_MS = 5_000
"""A broker that has just begun may not know a topic yet; who heard so asks again after this."""
_BACK_OFF = (0.1, 10.0)
"""Seconds a held partition waits: at first, and at most."""
_RECONNECT = 1.0


class Consumer:
    """Reads a subscription's topics until told to stop, or until it must not read on."""

    def __init__(
        self, db: Database, subscription: Subscription, kafka: Kafka, *, fuse: int = FUSE
    ) -> None:
        self._handling = Handling(db, subscription, fuse)
        self._subscription = subscription
        self._kafka = kafka
        self._assigned = asyncio.Event()

    @property
    def assigned(self) -> bool:
        """Whether the broker has told it what to read.

        It stays so when the broker goes away: queries and commands go on without it, and a process
        that called itself unready would only take them away as well.
        """
        return self._assigned.is_set()

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; a broker that is away is waited for.

        Raises ReaderStoppedError when reading on would lose records or park them all.
        """
        while not stop.is_set():
            try:
                session = _Session(self._handling, self._subscription, self._kafka, self._assigned)
                await session.run(stop)
            except KafkaError as error:
                log.warning("reader.waiting", reason=repr(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _RECONNECT)


class _Session(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One connection of the reader to the broker."""

    def __init__(
        self,
        handling: Handling,
        subscription: Subscription,
        kafka: Kafka,
        assigned: asyncio.Event,
    ) -> None:
        self._handling = handling
        self._assigned = assigned
        self._offsets = Offsets(forgetful=kafka.forgetful)
        self._waits: dict[TopicPartition, float] = {}
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._broker = _broker(kafka)
        self._subscriber = self._subscribe(subscription, kafka)

    async def run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        ends: set[asyncio.Future[Any]] = {stopping, self._broken}
        try:
            await self._broker.start()
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await self._broker.stop()
        if self._broken.done():
            self._broken.result()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Called by aiokafka, which would only log what is raised here."""
        try:
            await self._offsets.begin(self._subscriber.consumer, assigned)
            self._assigned.set()
        except Exception as error:  # noqa: BLE001 - raised again by run
            self._break(error)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self._offsets.forget(revoked)
        for place in revoked:
            self._waits.pop(place, None)

    async def _handle(self, records: Sequence[Record]) -> None:
        """FastStream commits when this returns, and seeks back when it raises."""
        try:
            self._offsets.follow(records)
            self._hold(await self._handling.handle(records), records)
        except Exception as error:
            self._break(error)
            raise

    def _hold(self, held: Held, records: Sequence[Record]) -> None:
        """Set held partitions back to where they wait, each for twice as long as the last time."""
        for place in {TopicPartition(record.topic, record.partition) for record in records}:
            if place not in held:
                self._waits.pop(place, None)
        for place, offset in held.items():
            wait = min(self._waits.get(place, _BACK_OFF[0] / 2) * 2, _BACK_OFF[1])
            self._waits[place] = wait
            self._set_back(place, offset, wait)

    def _set_back(self, place: TopicPartition, offset: int, wait: float) -> None:
        consumer = self._subscriber.consumer
        if consumer is None:  # stopping
            return
        with suppress(IllegalStateError):  # no longer ours: whoever has it now reads from there
            consumer.seek(place, offset)
            consumer.pause(place)
            self._offsets.back_to(place, offset)
            asyncio.get_running_loop().call_later(wait, self._resume, place)

    def _resume(self, place: TopicPartition) -> None:
        if consumer := self._subscriber.consumer:
            with suppress(IllegalStateError):
                consumer.resume(place)

    def _break(self, error: Exception) -> None:
        if not self._broken.done():
            log.error("reader.stopped", reason=repr(error))
            self._broken.set_exception(error)
        if consumer := self._subscriber.consumer:
            consumer.pause(*consumer.assignment())  # or it all comes again until we are stopped

    def _subscribe(self, subscription: Subscription, kafka: Kafka) -> BatchSubscriber:
        subscriber = self._broker.subscriber(
            *subscription.topics,
            group_id=subscription.group,
            batch=True,
            max_records=MOST_AT_ONCE,
            batch_timeout_ms=_POLL_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            session_timeout_ms=kafka.session_timeout_ms,
            heartbeat_interval_ms=kafka.session_timeout_ms // 4,
            fetch_max_wait_ms=kafka.fetch_max_wait_ms,
            listener=self,
        )
        subscriber(parser=self._as_it_is, decoder=_records)(self._handle)
        return subscriber

    async def _as_it_is(self, batch: Sequence[Record]) -> KafkaAckableMessage:
        """Nothing is parsed here: what FastStream cannot parse it skips."""
        consumer = self._subscriber.consumer
        return KafkaAckableMessage(raw_message=tuple(batch), body=b"", consumer=consumer)


async def _records(message: KafkaAckableMessage) -> Sequence[Record]:
    return message.raw_message


def _broker(kafka: Kafka) -> KafkaBroker:
    return KafkaBroker(
        kafka.bootstrap.split(","),
        security=SASLPlaintext(kafka.username, kafka.password) if kafka.username else None,
        consumer_only=True,
        metadata_max_age_ms=_METADATA_MS,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=None,
        graceful_timeout=5.0,
    )
