"""The slow exact walker: from the fetched data to the answer, with nulls and error paths.

A value that failed stands in the data as a Failure. Met on a client's path it becomes an error
with exactly that path, and null; where null is not allowed, the null moves up to the nearest place
that allows it, as the specification has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
)

from gateway.errors import NULL_FOR_NON_NULL, UNEXPECTED_VALUE, Failure
from gateway.normalise import TYPENAME
from gateway.projection import Out, Projection

MOST_ERRORS = 100
"""How many errors an answer lists; a thousand rows that lack the same service would say no more."""


class _Broken:
    """Null, and the reason has been told."""


BROKEN: Final = _Broken()
_NULL = Failure("A value that is never null was not there.", {"code": NULL_FOR_NON_NULL})
_WRONG = Failure("A value is not of its type.", {"code": UNEXPECTED_VALUE})


@dataclass(slots=True)
class Completion:
    errors: list[dict[str, Any]] = field(default_factory=list)

    def root(self, data: Mapping[str, Any], projection: Projection) -> dict[str, Any] | None:
        """The answer's data; None where a null reached the top."""
        found = self._object(data, projection, projection.type, [])
        return None if isinstance(found, _Broken) else found

    def _object(
        self, data: Mapping[str, Any], projection: Projection, type_name: str, path: list[str | int]
    ) -> dict[str, Any] | _Broken:
        answer: dict[str, Any] = {}
        for out in projection.of(type_name):
            if not out.stored:
                answer[out.name] = type_name
                continue
            value = self._value(_kept(data, out), out.type, out, [*path, out.name])
            if isinstance(value, _Broken):
                if isinstance(out.type, GraphQLNonNull):
                    return BROKEN
                value = None
            answer[out.name] = value
        return answer

    def _value(
        self, value: Any, kind: GraphQLOutputType, out: Out, path: list[str | int]
    ) -> Any | _Broken:
        if isinstance(kind, GraphQLNonNull):
            found = self._value(value, kind.of_type, out, path)
            return self._broken(_NULL, path) if found is None else found
        if value is None:
            return None
        if isinstance(value, Failure):
            return self._broken(value, path)
        if isinstance(kind, GraphQLList):
            return self._list(value, kind, out, path)
        if out.below is not None:
            return self._composite(value, out.below, path)
        return self._leaf(value, kind, path)

    def _list(
        self, value: Any, kind: GraphQLList[Any], out: Out, path: list[str | int]
    ) -> list[Any] | _Broken:
        if not isinstance(value, list):
            return self._broken(_WRONG, path)
        answer: list[Any] = []
        for index, one in enumerate(value):
            found = self._value(one, kind.of_type, out, [*path, index])
            if isinstance(found, _Broken):
                if isinstance(kind.of_type, GraphQLNonNull):
                    return BROKEN
                found = None
            answer.append(found)
        return answer

    def _composite(
        self, value: Any, projection: Projection, path: list[str | int]
    ) -> dict[str, Any] | _Broken | None:
        if not isinstance(value, dict):
            return self._broken(_WRONG, path)
        type_name = value.get(TYPENAME) if projection.abstract else projection.type
        if type_name not in projection.made.public(projection.type):
            return None  # of a type that clients do not see
        return self._object(value, projection, type_name, path)

    def _leaf(self, value: Any, kind: GraphQLOutputType, path: list[str | int]) -> Any | _Broken:
        if isinstance(kind, GraphQLEnumType) and (
            not isinstance(value, str) or value not in kind.values
        ):
            return self._broken(_WRONG, path)
        return value

    def _broken(self, failure: Failure, path: list[str | int]) -> _Broken:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(failure.told(path))
        return BROKEN


def _kept(data: Mapping[str, Any], out: Out) -> Any:
    for name in out.stored:
        if name in data:
            return data[name]
    return None
