"""A real broker on the wire for the tests: one an xdist worker, with the declared topics.

Tests share it, so each makes group ids of its own and reads by key or from the end it found.
"""

from collections.abc import Iterator

import pytest

from chassis.topics import declared_topics, with_dead
from cqrs.embedded.broker import Broker
from cqrs.services import SERVICES


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    topics = with_dead(declared_topics(), frozenset(SERVICES))
    server = Broker.start({topic.name: topic.partitions for topic in topics})
    yield server
    server.stop()
