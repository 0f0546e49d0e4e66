"""Outbox rows on the wire: CloudEvents in binary mode, batched by partition."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from time import time
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import BrokerResponseError, KafkaError
from aiokafka.partitioner import murmur2

from chassis import wire
from chassis.kafka import Kafka

log = structlog.get_logger()

_BATCH_BYTES = 512 * 1024
_MOST_BYTES = 1024 * 1024  # what a broker takes unless told otherwise


class GapError(KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """A batch failed, and of what comes after it the broker takes nothing from this producer.

    The batch had its sequence numbers; aiokafka gives them to no other.
    """

    def __init__(self, reason: str, *, may_arrive: bool) -> None:
        super().__init__(reason)
        self.may_arrive = may_arrive
        """Nobody has answered for it: it may have been sent, and still be on its way."""


class Sender:
    """A producer that hands over to nobody: closed when all is sent, or abandoned."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self.gap: GapError | None = None
        """Once there is one, the sender is of no more use."""

    @classmethod
    async def start(cls, kafka: Kafka, *, request_timeout: float) -> "Sender":
        """Connect; raises KafkaError where there is no broker."""
        producer = AIOKafkaProducer(
            **kafka.connection(),
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_MOST_BYTES,
            request_timeout_ms=int(request_timeout * 1000),
        )
        sender = cls(producer)
        try:
            await producer.start()
        except BaseException:
            await sender.abandon()
            raise
        return sender

    async def close(self) -> None:
        await self._producer.stop()

    async def abandon(self) -> None:
        """Send nothing more, not even what was accepted; `stop` would flush."""
        self._producer._closed = True  # noqa: SLF001 - aiokafka offers no other way
        await self._producer._sender.close()  # noqa: SLF001
        await self._producer.client.close()

    async def send(self, rows: Sequence[Any]) -> tuple[list[int], set[str]]:
        """Send rows, given in order; answers the positions acknowledged, and the topics that fail.

        One batch a partition: a second could arrive though the first did not. What does not fit
        waits for the next call.
        """
        failing: set[str] = set()
        batches: dict[TopicPartition, _Batch] = {}
        for topic, of_topic in _by_topic(rows).items():
            try:
                partitions = len(await self._producer.partitions_for(topic))
            except KafkaError as error:
                failing.add(topic)
                log.warning("relay.topic_failing", topic=topic, reason=repr(error))
                continue
            self._fill(batches, topic, partitions, of_topic)
        acknowledged = await self._deliver(batches, failing)
        return acknowledged, failing

    def _fill(
        self,
        batches: dict[TopicPartition, "_Batch"],
        topic: str,
        partitions: int,
        rows: Iterable[Any],
    ) -> None:
        now = int(time() * 1000)
        for row in rows:
            key = row["aggregateid"].encode()
            place = TopicPartition(topic, _partition(key, partitions))
            batch = batches.get(place)
            if batch is None:
                batch = batches[place] = _Batch(self._producer.create_batch())
            batch.add(row, key, now)

    async def _deliver(
        self, batches: Mapping[TopicPartition, "_Batch"], failing: set[str]
    ) -> list[int]:
        sent = await asyncio.gather(
            *(self._deliver_one(place, batch) for place, batch in batches.items()),
            return_exceptions=True,
        )
        acknowledged: list[int] = []
        for (place, batch), outcome in zip(batches.items(), sent, strict=True):
            if isinstance(outcome, KafkaError):
                failing.add(place.topic)
                # What a broker answered is final, unless it may be retried: that is, until a batch
                # has waited too long for a broker to be sent to.
                unanswered = outcome.retriable or not isinstance(outcome, BrokerResponseError)
                unanswered = unanswered or bool(self.gap and self.gap.may_arrive)
                self.gap = GapError(f"{place}: {outcome!r}", may_arrive=unanswered)
                log.warning("relay.batch_failed", place=str(place), reason=repr(outcome))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                acknowledged += batch.positions
        return acknowledged

    async def _deliver_one(self, place: TopicPartition, batch: "_Batch") -> None:
        future = await self._producer.send_batch(
            batch.builder, place.topic, partition=place.partition
        )
        await future


class _Batch:
    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.positions: list[int] = []
        self._full = False

    def add(self, row: Any, key: bytes, now: int) -> None:
        """Take the row, unless it or one before it does not fit."""
        if self._full:
            return
        headers = _headers(row)
        taken = self.builder.append(
            key=key, value=row["payload"].encode(), timestamp=now, headers=headers
        )
        if taken is None:
            self._full = True
        else:
            self.positions.append(row["position"])


_FIXED = [("ce_specversion", b"1.0"), ("content-type", b"application/json")]


def _headers(row: Any) -> list[tuple[str, bytes]]:
    own = [("ce_id", str(row["id"]).encode()), ("ce_type", row["type"].encode())]
    recorded: dict[str, str] = wire.decode(row["headers"])
    return _FIXED + own + [(name, value.encode()) for name, value in recorded.items()]


def _by_topic(rows: Sequence[Any]) -> dict[str, list[Any]]:
    topics: dict[str, list[Any]] = {}
    for row in rows:
        topics.setdefault(row["aggregatetype"], []).append(row)
    return topics


@lru_cache(maxsize=65_536)
def _partition(key: bytes, partitions: int) -> int:
    """Where every Kafka client would put the key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
