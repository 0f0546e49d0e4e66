"""Finding out that records are gone before they were read.

Kafka would read on where it can, without a word. Here a committed offset that lies outside the log,
or a record that does not follow on from the one before it, stops the reader.
"""

from collections.abc import Iterable
from functools import cache
from itertools import groupby

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.handling import ReaderStoppedError
from chassis.received import Record
from chassis.topics import declared_topics


class LostOffsetError(ReaderStoppedError):
    """Records were dropped before this reader had read them."""


class Offsets:
    """What must come next, by partition."""

    def __init__(self, *, forgetful: bool) -> None:
        self._forgetful = forgetful
        self._next: dict[TopicPartition, int] = {}

    async def begin(self, consumer: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> None:
        """Set each partition to where its reading begins; raises LostOffsetError.

        It is set, not only looked up: a batch that is still being handled while a group settles may
        commit between our look and the broker client's own. The end is looked up after that which
        was committed, for others write and read on.
        """
        partitions = list(assigned)
        first = await consumer.beginning_offsets(partitions)
        committed = {place: await consumer.committed(place) for place in partitions}
        end = await consumer.end_offsets(partitions)
        for place in partitions:
            start = self._start(place, committed[place], first[place], end[place])
            consumer.seek(place, start)
            self._next[place] = start

    def forget(self, revoked: Iterable[TopicPartition]) -> None:
        """Whoever reads them now goes on; what comes next is looked up when they come back."""
        for place in revoked:
            self._next.pop(place, None)

    def follow(self, records: Iterable[Record]) -> None:
        """See that the records follow on; raises LostOffsetError."""
        for place, found in groupby(records, lambda r: TopicPartition(r.topic, r.partition)):
            for record in found:
                expected = self._next.get(place, record.offset)
                if record.offset > expected and not self._may_skip(place.topic):
                    raise LostOffsetError(_lost(place, expected, record.offset))
                self._next[place] = record.offset + 1

    def back_to(self, place: TopicPartition, offset: int) -> None:
        self._next[place] = offset

    def _start(self, place: TopicPartition, committed: int | None, first: int, end: int) -> int:
        if committed is None:
            committed = 0 if self._forgetful else first
        if committed < first:
            raise LostOffsetError(_lost(place, committed, first))
        if committed > end:
            raise LostOffsetError(f"{place} ends at {end}, though {committed} was read once")
        return committed

    def _may_skip(self, topic: str) -> bool:
        """Compaction leaves gaps; the newest record of each key stays."""
        return topic in _compacted() and not self._forgetful


@cache
def _compacted() -> frozenset[str]:
    return frozenset(topic.name for topic in declared_topics() if topic.compacted)


def _lost(place: TopicPartition, expected: int, found: int) -> str:
    return (
        f"{place.topic}, partition {place.partition}: records {expected} to {found - 1} are gone; "
        f"have their sources republish, then rebuild"
    )
