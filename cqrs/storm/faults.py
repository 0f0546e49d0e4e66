"""What a storm does to the system, each thing at its time and drawn from the seed."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cqrs.compose.stack import Stack
from cqrs.services import SERVICES
from cqrs.storm import topics

AWAY: Final = (1.0, 6.0)
"""Seconds something stays away, at least and at most."""


@dataclass(frozen=True)
class Fault:
    kind: str
    what: str
    """Which container, or which topic."""
    undone: float
    """When, by the monotonic clock."""


def drawn_faults(stack: Stack, seed: int, seconds: float) -> Iterator[Fault]:
    """One after the other for so many seconds; each is over when it is answered."""
    faults, ends = Faults(stack, random.Random(seed)), time.monotonic() + seconds  # noqa: S311 - a storm is drawn to be drawn again
    while time.monotonic() < ends:
        yield faults.one()


def rolling_restart(stack: Stack) -> Iterator[Fault]:
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
    drawn: random.Random
    _undone: float = 0.0

    def one(self) -> Fault:
        """Do something at random, undo it after a while, and wait until all is healthy again."""
        kind = self.drawn.choice(sorted(_KINDS))
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
        self._away()
        return self._started("kafka")

    def kill_broker(self) -> str:
        return self._killed("kafka")

    def restart_database(self) -> str:
        self.stack.compose("restart", "postgres")
        return self._healthy("postgres")

    def cut_network(self) -> str:
        """A worker hears nothing of broker and database for a while."""
        service = f"{self.drawn.choice(SERVICES)}-worker"
        container = self.drawn.choice(self.stack.containers(service))
        network = self.stack.network(container)
        self.stack.cut(container)
        self._away()
        self.stack.mend(container, network, service)
        return self._healthy(service)

    def deliver_twice(self) -> str:
        """Some of what was sent is on the topics once more, as it was."""
        topic = self.drawn.choice(sorted(topics.WRITERS))
        return f"{topics.again(self.stack, topic, last=40)} of {topic}"

    def _killed(self, service: str) -> str:
        container = self.drawn.choice(self.stack.containers(service))
        self.stack.kill(container)
        self._away()
        self.stack.start(container)
        return self._healthy(service)

    def _started(self, service: str) -> str:
        self.stack.compose("start", service)
        return self._healthy(service)

    def _healthy(self, service: str) -> str:
        self.stack.wait(self.stack.containers(service))
        return service

    def _away(self) -> None:
        time.sleep(self.drawn.uniform(*AWAY))
        self._undone = time.monotonic()


_KINDS: Mapping[str, Callable[[Faults], str]] = {
    "API killed": Faults.kill_api,
    "worker killed": Faults.kill_worker,
    "gateway killed": Faults.kill_gateway,
    "broker stopped": Faults.stop_broker,
    "broker killed": Faults.kill_broker,
    "database restarted": Faults.restart_database,
    "network cut": Faults.cut_network,
    "delivered twice": Faults.deliver_twice,
}
