"""The topics of `contracts/topics.toml`, the only list there is."""

import tomllib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DEAD = ".dead"
"""What could not be read from a topic is parked in the topic with this ending."""

_CONTRACT = Path(__file__).parent.parent / "contracts" / "topics.toml"


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    title: str
    partitions: int
    key: str
    """What a record's key is, in words."""
    retention: str
    """`compacted`, `for ever`, or a number of days as in `30 days`."""
    writers: tuple[str, ...]
    readers: tuple[str, ...]

    @property
    def compacted(self) -> bool:
        return self.retention == "compacted"


@cache
def declared_topics(contract: Path = _CONTRACT) -> tuple[Topic, ...]:
    """The topics as declared, in the order of the file."""
    listed: Mapping[str, Any] = tomllib.loads(contract.read_text())["topic"]
    return tuple(_topic(name, fields) for name, fields in listed.items())


def with_dead(topics: Iterable[Topic], services: AbstractSet[str]) -> list[Topic]:
    """The topics, and a dead-letter topic beside each that one of the services reads."""
    declared = list(topics)
    read = [topic for topic in declared if services & set(topic.readers)]
    return declared + [_dead(topic, services) for topic in read]


def _topic(name: str, fields: Mapping[str, Any]) -> Topic:
    return Topic(
        name=name,
        title=fields["title"],
        partitions=fields["partitions"],
        key=fields["key"],
        retention=fields["keep"],
        writers=tuple(fields["writes"]),
        readers=tuple(fields["reads"]),
    )


def _dead(topic: Topic, services: AbstractSet[str]) -> Topic:
    return Topic(
        name=topic.name + DEAD,
        title=f"Records of {topic.name} that could not be read",
        partitions=1,
        key=topic.key,
        retention="30 days",
        writers=tuple(reader for reader in topic.readers if reader in services),
        readers=(),
    )
