"""What is on the topics, as a reader of them finds it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqrs.compose.stack import Stack

READERS = {
    "participation.offer": "declarations-worker",
    "declarations.declaration": "notifications-worker",
}
"""Which worker may read a topic."""
WRITERS = {
    "participation.offer": "participation-worker",
    "declarations.declaration": "declarations-worker",
}


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


def again(stack: Stack, topic: str, last: int) -> int:
    """Deliver the topic's last records once more; answers how many."""
    lines = _lines(stack, topic)[-last:]
    if lines:
        stack.script(WRITERS[topic], _script("again"), topic, given="\n".join(lines))
    return len(lines)


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
