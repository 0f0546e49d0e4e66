"""What is on the topics, as a reader of them finds it."""

import base64
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.topics import DEAD, declared_topics
from cqrs.compose.stack import Stack

READERS = {
    "participation.offer": "declarations-worker",
    "participation.quality-service": "declarations-worker",
    "declarations.declaration": "notifications-worker",
    "organisations.organisation": "participation-worker",
    "organisations.person": "participation-worker",
}
"""Which worker may read a topic."""
_COMPACTED = frozenset(topic.name for topic in declared_topics() if topic.compacted)
_HEARS_MOST = "notifications"
"""The service that reads every topic of the others."""


@dataclass(frozen=True)
class Told:
    """An event, in the place it has on the topic."""

    key: str
    id: str
    type: str
    place: tuple[int, int]
    """Partition and offset."""
    payload: Mapping[str, Any]


def told(stack: Stack, topic: str) -> list[Told]:
    """Everything, each partition in its order."""
    return [_told(json.loads(line)) for line in _lines(stack, topic)]


def again(stack: Stack, topic: str, number: int, drawn: random.Random) -> int:
    """Deliver some of the topic's records once more, as they were; answers how many.

    Of a compacted topic the newest of a key: an older one would be the one that is kept.
    """
    lines = _lines(stack, topic)
    if topic in _COMPACTED:
        lines = list({json.loads(line)["key"]: line for line in lines}.values())
    places = sorted(drawn.sample(range(len(lines)), min(number, len(lines))))
    if places:
        writer = f"{topic.partition('.')[0]}-worker"
        given = "\n".join(lines[place] for place in places)
        stack.script(writer, _script("again"), topic, given=given)
    return len(places)


def dead(stack: Stack) -> list[tuple[str, int]]:
    """Topics of what could not be read that hold anything, and how many records."""
    read = [f"{topic.name}{DEAD}" for topic in declared_topics() if _HEARS_MOST in topic.readers]
    ends = stack.script(f"{_HEARS_MOST}-worker", _script("ends"), *read)
    return [(topic, number) for topic, number in json.loads(ends).items() if number]


def _lines(stack: Stack, topic: str) -> Sequence[str]:
    return stack.script(READERS[topic], _script("records"), topic).splitlines()


def _script(name: str) -> str:
    return (Path(__file__).parent / "scripts" / f"{name}.py").read_text()


def _told(record: Mapping[str, Any]) -> Told:
    return Told(
        record["key"],
        record["headers"]["ce_id"],
        record["headers"]["ce_type"],
        (record["partition"], record["offset"]),
        json.loads(base64.b64decode(record["value"])),
    )
