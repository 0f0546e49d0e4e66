"""What the composed supergraph says: which service owns which field, and how to get there.

The join directives (join v0.5) become tables. Nothing here knows of a query.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    SelectionSetNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    is_abstract_type,
    parse,
    value_from_ast_untyped,
)
from graphql.language import OperationDefinitionNode

Directives: TypeAlias = dict[str, list[dict[str, Any]]]
_WithFields = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode


@dataclass(frozen=True, slots=True)
class Graph:
    """A service as the supergraph names it."""

    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Key:
    """A way to ask a service for an entity."""

    graph: str
    text: str
    selection: SelectionSetNode
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class JoinField:
    """What one service says of a field."""

    graph: str
    external: bool = False
    overridden: bool = False
    requires: SelectionSetNode | None = None
    provides: SelectionSetNode | None = None


@dataclass(slots=True)
class JoinType:
    """What the services say of a type."""

    keys: dict[str, list[Key]] = field(default_factory=dict)
    """By service; one that knows the type without a key has an empty list."""
    fields: dict[str, dict[str, JoinField]] = field(default_factory=dict)
    implements: dict[str, set[str]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Supergraph:
    document: DocumentNode
    schema: GraphQLSchema
    """Everything, the inaccessible too: plans are made against it."""
    graphs: dict[str, Graph]
    types: dict[str, JoinType]
    _possible: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Supergraph":
        document = parse(text, no_location=True)
        graphs, types = _graphs(document), {}
        for definition in document.definitions:
            if isinstance(definition, TypeDefinitionNode):
                types[definition.name.value] = _join_type(definition)
        return cls(document, build_ast_schema(document, assume_valid=True), graphs, types)

    @classmethod
    def load(cls, path: Path) -> "Supergraph":
        return cls.read(path.read_text("utf-8"))

    @cached_property
    def roots(self) -> dict[str, str]:
        """The name of the root type, by kind of operation."""
        kinds = ("query", "mutation", "subscription")
        found = {kind: getattr(self.schema, f"{kind}_type") for kind in kinds}
        return {kind: root.name for kind, root in found.items() if root}

    def is_abstract(self, name: str) -> bool:
        return is_abstract_type(self.schema.type_map[name])

    def field_at(self, graph: str, type_name: str, name: str) -> JoinField | None:
        """What the service says of the field, if it knows it at all."""
        return self.types[type_name].fields.get(name, {}).get(graph)

    def resolves(self, graph: str, type_name: str, name: str) -> bool:
        """Whether the service answers the field wherever it stands on the type."""
        join = self.field_at(graph, type_name, name)
        if join is None or join.overridden or join.requires:
            return False
        return not join.external or self.in_a_key(graph, type_name, name)

    def in_a_key(self, graph: str, type_name: str, name: str) -> bool:
        keys = self.types[type_name].keys.get(graph, ())
        return any(
            getattr(getattr(node, "name", None), "value", None) == name
            for key in keys
            for node in key.selection.selections
        )

    def possible(self, type_name: str) -> frozenset[str]:
        """The object types it can be."""
        known = self._possible.get(("", type_name))
        if known is None:
            kind = self.schema.type_map[type_name]
            names = {type_name}
            if not isinstance(kind, GraphQLObjectType):
                abstract: GraphQLAbstractType = kind  # type: ignore[assignment]
                names = {one.name for one in self.schema.get_possible_types(abstract)}
            known = self._possible["", type_name] = frozenset(names)
        return known

    def possible_in(self, graph: str, type_name: str) -> frozenset[str]:
        """The object types it can be in the eyes of one service."""
        known = self._possible.get((graph, type_name))
        if known is None:
            known = frozenset(self._possible_in(graph, type_name))
            self._possible[graph, type_name] = known
        return known

    def _possible_in(self, graph: str, type_name: str) -> Iterator[str]:
        join = self.types[type_name]
        for one in self.possible(type_name):
            known = self.types[one]
            as_member = one in join.members.get(graph, ())
            if one == type_name or as_member or type_name in known.implements.get(graph, ()):
                yield one


def directives(nodes: tuple[ConstDirectiveNode, ...] | None) -> Directives:
    """The arguments of each directive, by its name."""
    found: Directives = {}
    for node in nodes or ():
        arguments = {
            one.name.value: one.value.value
            if isinstance(one.value, EnumValueNode)
            else value_from_ast_untyped(one.value)
            for one in node.arguments or ()
        }
        found.setdefault(node.name.value, []).append(arguments)
    return found


def field_set(text: str) -> SelectionSetNode:
    """Read `id owner { id }` as a selection."""
    operation = parse("{" + text + "}", no_location=True).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set


def _graphs(document: DocumentNode) -> dict[str, Graph]:
    for definition in document.definitions:
        if not isinstance(definition, EnumTypeDefinitionNode):
            continue
        if definition.name.value == "join__Graph":
            return {graph.id: graph for graph in map(_graph, definition.values or ())}
    raise ValueError("this is no supergraph: it has no join__Graph")


def _graph(value: Any) -> Graph:
    said = directives(value.directives)["join__graph"][0]
    return Graph(value.name.value, said["name"], said["url"])


def _join_type(definition: TypeDefinitionNode) -> JoinType:
    said, join = directives(definition.directives), JoinType()
    for one in said.get("join__type", ()):
        keys = join.keys.setdefault(one["graph"], [])
        if text := one.get("key"):
            resolvable = one.get("resolvable", True)
            keys.append(Key(one["graph"], text, field_set(text), resolvable))
    for one in said.get("join__implements", ()):
        join.implements.setdefault(one["graph"], set()).add(one["interface"])
    if isinstance(definition, UnionTypeDefinitionNode):
        for one in said.get("join__unionMember", ()):
            join.members.setdefault(one["graph"], set()).add(one["member"])
    if isinstance(definition, _WithFields):
        for node in definition.fields or ():
            said_of_field = directives(node.directives).get("join__field", [])
            join.fields[node.name.value] = _join_fields(said_of_field, list(join.keys))
    return join


def _join_fields(said: list[dict[str, Any]], graphs: list[str]) -> dict[str, JoinField]:
    """Read who has the field; where nothing is said, every service that has the type."""
    if not said:
        return {graph: JoinField(graph) for graph in graphs}
    return {one["graph"]: _join_field(one) for one in said if "graph" in one}


def _join_field(one: dict[str, Any]) -> JoinField:
    requires, provides = one.get("requires"), one.get("provides")
    return JoinField(
        graph=one["graph"],
        external=one.get("external", False),
        overridden=one.get("usedOverridden", False),
        requires=field_set(requires) if requires else None,
        provides=field_set(provides) if provides else None,
    )
