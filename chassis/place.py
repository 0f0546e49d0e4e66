"""The place of a service's reader on its topics, seen and put back while the reader is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer

from chassis.errors import DomainError
from chassis.kafka import Kafka
from chassis.subscription import Subscription

_JOINING = 60.0


@asynccontextmanager
async def in_the_readers_place(
    subscription: Subscription, kafka: Kafka
) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of the reader's group that has every partition: the reader itself has stopped."""
    consumer = AIOKafkaConsumer(
        *subscription.topics,
        **kafka.connection(),
        group_id=subscription.group,
        enable_auto_commit=False,
        session_timeout_ms=kafka.session_timeout_ms,
        heartbeat_interval_ms=kafka.session_timeout_ms // 4,
    )
    try:
        await consumer.start()
        async with asyncio.timeout(_JOINING):
            while not consumer.assignment():  # noqa: ASYNC110 - aiokafka has no event for it
                await asyncio.sleep(0.02)
        yield consumer
    finally:
        await consumer.stop()


async def read_again(subscription: Subscription, kafka: Kafka, since: datetime) -> int:
    """Put the reader back to the first records since a moment; answers how many it reads again.

    For a database that was put back to what it was then. What it did react to by then it knows, so
    a moment too early does no harm. Refuses where records since may be gone already.
    """
    async with in_the_readers_place(subscription, kafka) as consumer:
        places = list(consumer.assignment())
        moment = int(since.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(places, moment))
        first = await consumer.beginning_offsets(places)
        back = {}
        again = 0
        for place in places:
            committed, since_then = await consumer.committed(place) or 0, found[place]
            if since_then is None or since_then.offset >= committed:
                continue
            if 0 < first[place] == since_then.offset:
                message = f"records of {place.topic} since {since} may be gone already"
                raise DomainError("RECORDS_GONE", f"{message}: have its source republish, rebuild")
            back[place] = since_then.offset
            again += committed - since_then.offset
        if back:
            await consumer.commit(back)
    return again
