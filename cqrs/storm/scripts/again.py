"""Send records once more, as they were: `again.py TOPIC`, their lines given; a writer runs it."""

import asyncio
import base64
import json
import os
import sys
from typing import Any

from aiokafka import AIOKafkaProducer

from chassis.kafka import Kafka

KAFKA = Kafka(
    os.environ["CQRS_KAFKA"],
    os.environ["CQRS_KAFKA_USERNAME"],
    os.environ["CQRS_KAFKA_PASSWORD"],
)


async def main(topic: str, records: list[dict[str, Any]]) -> None:
    producer = AIOKafkaProducer(**KAFKA.connection())
    await producer.start()
    try:
        for record in records:
            await producer.send(
                topic,
                base64.b64decode(record["value"]),
                key=record["key"].encode(),
                partition=record["partition"],
                headers=[(name, value.encode()) for name, value in record["headers"].items()],
            )
    finally:
        await producer.stop()


asyncio.run(main(sys.argv[1], [json.loads(line) for line in sys.stdin]))
