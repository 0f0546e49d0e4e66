"""The payment period, played on the containers from outside."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import pytest

from cqrs.console import Progress
from cqrs.england.england import SEED
from cqrs.play.cast import Cast
from cqrs.play.gateway import reached
from cqrs.play.ledger import subscriber_entries
from cqrs.play.period import Period, play
from cqrs.play.scene import Scene
from tests.support.stack import TestStack


@dataclass(frozen=True)
class Played:
    stack: TestStack
    period: Period

    def ledger(self) -> Mapping[str, Mapping[str, str]]:
        """As a finance system outside has it: by entry, however often each was delivered."""
        return subscriber_entries(self.stack.system.subscriber)


@pytest.fixture(scope="session")
def played(stack: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """What `cqrs play --compose` does."""
    scene = Scene.generated(tmp_path_factory.mktemp("play"), england=False, icb=None, seed=SEED)

    async def playing() -> Period:
        system = stack.system
        async with reached(system.gateway, system.issuer, system.password) as gateway:
            clock, reading = stack.clock, system.subscriber
            period = Period(Cast(gateway), clock, Progress(), scene, reading, None)
            await play(period)
            return period

    return Played(stack, asyncio.run(playing()))


@pytest.fixture
async def cast(played: Played) -> AsyncIterator[Cast]:
    """People who sign in at Keycloak and ask the published gateway."""
    system = played.stack.system
    async with reached(system.gateway, system.issuer, system.password) as gateway:
        yield Cast(gateway)
