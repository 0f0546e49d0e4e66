"""What a process needs to begin its work: waited for a while, and named if it does not come.

Later, a broker or a database that goes away is waited for as long as it takes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from time import monotonic

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from chassis.kafka import Kafka
from chassis.process import GaveUpError

_LOOK_AGAIN = 0.5

Lacking = Callable[[], Awaitable[str | None]]
"""What is missing, in words; None: nothing."""


async def begin(lacking: Lacking, stop: asyncio.Event, *, patience: float) -> None:
    """Wait until nothing is missing, then until told to stop.

    Raises GaveUpError if something is still missing after so many seconds.
    """
    ends = monotonic() + patience
    while not stop.is_set() and (missing := await lacking()):
        if monotonic() > ends:
            raise GaveUpError(f"after {patience:g} seconds it still {missing}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_AGAIN)
    await stop.wait()


async def broker_lacks(kafka: Kafka, topics: Collection[str]) -> str | None:
    """The broker itself, or the topics it does not have, or does not let us see."""
    consumer = AIOKafkaConsumer(**kafka.connection())
    try:
        await consumer.start()
        missing = set(topics) - await consumer.topics()
    except KafkaError:
        who = f" that lets {kafka.username} in" if kafka.username else ""
        return f"finds no broker{who} at {kafka.bootstrap}"
    finally:
        await consumer.stop()
    named = ", ".join(sorted(missing))
    return f"finds no topic {named} at {kafka.bootstrap}" if missing else None
