"""What is on the broker of the whole system."""

import json

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from chassis.topics import declared_topics, with_dead
from cqrs.services import SERVICES


async def records(kafka: str) -> list[ConsumerRecord]:
    """Everything on every topic, dead letters too; each partition in its order."""
    topics = with_dead(declared_topics(), frozenset(SERVICES))
    every = [TopicPartition(each.name, n) for each in topics for n in range(each.partitions)]
    settings = {"fetch_max_wait_ms": 20, "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer(bootstrap_servers=kafka, **settings) as consumer:
        consumer.assign(every)
        ends = await consumer.end_offsets(every)
        found: list[ConsumerRecord] = []
        while len(found) < sum(ends.values()):
            for batch in (await consumer.getmany(timeout_ms=1_000)).values():
                found += batch
    return found


async def told_of(kafka: str, key: str) -> list[str]:
    """Types of the events told of an aggregate, or of a provider."""
    return sorted(
        event_type(each)
        for each in await records(kafka)
        if key in (each.key.decode(), json.loads(each.value).get("provider"))
    )


def event_type(record: ConsumerRecord) -> str:
    return dict(record.headers)["ce_type"].decode()
