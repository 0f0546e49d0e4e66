"""How many records each topic has had, as JSON: `ends.py TOPIC…`; run by who may use them."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.kafka import Kafka

KAFKA = Kafka(
    os.environ["CQRS_KAFKA"],
    os.environ["CQRS_KAFKA_USERNAME"],
    os.environ["CQRS_KAFKA_PASSWORD"],
)


async def main(topics: Sequence[str]) -> None:
    async with AIOKafkaConsumer(*topics, **KAFKA.connection()) as consumer:
        places = [
            TopicPartition(topic, number)
            for topic in topics
            for number in consumer.partitions_for_topic(topic)
        ]
        ends = await consumer.end_offsets(places)
    had = {topic: sum(ends[place] for place in places if place.topic == topic) for topic in topics}
    sys.stdout.write(json.dumps(had))


asyncio.run(main(sys.argv[1:]))
