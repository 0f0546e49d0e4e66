"""Every way to reach every leaf of a query, as nodes of a trie.

A node is one step on a path: into a service at a root, along a field, to an object type, or across
to another service by a key. Equal steps from the same place are one node, so a plan is a set of
nodes, merging plans is a union, and what a step adds to a plan is a difference. The nodes of a
position never number more than the services, so the trie grows with leaves times services, never
with the product of the choices.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import FieldNode, SelectionSetNode, get_named_type

from gateway.normalise import TYPENAME, Field, Normaliser, Selection, field_type, spread, stored_as
from gateway.supergraph import Key, Supergraph

ENTRY, FIELD, ON, HOP = "entry", "field", "on", "hop"
MOST_NODES = 200_000
MOST_SECONDS = 0.25
"""Of this thread's processor time, so that a busy machine refuses nothing."""
_HOP_COST = 1_000
_FIELD_COST = 1


class PlanTooComplexError(Exception):
    """The query has more ways to be answered than we are willing to weigh."""


class NoPathError(Exception):
    """No service, and no way through several, answers the field."""


View: TypeAlias = tuple[SelectionSetNode, ...]
"""Selections that are lent at a place."""


@dataclass(slots=True, eq=False)
class Node:
    id: int
    kind: str
    graph: str
    type: str
    position: str
    """The type of the place it stands on: abstract where `type` is one of several there."""
    up: "Node | None" = None
    field: Field | None = None
    stored: str = ""
    needs: tuple["Node", ...] = ()
    """For a hop: the leaves that must be there before it."""
    represented: tuple[Selection, ...] = ()
    """For a hop: what the other service is told, the key first."""
    view: View = ()
    """What @provides lends this place beyond what the service owns."""
    closure: frozenset["Node"] = frozenset()
    """Every node that comes with this one, itself included."""
    hops: int = 0

    @property
    def cost(self) -> int:
        if self.kind in (ENTRY, HOP):
            return _HOP_COST
        return 0 if self.kind == ON else _FIELD_COST + self.hops


Leaf: TypeAlias = tuple[Node, ...]
"""The ways to one leaf, of which one is to be chosen."""


