"""A whole system of real processes, for the tests of what only all of it together can show.

Expensive: tests that ask for it share one, so keep them in one group,
`pytestmark = pytest.mark.xdist_group("system")`, and leave it as they found it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from cqrs.play.cast import Cast
from cqrs.play.clock import DemonstrationClock
from cqrs.play.gateway import reached
from cqrs.supervisor.children import Children
from cqrs.supervisor.running import Running
from cqrs.supervisor.supervisor import Supervisor
from cqrs.supervisor.system import start_system


@dataclass(frozen=True)
class RunningSystem:
    running: Running
    children: Children
    """`children.stop("declarations")` and `children.start_again("declarations")`."""

    @property
    def clock(self) -> DemonstrationClock:
        return DemonstrationClock(self.running.clock)


@pytest.fixture(scope="session")
def system() -> Iterator[RunningSystem]:
    with Supervisor() as supervisor:
        yield RunningSystem(start_system(supervisor), supervisor.children)


@pytest.fixture
async def cast(system: RunningSystem) -> AsyncIterator[Cast]:
    """People who sign in and ask the gateway."""
    async with reached(system.running.gateway, system.running.issuer) as gateway:
        yield Cast(gateway)
