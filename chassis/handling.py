"""What becomes of a batch: handled whole, or record by record, held back, or parked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import monotonic

import structlog
from aiokafka import TopicPartition
from prometheus_client import Counter

from chassis import dead, inbox
from chassis.db import Database, Tx
from chassis.errors import NOT_YET_KNOWN, DomainError, TransientError
from chassis.received import Received, Record, UndecodableError, decode, type_of
from chassis.subscription import Subscription
from chassis.trace import traceparent

log = structlog.get_logger()

events_read = Counter(
    "cqrs_events_read_total",
    "Records read, by what became of them: handled, skipped, parked, held.",
    ["topic", "outcome"],
)

FUSE = 100
"""So many records parked in a row, with none handled between, is not the records' fault."""

PATIENCE = 60.0
"""Seconds an event waits for what it names, which has not been heard of yet."""

_ENOUGH = 3
"""When so many partitions in a row are held, the cause is not theirs: leave the rest alone."""

Held = Mapping[TopicPartition, int]
"""Where to read on, later, by partition."""


class ReaderStoppedError(Exception):
    """Reading on would lose something, or make it worse. A person must look."""


@dataclass(slots=True)
class Read:
    record: Record
    event: Received | None = None
    """None where the record is no event we know, or no event at all."""
    undecodable: UndecodableError | None = None

    @property
    def partition(self) -> TopicPartition:
        return TopicPartition(self.record.topic, self.record.partition)


class Handling:
    """Applies a subscription to batches, each in one transaction if it can be."""

    def __init__(
        self,
        db: Database,
        subscription: Subscription,
        fuse: int = FUSE,
        patience: float = PATIENCE,
    ) -> None:
        self._db = db
        self._subscription = subscription
        self._known = subscription.projections.keys() | subscription.reactions.keys()
        self._fuse = fuse
        self._patience = patience
        self._unknown: dict[TopicPartition, tuple[int, float]] = {}
        self._parked_in_a_row = 0

    async def handle(self, records: Sequence[Record]) -> Held:
        """Handle the records; answers the partitions that must wait.

        Each partition's records are handled in order. Of a partition that is held everything before
        the offset answered is done, and nothing from it on.
        """
        batch = [self._read(record) for record in records]
        if await self._together(batch):
            return {}
        log.info("reader.singly", records=len(batch))
        return await self._singly(batch)

    async def _together(self, batch: Sequence[Read]) -> bool:
        """Handle the batch whole; False if it cannot be: one by one it shows whose fault it is."""
        if any(read.undecodable for read in batch):
            return False
        try:
            async with self._db.transaction() as tx:
                await take(tx, self._subscription, [read.event for read in batch if read.event])
        except Exception as error:  # noqa: BLE001 - whatever it is, it comes again
            log.debug("reader.batch_failed", reason=repr(error))
            return False
        for read in batch:
            self._settled(read)
        return True

    async def _singly(self, batch: Iterable[Read]) -> Held:
        held: dict[TopicPartition, int] = {}
        held_in_a_row = 0
        for partition, reads in _by_partition(batch):
            waiting = reads if held_in_a_row >= _ENOUGH else await self._in_order(reads)
            held_in_a_row = held_in_a_row + 1 if waiting else 0
            if waiting:
                held[partition] = waiting[0].record.offset
                events_read.labels(partition.topic, "held").inc(len(waiting))
        return held

    async def _in_order(self, reads: Sequence[Read]) -> Sequence[Read]:
        """Handle the reads of one partition; answers those that must wait."""
        for done, read in enumerate(reads):
            try:
                await self._alone(read)
            except TransientError as error:
                log.warning("reader.held", partition=str(read.partition), reason=str(error))
                return reads[done:]
        return []

    async def _alone(self, read: Read) -> None:
        poison = read.undecodable or await self._poison(read)
        if poison:
            await self._park(read, poison)
        else:
            self._settled(read)

    def _settled(self, read: Read) -> None:
        events_read.labels(read.record.topic, "handled" if read.event else "skipped").inc()
        if read.event:
            self._parked_in_a_row = 0

    async def _poison(self, read: Read) -> Exception | None:
        """Handle the event; answers why it never can be."""
        try:
            async with self._db.transaction() as tx:
                await take(tx, self._subscription, [read.event] if read.event else [])
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - poison is whatever cannot be handled
            self._have_patience(read, error)
            return error
        return None

    def _have_patience(self, read: Read, error: Exception) -> None:
        """What the event depends on may be on its way, in another topic: hold it for a while."""
        if not (isinstance(error, DomainError) and error.code == NOT_YET_KNOWN):
            return
        now = monotonic()
        offset, since = self._unknown.get(read.partition, (-1, now))
        if offset != read.record.offset:
            since = now
        self._unknown[read.partition] = read.record.offset, since
        if now - since < self._patience:
            raise TransientError(f"not yet known: {error}") from error

    async def _park(self, read: Read, reason: Exception) -> None:
        async with self._db.transaction() as tx:
            new = await dead.park(tx, self._subscription.group, read.record, reason)
        if new:  # when it comes again after a stop, a person has seen it
            place = f"{read.partition.topic}/{read.partition.partition}/{read.record.offset}"
            log.error("reader.parked", exc_info=reason, place=place, key=read.record.key)
            events_read.labels(read.record.topic, "parked").inc()
            self._count_parked(read.record.topic)

    def _count_parked(self, topic: str) -> None:
        self._parked_in_a_row += 1
        if self._parked_in_a_row >= self._fuse:
            raise ReaderStoppedError(
                f"{self._parked_in_a_row} records in a row could not be handled; they are in "
                f"{topic}.dead and the like, with their reasons"
            )

    def _read(self, record: Record) -> Read:
        event_type = type_of(record)
        if record.value is None or (event_type and event_type not in self._known):
            return Read(record)
        try:
            return Read(record, event=decode(record))
        except UndecodableError as error:
            return Read(record, undecodable=error)


async def take(tx: Tx, subscription: Subscription, events: Sequence[Received]) -> None:
    """Project the events, then react to those not heard before, in their order."""
    for event_type, project in subscription.projections.items():
        if heard := [event for event in events if event.type == event_type]:
            await project(tx, heard)
    reacting = [event for event in events if event.type in subscription.reactions]
    fresh = await inbox.first_time(tx, subscription.group, [event.id for event in reacting])
    for event in reacting:
        if event.id in fresh:
            fresh.remove(event.id)
            traceparent.set(event.traceparent)
            await subscription.reactions[event.type](tx, event)


def _by_partition(batch: Iterable[Read]) -> Iterable[tuple[TopicPartition, Sequence[Read]]]:
    ordered = sorted(batch, key=lambda read: read.partition)  # stable: offsets stay in order
    return [(place, list(reads)) for place, reads in groupby(ordered, lambda read: read.partition)]
