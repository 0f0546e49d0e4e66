"""One schema over the services, answered without any plan: the gateway's independent twin.

graphql-core walks the public schema, and every single field is asked of its owner in a request of
its own: by the whole path from a root of that service, or from the entity by its key. Slow, and
too simple to be wrong in the way a planner is.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    execute,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    print_ast,
)

from gateway.api_schema import api_schema
from gateway.supergraph import Supergraph


@dataclass(frozen=True)
class Place:
    """An object, by the way to ask for it again."""

    graph: str
    entity: str = ""
    """The representation it starts from, as JSON; the root of the service without one."""
    steps: tuple[tuple[str, str], ...] = ()
    """The fields from there: the name and the call."""
    at: tuple[int, ...] = ()
    """Which items of the lists on the way."""
    type: str = ""


@dataclass
class Merged:
    supergraph: Supergraph
    services: Mapping[str, str]
    """Addresses, by the service's name."""
    session: aiohttp.ClientSession
    headers: Mapping[str, str]
    _asked: dict[tuple[object, ...], asyncio.Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schema = api_schema(self.supergraph.document)
        for kind in self.schema.type_map.values():
            if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
                for one in kind.fields.values():
                    one.resolve = self._resolve
            elif is_abstract_type(kind):
                kind.resolve_type = lambda place, _info, _kind: place.type

    async def answer(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self._asked.clear()
        found = execute(self.schema, parse(query), variable_values=dict(variables))
        return (await found if hasattr(found, "__await__") else found).formatted

    async def _resolve(self, source: Place | None, info: GraphQLResolveInfo, **_: object) -> Any:
        node = info.field_nodes[0]
        given = ", ".join(print_ast(one) for one in node.arguments or ())
        call = f"{info.field_name}({given})" if given else info.field_name
        place = await self._moved(source, info.parent_type.name, info.field_name)
        leaf = is_leaf_type(get_named_type(info.return_type))
        value = await self._value(place, info.field_name, call, "" if leaf else "{ __typename }")
        after = replace(place, steps=(*place.steps, (info.field_name, call)))
        return value if leaf else _placed(value, after)

    async def _moved(self, place: Place | None, type_name: str, name: str) -> Place:
        """The object at a service that owns the field."""
        join = self.supergraph.types[type_name]
        owners = sorted(graph for graph, of in join.fields[name].items() if not of.external)
        if place is None:
            return Place(owners[0])
        if place.graph in owners:
            return place
        key = join.keys[owners[0]][0].text
        value = await self._value(place, key, key, "")
        told = json.dumps({"__typename": type_name, key: value}, sort_keys=True)
        return Place(owners[0], told)

    async def _value(self, place: Place, name: str, call: str, below: str) -> Any:
        """Ask one field, along the whole way, and find the item of it."""
        answer = await self._ask(place, f"{call} {below}")
        path, value = [], answer.get("data")
        names = ["_entities"] if place.entity else []
        indexes = iter(((0,) if place.entity else ()) + place.at)
        way = [*names, *(one for one, _ in place.steps), name]
        for number, step in enumerate(way, 1):
            if value is not None:
                path.append(step)
                value = value[step]
            while isinstance(value, list) and number < len(way):
                path.append(index := next(indexes))
                value = value[index]
        for error in answer.get("errors") or () if value is None else ():
            if _same_way(error.get("path") or [], path):
                raise GraphQLError(error["message"], extensions=error.get("extensions"))
        return value

    async def _ask(self, place: Place, last: str) -> dict[str, Any]:
        identity = (place.graph, place.entity, place.steps, last)
        if identity not in self._asked:
            self._asked[identity] = asyncio.ensure_future(self._post(place, last))
        return await self._asked[identity]

    async def _post(self, place: Place, last: str) -> dict[str, Any]:
        query = last
        for _, call in reversed(place.steps):
            query = f"{call} {{ {query} }}"
        body: dict[str, Any] = {"query": f"{{ {query} }}"}
        if place.entity:
            told = json.loads(place.entity)
            on = f"... on {told['__typename']} {{ {query} }}"
            body = {
                "query": f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ {on} }} }}",
                "variables": {"r": [told]},
            }
        address = self.services[self.supergraph.graphs[place.graph].name]
        url = f"{address}/graphql"
        async with self.session.post(url, json=body, headers=self.headers) as answer:
            return await answer.json(content_type=None)


def _placed(value: Any, place: Place) -> Any:
    if isinstance(value, list):
        return [
            _placed(one, replace(place, at=(*place.at, index))) for index, one in enumerate(value)
        ]
    return None if value is None else replace(place, type=value["__typename"])


def _same_way(error: list[Any], path: list[Any]) -> bool:
    """Whether the error is on the way or below, where its null came up from."""
    shorter = min(len(error), len(path))
    return error[:shorter] == path[:shorter]