class Candidates:
    """The trie of one operation."""

    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self._reached: dict[tuple[str, frozenset[Node]], dict[str, Node]] = {}
        self._active: set[tuple[Any, ...]] = set()
        self._until = time.thread_time() + MOST_SECONDS

    def entries(self, root: str) -> list[Node]:
        """A standing at the root of each service that has one."""
        graphs = self.supergraph.types[root].keys
        return [self._node(ENTRY, graph, root, root, None) for graph in graphs]

    def leaves(self, standings: Sequence[Node], selection: Selection) -> Iterator[Leaf]:
        """Each leaf of the selection, with the ways to reach it from the standings."""
        if self.supergraph.is_abstract(selection.type):
            yield from self._abstract(standings, selection)
            return
        if not selection.common:  # everything is skipped, yet whether it is there is asked
            yield tuple(self._typenames(standings, selection.type))
        for one in selection.common.values():
            yield from self._leaves_of(standings, selection.type, one)

    def _leaves_of(self, standings: Sequence[Node], type_name: str, one: Field) -> Iterator[Leaf]:
        after = self._after(standings, type_name, one)
        if not after:
            raise NoPathError(f"{type_name}.{one.name}")
        if one.selection is None:
            yield tuple(after)
        else:
            yield from self.leaves(after, one.selection)

    def _abstract(self, standings: Sequence[Node], selection: Selection) -> Iterator[Leaf]:
        yield tuple(self._typenames(standings, selection.type))
        for one in selection.common.values():
            if one.name == TYPENAME:
                continue
            if all(self._answers_interface(node, selection.type, one) for node in standings):
                yield from self._leaves_of(standings, selection.type, one)
            else:
                for name in sorted(self._possible_at(standings, selection.type)):
                    yield from self._leaves_of(self._on(standings, name), name, one)
        for name, fields in selection.by_type.items():
            if narrowed := self._on(standings, name):
                for one in fields.values():
                    yield from self._leaves_of(narrowed, name, one)

    def _typenames(self, standings: Sequence[Node], type_name: str) -> Iterator[Node]:
        typename = Field(TYPENAME, "", frozenset(), "String")
        for node in standings:
            yield self._step(node, type_name, typename, ())

    def _possible_at(self, standings: Sequence[Node], type_name: str) -> set[str]:
        possible = (self.supergraph.possible_in(node.graph, type_name) for node in standings)
        return set().union(*possible)

    def _answers_interface(self, node: Node, type_name: str, one: Field) -> bool:
        """Whether the service answers the field for every object type it knows here."""
        if any(self._lent(node.view, type_name, one.name)):
            return True
        if not self.supergraph.resolves(node.graph, type_name, one.name):
            return False
        possible = self.supergraph.possible_in(node.graph, type_name)
        return all(self.supergraph.resolves(node.graph, name, one.name) for name in possible)

    def _on(self, standings: Sequence[Node], type_name: str) -> list[Node]:
        """The standings as seen when the object turns out to be of the type."""
        return [
            self._node(ON, node.graph, type_name, node.type, node)
            for node in standings
            if type_name in self.supergraph.possible_in(node.graph, node.type)
        ]

    def _after(self, standings: Sequence[Node], type_name: str, one: Field) -> list[Node]:
        """Where one may stand after the field: the cheapest node of each service."""
        direct = list(self._direct(standings, type_name, one))
        if one.name == TYPENAME or (direct and one.selection is None):
            return direct
        reached = self._reach(standings, type_name)
        found = [*direct, *self._direct(reached.values(), type_name, one)]
        found += self._required(standings, reached, type_name, one)
        return list(_cheapest(found).values())

    def _direct(self, standings: Iterable[Node], type_name: str, one: Field) -> Iterator[Node]:
        for node in standings:
            lent = list(self._lent(node.view, type_name, one.name))
            mine = self.supergraph.resolves(node.graph, type_name, one.name)
            if one.name == TYPENAME or lent or mine:
                below = [field.selection_set for field in lent if field.selection_set]
                provided = self._provided(node.graph, type_name, one)
                yield self._step(node, type_name, one, (*below, *provided))

    def _lent(self, view: View, type_name: str, name: str) -> Iterator[FieldNode]:
        """The field as @provides lends it at this place, if it does."""
        for node in (node for one in view for node in one.selections):
            if isinstance(node, FieldNode):
                if node.name.value == name:
                    yield node
                continue
            condition, inner = spread(node, {})
            if condition is None or type_name in self.supergraph.possible(condition):
                yield from self._lent((inner,), type_name, name)

    def _provided(self, graph: str, type_name: str, one: Field) -> View:
        join = self.supergraph.field_at(graph, type_name, one.name)
        return (join.provides,) if join and join.provides else ()

    def _reach(self, standings: Sequence[Node], type_name: str) -> dict[str, Node]:
        """A standing on the object in each service that a chain of keys leads to."""
        place = (type_name, frozenset(standings))
        if place not in self._reached:
            reached = _cheapest(standings)
            newest = list(reached.values())
            while newest:
                found = [hop for node in newest for hop in self._hops(node, type_name, reached)]
                added = _cheapest(found)
                reached |= added
                newest = list(added.values())
            if self._active:  # a guarded search may have been cut short: do not keep it
                return reached
            self._reached[place] = reached
        return self._reached[place]

    def _hops(self, node: Node, type_name: str, reached: dict[str, Node]) -> Iterator[Node]:
        for graph, keys in self.supergraph.types[type_name].keys.items():
            if graph not in reached:
                for key in keys:
                    if key.resolvable and (hop := self._hop(node, type_name, key)):
                        yield hop

    def _hop(
        self, node: Node, type_name: str, key: Key, required: SelectionSetNode | None = None
    ) -> Node | None:
        """Move to the service of the key, telling it the key and whatever it requires."""
        needs: list[Node] = []
        represented = []
        for told in (key.selection, required):
            if told is not None:
                selection = Normaliser(self.supergraph).selection(type_name, [told])
                leaves = self._satisfied(node, selection, key.graph)
                if leaves is None:
                    return None
                needs += leaves
                represented.append(selection)
        return self._node(
            HOP, key.graph, type_name, node.position, node, needs=needs, told=tuple(represented)
        )

    def _satisfied(self, node: Node, selection: Selection, graph: str) -> list[Node] | None:
        """The cheapest leaves that give the selection from here, if there are any."""
        told = ",".join(sorted(selection.common))
        guard = (node.graph, selection.type, graph, told)
        if guard in self._active:
            return None
        self._active.add(guard)
        try:
            have, chosen = node.closure, []
            for leaf in self.leaves((node,), selection):
                best = min(leaf, key=lambda one: added_cost(one, have))
                have |= best.closure
                chosen.append(best)
        except NoPathError:
            return None
        finally:
            self._active.discard(guard)
        return chosen

    def _required(
        self, standings: Sequence[Node], reached: dict[str, Node], type_name: str, one: Field
    ) -> Iterator[Node]:
        """Ways to a field whose service must first be told fields of others."""
        for graph, join in self.supergraph.types[type_name].fields.get(one.name, {}).items():
            if join.requires is None or join.overridden:
                continue
            for base in (*standings, *reached.values()):
                hop = self._hop_with(base, type_name, graph, join.requires)
                if hop:
                    provided = self._provided(graph, type_name, one)
                    yield self._step(hop, type_name, one, provided)
                    break

    def _hop_with(
        self, base: Node, type_name: str, graph: str, required: SelectionSetNode
    ) -> Node | None:
        for key in self.supergraph.types[type_name].keys.get(graph, ()):
            if hop := self._hop(base, type_name, key, required):
                return hop
        return None

    def _step(self, node: Node, type_name: str, one: Field, view: View) -> Node:
        stored = stored_as(self.supergraph, node.position, type_name, one)
        returns = get_named_type(field_type(self.supergraph, type_name, one.name)).name
        return self._node(FIELD, node.graph, returns, returns, node, one, stored, view=view)

    def _node(  # noqa: PLR0917 (the parts of a node's identity, in their order)
        self,
        kind: str,
        graph: str,
        type_name: str,
        position: str,
        up: Node | None,
        one: Field | None = None,
        stored: str = "",
        *,
        needs: Sequence[Node] = (),
        told: tuple[Selection, ...] = (),
        view: View = (),
    ) -> Node:
        identity = (kind, graph, type_name, up and up.id, stored, frozenset(n.id for n in needs))
        if (known := self._nodes.get(identity)) is not None:
            return known
        number = len(self._nodes)
        if number >= MOST_NODES or (number % 256 == 0 and time.thread_time() > self._until):
            raise PlanTooComplexError
        hops = (up.hops if up else 0) + (kind == HOP)
        if kind == ON and up:
            view = up.view
        node = Node(
            number, kind, graph, type_name, position, up, one, stored, tuple(needs), told, view,
            hops=hops,
        )  # fmt: skip
        before = [up.closure] if up else []
        node.closure = frozenset((node,)).union(*before, *(n.closure for n in needs))
        self._nodes[identity] = node
        return node


def added_cost(node: Node, have: frozenset[Node]) -> int:
    """What choosing the node adds to what has been chosen."""
    return sum(one.cost for one in node.closure - have)


def _cheapest(nodes: Iterable[Node]) -> dict[str, Node]:
    best: dict[str, Node] = {}
    for node in nodes:
        known = best.get(node.graph)
        if known is None or total_cost(node.closure) < total_cost(known.closure):
            best[node.graph] = node
    return best


def total_cost(nodes: AbstractSet[Node]) -> int:
    return sum(one.cost for one in nodes)
