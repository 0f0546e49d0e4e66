"""The one way a service makes its schema."""

from collections.abc import Iterable

import strawberry
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from chassis.graphql.fast import FastExecutor
from chassis.graphql.scalars import SCALARS

KEPT_DOCUMENTS = 1_000
"""How many documents stay parsed and validated: the gateway sends the same few again and again."""


def schema(
    query: type, mutation: type | None = None, types: Iterable[type] = ()
) -> strawberry.federation.Schema:
    """Make a Federation 2.9 schema: the newest version that the composer accepts."""
    return strawberry.federation.Schema(
        query=query,
        mutation=mutation,
        types=types,
        federation_version="2.9",
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
        extensions=[
            lambda: ParserCache(maxsize=KEPT_DOCUMENTS),
            lambda: ValidationCache(maxsize=KEPT_DOCUMENTS),
        ],
        execution_context_class=FastExecutor,
    )


def undescribed(made: strawberry.federation.Schema) -> list[str]:
    """Name each type and field that has no description; there should be none."""
    missing = []
    for name, kind in made._schema.type_map.items():  # noqa: SLF001 (no public way to the types)
        if name.startswith(("_", "link__")):
            continue
        if not kind.description and name not in ("Query", "Mutation"):
            missing.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            missing += [
                f"{name}.{field}"
                for field, definition in kind.fields.items()
                if not definition.description and not field.startswith("_")
            ]
    return missing
