"""The schema that clients see: the supergraph without its joins and whatever is inaccessible."""

from collections.abc import Iterable
from typing import Any, TypeVar

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    Node,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    build_ast_schema,
)

N = TypeVar("N", bound=Node)
_KEPT = {"deprecated", "specifiedBy", "oneOf"}
_PARTS = ("fields", "arguments", "values")


def api_schema(supergraph: DocumentNode) -> GraphQLSchema:
    """Build the public schema."""
    hidden = {
        one.name.value
        for one in supergraph.definitions
        if isinstance(one, TypeDefinitionNode) and _hidden(one)
    }
    kept = [_public(one, hidden) for one in supergraph.definitions if not _internal(one, hidden)]
    return build_ast_schema(DocumentNode(definitions=tuple(kept)))


def _internal(definition: Node, hidden: set[str]) -> bool:
    if isinstance(definition, DirectiveDefinitionNode):
        name = definition.name.value
        return name in _KEPT or name in ("link", "inaccessible", "tag") or "__" in name
    name = definition.name.value if isinstance(definition, TypeDefinitionNode) else ""
    return name in hidden or name.startswith(("join__", "link__"))


def _public(node: N, hidden: set[str]) -> N:
    """Copy a definition without what is hidden in it."""
    changed: dict[str, Any] = {}
    if hasattr(node, "directives"):
        changed["directives"] = tuple(_public_directives(node.directives))
    for part in _PARTS:
        if isinstance(children := getattr(node, part, None), tuple | list):
            changed[part] = tuple(_public(one, hidden) for one in children if not _hidden(one))
    for part in ("interfaces", "types"):
        if not isinstance(node, SchemaDefinitionNode) and getattr(node, part, None):
            named = getattr(node, part)
            changed[part] = tuple(one for one in named if one.name.value not in hidden)
    return type(node)(**{key: getattr(node, key, None) for key in node.keys} | changed)


def _public_directives(nodes: Iterable[DirectiveNode] | None) -> Iterable[DirectiveNode]:
    return (one for one in nodes or () if one.name.value in _KEPT)


def _hidden(node: Any) -> bool:
    return any(one.name.value == "inaccessible" for one in node.directives or ())
