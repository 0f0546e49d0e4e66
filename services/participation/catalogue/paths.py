"""A specification as paths and what they lead to: how drafts are edited and versions compared.

`domains/CL/groups/AF/indicators/AF006/upper`: the members of a list are called by their own names,
never by their places. What has no name of its own, the steps of a formula, is one whole.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chassis.errors import DomainError

Document = Mapping[str, Any]

_NAMED_BY: Final = {
    "domains": ("code",),
    "groups": ("code",),
    "indicators": ("code",),
    "constants": ("name",),
    "formulas": ("formula",),
    "components": ("code",),
    "evidence": ("code",),
    "tariffs": ("provider", "valid_from"),
    "windows": ("period_start",),
    "bands": ("code",),
    "approval": ("step",),
}
"""What the members of each list are called by; a tariff of A81001, `A81001 2025-04-01`."""


class Change(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one path led to and leads to now; None where it leads nowhere."""

    path: str
    change: Change
    old: Any
    new: Any


def differences(old: Document, new: Document) -> list[Difference]:
    """What differs, in the order of the old document; a part that is new or gone, as a whole."""
    return list(_compare("", old, new))


def _compare(path: str, old: Any, new: Any) -> Iterator[Difference]:
    before, after = _members(path, old), _members(path, new)
    if before is None or after is None:
        if old != new:
            yield Difference(path, Change.CHANGED, old, new)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        below = f"{path}/{name}" if path else name
        if name not in after:
            yield Difference(below, Change.REMOVED, before[name], None)
        elif name not in before:
            yield Difference(below, Change.ADDED, None, after[name])
        else:
            yield from _compare(below, before[name], after[name])
    yield from _reordered(path, old, before, after)


def _reordered(
    path: str, old: Any, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    """Members of a list stand in an order, which may differ as well."""
    was = [name for name in before if name in after]
    now = [name for name in after if name in before]
    if isinstance(old, list) and was != now:
        yield Difference(path, Change.CHANGED, was, now)


def _members(path: str, value: Any) -> dict[str, Any] | None:
    """The parts of a value by name; None where it is one whole."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and (keys := _NAMED_BY.get(path.rpartition("/")[2])):
        names = [_name(keys, member) for member in value]
        if None not in names and len(set(names)) == len(names):
            return dict(zip(map(str, names), value, strict=True))
    return None


def _name(keys: Sequence[str], member: Any) -> str | None:
    if not isinstance(member, Mapping):
        return None
    return " ".join(str(member[key]) for key in keys if member.get(key) is not None) or None


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of a draft: replaced as a whole, then parts taken away, then set."""

    document: Document | None = None
    remove: Sequence[str] = ()
    set: Sequence[tuple[str, Any]] = ()

    def of(self, document: Document) -> dict[str, Any]:
        """The document as it is after the edit; PATH_NOT_FOUND names a path that leads nowhere."""
        begun = document if self.document is None else self.document
        edited: dict[str, Any] = copy.deepcopy(dict(begun))
        for path in self.remove:
            _Place.find(edited, path).remove()
        for path, value in self.set:
            _Place.find(edited, path).put(copy.deepcopy(value))
        return edited


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path leads: a name in a part of the document."""

    path: str
    within: Any
    keys: Sequence[str] | None
    """What the members of `within` are called by, where it is a list."""
    name: str

    @classmethod
    def find(cls, document: dict[str, Any], path: str) -> "_Place":
        within: Any = document
        keys: Sequence[str] | None = None
        *way, last = path.split("/")
        for name in way:
            found, within = cls(path, within, keys, name).holds()
            keys = _NAMED_BY.get(name) if isinstance(within, list) else None
            if not found or not isinstance(within, dict | list):
                raise _nowhere(path, name)
        if isinstance(within, list) and keys is None:
            raise _nowhere(path, last)
        return cls(path, within, keys, last)

    def holds(self) -> tuple[bool, Any]:
        if isinstance(self.within, dict):
            return self.name in self.within, self.within.get(self.name)
        place = self._index()
        return place is not None, None if place is None else self.within[place]

    def remove(self) -> None:
        found, _ = self.holds()
        if not found:
            raise _nowhere(self.path, self.name)
        del self.within[self.name if isinstance(self.within, dict) else self._index()]

    def put(self, value: Any) -> None:
        """Set a field, or put a member in the place of its namesake, else at the end."""
        if isinstance(self.within, dict):
            self.within[self.name] = value
            return
        if _name(self.keys or (), value) != self.name:
            message = f"{self.path} is set to something that is not called {self.name}."
            raise DomainError("PATH_NAMES_ANOTHER", message, field=self.path)
        place = self._index()
        if place is None:
            self.within.append(value)
        else:
            self.within[place] = value

    def _index(self) -> int | None:
        names = (_name(self.keys or (), member) for member in self.within)
        return next((place for place, name in enumerate(names) if name == self.name), None)


def _nowhere(path: str, name: str) -> DomainError:
    message = f"{path} leads nowhere: there is no {name}."
    return DomainError("PATH_NOT_FOUND", message, field=path)
