import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cqrs.supervisor.children import Child, ChildDied, Plan
from cqrs.supervisor.supervisor import Supervisor
from cqrs.supervisor.watching import watched


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Supervisor() as supervisor:
        yield supervisor


@pytest.fixture
def sleeper(supervisor: Supervisor) -> Child:
    sleeping = (sys.executable, "-I", "-c", "import time; time.sleep(60)")
    return supervisor.children.start(Plan("sleeper", sleeping, {}))


async def test_work_is_answered_while_the_children_live(
    supervisor: Supervisor, sleeper: Child
) -> None:
    assert await watched(supervisor.children, asyncio.sleep(0, "done")) == "done"


async def test_a_death_ends_the_work(supervisor: Supervisor, sleeper: Child) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        os.kill(sleeper.process.pid, signal.SIGKILL)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(ChildDied, match="sleeper was killed by SIGKILL"):
        await watched(supervisor.children, work())
    assert ended.is_set()


async def test_a_failure_that_comes_of_a_death_is_told_as_the_death(
    supervisor: Supervisor, sleeper: Child
) -> None:
    async def work() -> None:
        os.kill(sleeper.process.pid, signal.SIGKILL)
        raise ConnectionError

    with pytest.raises(ChildDied):
        await watched(supervisor.children, work())


async def test_a_failure_of_the_work_itself_is_told_as_it_is(
    supervisor: Supervisor, sleeper: Child
) -> None:
    async def work() -> None:
        raise ValueError("its own")

    with pytest.raises(ValueError, match="its own"):
        await watched(supervisor.children, work())
