"""What the client gets to see of what was fetched: names, order and types of the answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    GraphQLOutputType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)

from gateway.normalise import (
    TYPENAME,
    Field,
    Flags,
    Fragments,
    arguments,
    included,
    spread,
    stored_as,
)
from gateway.supergraph import Supergraph


@dataclass(slots=True)
class Out:
    """One field of the answer."""

    name: str
    """As the client calls it."""
    stored: tuple[str, ...]
    """Where it may be kept; empty for the name of the type, which is known."""
    type: GraphQLOutputType
    below: "Projection | None"


@dataclass(slots=True)
class Projection:
    """The fields of the answer at one place, by the object's type."""

    type: str
    sets: Sequence[SelectionSetNode]
    made: "Projector"
    abstract: bool
    _of: dict[str, list[Out]] = field(default_factory=dict)

    def of(self, type_name: str) -> list[Out]:
        known = self._of.get(type_name)
        if known is None:
            known = self._of[type_name] = list(self.made.outs(self, type_name))
        return known


@dataclass(frozen=True)
class Projector:
    """Makes the projections of one operation, in its variant of @skip and @include."""

    supergraph: Supergraph
    schema: GraphQLSchema
    fragments: Fragments
    flags: Flags

    def projection(self, type_name: str, sets: Sequence[SelectionSetNode]) -> Projection:
        return Projection(type_name, sets, self, self.supergraph.is_abstract(type_name))

    def public(self, type_name: str) -> frozenset[str]:
        """The object types a place of this type may hold, as clients see it."""
        return self.supergraph.possible(type_name) & self.schema.type_map.keys()

    def outs(self, place: Projection, type_name: str) -> Iterator[Out]:
        gathered: dict[str, list[FieldNode]] = {}
        for one in place.sets:
            self.gather(type_name, one, gathered)
        for name, nodes in gathered.items():
            yield self._out(place, type_name, name, nodes)

    def gather(
        self, type_name: str, selections: SelectionSetNode, into: dict[str, list[FieldNode]]
    ) -> None:
        """Collect the fields for an object of the type, by the client's names, in their order."""
        for node in selections.selections:
            if not included(node, self.flags):
                continue
            if isinstance(node, FieldNode):
                into.setdefault(node.alias.value if node.alias else node.name.value, []).append(
                    node
                )
                continue
            condition, inner = spread(node, self.fragments)
            if condition is None or type_name in self.supergraph.possible(condition):
                self.gather(type_name, inner, into)

    def _out(self, place: Projection, type_name: str, name: str, nodes: list[FieldNode]) -> Out:
        node = nodes[0]
        if node.name.value == TYPENAME:
            return Out(name, (), self.schema.type_map["String"], None)  # type: ignore[arg-type]
        kind = self.schema.type_map[type_name].fields[node.name.value].type  # type: ignore[attr-defined]
        named = get_named_type(kind)
        asked = Field(node.name.value, arguments(node), frozenset(), named.name)
        stored = (asked.identity, stored_as(self.supergraph, place.type, type_name, asked))
        sets = [one.selection_set for one in nodes if one.selection_set]
        below = None if is_leaf_type(named) else self.projection(named.name, sets)
        return Out(name, tuple(dict.fromkeys(stored)), kind, below)
