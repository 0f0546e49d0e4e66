"""PostgreSQL and Kafka in containers, behind what the embedded ones offer to tests.

`pytest --containers` takes them in place of the embedded ones; what is marked `containers` takes
them anyway. Their images are those of docker-compose.yml; they listen on the loopback address.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from confluent_kafka import TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it exports by `from … import`
    AdminClient,
    NewTopic,
)

from chassis.objects import Bucket
from cqrs.embedded.ports import free_port

os.environ |= {  # read when testcontainers is imported
    "TESTCONTAINERS_RYUK_DISABLED": "true",  # its image cannot be had everywhere; we clean up
    "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
    "TESTCONTAINERS_CONNECTION_MODE": "docker_host",  # a machine may look like a container
}

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

PATIENCE = 90.0


@dataclass
class PostgresContainer:
    container: "DockerContainer"
    port: int
    password: str

    def dsn(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str) -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        for statement in statements:
            command = ["psql", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-c", statement]
            status, told = self.container.exec(command)
            assert status == 0, told


@dataclass
class KafkaContainer:
    """Of one node, with nobody to be denied anything; topics are made when first named."""

    container: "DockerContainer"
    bootstrap: str

    @property
    def pid(self) -> int:
        """Of the broker, as the host counts."""
        return int(self._inspected()["State"]["Pid"])

    def make(self, topic: str, partitions: int = 4, **configuration: str) -> None:
        """A topic with the given settings: `retention_ms="1000"`."""
        named = {name.replace("_", "."): value for name, value in configuration.items()}
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        new = NewTopic(topic, partitions, replication_factor=1, config=named)
        for made in client.create_topics([new]).values():
            made.result(PATIENCE)

    def forget(self, topic: str) -> None:
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        for gone in client.delete_topics([topic]).values():
            gone.result(PATIENCE)

    def restart(self) -> None:
        """Stop as an operator does, and start on the same log."""
        self.container.get_wrapped_container().restart(timeout=30)

    def kill(self) -> None:
        self.container.get_wrapped_container().kill()

    def start(self) -> None:
        self.container.get_wrapped_container().start()

    def _inspected(self) -> dict[str, dict[str, str]]:
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        attributes: dict[str, dict[str, str]] = wrapped.attrs
        return attributes


def delete_before(bootstrap: str, topic: str, partition: int, offset: int) -> None:
    """Take a partition's records before the offset away, as retention does in time."""
    client = AdminClient({"bootstrap.servers": bootstrap})
    for gone in client.delete_records([TopicPartition(topic, partition, offset)]).values():
        gone.result(PATIENCE)


@contextmanager
def postgres_container() -> Iterator[PostgresContainer]:
    password = secrets.token_urlsafe(24)
    locale = "--locale-provider=builtin --builtin-locale=C.UTF-8 --encoding=UTF8"
    environment = {"POSTGRES_PASSWORD": password, "POSTGRES_INITDB_ARGS": locale}
    ready = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"]
    with _started("postgres:17", environment, 5432, ready) as (container, port):
        yield PostgresContainer(container, port, password)


@contextmanager
def kafka_container() -> Iterator[KafkaContainer]:
    def environment(port: int) -> dict[str, str]:
        return _KAFKA | {"KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://127.0.0.1:{port}"}

    ready = ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9094"]
    with _started("apache/kafka:4.1.0", environment, 9094, ready) as (container, port):
        yield KafkaContainer(container, f"127.0.0.1:{port}")


@contextmanager
def objects_container() -> Iterator[Bucket]:
    """The object store as docker-compose.yml has it."""
    given = Bucket(
        "s3://evidence", region="eu-west-2", access_key="us", secret_key="drawn for a test"
    )
    environment = {
        "ROOT_ACCESS_KEY": given.access_key,
        "ROOT_SECRET_KEY": given.secret_key,
        "VGW_REGION": given.region,
        "VGW_HEALTH": "/health",
    }
    ready = ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:7070/health"]
    command = ["sh", "-c", "mkdir -p /objects/evidence && exec versitygw posix /objects"]
    with _started("versity/versitygw:v1.8.0", environment, 7070, ready, command) as (_, port):
        yield replace(given, endpoint=f"http://127.0.0.1:{port}")


_KAFKA = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": "OUTSIDE://:9094,CONTROLLER://localhost:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "OUTSIDE",
    "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
    "KAFKA_NUM_PARTITIONS": "4",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    "KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS": "500",
    "KAFKA_LOG_CLEANER_BACKOFF_MS": "200",
    "KAFKA_HEAP_OPTS": "-Xmx384m -Xms384m",
}


@contextmanager
def _started(
    image: str,
    environment: dict[str, str] | Callable[[int], dict[str, str]],
    port: int,
    ready: list[str],
    command: list[str] | None = None,
) -> Iterator[tuple["DockerContainer", int]]:
    """A container whose port is published on the loopback address, once `ready` ends well in it."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import ExecWaitStrategy

    published = free_port()
    told = environment(published) if callable(environment) else environment
    waiting = ExecWaitStrategy(ready).with_startup_timeout(int(PATIENCE))
    container = DockerContainer(image).with_envs(**told).waiting_for(waiting)
    if command:
        container.with_kwargs(entrypoint=command)
    container.ports[f"{port}/tcp"] = ("127.0.0.1", published)
    with container:
        yield container, published
