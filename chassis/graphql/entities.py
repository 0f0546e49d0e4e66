"""`_entities`: representations are a caller's input like any other, and are read with care.

Strawberry hands whatever a representation holds to `resolve_reference`. Here its values are read by
the scalars of the fields they stand for, what the resolver does not ask for is left out, and what
it lacks, or a type nobody can resolve here, is refused; so is what there is not, or what the caller
may not see, which look alike; the other representations are answered.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, is_leaf_type
from graphql.type import GraphQLNonNull
from strawberry.federation.schema import FederationAny
from strawberry.types.base import StrawberryObjectDefinition

from chassis.errors import DomainError

NOT_VALID = "REPRESENTATION_NOT_VALID"
NOT_FOUND = "NOT_FOUND"


class EntitySchema(strawberry.federation.Schema):
    def entities_resolver(
        self, info: strawberry.Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        return [self._entity(info, given) for given in representations]

    def _entity(self, info: strawberry.Info, given: Any) -> Any:
        """Answer the entity, something to await for it, or the error it is refused with."""
        try:
            resolve, kind = self._resolver(given)
            entity = resolve(**_arguments(resolve, kind, given, info))
            return _found(entity, dict(given)) if inspect.isawaitable(entity) else entity
        except Exception as error:  # noqa: BLE001 (an error in one place of the answer)
            return error

    def _resolver(self, given: Any) -> tuple[Callable[..., Any], GraphQLObjectType]:
        name = given.get("__typename") if isinstance(given, Mapping) else None
        found = self.schema_converter.type_map.get(name) if isinstance(name, str) else None
        if found and isinstance(found.definition, StrawberryObjectDefinition):
            resolve = getattr(found.definition.origin, "resolve_reference", None)
            if resolve and isinstance(found.implementation, GraphQLObjectType):
                return resolve, found.implementation
        raise DomainError(NOT_VALID, f"{name!r} is no entity of this service.")


async def _found(entity: Awaitable[Any], given: Mapping[str, Any]) -> Any:
    found = await entity
    if found is None:
        key = ", ".join(f"{name} {value}" for name, value in given.items() if name != "__typename")
        message = f"There is no {given['__typename']} with {key} that you may see."
        raise DomainError(NOT_FOUND, message, entity=given)
    return found


def _arguments(
    resolve: Callable[..., Any],
    kind: GraphQLObjectType,
    given: Mapping[str, Any],
    info: strawberry.Info,
) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, needed in _parameters(resolve).items():
        if name == "info":
            arguments[name] = info
        elif name in given:
            arguments[name] = _read(kind, name, given[name])
        elif needed:
            raise DomainError(NOT_VALID, f"A {kind.name} is named by its {name}.", field=name)
    return arguments


@lru_cache(maxsize=200)
def _parameters(resolve: Callable[..., Any]) -> Mapping[str, bool]:
    """The resolver's parameters, and whether it cannot do without."""
    parameters = inspect.signature(resolve).parameters
    return {name: one.default is inspect.Parameter.empty for name, one in parameters.items()}


def _read(kind: GraphQLObjectType, name: str, value: Any) -> Any:
    """Read a value by the scalar of its field; composite ones are the resolver's to judge."""
    field = kind.fields.get(name)
    if field is None or value is None:
        return value
    wanted: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    if not is_leaf_type(wanted):
        return value
    try:
        return wanted.coerce_input_value(value)
    except GraphQLError as error:
        raise DomainError(NOT_VALID, error.message, field=name) from error
