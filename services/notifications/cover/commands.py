"""Naming a colleague who covers, and ending it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.ids import new_id
from nhs.directory import Principal
from services.notifications.cover import store
from services.notifications.cover.domain import NOT_FOUND, Cover, check_same_role


@dataclass(frozen=True, slots=True)
class Ask:
    principal: Principal
    now: datetime
    key: IdempotencyKey | None = None


async def name_cover(
    db: Database, ask: Ask, colleague: UUID, starts_on: date, ends_on: date
) -> UUID:
    """Have a colleague of the same role receive the caller's tasks on these days."""
    who = ask.principal
    cover = Cover(new_id(), who.organisation, who.person_id, colleague, starts_on, ends_on)
    cover.check(who.today)
    async with db.transaction() as tx:
        return await once(tx, ask.key, UUID, lambda: _name(tx, ask, cover), now=ask.now)


async def _name(tx: Tx, ask: Ask, cover: Cover) -> UUID:
    who = ask.principal
    held = await store.roles_held(tx, cover.colleague, cover.organisation)
    if held is None:
        message = f"Nobody of that id acts for {cover.organisation}."
        raise DomainError("COLLEAGUE_NOT_FOUND", message, field="colleague")
    check_same_role(who.roles, held)
    await store.lock(tx, cover.organisation)
    people = [cover.person, cover.colleague]
    cover.check_beside(await store.standing(tx, cover.organisation, people, who.today))
    await store.name(tx, cover, ask.now)
    return cover.id


async def end_cover(db: Database, ask: Ask, identity: UUID) -> UUID:
    """End it now; both of the two may."""
    async with db.transaction() as tx:
        return await once(tx, ask.key, UUID, lambda: _end(tx, ask, identity), now=ask.now)


async def _end(tx: Tx, ask: Ask, identity: UUID) -> UUID:
    who = ask.principal
    cover = await store.held(tx, store.Sight.of(who), identity)
    if cover is None:
        raise DomainError(NOT_FOUND, "There is no such cover of yours.", field="id")
    cover.check_ending(who.person_id, who.today)
    await store.end(tx, identity, who.person_id, ask.now)
    return identity
