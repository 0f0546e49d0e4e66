"""What Catalogue Managers make happen to quality services."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from chassis import outbox
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.outbox import Event
from nhs.directory import Principal
from nhs.roles import OrganisationKind, Role
from services.participation.catalogue import events, store
from services.participation.catalogue.domain import QualityService, Signature
from services.participation.catalogue.shipped import library
from services.participation.reason import said


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when, and under which key."""

    principal: Principal
    now: datetime
    key: IdempotencyKey | None = None

    @property
    def signature(self) -> Signature:
        return Signature(self.now, self.principal.person_id, self.principal.organisation)


async def draft_shipped_quality_service(db: Database, ask: Ask, code: str) -> str:
    """Draft the next version of a line as it ships; answers the id of the draft."""
    _must_manage_catalogue(ask.principal)
    async with db.transaction() as tx:
        return await once(tx, ask.key, str, lambda: _drafted(tx, ask, code), now=ask.now)


async def _drafted(tx: Tx, ask: Ask, code: str) -> str:
    specification = library().get(code)
    if specification is None:
        message = f"{code} is not shipped; there are {', '.join(library())}."
        raise DomainError("NOT_SHIPPED", message, field="code")
    last = await store.last_version(tx, code)
    if last and last[1] == "DRAFT":
        raise DomainError("DRAFT_EXISTS", f"{code}/{last[0]} is a draft already.", field="code")
    version = last[0] + 1 if last else 1
    draft = QualityService(code, version, specification, ask.signature)
    await store.insert(tx, draft)
    return draft.id


async def publish_quality_service(db: Database, ask: Ask, identity: str, reason: str | None) -> str:
    """Publish a draft of somebody else's, if it is sound."""
    _must_manage_catalogue(ask.principal)
    why = said(reason)
    async with db.transaction() as tx:
        return await once(tx, ask.key, str, lambda: _published(tx, ask, identity, why), now=ask.now)


async def _published(tx: Tx, ask: Ask, identity: str, reason: str | None) -> str:
    draft = await store.lock(tx, identity)
    if draft is None:
        raise DomainError("QUALITY_SERVICE_NOT_FOUND", f"There is no {identity}.", field="id")
    published = draft.publish(ask.signature, reason)
    await store.publish(tx, published)
    await outbox.record(tx, [events.published(published)], at=ask.now)
    return published.id


def _must_manage_catalogue(principal: Principal) -> None:
    """Commissioners' own managers write claim services only, of which none ships yet."""
    principal.require(Role.CATALOGUE_MANAGER)
    if principal.organisation_kind is not OrganisationKind.NATION:
        message = "National quality services are written by England's Catalogue Managers."
        raise DomainError("ENGLAND_ONLY", message, organisation=principal.organisation)


async def restate_published(tx: Tx) -> AsyncIterator[Event]:
    """Every published version, as it was published."""
    async for service in store.all_published(tx):
        yield events.published(service)
