"""Inside a version an event's schema may only grow: what a change takes from its readers."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_CONSTRAINTS = ("format", "pattern", "const")


def taken_away(released: Schema, current: Schema) -> list[str]:
    """Name, by JSON path, everything a reader of `released` could miss in `current`."""
    return list(
        _compare(released, current, "$", released.get("$defs", {}), current.get("$defs", {}))
    )


def _resolve(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rsplit("/", 1)[-1]] if reference else schema


def _compare(old: Schema, new: Schema, path: str, olds: Schema, news: Schema) -> Iterator[str]:
    old, new = _resolve(old, olds), _resolve(new, news)
    yield from _type_changes(old, new, path)
    yield from _property_changes(old, new, path, olds, news)
    if "items" in old:
        yield from _compare(old["items"], new.get("items", {}), f"{path}[]", olds, news)
    if "anyOf" in old:
        yield from _alternative_changes(old["anyOf"], new, path, olds, news)


def _type_changes(old: Schema, new: Schema, path: str) -> Iterator[str]:
    if "type" in old and "anyOf" not in old and old["type"] != new.get("type"):
        yield f"{path}: type was {old['type']}, is {new.get('type', 'not stated')}"
    for name in _CONSTRAINTS:
        if name in old and old[name] != new.get(name):
            yield f"{path}: {name} was {old[name]}, is {new.get(name, 'not stated')}"
    if "enum" in old and (added := set(new.get("enum", [])) - set(old["enum"])):
        yield f"{path}: readers do not know {sorted(added)}"


def _property_changes(
    old: Schema, new: Schema, path: str, olds: Schema, news: Schema
) -> Iterator[str]:
    for name, schema in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{path}.{name}: removed"
        else:
            yield from _compare(schema, new["properties"][name], f"{path}.{name}", olds, news)
    for name in set(old.get("required", [])) - set(new.get("required", [])):
        yield f"{path}.{name}: was always there, may now be missing"


def _alternative_changes(
    old: list[Schema], new: Schema, path: str, olds: Schema, news: Schema
) -> Iterator[str]:
    """A reader met these alternatives; it is not ready for another one."""
    before = [_resolve(each, olds) for each in old]
    for each in new.get("anyOf", [new]):
        after = _resolve(each, news)
        kin = [one for one in before if one.get("type") == after.get("type")]
        if not kin:
            yield f"{path}: readers do not know the type {after.get('type', 'not stated')}"
        elif len(kin) == 1:
            yield from _compare(kin[0], after, path, olds, news)
