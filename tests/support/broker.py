"""A real broker on the wire for the tests: one an xdist worker, with the declared topics.

Tests share it, so each makes group ids of its own and reads by key or from the end it found.
"""

from collections.abc import Iterator

import pytest

from chassis.topics import declared_topics, with_dead
from cqrs.embedded.broker import Broker
from cqrs.services import SERVICES
from tests.support.containers import KafkaContainer, kafka_container


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest) -> Iterator[Broker | KafkaContainer]:
    topics = with_dead(declared_topics(), frozenset(SERVICES))
    if request.config.getoption("containers"):
        yield request.getfixturevalue("real_kafka")
        return
    server = Broker.start({topic.name: topic.partitions for topic in topics})
    yield server
    server.stop()


@pytest.fixture(scope="session")
def real_kafka() -> Iterator[KafkaContainer]:
    """Apache Kafka, for what the embedded broker does not do."""
    with kafka_container() as server:
        yield server
