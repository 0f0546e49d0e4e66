"""What a resolver has at hand: `info.context`, one a request."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

import strawberry
from graphql import GraphQLResolveInfo, Undefined, value_from_ast

from chassis import wire
from chassis.auth import Identity
from chassis.clock import Clock
from chassis.db import Database
from chassis.errors import DomainError
from chassis.files import Files
from chassis.graphql.live import Live
from chassis.idempotency import IdempotencyKey


class Caller(Protocol):
    """What the chassis must know of a principal: who acts, and for which organisation."""

    @property
    def person_id(self) -> UUID: ...
    @property
    def organisation(self) -> str: ...


LONGEST_KEY = 200

P = TypeVar("P", bound=Caller)
L = TypeVar("L")


@dataclass(kw_only=True)
class Context(Generic[P]):
    """A service names its own: `Info = strawberry.Info[Context[Principal], None]`."""

    db: Database
    principal: P
    identity: Identity
    clock: Clock
    now: datetime
    """The business moment of this request, one for all of its operation."""
    request_id: str
    files: Files
    demonstration: bool = False
    """Whether the system was started for demonstration."""
    loaders: dict[str, Any] = field(default_factory=dict)
    live: Live | None = None
    """The stream a subscription is answered on."""
    root_field: str = "none"
    """The operation's first field, for the metrics; set once it is valid."""

    @property
    def stream(self) -> Live:
        """The stream at hand; a subscription that is asked for without one is refused."""
        if self.live is None:
            message = "This service streams nothing here: ask with Accept: text/event-stream."
            raise DomainError("STREAM_REQUIRED", message)
        return self.live

    def loader(self, name: str, make: Callable[[], L]) -> L:
        """Give this request's loader of that name, made at its first use."""
        if name not in self.loaders:
            self.loaders[name] = make()
        return cast("L", self.loaders[name])

    def idempotency(
        self, info: strawberry.Info[Any, Any], key: str | None
    ) -> IdempotencyKey | None:
        """Bind the caller's key to the person, the organisation, the mutation and its input."""
        if key is None:
            return None
        if not 0 < len(key) <= LONGEST_KEY:
            message = f"An idempotency key has 1 to {LONGEST_KEY} characters."
            raise DomainError("KEY_NOT_VALID", message, field="idempotencyKey")
        raw = info._raw_info  # noqa: SLF001 (Strawberry shows the arguments nowhere else)
        return IdempotencyKey(
            key=key,
            person=self.principal.person_id,
            organisation=self.principal.organisation,
            operation=raw.field_name,
            fingerprint=_fingerprint(raw),
        )


def _fingerprint(raw: GraphQLResolveInfo[Any]) -> str:
    """Hash the coerced arguments, the key itself apart, so that spelling does not matter."""
    types = raw.parent_type.fields[raw.field_name].args
    given = {
        argument.name.value: value_from_ast(
            argument.value,
            types[argument.name.value].type,
            cast("dict[str, Any]", raw.variable_values),  # Strawberry puts the plain ones there
        )
        for argument in raw.field_nodes[0].arguments or ()
        if argument.name.value != "idempotencyKey"
    }
    present = {name: value for name, value in given.items() if value is not Undefined}
    return hashlib.sha256(wire.canonical(present)).hexdigest()
