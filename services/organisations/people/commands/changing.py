"""What administrators do to people, one at a time. Nobody is ever deleted."""

from dataclasses import dataclass
from uuid import UUID

from chassis.db import Database, Tx
from chassis.errors import DomainError
from nhs.roles import Role
from services.organisations.people import store
from services.organisations.people.commands.adding import link_entries
from services.organisations.people.commands.deed import (
    Deed,
    Done,
    done,
    enabled,
    keep_an_administrator,
    keep_those_above,
    known,
    looks_after_all,
    may_link,
    not_linked,
    person_not_found,
    short_of_declarers,
)
from services.organisations.people.domain import ADMINISTRATORS, Change, HeldRole, Link
from services.organisations.people.store import Entry


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person by their id, or by their exact mail address."""

    id: UUID | None = None
    email: str | None = None


async def link_person(db: Database, deed: Deed, who: Somebody, link: Link) -> Done:
    """Let the person act for one more organisation."""
    return await deed.once(db, Done, lambda tx: _link_person(tx, deed, who, link))


async def unlink_person(db: Database, deed: Deed, person: UUID, organisation: str) -> Done:
    """Let the person act for the organisation no longer; their roles there go too."""
    return await deed.once(db, Done, lambda tx: _unlink_person(tx, deed, person, organisation))


async def grant_role(
    db: Database, deed: Deed, person: UUID, organisation: str, held: HeldRole
) -> Done:
    """Give a role, or change the payment types it is held for."""
    return await deed.once(db, Done, lambda tx: _grant_role(tx, deed, person, organisation, held))


async def withdraw_role(
    db: Database, deed: Deed, person: UUID, organisation: str, role: Role
) -> Done:
    """Take a role; what it allowed is refused everywhere within a second."""
    return await deed.once(
        db, Done, lambda tx: _withdraw_role(tx, deed, person, organisation, role)
    )


async def disable_person(db: Database, deed: Deed, person: UUID) -> Done:
    """Refuse the person everywhere; only who looks after all their organisations may."""
    return await deed.once(db, Done, lambda tx: _disable_person(tx, deed, person))


async def enable_person(db: Database, deed: Deed, person: UUID) -> Done:
    """Let the person act again as before; only who looks after all their organisations may."""
    return await deed.once(db, Done, lambda tx: _enable_person(tx, deed, person))


async def _link_person(tx: Tx, deed: Deed, who: Somebody, link: Link) -> Done:
    deed.reach()
    person = await _found(tx, deed, who)
    await link_known(tx, deed, person, link)
    return Done(person)


async def link_known(tx: Tx, deed: Deed, person: UUID, link: Link) -> None:
    """Link somebody whom the administrator has found, or who has asked."""
    await may_link(tx, deed, link, person)
    await enabled(tx, person)
    if not await store.link(tx, person, link.organisation):
        message = f"This person acts for {link.organisation} already"
        raise DomainError("LINKED_ALREADY", message, field="organisation")
    for held in link.roles:
        await store.grant(tx, person, link.organisation, held.role, held.payment_types)
    await done(tx, deed, list(link_entries(person, link)))


async def _found(tx: Tx, deed: Deed, who: Somebody) -> UUID:
    """Whom an administrator may name by id: who acts for one of the organisations they look after.

    Anybody else they must know by their mail address, so that an id alone opens nothing.
    """
    if (who.id is None) == (who.email is None):
        message = "Name the person by id or by mail address, one of the two"
        raise DomainError("ONE_OF_TWO", message, field="id")
    if who.email is not None:
        found = await store.by_mailbox(tx, who.email)
        if found is None:
            raise person_not_found(who.email, "email")
        return found
    assert who.id is not None
    if not await store.looked_after(tx, deed.reach(), who.id):
        raise person_not_found(f"{who.id} among those you look after: name their mail address")
    return who.id


async def _unlink_person(tx: Tx, deed: Deed, person: UUID, organisation: str) -> Done:
    if person != deed.by:
        await may_link(tx, deed, Link(organisation))
    await known(tx, person)
    held = await store.roles_at(tx, person, organisation)
    if not await store.unlink(tx, person, organisation):
        raise not_linked(organisation)
    keep_those_above(deed, person, advanced=Role.ADVANCED_USER_ADMINISTRATOR in held)
    if set(held) & set(ADMINISTRATORS):
        await keep_an_administrator(tx, deed, person, [organisation])
    await done(tx, deed, [Entry(person, Change.UNLINKED, organisation)])
    declared = [organisation] if Role.DECLARATION_MANAGEMENT in held else []
    return Done(person, await short_of_declarers(tx, declared))


async def _grant_role(tx: Tx, deed: Deed, person: UUID, organisation: str, held: HeldRole) -> Done:
    await may_link(tx, deed, Link(organisation, (held,)), person)
    await enabled(tx, person)
    if organisation not in await store.organisations_of(tx, person):
        raise not_linked(organisation)
    if await store.grant(tx, person, organisation, held.role, held.payment_types):
        granted = Change.ROLE_GRANTED
        entry = Entry(person, granted, organisation, held.role, held.payment_types)
        await done(tx, deed, [entry])
    return Done(person)


async def _withdraw_role(tx: Tx, deed: Deed, person: UUID, organisation: str, role: Role) -> Done:
    await may_link(tx, deed, Link(organisation))
    await known(tx, person)
    if not await store.withdraw(tx, person, organisation, role):
        message = f"This person does not hold {role.label} at {organisation}"
        raise DomainError("ROLE_NOT_HELD", message, field="role")
    keep_those_above(deed, person, advanced=role is Role.ADVANCED_USER_ADMINISTRATOR)
    if role in ADMINISTRATORS:
        await keep_an_administrator(tx, deed, person, [organisation])
    await done(tx, deed, [Entry(person, Change.ROLE_WITHDRAWN, organisation, role)])
    declared = [organisation] if role is Role.DECLARATION_MANAGEMENT else []
    return Done(person, await short_of_declarers(tx, declared))


async def _disable_person(tx: Tx, deed: Deed, person: UUID) -> Done:
    deed.reach()
    await known(tx, person)
    linked = await looks_after_all(tx, deed, person)
    advanced = await store.holding(tx, person, [Role.ADVANCED_USER_ADMINISTRATOR])
    keep_those_above(deed, person, advanced=bool(advanced))
    if not await store.disable(tx, person):
        return Done(person)
    administered = await store.holding(tx, person, ADMINISTRATORS)
    await keep_an_administrator(tx, deed, person, administered)
    await done(tx, deed, [Entry(person, Change.DISABLED)])
    declared = await store.holding(tx, person, [Role.DECLARATION_MANAGEMENT])
    return Done(person, await short_of_declarers(tx, set(declared) & set(linked)))


async def _enable_person(tx: Tx, deed: Deed, person: UUID) -> Done:
    deed.reach()
    await known(tx, person)
    await looks_after_all(tx, deed, person)
    if await store.enable(tx, person):
        await done(tx, deed, [Entry(person, Change.ENABLED)])
    return Done(person)
