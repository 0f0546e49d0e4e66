"""From the chosen nodes to the requests that are sent.

Each entry and each hop is a fetch; those to one service from one place, waiting for the same, are
one. Fetches to one service that wait for the same requests travel as one request. A request
starts as soon as those before it have been answered, so that a slow service holds up only what
needs it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from gateway.candidates import ENTRY, FIELD, HOP, ON, Node
from gateway.normalise import TYPENAME, Field, Selection, stored_as
from gateway.supergraph import Supergraph

KEY, TYPE = 0, 1
Path: TypeAlias = tuple[tuple[int, str], ...]
"""Steps from the root of the answer: along a stored field, or only objects of a type."""


@dataclass(slots=True)
class Tree:
    """What is asked for at one place."""

    fields: dict[str, "tuple[str, Tree | None]"] = field(default_factory=dict)
    """By stored name: the field as it is asked for, and what is below it."""
    by_type: dict[str, "Tree"] = field(default_factory=dict)

    def text(self) -> str:
        parts = [
            call + (f" {below.text()}" if below is not None else "")
            for call, below in self.fields.values()
        ]
        parts += [f"... on {name} {below.text()}" for name, below in self.by_type.items()]
        return "{ " + " ".join(parts or [TYPENAME]) + " }"


@dataclass(frozen=True, slots=True)
class Told:
    """A field of a representation: its name, where it may be kept, and what is below it."""

    name: str
    stored: tuple[str, ...]
    key: bool
    """Part of a key: without it there is nothing to ask about."""
    types: frozenset[str] | None = None
    """The object types that have it; None for all at its place."""
    below: "tuple[Told, ...] | None" = None


@dataclass(slots=True)
class Fetch:
    graph: str
    path: Path
    type: str
    told: dict[str, Told] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    variables: set[str] = field(default_factory=set)
    after: "frozenset[int]" = frozenset()
    """The fetches that must be answered before, by their place in the plan's list."""
    root: bool = False
    plain_key: Told | None = None
    """What is told, where that is a key of one plain field and the type is certain."""


@dataclass(slots=True)
class Request:
    """One call to one service."""

    graph: str
    fetches: list[Fetch]
    after: frozenset[int]
    """The requests that must be answered before, by their place in the plan."""
    document: str = ""
    variables: frozenset[str] = frozenset()
    """Those of the client's that go with it."""


def fetches(supergraph: Supergraph, chosen: frozenset[Node]) -> list[Fetch]:
    """Make the fetches of a plan, each after those it needs."""
    made = _Fetches(supergraph, chosen).made
    for fetch in made:
        told = list(fetch.told.values())
        if len(told) == 1 and _is_plain(told[0]) and not supergraph.is_abstract(fetch.type):
            fetch.plain_key = told[0]
    return made


def _is_plain(told: Told) -> bool:
    return told.key and told.below is None and told.types is None and len(told.stored) == 1


def requests(made: Sequence[Fetch]) -> list[Request]:
    """Let fetches to one service that wait for the same requests travel together."""
    grouped: dict[tuple[str, frozenset[int]], int] = {}
    sent: list[Request] = []
    carried_by: dict[int, int] = {}
    for number, fetch in enumerate(made):
        after = frozenset(carried_by[one] for one in fetch.after)
        place = grouped.setdefault((fetch.graph, after), len(sent))
        if place == len(sent):
            sent.append(Request(fetch.graph, [], after))
        sent[place].fetches.append(fetch)
        carried_by[number] = place
    return sent


class _Fetches:
    def __init__(self, supergraph: Supergraph, chosen: frozenset[Node]) -> None:
        self._supergraph = supergraph
        self.made: list[Fetch] = []
        self._known: dict[tuple[str, Path, str, frozenset[int]], int] = {}
        self._of: dict[int, int] = {}
        self._trees: dict[int, Tree] = {}
        for node in sorted(chosen, key=lambda one: one.id):  # a node comes after those it needs
            self._add(node)

    def _add(self, node: Node) -> None:
        if node.kind in (ENTRY, HOP):
            self._begin(node)
            return
        assert node.up is not None
        self._of[node.id] = self._of[node.up.id]
        above = self._trees[node.up.id]
        if node.kind == ON:
            self._trees[node.id] = above.by_type.setdefault(node.type, Tree())
        elif node.kind == FIELD:
            self._ask(node, above)

    def _ask(self, node: Node, above: Tree) -> None:
        one = node.field
        assert one is not None
        self.made[self._of[node.id]].variables |= one.variables
        call = one.name + one.arguments
        if node.stored != one.name:
            call = f"{node.stored}: {call}"
        below = above.fields.setdefault(node.stored, (call, Tree() if one.selection else None))[1]
        if below is not None:
            if self._supergraph.is_abstract(node.type):
                below.fields.setdefault(TYPENAME, (TYPENAME, None))
            self._trees[node.id] = below

    def _begin(self, node: Node) -> None:
        before = [node.up, *node.needs] if node.up else []
        after = frozenset(self._of[one.id] for one in before if one)
        path = _path(node)
        same = (node.graph, path, node.type, after)
        if same not in self._known:
            self._known[same] = len(self.made)
            self.made.append(Fetch(node.graph, path, node.type, after=after, root=not node.up))
        number = self._known[same]
        fetch = self.made[number]
        self._of[node.id], self._trees[node.id] = number, fetch.tree
        for index, selection in enumerate(node.represented):
            for told in self._told(selection, node.position, key=index == 0):
                _tell(fetch.told, told)

    def _told(self, selection: Selection, position: str, *, key: bool) -> Iterable[Told]:
        """What of the selection a representation holds, where `position` is the type it is at."""
        kept = partial(stored_as, self._supergraph, position)
        types = {selection.type, *self._supergraph.possible(selection.type)}
        for one in selection.common.values():
            stored = tuple(sorted({kept(name, one) for name in types}))
            yield Told(one.name, stored, key, None, self._below(one, key=key))
        for name, fields in selection.by_type.items():
            for one in fields.values():
                only = frozenset((name,))
                yield Told(one.name, (kept(name, one),), key, only, self._below(one, key=key))

    def _below(self, one: Field, *, key: bool) -> tuple[Told, ...] | None:
        if one.selection is None:
            return None
        below = tuple(self._told(one.selection, one.returns, key=key))
        if self._supergraph.is_abstract(one.returns):
            below = (Told(TYPENAME, (TYPENAME,), key), *below)
        return below


def _tell(told: dict[str, Told], one: Told) -> None:
    known = told.get(one.name)
    if known is None or known.below is None or one.below is None:
        told[one.name] = one if known is None or one.key else known
        return
    below = {each.name: each for each in known.below}
    for each in one.below:
        _tell(below, each)
    told[one.name] = replace(one, key=one.key or known.key, below=tuple(below.values()))


def _path(node: Node) -> Path:
    steps: list[tuple[int, str]] = []
    at: Node | None = node
    while at is not None:
        if at.kind == FIELD:
            steps.append((KEY, at.stored))
        elif at.kind == ON:
            steps.append((TYPE, at.type))
        at = at.up
    return tuple(reversed(steps))
