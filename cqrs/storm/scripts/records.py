"""Every record of a topic as a line of JSON: `records.py TOPIC`; run with a reader's rights."""

import asyncio
import base64
import json
import os
import sys

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from chassis.kafka import Kafka

KAFKA = Kafka(
    os.environ["CQRS_KAFKA"],
    os.environ["CQRS_KAFKA_USERNAME"],
    os.environ["CQRS_KAFKA_PASSWORD"],
)


def line(record: ConsumerRecord) -> str:
    return json.dumps(
        {
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key.decode(),
            "value": base64.b64encode(record.value).decode(),
            "headers": {name: value.decode() for name, value in record.headers},
        }
    )


async def main(topic: str) -> None:
    reading = AIOKafkaConsumer(topic, **KAFKA.connection(), auto_offset_reset="earliest")
    async with reading as consumer:
        places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        ends = await consumer.end_offsets(places)
        for place in places:
            while await consumer.position(place) < ends[place]:
                found = await consumer.getmany(place, timeout_ms=1_000)
                for record in found.get(place, []):
                    sys.stdout.write(line(record) + "\n")


asyncio.run(main(sys.argv[1]))
