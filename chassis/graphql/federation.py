"""The one way a service makes its schema."""

from collections.abc import Iterable, Iterator

import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
)
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import get_object_definition
from strawberry.utils.operation import get_first_operation

from chassis.graphql.entities import EntitySchema
from chassis.graphql.fast import FastExecutor
from chassis.graphql.scalars import SCALARS

KEPT_DOCUMENTS = 500
"""How many documents stay parsed and validated: the gateway sends the same few again and again."""
MOST_TOKENS = 4_000
"""Validation slows down with the square of a document's length."""


class ServiceSchema(EntitySchema):
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave logging to `chassis.graphql.errors`, which knows a refusal from a bug."""


class _RootField(SchemaExtension):
    """Tells the context which field is asked for, now that it is known to exist."""

    def on_execute(self) -> Iterator[None]:
        document, context = self.execution_context.graphql_document, self.execution_context.context
        operation = get_first_operation(document) if document and context else None
        if operation and isinstance(first := operation.selection_set.selections[0], FieldNode):
            context.root_field = first.name.value
        yield


def schema(
    query: type,
    mutation: type | None = None,
    types: Iterable[type] = (),
    *,
    subscription: type | None = None,
) -> strawberry.federation.Schema:
    """Make a Federation 2.9 schema: the newest version that the composer accepts."""
    return ServiceSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=types,
        federation_version="2.9",
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
        extensions=[
            lambda: MaxTokensLimiter(MOST_TOKENS),
            lambda: ParserCache(KEPT_DOCUMENTS),
            lambda: ValidationCache(KEPT_DOCUMENTS),
            _RootField,
        ],
        execution_context_class=FastExecutor,
    )


def give(kind: type, *parts: type) -> None:
    """Give a type the fields that other features have for it.

    They know the type, and it knows none of them: arrows between features go one way.
    """
    fields = get_object_definition(kind, strict=True).fields
    for part in parts:
        fields.extend(get_object_definition(part, strict=True).fields)


def undescribed(made: strawberry.federation.Schema) -> list[str]:
    """Name each type and field that has no description; there should be none."""
    missing = []
    for name, kind in made._schema.type_map.items():  # noqa: SLF001 (no public way to the types)
        if name.startswith(("_", "link__")):
            continue
        if not kind.description and name not in ("Query", "Mutation", "Subscription"):
            missing.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            missing += [
                f"{name}.{field}"
                for field, definition in kind.fields.items()
                if not definition.description and not field.startswith("_")
            ]
    return missing
