"""Recomputes the exported history of a declaration, or of a claim, with the standard library alone.

Each entry carries the hash of the one before it. The last one is pinned by the head: the length
and the hash that its events carry, outside the file. What a claim's entries say was submitted is
exported beside them, and held against the digest that they sealed.
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
        return [*_entries(history), *_contents(history), *_head(history, head)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"the history is not whole: {type(error).__name__} {error}"]


def holds(document: Mapping[str, Any]) -> str:
    """What a history that holds is, in words."""
    return f"{len(document['entries'])} entries of {document[_kind(document)]}"


def _kind(history: Mapping[str, Any]) -> str:
    return "claim" if "claim" in history else "declaration"


def _entries(history: Mapping[str, Any]) -> Iterator[str]:
    previous, kind = "", _kind(history)
    for position, entry in enumerate(history["entries"], start=1):
        if entry["position"] != position:
            yield f"entry {position} says that it is {entry['position']}"
        if entry[kind] != history[kind]:
            yield f"entry {position} is of {entry[kind]}"
        if entry["previous"] != previous:
            yield f"entry {position} does not follow on the one before it"
        recomputed = _hash({name: value for name, value in entry.items() if name != "hash"})
        if entry["hash"] != recomputed:
            yield f"entry {position} has been changed: its hash is {recomputed}"
        previous = entry["hash"]


def _contents(history: Mapping[str, Any]) -> Iterator[str]:
    """What was submitted, of each version that was."""
    sealed = {
        entry["content_version"]: entry["content"]
        for entry in history["entries"]
        if entry.get("content") is not None
    }
    contents: dict[int, list[str]] = {}
    for one in history.get("contents", []):
        contents.setdefault(one["content_version"], []).append(_hash(one))
    for version in sorted(sealed.keys() | contents.keys()):
        if contents.get(version) != [sealed.get(version)]:
            yield f"what was submitted as version {version} has been changed"


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
