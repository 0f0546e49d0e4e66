"""What a storm does to the system, each thing at its time and drawn from the seed."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cqrs.compose.stack import Stack
from cqrs.services import SERVICES
from cqrs.storm import topics
from cqrs.storm.clock import SteppingClock

AWAY: Final = (1.0, 6.0)
"""Seconds something stays away, at least and at most."""
CUT: Final = (1.0, 20.0)
"""Seconds of a cut: of the longer ones Kafka gives a reader up (10 s), and so do we a database."""
_HOURS: Final = (6, 22)
_TWO: Final = ("declarations-worker", "notifications-worker")
"""Two of each in a storm, so that one may take over from the other."""
_AGAIN: Final = 40
"""Records delivered again at a time."""


@dataclass(frozen=True)
class Fault:
    kind: str
    what: str
    """Which container, or which topic."""
    undone: float
    """When, by the monotonic clock."""


def drawn_faults(stack: Stack, clock: SteppingClock, seed: int, seconds: float) -> Generator[Fault]:
    """One after the other for so many seconds, and then until each kind came equally often.

    Each is over when it is answered.
    """
    faults, ends = Faults(stack, clock, random.Random(seed)), time.monotonic() + seconds  # noqa: S311 - a storm is drawn to be drawn again
    with _two_workers(stack):
        while time.monotonic() < ends:
            for kind in faults.drawn.sample(KINDS, len(KINDS)):
                yield faults.one(kind)


@contextmanager
def _two_workers(stack: Stack) -> Iterator[None]:
    try:
        for worker in _TWO:
            stack.scaled(worker, 2)
        yield
    finally:
        for worker in _TWO:
            stack.scaled(worker, 1)


def rolling_restart(stack: Stack) -> Generator[Fault]:
    """Every service, one after the other, in a new container each, as an upgrade does it."""
    for name in (*(f"{service}-{part}" for service in SERVICES for part in _PARTS), "gateway"):
        stack.compose("up", "-d", "--no-build", "--no-deps", "--force-recreate", name)
        recreated = time.monotonic()
        stack.wait(stack.containers(name))
        yield Fault("restarted", name, recreated)


_PARTS = ("worker", "api")


@dataclass
class Faults:
    stack: Stack
    clock: SteppingClock
    drawn: random.Random
    _undone: float = 0.0

    def one(self, kind: str) -> Fault:
        """Do something, undo it after a while, and wait until all is healthy again."""
        self._undone = time.monotonic()
        what = _KINDS[kind](self)
        return Fault(kind, what, self._undone)

    def kill_api(self) -> str:
        return self._killed(f"{self.drawn.choice(SERVICES)}-api")

    def kill_worker(self) -> str:
        """The relay is in it: whoever leads is killed with what it has in flight."""
        return self._killed(f"{self.drawn.choice(SERVICES)}-worker")

    def kill_gateway(self) -> str:
        return self._killed("gateway")

    def stop_broker(self) -> str:
        self.stack.compose("stop", "kafka")
        self._away(AWAY)
        self.stack.compose("start", "kafka")
        return self._healthy("kafka")

    def kill_broker(self) -> str:
        return self._killed("kafka")

    def cut_broker(self) -> str:
        """It lives, and everybody has the database; nobody reaches it."""
        return self._cut("kafka")

    def restart_database(self) -> str:
        self.stack.compose("restart", "postgres")
        return self._healthy("postgres")

    def cut_container(self) -> str:
        """An API or a worker reaches neither broker nor database."""
        return self._cut(f"{self.drawn.choice(SERVICES)}-{self.drawn.choice(_PARTS)}")

    def deliver_twice(self) -> str:
        """Some of what was sent is on the topic once more, as it was."""
        topic = self.drawn.choice(sorted(topics.READERS))
        return f"{topics.again(self.stack, topic, _AGAIN, self.drawn)} of {topic}"

    def step_clock(self) -> str:
        return f"to {self.clock.step(self.drawn.randint(*_HOURS)):%d %B %Y, %H:%M}"

    def _killed(self, service: str) -> str:
        container = self.drawn.choice(self.stack.containers(service))
        self.stack.kill(container)
        self._away(AWAY)
        self.stack.start(container)
        self.stack.wait([container])
        return service

    def _cut(self, service: str) -> str:
        container = self.drawn.choice(self.stack.containers(service))
        network = self.stack.network(container)
        self.stack.cut(container)
        self._away(CUT)
        self.stack.mend(container, network, service)
        self.stack.wait([container])
        return service

    def _healthy(self, service: str) -> str:
        self.stack.wait(self.stack.containers(service))
        return service

    def _away(self, seconds: tuple[float, float]) -> None:
        time.sleep(self.drawn.uniform(*seconds))
        self._undone = time.monotonic()


_KINDS: Mapping[str, Callable[[Faults], str]] = {
    "API killed": Faults.kill_api,
    "worker killed": Faults.kill_worker,
    "gateway killed": Faults.kill_gateway,
    "broker stopped": Faults.stop_broker,
    "broker killed": Faults.kill_broker,
    "broker cut off": Faults.cut_broker,
    "database restarted": Faults.restart_database,
    "network cut": Faults.cut_container,
    "delivered twice": Faults.deliver_twice,
    "clock stepped": Faults.step_clock,
}
KINDS: Final = tuple(_KINDS)
