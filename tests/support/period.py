"""A small period played on the whole system, shared by the tests that look at one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from cqrs.console import Progress
from cqrs.play import declarations
from cqrs.play.cast import Cast
from cqrs.play.gateway import reached
from cqrs.play.period import Period, measure, offer_and_answer, prepare
from cqrs.play.scene import Scene
from tests.support.system import RunningSystem

T = TypeVar("T")
PRACTICES = 14
ICB = "QC3"


@pytest.fixture(scope="session")
def declared(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Period:
    """A period of a few practices, played until they have declared."""
    folder = tmp_path_factory.mktemp("play")
    scene = Scene.generated(folder, england=False, icb=None, seed=1)
    few = dict(list(scene.roster.lists.items())[:PRACTICES])
    roster = replace(scene.roster, lists=few, pcns={}, sub_icbs=())
    return _asking(
        system, lambda cast: _until_declared(system, cast, replace(scene, roster=roster))
    )


def _asking(system: RunningSystem, work: Callable[[Cast], Awaitable[T]]) -> T:
    async def with_cast() -> T:
        async with reached(system.running.gateway, system.running.issuer) as gateway:
            return await work(Cast(gateway))

    return asyncio.run(with_cast())


async def _until_declared(system: RunningSystem, cast: Cast, scene: Scene) -> Period:
    running = system.running
    period = Period(cast, system.clock, Progress(), scene, (running.kafka,), running.people)
    for part in (prepare, offer_and_answer, measure):
        await part(period)
    await declarations.declare(cast, period.participating, lambda _: None)
    return period
