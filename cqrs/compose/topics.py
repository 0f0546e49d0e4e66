"""Topics and rights on a real Kafka, as contracts/topics.toml declares them."""

import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it exports by `from … import`
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from chassis.topics import Topic, declared_topics, with_dead
from cqrs.services import SERVICES

_DAY_MS = 24 * 60 * 60 * 1000
_SECONDS = 30.0


class BrokerError(RuntimeError):
    """The broker cannot be reached, or would not do it."""


@dataclass(frozen=True, slots=True)
class Made:
    created: int
    present: int
    rights: int


def make(environment: Mapping[str, str]) -> Made:
    """Create what is missing; what is there stays as it is."""
    bootstrap = environment["CQRS_KAFKA"]
    _reached(bootstrap)
    client = AdminClient(
        {
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": environment["CQRS_KAFKA_USERNAME"],
            "sasl.password": environment["CQRS_KAFKA_PASSWORD"],
        }
    )
    topics = with_dead(declared_topics(), frozenset(SERVICES))
    created = sum(_created(one) for one in client.create_topics(_new(topics)).values())
    bindings = list(rights(topics))
    for one in client.create_acls(bindings).values():
        one.result(_SECONDS)
    return Made(created, len(topics) - created, len(bindings))


def configuration(topic: Topic) -> dict[str, str]:
    if topic.compacted:
        return {"cleanup.policy": "compact"}
    days = -1 if topic.retention == "for ever" else int(topic.retention.split()[0])
    return {"retention.ms": "-1" if days < 0 else str(days * _DAY_MS)}


def rights(topics: list[Topic]) -> Iterator[AclBinding]:
    """Who may write and read each topic, and each reader the groups that begin with its name."""
    for topic in topics:
        for writer in topic.writers:
            yield _allowed(writer, ResourceType.TOPIC, topic.name, AclOperation.WRITE)
        for reader in topic.readers:
            yield _allowed(reader, ResourceType.TOPIC, topic.name, AclOperation.READ)
    for reader in sorted({one for topic in topics for one in topic.readers}):
        yield _allowed(
            reader, ResourceType.GROUP, reader, AclOperation.READ, ResourcePatternType.PREFIXED
        )


def _allowed(
    who: str,
    kind: ResourceType,
    name: str,
    operation: AclOperation,
    pattern: ResourcePatternType = ResourcePatternType.LITERAL,
) -> AclBinding:
    return AclBinding(kind, name, pattern, f"User:{who}", "*", operation, AclPermissionType.ALLOW)


def _new(topics: list[Topic]) -> list[NewTopic]:
    return [
        NewTopic(one.name, one.partitions, replication_factor=1, config=configuration(one))
        for one in topics
    ]


def _created(outcome: Future[Any]) -> bool:
    try:
        outcome.result(_SECONDS)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise BrokerError(error.args[0].str()) from error
    return True


def _reached(bootstrap: str) -> None:
    """Probe first: with no broker librdkafka logs twenty lines a second."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise BrokerError(f"no broker at {bootstrap}: {error}") from None
