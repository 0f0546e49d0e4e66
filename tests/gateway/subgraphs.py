"""Services in process, for the gateway's tests: a schema, resolvers, and entities by key."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    Visitor,
    build_ast_schema,
    execute,
    parse,
    validate,
    visit,
)
from graphql.language import REMOVE

from gateway.transport import Reply, TooLateError, UnavailableError

Resolve = Callable[..., object]


class _WithoutDirectives(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object):
        return REMOVE if node.name.value not in ("deprecated", "oneOf") else None


@dataclass
class Subgraph:
    """Answers GraphQL as a Federation 2 service does, and remembers what it was asked."""

    name: str
    sdl: str
    resolvers: Mapping[str, Resolve] = field(default_factory=dict)
    """`Type.field` to a function of source and arguments."""
    entities: Mapping[str, Callable[[dict], object]] = field(default_factory=dict)
    """By type: from a representation to the entity's data."""
    asked: list[dict] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    fault: str | bytes | None = None
    """`down`, `slow`, or the bytes to answer instead."""

    def __post_init__(self) -> None:
        external = list(_external(parse(self.sdl)))
        document = visit(parse(self.sdl), _WithoutDirectives())
        entities = sorted(self.entities)
        kept = [one for one in document.definitions if not isinstance(one, SchemaExtensionNode)]
        if entities:
            kept += parse(
                f"scalar _Any union _Entity = {' | '.join(entities)} "
                "extend type Query { _entities(representations: [_Any!]!): [_Entity]! }"
            ).definitions
        names = {one.name.value for one in kept if isinstance(one, ObjectTypeDefinitionNode)}
        if "Query" not in names:
            kept = [_as_definition(one, "Query") for one in kept]
        self.schema = build_ast_schema(DocumentNode(definitions=tuple(kept)), assume_valid_sdl=True)
        for type_name, name in external:
            self.schema.type_map[type_name].fields[name].resolve = _lent(name)
        for path, resolve in self.resolvers.items():
            type_name, name = path.split(".")
            self.schema.type_map[type_name].fields[name].resolve = resolver(path, resolve)
        if entities:
            query = self.schema.query_type
            query.fields["_entities"].resolve = self._entities

    def _entities(self, _source, _info, representations):
        found = []
        for one in representations:
            entity = self.entities[one["__typename"]](one)
            if isinstance(entity, dict):
                entity = {**entity, "__typename": one["__typename"]}
            found.append(entity)
        return found

    async def answer(self, body: bytes) -> bytes:
        asked = json.loads(body)
        self.asked.append(asked)
        document = parse(asked["query"])
        wrong = validate(self.schema, document)
        assert not wrong, (self.name, asked["query"], wrong)
        result = execute(self.schema, document, variable_values=asked.get("variables"))
        if hasattr(result, "__await__"):
            result = await result
        formatted = result.formatted
        for error in formatted.get("errors", ()):
            error.setdefault("extensions", {"code": "FAILED"})
        return json.dumps(formatted).encode()


def _external(document):
    """The fields that are somebody else's: asking for one is a poor plan."""
    for definition in document.definitions:
        for one in getattr(definition, "fields", None) or ():
            if any(directive.name.value == "external" for directive in one.directives or ()):
                yield definition.name.value, one.name.value


def _lent(name):
    def resolve(source, _info, **_arguments):
        assert name in source.get("lent", ()), f"{name} is not this service's to answer"
        return source[name]

    return resolve


def _as_definition(one, name):
    if isinstance(one, ObjectTypeExtensionNode) and one.name.value == name:
        parts = {key: getattr(one, key, None) for key in one.keys}
        return ObjectTypeDefinitionNode(**parts)
    return one


failing: set[str] = set()
"""The fields, as `Type.field`, that fail wherever they are asked for."""


def resolver(path: str, resolve: Resolve):
    def resolved(source, _info, **arguments):
        if path in failing:
            raise RuntimeError(path)
        return resolve(source, **arguments)

    return resolved


@dataclass
class InProcess:
    """The transport interface over services in process."""

    services: Mapping[str, Subgraph]

    async def send(self, url, body, headers, *, seconds, once):  # noqa: ARG002 (the interface)
        name = url.split("//")[1].split("/")[0]
        service = self.services[name]
        service.headers.append(dict(headers))
        if service.fault == "down":
            raise UnavailableError(url)
        if service.fault == "slow":
            raise TooLateError(url)
        if isinstance(service.fault, bytes):
            service.asked.append(json.loads(body))
            return Reply(200, service.fault)
        return Reply(200, await service.answer(body))

    async def close(self):
        pass
