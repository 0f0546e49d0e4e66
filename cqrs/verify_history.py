"""Recomputes a declaration's exported history with the standard library alone.

Each entry carries the hash of the one before it. The last one is pinned by the head: the length
and the hash that the declaration's events carry, outside the file.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

FORMAT = "cqrs-history/1"


def differences(history: Mapping[str, Any], head: str | None = None) -> list[str]:
    """Everything that is not as it was written; empty if the history holds.

    Without a head of an event (LENGTH:HASH) the file's own is all that pins the last entry.
    """
    try:
        return [*_entries(history), *_head(history, head)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"the history is not whole: {type(error).__name__} {error}"]


def holds(document: Mapping[str, Any]) -> str:
    """What a history that holds is, in words."""
    return f"{len(document['entries'])} entries of {document['declaration']}"


def _entries(history: Mapping[str, Any]) -> Iterator[str]:
    previous = ""
    for position, entry in enumerate(history["entries"], start=1):
        if entry["position"] != position:
            yield f"entry {position} says that it is {entry['position']}"
        if entry["declaration"] != history["declaration"]:
            yield f"entry {position} is of {entry['declaration']}"
        if entry["previous"] != previous:
            yield f"entry {position} does not follow on the one before it"
        recomputed = _hash({name: value for name, value in entry.items() if name != "hash"})
        if entry["hash"] != recomputed:
            yield f"entry {position} has been changed: its hash is {recomputed}"
        previous = entry["hash"]


def _head(history: Mapping[str, Any], given: str | None) -> Iterator[str]:
    entries, stated = history["entries"], history["head"]
    last = f"{len(entries)}:{entries[-1]['hash'] if entries else ''}"
    for whose, head in (
        ("the file", f"{stated['length']}:{stated['hash']}"),
        ("the event", last if given is None else given.strip()),
    ):
        if head != last:
            yield f"the head is {last}, but {whose} says {head}"


def _hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
