"""What Catalogue Managers make happen to quality services."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from chassis import outbox
from chassis.clock import ENGLAND
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.outbox import Event
from nhs.directory import Principal
from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import OrganisationKind, Role
from services.participation.catalogue import events, store
from services.participation.catalogue.documents import specification_of
from services.participation.catalogue.domain import (
    AcceptedOffers,
    Entry,
    Publication,
    QualityService,
    Signature,
    What,
)
from services.participation.catalogue.paths import Difference, Edit, differences
from services.participation.catalogue.shipped import library
from services.participation.catalogue.sight import Sight, sight_of
from services.participation.catalogue.store import Newest
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

    @property
    def today(self) -> date:
        return self.principal.today

    @property
    def sight(self) -> Sight:
        return sight_of(self.principal)

    def entry(self, what: What, reason: str | None, changes: list[Difference]) -> Entry:
        who = self.principal
        return Entry(what, self.now, who.person_id, who.organisation, reason, changes)


# Drafting ------------------------------------------------------------------------------------


async def draft_shipped_quality_service(
    db: Database, ask: Ask, code: str, line: str | None = None
) -> str:
    """Draft the next version of a line as it ships, or of a line of one's own after its pattern."""
    specification = library().get(code)
    if specification is None:
        ask.principal.require(Role.CATALOGUE_MANAGER)
        message = f"{code} is not shipped; there are {', '.join(library())}."
        raise DomainError("NOT_SHIPPED", message, field="code")
    return await _draft(db, ask, _as_line(specification, line))


async def draft_quality_service(
    db: Database, ask: Ask, document: Any, line: str | None = None
) -> str:
    """Draft the next version of the line that a specification names, or the first."""
    ask.principal.require(Role.CATALOGUE_MANAGER)
    return await _draft(db, ask, _as_line(specification_of(document), line))


async def draft_from(db: Database, ask: Ask, identity: str, line: str | None) -> str:
    """Draft the next version of a line from one within sight, or a line after its pattern."""
    ask.principal.require(Role.CATALOGUE_MANAGER)
    async with db.reader() as reader:
        found = (await store.find(reader, ask.sight, [identity])).get(identity)
    if found is None:
        raise _not_found(identity)
    return await _draft(db, ask, _as_line(found.specification, line))


def _as_line(
    specification: QualityServiceSpecification, line: str | None
) -> QualityServiceSpecification:
    return specification_of(specification.as_json() | {"code": line}) if line else specification


async def _draft(db: Database, ask: Ask, specification: QualityServiceSpecification) -> str:
    _must_write(ask.principal, specification)
    async with db.transaction() as tx:
        return await once(tx, ask.key, str, lambda: _drafted(tx, ask, specification), now=ask.now)


async def _drafted(tx: Tx, ask: Ask, specification: QualityServiceSpecification) -> str:
    code, who = specification.code, ask.principal
    newest = await store.newest(tx, ask.sight, code)
    if newest:
        _check_line(code, newest)
    version = newest.version + 1 if newest else 1
    owner = newest.owner if newest else who.organisation
    draft = QualityService(
        code, version, specification, ask.signature, owner, authors=(who.person_id,)
    )
    await store.insert(tx, draft)
    await store.remember(tx, draft.id, ask.entry(What.DRAFTED, None, []))
    return draft.id


def _check_line(code: str, newest: Newest) -> None:
    if not newest.ours:
        message = f"{code} is a line of {newest.owner}: give yours a code of its own."
        raise DomainError("CODE_TAKEN", message, field="code")
    if newest.status in {"DRAFT", "SCHEDULED"}:
        message = f"{code}/{newest.version} is not published yet: there is one draft at a time."
        raise DomainError("DRAFT_EXISTS", message, field="code")


def _must_write(principal: Principal, specification: QualityServiceSpecification) -> None:
    """National services are England's to write; a commissioner writes claim services of its own."""
    principal.require(Role.CATALOGUE_MANAGER, payment_type=specification.payment_type)
    national = principal.organisation_kind is OrganisationKind.NATION
    if not national and specification.kind != "CLAIM":
        message = "National quality services are written by England's Catalogue Managers."
        raise DomainError("ENGLAND_ONLY", message, organisation=principal.organisation)


# Changing a draft, and what becomes of it ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Changed:
    service: QualityService
    what: What
    changes: list[Difference]


