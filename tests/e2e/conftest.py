"""What the tests of the whole system share beside the period of tests/support."""

import asyncio

import aiohttp
import pytest

from cqrs.play.cast import Cast
from cqrs.play.gateway import Gateway
from tests.e2e.story import Story, play


@pytest.fixture(scope="session")
def story(declared, system, tmp_path_factory) -> Story:
    """One practice of 12,000 patients is paid, and one cannot be (tests/e2e/story.py)."""

    async def played() -> Story:
        async with aiohttp.ClientSession() as session:
            cast = Cast(Gateway(system.running.gateway, system.running.issuer, session))
            return await play(cast, system.clock, tmp_path_factory.mktemp("story"))

    return asyncio.run(played())
