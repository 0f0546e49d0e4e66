"""What a process waits for at its start."""

import asyncio

import pytest

from chassis.beginning import begin, broker_lacks
from chassis.process import GaveUpError
from tests.support.messaging import publish
from tests.support.things import changed


async def test_what_comes_in_time_lets_the_process_go_on():
    missing, stop = ["waits for a topic"], asyncio.Event()

    async def lacking() -> str | None:
        return missing.pop() if missing else None

    beginning = asyncio.create_task(begin(lacking, stop, patience=5))
    await asyncio.wait([beginning], timeout=0.8)
    assert not missing
    assert not beginning.done()
    stop.set()
    await beginning


async def test_what_does_not_come_is_named():
    async def lacking() -> str | None:
        return "finds no topic"

    with pytest.raises(GaveUpError, match=r"^after 0.1 seconds it still finds no topic$"):
        await begin(lacking, asyncio.Event(), patience=0.1)


async def test_topics_that_are_not_there_are_named(kafka, topic):
    await publish(kafka, topic, [changed("a", 1)])
    assert await broker_lacks(kafka, [topic]) is None
    told = await broker_lacks(kafka, [topic, "z.none", "a.none"])
    assert told == f"finds no topic a.none, z.none at {kafka.bootstrap}"
