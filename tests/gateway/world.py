"""A world made up from a supergraph: each object's values follow from its type and number alone.

So any split of a schema into services can be tested against the whole: the services answer from
this world what is theirs, raise for what is not, and graphql-core answers all of it at once.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    SelectionSetNode,
    is_object_type,
    value_from_ast_untyped,
)

from gateway.api_schema import api_schema
from gateway.supergraph import Supergraph
from tests.gateway.library import SCHEMAS
from tests.gateway.subgraphs import InProcess, Subgraph

OBJECTS = 4
"""Of each type."""


@dataclass(frozen=True)
class Thing:
    """An object, as one service holds it."""

    type: str
    number: int
    told: str = "{}"
    """What the service was told of it, as JSON."""
    lent: tuple[SelectionSetNode, ...] = field(default=(), compare=False)


@dataclass
class World:
    name: str
    supergraph: Supergraph = field(init=False)

    def __post_init__(self) -> None:
        self.supergraph = Supergraph.load(SCHEMAS / f"{self.name}.supergraph.graphql")

    def value(self, thing: Thing, name: str, arguments: dict[str, Any]) -> Any:
        kind = self.supergraph.schema.type_map[thing.type].fields[name].type
        told = {key: one for key, one in arguments.items() if one is not None}
        return self._made(kind, thing, name, json.dumps(told, sort_keys=True))

    def _made(self, kind: Any, thing: Thing, name: str, salt: str) -> Any:
        seed = _number(f"{thing.type} {thing.number} {name} {salt}")
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, thing, name, salt, seed)
        return None if seed % 7 == 0 else self._present(kind, thing, name, salt, seed)

    def _present(self, kind: Any, thing: Thing, name: str, salt: str, seed: int) -> Any:
        if isinstance(kind, GraphQLList):
            length = seed % 3
            return [self._made(kind.of_type, thing, name, f"{salt} {n}") for n in range(length)]
        if isinstance(kind, GraphQLEnumType):
            return sorted(kind.values)[seed % len(kind.values)]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            return self._thing(kind.name, thing, name, seed)
        text = f"{name} of {thing.type} {thing.number} {salt if salt != '{}' else ''}".strip()
        return {"Int": seed % 100, "Boolean": seed % 2 == 0, "Float": seed % 50 / 2}.get(
            kind.name, text
        )

    def _thing(self, kind: str, owner: Thing, name: str, seed: int) -> Thing:
        """Some object of the type, which every service that answers the field can name."""
        types = self.supergraph.possible(kind)
        if not any(self.supergraph.types[kind].keys.values()) and types == {kind}:
            return Thing(kind, owner.number)  # part of its owner, and may be part of its key
        for graph in self.supergraph.types[owner.type].fields[name]:
            if self.supergraph.resolves(graph, owner.type, name):
                types &= self.supergraph.possible_in(graph, kind)
        return Thing(sorted(types)[seed % len(types)], seed // 11 % OBJECTS)

    def find(self, told: dict[str, Any]) -> Thing | None:
        """The object that a representation speaks of."""
        for number in range(OBJECTS):
            thing = Thing(told["__typename"], number)
            keys = self.supergraph.types[thing.type].keys.values()
            for key in {one.text: one for of in keys for one in of}.values():
                mine = self.told(thing, key.selection)
                if _bare(mine) == _picked(told, key.selection):
                    return Thing(thing.type, number, json.dumps(told))
        return None

    def told(self, thing: Thing, selection: SelectionSetNode) -> dict[str, Any]:
        """What a selection gives of the object."""
        answer: dict[str, Any] = {}
        for node in selection.selections:
            if isinstance(node, FieldNode):
                arguments = {
                    one.name.value: value_from_ast_untyped(one.value)
                    for one in node.arguments or ()
                }
                value = self.whole(thing, node.name.value, arguments)
                answer[node.name.value] = self._below(value, node)
            elif node.type_condition.name.value == thing.type:
                answer |= self.told(thing, node.selection_set)
        return answer

    def _below(self, value: Any, node: FieldNode) -> Any:
        if isinstance(value, list):
            return [self._below(one, node) for one in value]
        if isinstance(value, Thing):
            return {"__typename": value.type, **self.told(value, node.selection_set)}
        return value

    def whole(self, thing: Thing, name: str, arguments: dict[str, Any]) -> Any:
        """The value as the whole world has it."""
        for join in self.supergraph.types[thing.type].fields[name].values():
            if join.requires is not None:
                return _required(_bare(self.told(thing, join.requires)), name)
        return self.value(thing, name, arguments)

    def schema(self):
        """All of it as one schema."""
        made = api_schema(self.supergraph.document)
        _resolve_with(made, self.whole)
        return made

    def services(self) -> InProcess:
        folder = SCHEMAS / self.name
        return InProcess({one.stem: self._service(one) for one in sorted(folder.iterdir())})

    def _service(self, path) -> Subgraph:
        graph = next(one for one in self.supergraph.graphs.values() if one.name == path.stem).id
        types = self.supergraph.types
        known = [name for name, join in types.items() if any(join.keys.get(graph, ()))]
        objects = [name for name in known if is_object_type(self.supergraph.schema.type_map[name])]
        made = Subgraph(path.stem, path.read_text(), {}, dict.fromkeys(objects, self.find))
        _resolve_with(
            made.schema, lambda thing, name, arguments: self._mine(graph, thing, name, arguments)
        )
        return made

    def _mine(self, graph: str, thing: Thing, name: str, arguments: dict[str, Any]) -> Any:
        join = self.supergraph.field_at(graph, thing.type, name)
        if join is not None and join.requires is not None:
            return _required(_bare(_picked(json.loads(thing.told), join.requires)), name)
        lent = _lent(thing.lent, thing.type, name)
        mine = self.supergraph.resolves(graph, thing.type, name)
        assert mine or lent, f"{graph} is asked for {thing.type}.{name}, which is not its own"
        value = self.value(thing, name, arguments)
        below = [one.selection_set for one in lent] + [join.provides if join else None]
        return _with(value, tuple(one for one in below if one is not None))


def _lent(selections: Iterable[SelectionSetNode], type_name: str, name: str) -> list[FieldNode]:
    found: list[FieldNode] = []
    for node in (node for one in selections for node in one.selections):
        if not isinstance(node, FieldNode):
            if node.type_condition.name.value == type_name:
                found += _lent((node.selection_set,), type_name, name)
        elif node.name.value == name:
            found.append(node)
    return found


def _with(value: Any, lent: tuple[SelectionSetNode, ...]) -> Any:
    if isinstance(value, list):
        return [_with(one, lent) for one in value]
    return Thing(value.type, value.number, "{}", lent) if isinstance(value, Thing) else value


def _resolve_with(schema, value) -> None:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = lambda thing, _info, _kind: thing.type
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        root = kind in (schema.query_type, schema.mutation_type)
        for name, one in kind.fields.items():
            if not name.startswith("_"):
                one.resolve = _resolver(value, name, kind.name if root else None)


def _resolver(value, name, root):
    def resolve(thing, _info, **arguments):
        return value(Thing(root, 0) if root else thing, name, arguments)

    return resolve


def _picked(told: Any, selection: SelectionSetNode) -> Any:
    """The part of a representation that a selection speaks of."""
    if isinstance(told, list):
        return [_picked(one, selection) for one in told]
    if not isinstance(told, dict):
        return told
    answer: dict[str, Any] = {}
    for node in selection.selections:
        if not isinstance(node, FieldNode):
            if node.type_condition.name.value == told.get("__typename"):
                answer |= _picked(told, node.selection_set)
        elif node.name.value in told:
            below = told[node.name.value]
            inner = node.selection_set
            answer[node.name.value] = _picked(below, inner) if inner else below
    return answer


def _bare(told: Any) -> Any:
    """Without names of types."""
    if isinstance(told, list):
        return [_bare(one) for one in told]
    if isinstance(told, dict):
        return {key: _bare(one) for key, one in told.items() if key != "__typename"}
    return told


def _required(told: Any, name: str) -> str:
    return f"{name} from {json.dumps(told, sort_keys=True)}"


def _number(text: str) -> int:
    return int.from_bytes(blake2s(text.encode(), digest_size=4).digest())
