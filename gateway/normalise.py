"""A query's selections in the form the planner wants.

Conditions are gone: @skip and @include are decided before planning. Aliases are gone: a field is
known by its identity (name and arguments), for services are asked under our names and only the
projection knows the client's. Fragments are gone: what holds for the type as such is `common`,
what holds for some of its object types only stands under each of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2s
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLOutputType,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    print_ast,
)
from graphql.pyutils import is_iterable

from gateway.supergraph import Supergraph

TYPENAME = "__typename"
Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]
Flags: TypeAlias = Mapping[str, bool]


@dataclass(slots=True)
class Field:
    """A field to be fetched, whoever asked for it and under whatever name."""

    name: str
    arguments: str
    """As they are sent, such as `(first: $n)`; empty without any."""
    variables: frozenset[str]
    returns: str
    """The name of the type it answers."""
    selection: "Selection | None" = None

    @property
    def identity(self) -> str:
        return identity(self.name, self.arguments)


@dataclass(slots=True)
class Selection:
    type: str
    common: dict[str, Field] = field(default_factory=dict)
    by_type: dict[str, dict[str, Field]] = field(default_factory=dict)


Gathered: TypeAlias = dict[str | None, dict[str, list[FieldNode]]]


@dataclass(frozen=True)
class Normaliser:
    supergraph: Supergraph
    fragments: Fragments = field(default_factory=dict)
    flags: Flags = field(default_factory=dict)

    def selection(self, type_name: str, sets: Sequence[SelectionSetNode]) -> Selection:
        gathered: Gathered = {}
        for one in sets:
            self._gather(type_name, one, None, gathered)
        common = self._fields(type_name, gathered.pop(None, {}))
        by_type = {name: self._fields(name or "", nodes) for name, nodes in gathered.items()}
        return Selection(type_name, common, {name or "": them for name, them in by_type.items()})

    def _gather(
        self,
        type_name: str,
        selections: SelectionSetNode,
        narrowed: frozenset[str] | None,
        into: Gathered,
    ) -> None:
        for node in selections.selections:
            if not included(node, self.flags):
                continue
            if isinstance(node, FieldNode):
                for bucket in (None,) if narrowed is None else sorted(narrowed):
                    same = into.setdefault(bucket, {})
                    same.setdefault(identity(node.name.value, arguments(node)), []).append(node)
                continue
            condition, inner = spread(node, self.fragments)
            types = self._narrow(type_name, narrowed, condition)
            if types is None or types:
                self._gather(type_name, inner, types, into)

    def _narrow(
        self, type_name: str, narrowed: frozenset[str] | None, condition: str | None
    ) -> frozenset[str] | None:
        """Which object types a fragment leaves; None where it says nothing new."""
        if condition is None or condition == type_name:
            return narrowed
        if narrowed is None and condition in self._known_as(type_name):
            return None
        return (narrowed or self.supergraph.possible(type_name)) & self.supergraph.possible(
            condition
        )

    def _known_as(self, type_name: str) -> Iterable[str]:
        """The interfaces of a type; for an object type, its unions too."""
        kind: Any = self.supergraph.schema.type_map[type_name]
        if not self.supergraph.is_abstract(type_name):
            return [
                name
                for name in self.supergraph.types
                if self.supergraph.schema.type_map.get(name)
                and self.supergraph.is_abstract(name)
                and type_name in self.supergraph.possible(name)
            ]
        return [one.name for one in getattr(kind, "interfaces", ())]

    def _fields(self, type_name: str, gathered: dict[str, list[FieldNode]]) -> dict[str, Field]:
        return {key: self._field(type_name, nodes) for key, nodes in gathered.items()}

    def _field(self, type_name: str, nodes: list[FieldNode]) -> Field:
        node = nodes[0]
        kind = field_type(self.supergraph, type_name, node.name.value)
        named = get_named_type(kind)
        sets = [one.selection_set for one in nodes if one.selection_set]
        return Field(
            name=node.name.value,
            arguments=arguments(node),
            variables=frozenset(variables_in(node.arguments or ())),
            returns=named.name,
            selection=None if is_leaf_type(named) else self.selection(named.name, sets),
        )


def field_type(supergraph: Supergraph, type_name: str, name: str) -> GraphQLOutputType:
    if name == TYPENAME:
        return supergraph.schema.type_map["String"]  # type: ignore[return-value]
    kind: Any = supergraph.schema.type_map[type_name]
    found: GraphQLOutputType = kind.fields[name].type
    return found


def included(node: Any, flags: Flags) -> bool:
    """Whether @skip and @include let the node through."""
    for directive in node.directives or ():
        name = directive.name.value
        if name in ("skip", "include"):
            given = directive.arguments[0].value
            value = flags[given.name.value] if isinstance(given, VariableNode) else given.value
            if value is (name == "skip"):
                return False
    return True


def spread(
    node: InlineFragmentNode | FragmentSpreadNode | Any, fragments: Fragments
) -> tuple[str | None, SelectionSetNode]:
    """The type condition and the selections of a fragment, inline or named."""
    if isinstance(node, FragmentSpreadNode):
        named = fragments[node.name.value]
        return named.type_condition.name.value, named.selection_set
    condition = node.type_condition
    return (condition.name.value if condition else None), node.selection_set


def identity(name: str, argument_text: str) -> str:
    return f"{name}__{_digest(argument_text)}" if argument_text else name


def arguments(node: FieldNode) -> str:
    if not node.arguments:
        return ""
    ordered = sorted(node.arguments, key=lambda one: one.name.value)
    return "(" + ", ".join(print_ast(one) for one in ordered) + ")"


def variables_in(node: Any) -> Iterable[str]:
    """The names of the variables anywhere under a node."""
    if isinstance(node, VariableNode):
        yield node.name.value
    elif is_iterable(node):
        for one in node:
            yield from variables_in(one)
    else:
        for key in getattr(node, "keys", ()):
            yield from variables_in(getattr(node, key, None) or ())


def stored_as(supergraph: Supergraph, position: str, type_name: str, one: Field) -> str:
    """The name a field is asked under and kept under.

    Where the object types of an abstract position disagree on whether a field may be null, or on
    its lists, they cannot be asked for under one name.
    """
    if position == type_name or one.name == TYPENAME:
        return one.identity
    shape = shapes(supergraph, position, one.name)
    mine = shape.get(type_name, shape[""])
    return one.identity if mine == shape[""] else f"{one.identity}__{_digest(mine)}"


def shapes(supergraph: Supergraph, position: str, name: str) -> dict[str, str]:
    """The shape of a field on each object type of a position; under "" the usual one."""
    known: dict[tuple[str, str], dict[str, str]]
    known = supergraph.__dict__.setdefault("_shapes", {})
    if (position, name) not in known:
        known[position, name] = _shapes(supergraph, position, name)
    return known[position, name]


def _shapes(supergraph: Supergraph, position: str, name: str) -> dict[str, str]:
    kinds: Any = supergraph.schema.type_map
    found = {
        one: _shape(kinds[one].fields[name].type)
        for one in sorted(supergraph.possible(position))
        if name in kinds[one].fields
    }
    own = getattr(kinds[position], "fields", {}).get(name)
    found[""] = _shape(own.type) if own else next(iter(found.values()), "")
    return found


def _shape(kind: GraphQLOutputType) -> str:
    named = get_named_type(kind)
    return str(kind) if is_leaf_type(named) else str(kind).replace(named.name, "")


@lru_cache(maxsize=4096)
def _digest(text: str) -> str:
    return blake2s(text.encode(), digest_size=4).hexdigest()
