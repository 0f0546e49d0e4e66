"""The fast way from fetched data to the answer: a Python function written for the plan.

It is optimistic. It checks what it passes, and stops at whatever it did not expect: a null where
there may be none, a value that is missing or wrong. Then the slow exact walker (`complete`) does
the work again and finds the nulls and the paths. Where a service failed it is not tried at all.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLOutputType

from gateway.normalise import TYPENAME
from gateway.projection import Out, Projection

Project: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class UnexpectedError(Exception):
    """The data is not of the plain form; the slow walker knows what to make of it."""


class _TooLongError(Exception):
    """Types within types make the function longer than it is worth."""


MOST_FUNCTIONS = 2_000

EXPECTED = (UnexpectedError, KeyError, TypeError, AttributeError)
"""What a compiled projection raises when it gives up."""


def compiled(projection: Projection) -> Project:
    """Write and compile the function for a plan's answer."""
    writer = _Writer()
    try:
        root = writer.function(projection, projection.type)
    except _TooLongError:
        return lambda _: _stop()
    source = "\n".join(writer.lines)
    exec(compile(source, "<plan>", "exec"), writer.names)  # noqa: S102 (names are checked GraphQL)
    made: Project = writer.names[root]
    return made


def _stop() -> Any:
    raise UnexpectedError


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"stop": _stop}
        self._number = 0

    def function(self, projection: Projection, type_name: str) -> str:
        """Write the function for an object of the type; answers its name."""
        if self._number > MOST_FUNCTIONS:
            raise _TooLongError
        name = self._name("object")
        parts = [f"{out.name!r}: {self._out(out, type_name)}" for out in projection.of(type_name)]
        self.lines += [f"def {name}(d):", f"    return {{{', '.join(parts)}}}"]
        return name

    def _name(self, kind: str) -> str:
        self._number += 1
        return f"{kind}{self._number}"

    def _out(self, out: Out, type_name: str) -> str:
        if not out.stored:
            return repr(type_name)
        first, *others = out.stored
        value = f"d[{first!r}]"
        for other in others:
            value = f"(d[{first!r}] if {first!r} in d else d[{other!r}])"
        return self._value(value, out.type, out)

    def _value(self, value: str, kind: GraphQLOutputType, out: Out) -> str:
        if isinstance(kind, GraphQLNonNull):
            name = self._name("v")
            inner = self._present(name, kind.of_type, out)
            return f"({inner} if ({name} := {value}) is not None else stop())"
        if not isinstance(kind, GraphQLList | GraphQLEnumType) and out.below is None:
            return value
        name = self._name("v")
        inner = self._present(name, kind, out)
        return f"({inner} if ({name} := {value}) is not None else None)"

    def _present(self, name: str, kind: GraphQLOutputType, out: Out) -> str:
        """The expression for a value that is not null."""
        if isinstance(kind, GraphQLList):
            item = self._name("i")
            inner = self._value(item, kind.of_type, out)
            copied = f"[{inner} for {item} in {name}]" if inner != item else f"[*{name}]"
            return f"({copied} if type({name}) is list else stop())"
        if isinstance(kind, GraphQLEnumType):
            return f"({name} if {name} in {self._constant(frozenset(kind.values))} else stop())"
        if out.below is None:
            return name
        return self._object(name, out.below)

    def _object(self, name: str, projection: Projection) -> str:
        if not projection.abstract:
            return f"{self.function(projection, projection.type)}({name})"
        types: Iterable[str] = sorted(projection.made.public(projection.type))
        each = {one: self.function(projection, one) for one in types}
        table = self._name("table")
        self.lines.append(f"{table} = {{{', '.join(f'{k!r}: {v}' for k, v in each.items())}}}")
        return f"{table}[{name}[{TYPENAME!r}]]({name})"

    def _constant(self, value: object) -> str:
        name = self._name("constant")
        self.names[name] = value
        return name
