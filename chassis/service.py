"""What a service is made of. Nothing here opens a connection or reads a setting."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeAlias

from pydantic import BaseModel
from starlette.routing import Route
from strawberry.federation import Schema

from chassis.auth import Identity
from chassis.clock import Clock
from chassis.db import Database, Reader, Tx
from chassis.export import Report
from chassis.files import FileKind, Files
from chassis.graphql.context import P
from chassis.handout import Handout
from chassis.jobs import JobHandler
from chassis.mail import Mail
from chassis.outbox import Event
from chassis.subscription import Subscription
from chassis.watching import Numbers


@dataclass(frozen=True, slots=True)
class EventContract:
    """An event the service publishes, as others may rely on it."""

    type: str
    """Past tense, with its major version: `offer.accepted.v1`."""
    topic: str
    description: str
    """When it happens, in a sentence; for those who read the contract."""
    payload: builtins.type[BaseModel]
    example: BaseModel


@dataclass(frozen=True, slots=True)
class Worker:
    """What background work has at hand. It returns soon after `stop` is set."""

    db: Database
    clock: Clock
    files: Files
    stop: asyncio.Event
    demonstration: bool = False
    mail: Mail | None = None
    """How to send mail; None where no mail is sent."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a service's own routes have at hand."""

    db: Database
    clock: Clock
    mail: Mail | None = None


LoadPrincipal: TypeAlias = Callable[[Reader, Identity, str | None, datetime], Awaitable[P]]
"""Who the identity is here and now; the third is the organisation acted for (X-Acting-For)."""

Links: TypeAlias = Callable[[Site], Sequence[Route]]
"""Routes under `/links/<service>/…`: what people reach by a link they were sent, without a token.
Whoever answers holds the link against its own signature."""

Background: TypeAlias = Callable[[Worker], Awaitable[None]]
Republish: TypeAlias = Callable[[Tx], AsyncIterator[Event]]
Bootstrap: TypeAlias = Callable[[Tx, Any, datetime], Awaitable[None]]
"""Writes the first rows from a JSON document, once: a second time changes nothing."""


@dataclass(frozen=True, slots=True)
class Strangers(Generic[P]):
    """What a person may ask who comes with a valid token, and whom `principal` refuses."""

    refusals: frozenset[str]
    """The codes of the refusals it is for."""
    fields: frozenset[str]
    """The root fields they may ask for; a document that asks for any other is refused whole."""
    principal: Callable[[Identity, datetime], P]
    """As whom, at a moment: somebody who may do nothing else."""


@dataclass(frozen=True, kw_only=True)
class Service(Generic[P]):
    name: str
    migrations: Sequence[Path]
    """Folders of migrations in their order, those of the chassis apart, which always go first."""
    schema: Schema
    principal: LoadPrincipal[P]
    strangers: Strangers[P] | None = None
    subscription: Subscription | None = None
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    background: Sequence[Background] = ()
    republish: Mapping[str, Republish] = field(default_factory=dict)
    """By topic: the current state of everything, as events."""
    events: Sequence[EventContract] = ()
    numbers: Numbers | None = None
    """What its subscriptions wait for: numbers that rise, by their keys."""
    files: Sequence[FileKind] = ()
    reports: Sequence[Report[Any]] = ()
    handouts: Sequence[Handout[Any]] = ()
    links: Links | None = None
    bootstrap: Bootstrap | None = None
