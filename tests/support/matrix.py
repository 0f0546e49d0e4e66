"""Roles by operations: which operations a service exposes, and who is let in at each.

Each service keeps `tests/services/NAME/matrix.py`: MATRIX, by operation a line of the roles that
are let in and a document that calls it. `Query.x` and `Mutation.x` are root fields,
`Query._entities X` an entity the service owns, `Query._entities X.y` a field it gives to another
service's entity.
"""

import importlib
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, GraphQLUnionType

from chassis.auth import Identity
from chassis.clock import Clock
from chassis.db import Database
from chassis.errors import DomainError
from chassis.files import Files
from chassis.graphql import Context
from chassis.ids import new_id
from chassis.service import Service
from nhs.directory import Principal
from nhs.roles import HELD_AT, OrganisationKind, Role

SERVICES = ("organisations", "participation", "declarations", "notifications")
NOBODY = None
"""Somebody linked to the organisation who holds no role there."""
EVERYBODY = frozenset([*Role, NOBODY])

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
_PLACES = {
    OrganisationKind.PRACTICE: "A81001",
    OrganisationKind.ICB: "QHM",
    OrganisationKind.NATION: "ENG",
    OrganisationKind.PCN: "U00001",
}
_OWNED = {
    "organisations": {"Organisation", "Person", "MembershipProposal"},
    "participation": {"QualityService", "Offer"},
    "declarations": {"Declaration", "Claim", "Payment"},
    "notifications": {"Message"},
}
_KEYS = {"id", "odsCode"}

Roles = frozenset[Role | None]


@dataclass(frozen=True, slots=True)
class Line:
    let_in: Roles
    document: str


def entity(kind: str, key: str, selected: str) -> str:
    """A document that asks for an entity by its key, as the gateway does."""
    asked = f'{{__typename: "{kind}", {key}}}'
    return f"{{ _entities(representations: [{asked}]) {{ ... on {kind} {{ {selected} }} }} }}"


def service(name: str) -> Service[Any]:
    found: Service[Any] = importlib.import_module(f"services.{name}.app").SERVICE
    return found


def matrix(name: str) -> Mapping[str, Line]:
    found: Mapping[str, Line] = importlib.import_module(f"tests.services.{name}.matrix").MATRIX
    return found


def exposed(name: str) -> set[str]:
    """Everything the service's schema lets anybody ask for or do."""
    types = service(name).schema._schema.type_map
    found = {
        f"{root}.{field}"
        for root in ("Query", "Mutation", "Subscription")
        if isinstance(kind := types.get(root), GraphQLObjectType)
        for field in kind.fields
        if not field.startswith("_")
    }
    entities = types.get("_Entity")
    if isinstance(entities, GraphQLUnionType):
        found |= {operation for kind in entities.types for operation in _of_entity(name, kind)}
    return found


def _of_entity(name: str, entity: GraphQLObjectType) -> set[str]:
    if entity.name in _OWNED[name]:
        return {f"Query._entities {entity.name}"}
    return {f"Query._entities {entity.name}.{field}" for field in entity.fields.keys() - _KEYS}


async def refused(name: str, database: Database, role: Role | None, document: str) -> bool:
    """Whether somebody with that one role is told ROLE_REQUIRED; any other refusal is let pass."""
    context = Context(
        db=database,
        principal=_holding(role),
        identity=Identity("https://issuer.example", "somebody"),
        clock=Clock(lambda: NOW),
        now=NOW,
        request_id="matrix",
        files=Files(name, Path("nowhere"), b"a key for tests", service(name).files),
    )
    results = await service(name).schema.stream(document, context_value=context)
    async with aclosing(results):
        result = await anext(results)
    return "ROLE_REQUIRED" in [_code(error) for error in result.errors or ()]


def _code(error: Any) -> str:
    """The refusal's code; what is no refusal, such as a document that is not valid, is raised."""
    cause = error
    while getattr(cause, "original_error", None):
        cause = cause.original_error
    if isinstance(cause, DomainError):
        return cause.code
    raise cause


def _holding(role: Role | None) -> Principal:
    kinds = HELD_AT[role] if role else _PLACES.keys()
    kind = next(kind for kind in _PLACES if kind in kinds)
    return Principal(new_id(), _PLACES[kind], kind, {role: None} if role else {}, NOW.date())


async def rows(database: Database) -> Mapping[str, int]:
    """How many rows each table of the database holds."""
    async with database.reader() as reader:
        tables = await reader.fetch(_TABLES)
        return {
            table: await reader.fetchval(f"select count(*) from {table}")  # noqa: S608 (a catalogue's name)
            for (table,) in tables
        }


_TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname not in ('pg_catalog', 'information_schema')
"""