async def edit_draft(
    db: Database, ask: Ask, identity: str, edit: Edit, *, revision: int, reason: str | None
) -> str:
    """Edit a draft as it was seen; all of the edit, or nothing."""

    def change(draft: QualityService) -> _Changed:
        document = edit.of(draft.specification.as_json())
        if document.get("code") != draft.code:
            message = f"A version stays in its line: {draft.code}."
            raise DomainError("LINE_CHANGED", message, field="code")
        specification = specification_of(document)
        _must_write(ask.principal, specification)
        edited = draft.edit(specification, ask.principal.person_id, revision)
        changes = differences(draft.specification.as_json(), specification.as_json())
        if not changes:
            raise DomainError("NOTHING_CHANGED", f"{draft.id} is so already.", field="edit")
        return _Changed(edited, What.EDITED, changes)

    return await _change(db, ask, identity, reason, change)


async def discard_draft(
    db: Database, ask: Ask, identity: str, *, revision: int, reason: str | None
) -> str:
    """Give a draft up; its number is not used again."""
    return await _change(
        db,
        ask,
        identity,
        reason,
        lambda draft: _Changed(draft.discard(revision), What.DISCARDED, []),
    )


async def unschedule(db: Database, ask: Ask, identity: str, reason: str | None) -> str:
    """Take back, before its day, that a version is to be published."""
    return await _change(
        db, ask, identity, reason, lambda one: _Changed(one.unschedule(), What.UNSCHEDULED, [])
    )


async def _change(
    db: Database,
    ask: Ask,
    identity: str,
    reason: str | None,
    change: Callable[[QualityService], _Changed],
) -> str:
    why = said(reason)

    async def work(tx: Tx) -> str:
        changed = change(await _ours(tx, ask, identity))
        return await _keep(tx, ask, changed, why)

    return await _once(db, ask, work)


async def _once(db: Database, ask: Ask, work: Callable[[Tx], Awaitable[str]]) -> str:
    ask.principal.require(Role.CATALOGUE_MANAGER)
    async with db.transaction() as tx:
        return await once(tx, ask.key, str, lambda: work(tx), now=ask.now)


async def _ours(tx: Tx, ask: Ask, identity: str) -> QualityService:
    """A version that the organisation may write, locked."""
    found = await store.lock(tx, ask.sight, identity)
    if found is None:
        raise _not_found(identity)
    service, ours = found
    if not ours:
        raise DomainError("NOT_YOURS", f"{identity} is written by {service.owner}.", field="id")
    _must_write(ask.principal, service.specification)
    return service


async def _keep(tx: Tx, ask: Ask, changed: _Changed, reason: str | None) -> str:
    service = changed.service
    if changed.what is What.EDITED:
        await store.write(tx, service)
    else:
        await store.move(tx, service)
    await store.remember(tx, service.id, ask.entry(changed.what, reason, changed.changes))
    return service.id


# Publishing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """From when a version is published, why, and what becomes of accepted offers."""

    reason: str | None = None
    on: date | None = None
    """None for today."""
    accepted_offers: AcceptedOffers | None = None
    revision: int | None = None
    """What was seen of the draft; None to publish whatever it holds."""


async def publish_quality_service(db: Database, ask: Ask, identity: str, terms: Terms) -> str:
    """Publish a draft of somebody else's, if it is sound, today or from a day on."""
    terms = replace(terms, reason=said(terms.reason))
    return await _once(db, ask, lambda tx: _published(tx, ask, identity, terms))


async def _published(tx: Tx, ask: Ask, identity: str, terms: Terms) -> str:
    draft = await _ours(tx, ask, identity)
    await store.hold(tx, draft.code)
    before = await store.published_before(tx, draft)
    publication = Publication(
        ask.signature, terms.on or ask.today, terms.reason, terms.accepted_offers
    )
    published = draft.publish(publication, before, ask.today, terms.revision)
    now = publication.on <= ask.today
    what = What.PUBLISHED if now else What.SCHEDULED
    await _keep(tx, ask, _Changed(published, what, []), terms.reason)
    if now:
        await outbox.record(tx, [events.published(published)], at=ask.now)
    return published.id


async def publish_scheduled(db: Database, now: datetime) -> list[str]:
    """Publish what was scheduled for today; answers which those are."""
    today = now.astimezone(ENGLAND).date()
    async with db.transaction() as tx:
        come = [one.come(now) for one in await store.whose_day_has_come(tx, today)]
        for service in come:
            await store.hold(tx, service.code)
            await store.move(tx, service)
            await store.remember(tx, service.id, Entry(What.PUBLISHED, now))
        await outbox.record(tx, [events.published(service) for service in come], at=now)
    return [service.id for service in come]


def _not_found(identity: str) -> DomainError:
    return DomainError("QUALITY_SERVICE_NOT_FOUND", f"There is no {identity}.", field="id")


async def restate_published(tx: Tx) -> AsyncIterator[Event]:
    """Every published version, as it was published."""
    async for service in store.all_published(tx):
        yield events.published(service)
