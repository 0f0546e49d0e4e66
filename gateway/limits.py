"""How large a query may be. Checked before validation, which large ones could hold up for long."""

from collections import Counter
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from gateway.errors import QUERY_TOO_LARGE, RequestError


@dataclass(frozen=True, slots=True)
class Limits:
    body: int = 256 * 1024
    """Bytes of a request."""
    tokens: int = 2_000
    depth: int = 15
    aliases: int = 30
    repeats: int = 10
    """Of one name of the answer in one selection set."""
    directives: int = 8
    """On one field or fragment."""
    root_fields: int = 20
    fields: int = 2_000
    """With every fragment counted where it is spread."""
    flags: int = 8
    """Variables that @skip and @include depend on."""


@dataclass(slots=True)
class Size:
    fields: int = 0
    aliases: int = 0
    depth: int = 0

    def add(self, other: "Size", *, deeper: int = 0) -> None:
        self.fields += other.fields
        self.aliases += other.aliases
        self.depth = max(self.depth, other.depth + deeper)


def check(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that is larger than the limits allow."""
    measure = _Measure(document, limits)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            if len(definition.selection_set.selections) > limits.root_fields:
                _refuse("root fields", limits.root_fields)
            measure.check(measure.of(definition.selection_set))


@dataclass
class _Measure:
    document: DocumentNode
    limits: Limits
    known: dict[str, Size] = field(default_factory=dict)
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)

    def __post_init__(self) -> None:
        self.fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def of(self, selections: SelectionSetNode) -> Size:
        size = Size()
        names: Counter[str] = Counter()
        for node in selections.selections:
            if len(node.directives or ()) > self.limits.directives:
                _refuse("directives in one place", self.limits.directives)
            if isinstance(node, FieldNode):
                names[node.alias.value if node.alias else node.name.value] += 1
            self._add(node, size)
        if names and max(names.values()) > self.limits.repeats:
            _refuse("repeats of one field", self.limits.repeats)
        self.check(size)
        return size

    def _add(self, node: SelectionNode, size: Size) -> None:
        if isinstance(node, FieldNode):
            size.add(Size(fields=1, aliases=int(node.alias is not None), depth=1))
            if node.selection_set:
                size.add(self.of(node.selection_set), deeper=1)
        elif isinstance(node, FragmentSpreadNode):
            size.add(self._fragment(node.name.value))
        else:
            size.add(self.of(node.selection_set))  # type: ignore[attr-defined]

    def _fragment(self, name: str) -> Size:
        if name not in self.known:
            self.known[name] = Size()  # ends a circle, which validation will refuse
            if name in self.fragments:
                self.known[name] = self.of(self.fragments[name].selection_set)
        return self.known[name]

    def check(self, size: Size) -> None:
        if size.depth > self.limits.depth:
            _refuse("levels", self.limits.depth)
        if size.aliases > self.limits.aliases:
            _refuse("aliases", self.limits.aliases)
        if size.fields > self.limits.fields:
            _refuse("fields", self.limits.fields)


def _refuse(what: str, limit: int) -> None:
    message = f"The query is too large: at most {limit} {what} are taken."
    raise RequestError(QUERY_TOO_LARGE, message)
