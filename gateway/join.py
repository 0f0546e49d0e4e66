"""Joining what services answer into one tree, kept under our names.

Where something failed, a Failure stands in its place.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from gateway.errors import Failure
from gateway.fetches import KEY, Fetch, Path, Told, Tree
from gateway.normalise import TYPENAME

Object: TypeAlias = dict[str, Any]
_NOTHING: Final = object()


class Asked:
    """The representations of one fetch, each once, and the objects each is asked for."""

    def __init__(self) -> None:
        self.representations: list[Object] = []
        self.targets: list[list[Object]] = []
        self._places: dict[Hashable, int] = {}

    def add(self, identity: Hashable, representation: Object, target: Object) -> None:
        place = self._places.setdefault(identity, len(self.targets))
        if place == len(self.targets):
            self.representations.append(representation)
            self.targets.append([])
        self.targets[place].append(target)


def gather(data: Object, fetch: Fetch) -> Asked:
    """Find the objects the fetch is about; those whose key failed to come fail with it."""
    asked = Asked()
    if fetch.plain_key:
        _gather_plain(data, fetch, fetch.plain_key, asked)
        return asked
    for target in objects(data, fetch.path):
        found = represented(target, fetch.told.values())
        if isinstance(found, Failure):
            fail(target, fetch.tree, found)
        elif found is not None:
            representation = {TYPENAME: target.get(TYPENAME, fetch.type), **found}
            asked.add(orjson.dumps(representation), representation, target)
    return asked


def _gather_plain(data: Object, fetch: Fetch, key: Told, asked: Asked) -> None:
    """The same where a key of one plain field is all there is to tell, as it mostly is."""
    name, stored = key.name, key.stored[0]
    for target in objects(data, fetch.path):
        value = target.get(stored)
        if isinstance(value, Failure):
            fail(target, fetch.tree, value)
        elif value is not None:
            asked.add(value, {TYPENAME: fetch.type, name: value}, target)


def objects(data: Object, path: Path) -> Iterable[Object]:
    """All objects at the path, through lists."""
    found: Iterable[Object] = (data,)
    for kind, name in path:
        if kind == KEY:
            found = _below(found, name)
        else:
            found = [one for one in found if one.get(TYPENAME) == name]
    return found


def _below(found: Iterable[Object], name: str) -> list[Object]:
    below: list[Object] = []
    for one in found:
        value = one.get(name)
        if isinstance(value, dict):
            below.append(value)
        elif isinstance(value, list):
            _flatten(value, below)
    return below


def _flatten(values: list[Any], below: list[Object]) -> None:
    for one in values:
        if isinstance(one, dict):
            below.append(one)
        elif isinstance(one, list):
            _flatten(one, below)


def represented(target: Object, told: Iterable[Told]) -> Object | Failure | None:
    """What another service is told of the object; None where a part of its key is null."""
    representation: Object = {}
    for one in told:
        if one.types is not None and target.get(TYPENAME) not in one.types:
            continue
        value = _kept(target, one.stored)
        if isinstance(value, Failure):
            return value
        if value is not None and one.below is not None:
            value = _part(value, one.below)
            if isinstance(value, Failure):
                return value
        if value is None and one.key:
            return None
        representation[one.name] = value
    return representation


def _part(value: Any, told: Sequence[Told]) -> Any:
    if not isinstance(value, list):
        return represented(value, told) if isinstance(value, dict) else value
    parts = []
    for one in value:
        part = _part(one, told)
        if isinstance(part, Failure):
            return part
        parts.append(part)
    return parts


def _kept(target: Mapping[str, Any], stored: Sequence[str]) -> Any:
    for name in stored:
        if name in target:
            return target[name]
    return None


def merge(target: Object, source: Mapping[str, Any]) -> None:
    """Lay what one service answered over what others have; a value never gives way to none."""
    for name, value in source.items():
        known = target.get(name, _NOTHING)
        if known is _NOTHING or known is None or isinstance(known, Failure):
            target[name] = value
        elif value is not None and not isinstance(value, Failure):
            target[name] = _merged(known, value)


def _merged(known: Any, value: Any) -> Any:
    if isinstance(known, dict) and isinstance(value, dict):
        if known is not value:
            merge(known, value)
        return known
    if isinstance(known, list) and isinstance(value, list) and len(known) == len(value):
        return [
            _merged(one, other)
            if one is not None and other is not None and not isinstance(other, Failure)
            else (other if one is None else one)
            for one, other in zip(known, value, strict=True)
        ]
    return value


def fail(target: Object, tree: Tree, failure: Failure) -> None:
    """Let everything that was to come from the fetch fail for this object."""
    for name in tree.fields:
        target.setdefault(name, failure)
    for type_name, below in tree.by_type.items():
        if target.get(TYPENAME) == type_name:
            fail(target, below, failure)


def place(data: Object, path: Sequence[str | int], failure: Failure) -> bool:
    """Put a failure where the null is that it explains; False if there is none."""
    at: Any = data
    for index, step in enumerate(path):
        try:
            below = at[step]
        except (KeyError, IndexError, TypeError):
            return False
        if below is None or (index == len(path) - 1 and isinstance(below, Failure)):
            at[step] = failure
            return True
        at = below
    return False
