"""A selection of plain attributes, written as a Python function.

The function raises at the first value that is not just what the type says: see `fast`.
"""

import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import GeneratorType
from typing import Any, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

KEPT_FUNCTIONS = 500

_INT = "{v}.__class__ is int and -2147483648 <= {v} <= 2147483647"
_NATIVE: dict[GraphQLLeafType, str] = {
    GraphQLString: "{v}.__class__ is str",
    GraphQLID: "{v}.__class__ is str",
    GraphQLBoolean: "{v}.__class__ is bool",
    GraphQLInt: _INT,
}
"""Values that are their own answer."""

CompiledList = Callable[[Sequence[Any]], list[Any]]


class NotPlainError(Exception):
    """Something the compiled way does not do."""


@dataclass(frozen=True, slots=True)
class Leaf:
    type: GraphQLLeafType
    nullable: bool


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Shape"
    nullable: bool


@dataclass(frozen=True, slots=True)
class Attributes:
    fields: tuple["PlainField", ...]
    nullable: bool


Shape: TypeAlias = Leaf | ListOf | Attributes
PlainField: TypeAlias = tuple[str, str, Shape | None]
"""An answer key, the attribute and its shape; without a shape, the type's name as it is."""


@lru_cache(maxsize=KEPT_FUNCTIONS)
def compiled_list(item: Shape) -> CompiledList:
    """Write the function that answers a list of such items, and compile it."""
    source = _Source()
    body = source.written(item, "item")
    lines = [
        "def complete(items):",
        "    answer = []",
        "    for item in items:",
        *(f"        {line}" for line in body),
        "        answer.append(item_done)",
        "    return answer",
    ]
    exec("\n".join(lines), source.names)  # noqa: S102 (made of the schema's names alone)
    return source.names["complete"]  # type: ignore[no-any-return]


class _Source:
    """Writes lines that turn the variable `v` into its answer `v_done`."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"NotPlainError": NotPlainError, "plain": _plain}
        self._made = 0

    def written(self, shape: Shape, v: str) -> list[str]:
        if isinstance(shape, Leaf):
            return self._leaf(shape, v)
        if isinstance(shape, ListOf):
            return self._unless_null(shape.nullable, v, self._list(shape, v))
        return self._unless_null(shape.nullable, v, self._object(shape, v))

    def _leaf(self, leaf: Leaf, v: str) -> list[str]:
        serialise = self._named("serialise", _serialiser(leaf))
        if native := _NATIVE.get(leaf.type):
            return [f"{v}_done = {v} if {native.format(v=v)} else {serialise}({v})"]
        return [f"{v}_done = {serialise}({v})"]

    def _list(self, shape: ListOf, v: str) -> list[str]:
        item = self._variable()
        return [
            f"if {v}.__class__ is not list: raise NotPlainError",
            f"{v}_done = []",
            f"for {item} in {v}:",
            *(f"    {line}" for line in self.written(shape.item, item)),
            f"    {v}_done.append({item}_done)",
        ]

    def _object(self, shape: Attributes, v: str) -> list[str]:
        lines, entries = [f"plain({v}.__class__)"], []
        for answer_key, attribute, inner in shape.fields:
            if inner is None:
                entries.append(f"{answer_key!r}: {attribute!r}")
                continue
            value = self._variable()
            lines.append(f"{value} = {_read(v, attribute)}")
            lines += self.written(inner, value)
            entries.append(f"{answer_key!r}: {value}_done")
        return [*lines, f"{v}_done = {{{', '.join(entries)}}}"]

    def _unless_null(self, nullable: bool, v: str, otherwise: list[str]) -> list[str]:
        null = f"{v}_done = None" if nullable else "raise NotPlainError"
        return [f"if {v} is None: {null}", "else:", *(f"    {line}" for line in otherwise)]

    def _variable(self) -> str:
        self._made += 1
        return f"v{self._made}"

    def _named(self, kind: str, value: object) -> str:
        self._made += 1
        self.names[f"{kind}{self._made}"] = value
        return f"{kind}{self._made}"


def _read(v: str, attribute: str) -> str:
    if attribute.isidentifier() and not keyword.iskeyword(attribute):
        return f"{v}.{attribute}"
    return f"getattr({v}, {attribute!r})"


def _serialiser(leaf: Leaf) -> Callable[[Any], Any]:
    serialise, nullable = leaf.type.coerce_output_value, leaf.nullable

    def done(value: Any) -> Any:
        if value is None:
            if nullable:
                return None
            raise NotPlainError
        _plain(value.__class__)
        answer = serialise(value)
        if answer is None or answer is Undefined:
            raise NotPlainError
        return answer

    return done


@lru_cache(maxsize=1_000)
def _plain(kind: type) -> None:
    """Refuse a class whose objects are awaited, raised or read as undefined, not shown."""
    if (
        issubclass(kind, Exception)
        or kind is Undefined.__class__
        or hasattr(kind, "__await__")
        or kind is GeneratorType
    ):
        raise NotPlainError
