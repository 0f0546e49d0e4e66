"""Events on their way out: written beside the change they tell of, sent by the relay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from chassis import wire
from chassis.db import Tx
from chassis.ids import new_id
from chassis.topics import DEAD, declared_topics
from chassis.trace import traceparent


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, as others may know it. Id, time, source and trace are filled on record."""

    type: str
    topic: str
    key: str
    """The aggregate's id; all its events share the key, and so their order."""
    payload: Mapping[str, object]


async def record(tx: Tx, events: Sequence[Event], *, at: datetime) -> None:
    """Write the events into the outbox, in their order, in one statement.

    Lock the aggregate's row first: that is what keeps its events in the order of its changes.
    """
    if events:
        headers = _headers(tx.name, at)
        await tx.execute(
            _INSERT,
            [new_id() for _ in events],
            [event.topic for event in events],
            [event.key for event in events],
            [event.type for event in events],
            [wire.encode(event.payload).decode() for event in events],
            [_is_small(event.topic) for event in events],
            headers,
        )


# json, not jsonb: what is sent is byte for byte what was recorded.
_INSERT = """
insert into chassis.outbox (id, aggregatetype, aggregateid, type, payload, bounded, headers)
select id, topic, key, type, payload::json, bounded, $7
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[])
    with ordinality as event (id, topic, key, type, payload, bounded, place)
order by place
"""


def _headers(source: str, at: datetime) -> dict[str, str]:
    headers = {"ce_source": source, "ce_time": at.isoformat()}
    trace = traceparent.get()
    return headers | ({"traceparent": trace} if trace else {})


def _is_small(topic: str) -> bool:
    """A whole state, or a parked record, may have any size; every other event is small."""
    return not (topic.endswith(DEAD) or topic in _state_topics())


@cache
def _state_topics() -> frozenset[str]:
    return frozenset(topic.name for topic in declared_topics() if topic.compacted)
