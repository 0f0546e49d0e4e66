"""What the tests of the whole system share beside the period of tests/support."""

import asyncio

import aiohttp
import pytest

from cqrs.play.cast import Cast
from cqrs.play.gateway import Gateway
from tests.e2e.story import PAID, Story, play
from tests.e2e.topics import told_of
from tests.support.eventually import eventually


@pytest.fixture(scope="session")
def story(declared, system, tmp_path_factory) -> Story:
    """One practice of 12,000 patients is paid, and one cannot be (tests/e2e/story.py)."""

    async def played() -> Story:
        async with aiohttp.ClientSession() as session:
            cast = Cast(Gateway(system.running.gateway, system.running.issuer, session))
            story = await play(cast, system.clock, tmp_path_factory.mktemp("story"))
            await eventually(lambda: _paid_is_told(system.running.kafka))
            return story

    return asyncio.run(played())


async def _paid_is_told(kafka: str) -> None:
    """The relay has sent the story's last events, so that what is told from here on is new."""
    last = {"declaration.finance-approved.v1", "payment.authorised.v1"}
    assert last <= set(await told_of(kafka, PAID))
