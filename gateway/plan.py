"""A plan: what is sent to whom and in which order, and how the answer is made of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    print_ast,
)

from gateway.candidates import Candidates, NoPathError
from gateway.choose import choose
from gateway.compile import Project, compiled
from gateway.fetches import Fetch, Request, fetches, requests
from gateway.normalise import TYPENAME, Flags, Fragments, Normaliser, Selection
from gateway.projection import Projection, Projector
from gateway.supergraph import Supergraph


@dataclass(frozen=True, slots=True)
class Stage:
    """Requests that may run side by side as far as they do not wait for each other."""

    requests: tuple[Request, ...]
    projection: Projection
    project: Project
    """The same, compiled; for data without a flaw."""


@dataclass(frozen=True, slots=True)
class Plan:
    kind: str
    root: str
    stages: tuple[Stage, ...]
    """One for a query; one for each field of a mutation, each after the one before."""
    introspection: SelectionSetNode | None
    """The root fields that ask about the schema, which the gateway answers itself."""


@dataclass(frozen=True)
class Planner:
    supergraph: Supergraph
    schema: GraphQLSchema

    def plan(self, operation: OperationDefinitionNode, fragments: Fragments, flags: Flags) -> Plan:
        """Plan one operation, where `flags` are the values of its @skip and @include."""
        root = self.supergraph.roots[operation.operation.value]
        projector = Projector(self.supergraph, self.schema, fragments, flags)
        gathered: dict[str, list[FieldNode]] = {}
        projector.gather(root, operation.selection_set, gathered)
        about = [node for nodes in gathered.values() for node in nodes if _introspects(node)]
        asked = {name: nodes for name, nodes in gathered.items() if not _introspects(nodes[0])}
        parts: list[Iterable[FieldNode]] = [[one for nodes in asked.values() for one in nodes]]
        if operation.operation is OperationType.MUTATION:
            parts = list(asked.values())
        stages = [self._stage(root, part, projector, operation) for part in parts]
        introspection = SelectionSetNode(selections=tuple(about)) if about else None
        return Plan(operation.operation.value, root, tuple(stages), introspection)

    def _stage(
        self,
        root: str,
        nodes: Iterable[FieldNode],
        projector: Projector,
        operation: OperationDefinitionNode,
    ) -> Stage:
        asked = SelectionSetNode(selections=tuple(nodes))
        normaliser = Normaliser(self.supergraph, projector.fragments, projector.flags)
        selection = normaliser.selection(root, [asked])
        selection.common.pop(TYPENAME, None)
        made = requests(self._fetches(root, selection, whole=operation.operation.value != "query"))
        for number, request in enumerate(made):
            _write(request, operation, number)
        projection = projector.projection(root, [asked])
        return Stage(tuple(made), projection, compiled(projection))

    def _fetches(self, root: str, selection: Selection, *, whole: bool) -> list[Fetch]:
        """The fetches for a selection at the root; `whole` keeps it in one service."""
        if not selection.common:
            return []
        candidates = Candidates(self.supergraph)
        entries = candidates.entries(root)
        if not whole:
            return fetches(self.supergraph, choose(candidates.leaves(entries, selection)))
        for entry in entries:
            try:
                chosen = choose(list(candidates.leaves([entry], selection)))
            except NoPathError:
                continue
            return fetches(self.supergraph, chosen)
        raise NoPathError(root)


def _introspects(node: FieldNode) -> bool:
    return node.name.value in ("__schema", "__type")


def _write(request: Request, operation: OperationDefinitionNode, number: int) -> None:
    """Write the document of a request, with the variables that its fetches use."""
    used = frozenset(name for fetch in request.fetches for name in fetch.variables)
    declared = [
        print_ast(one)
        for one in operation.variable_definitions or ()
        if one.variable.name.value in used
    ]
    entities = [fetch for fetch in request.fetches if not fetch.root]
    declared += [f"$r{place}: [_Any!]!" for place in range(len(entities))]
    name = f"{operation.name.value if operation.name else 'Query'}_{number}"
    head = f"{operation.operation.value if not entities else 'query'} {name}"
    variables = f"({', '.join(declared)})" if declared else ""
    request.variables = used
    request.document = f"{head}{variables} {_body(request, entities)}"


def _body(request: Request, entities: Sequence[Fetch]) -> str:
    if not entities:
        return request.fetches[0].tree.text()
    parts = (
        f"{entity_alias(place)}: _entities(representations: $r{place}) "
        f"{{ ... on {fetch.type} {fetch.tree.text()} }}"
        for place, fetch in enumerate(entities)
    )
    return "{ " + " ".join(parts) + " }"


def entity_alias(place: int) -> str:
    return f"_e{place}"


def sent_variables(request: Request, given: Mapping[str, object]) -> dict[str, object]:
    """The client's variables that the request uses, as they were given."""
    return {name: value for name, value in given.items() if name in request.variables}
