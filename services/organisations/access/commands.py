"""Asking for access and answering; inviting and accepting."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from chassis.auth import Identity
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.ids import new_id
from nhs.roles import Role
from services.organisations.access import store
from services.organisations.access.domain import (
    DAY,
    INVITATION_LASTS,
    Asked,
    Status,
    beyond,
    reason_refusals,
    refusals,
)
from services.organisations.people import store as people
from services.organisations.people.commands import Deed, admit, link_known
from services.organisations.people.commands.adding import link_entries
from services.organisations.people.commands.deed import (
    known,
    person_not_found,
    tell,
)
from services.organisations.people.domain import (
    Change,
    HeldRole,
    Link,
    NewPerson,
    Refused,
    twice_refusals,
)
from services.organisations.people.domain import Status as PersonStatus
from services.organisations.people.store import Entry


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, by their token: somebody known here, or nobody yet."""

    identity: Identity
    now: datetime
    key: IdempotencyKey | None = None


async def request_access(db: Database, asking: Asking, asked: Asked) -> UUID:
    """Ask to act for an organisation; its administrators see it."""
    async with db.transaction() as tx:
        return await once(
            tx, asking.key, UUID, lambda: _request_access(tx, asking, asked), now=asking.now
        )


async def withdraw_request(db: Database, asking: Asking, id_: UUID) -> UUID:
    """Take back what has not been answered yet."""
    async with db.transaction() as tx:
        return await once(
            tx, asking.key, UUID, lambda: _withdraw_request(tx, asking, id_), now=asking.now
        )


async def approve_request(
    db: Database, deed: Deed, id_: UUID, roles: tuple[HeldRole, ...] | None
) -> UUID:
    """Let the person act for the organisation in these roles, or in all that were asked for."""
    return await deed.once(db, UUID, lambda tx: _approve_request(tx, deed, id_, roles))


async def refuse_request(db: Database, deed: Deed, id_: UUID) -> UUID:
    """Say no, and why."""
    return await deed.once(db, UUID, lambda tx: _refuse_request(tx, deed, id_))


async def _request_access(tx: Tx, asking: Asking, asked: Asked) -> UUID:
    before = await store.past(tx, asking.identity, asking.now - DAY)
    person = await store.known(tx, asking.identity.issuer, asking.identity.subject)
    if person is not None:
        asked = await _as_known(tx, person, asked)
    kind, name = await store.place(tx, asked.link.organisation)
    _raise(refusals(asked, kind, name, before))
    id_ = new_id()
    await store.open_request(tx, id_, asking.identity, asked, asking.now)
    await store.remember(
        tx,
        id_,
        Status.REQUESTED,
        at=asking.now,
        roles=asked.link.roles,
        reason=asked.reason,
    )
    return id_


async def _as_known(tx: Tx, person: Record, asked: Asked) -> Asked:
    """Somebody known here is called what they are called, and has the mailbox they have."""
    if person["status"] == PersonStatus.DISABLED:
        raise DomainError("PERSON_DISABLED", "This person's access has been disabled")
    if asked.link.organisation in await people.organisations_of(tx, person["id"]):
        message = f"You act for {asked.link.organisation} already"
        raise DomainError("LINKED_ALREADY", message, field="organisation")
    email = person["email"]
    return Asked(asked.link, asked.reason, person["name"], email, email)


async def _withdraw_request(tx: Tx, asking: Asking, id_: UUID) -> UUID:
    found = _open(await store.lock_own(tx, id_, asking.identity), id_)
    await _decide(tx, found, Status.WITHDRAWN, asking.now)
    return id_


async def _approve_request(
    tx: Tx, deed: Deed, id_: UUID, roles: tuple[HeldRole, ...] | None
) -> UUID:
    found = _open(await store.lock_answerable(tx, id_, deed.reach()), id_)
    asked_for = store.held(found["roles"])
    granted = asked_for if roles is None else roles
    _raise(beyond(asked_for, granted))
    link = Link(found["organisation"], granted)
    person = await store.known(tx, found["issuer"], found["subject"])
    if person is None:
        await admit(tx, deed, _asker(found, link))
    elif person["id"] == deed.by:
        raise DomainError("OWN_REQUEST", "Nobody answers their own request")
    else:
        await link_known(tx, deed, person["id"], link)
    await _decide(tx, found, Status.APPROVED, deed.now, deed=deed, granted=granted)
    return id_


def _asker(request: Record, link: Link) -> NewPerson:
    """A person made of who was nobody yet."""
    token = request["issuer"], request["subject"]
    return NewPerson(new_id(), *token, request["name"], request["email"], (link,))


async def _refuse_request(tx: Tx, deed: Deed, id_: UUID) -> UUID:
    found = _open(await store.lock_answerable(tx, id_, deed.reach()), id_)
    _raise(reason_refusals(deed.reason or ""))
    await _decide(tx, found, Status.REFUSED, deed.now, deed=deed)
    return id_


def _open(found: Record | None, id_: UUID) -> Record:
    if found is None:
        raise DomainError("NOT_FOUND", f"There is no request {id_} that you may see", field="id")
    if found["status"] != Status.REQUESTED:
        message = f"The request is {found['status']} already"
        raise DomainError("WRONG_STATUS", message, field="id", status=found["status"])
    return found


async def _decide(
    tx: Tx,
    request: Record,
    status: Status,
    at: datetime,
    *,
    deed: Deed | None = None,
    granted: tuple[HeldRole, ...] | None = None,
) -> None:
    by, acting_for = (deed.by, deed.principal.organisation) if deed else (None, None)
    answer = deed.reason if deed else None
    await store.decide(
        tx,
        request["id"],
        status,
        granted=granted,
        answer=answer,
        at=at,
        by=by,
        acting_for=acting_for,
    )
    await store.remember(
        tx,
        request["id"],
        status,
        at=at,
        by=by,
        acting_for=acting_for,
        roles=granted,
        reason=answer,
    )


@dataclass(frozen=True, slots=True)
class Invited:
    person: UUID
    code: str | None
    """What the invited accepts with, shown once: null where the invitation is answered again."""


async def invite_person(db: Database, deed: Deed, person: NewPerson, email_again: str) -> Invited:
    """Add somebody who has not signed in yet, and make a code for them."""
    code = secrets.token_urlsafe(24)
    made = await deed.once(db, UUID, lambda tx: _invite_person(tx, deed, person, email_again, code))
    return Invited(made, code if made == person.id else None)


async def renew_invitation(db: Database, deed: Deed, person: UUID) -> Invited:
    """Make another code for somebody invited; the former one is void."""
    code = secrets.token_urlsafe(24)
    await deed.once(db, UUID, lambda tx: _renew_invitation(tx, deed, person, code))
    return Invited(person, code)


async def accept_invitation(db: Database, asking: Asking, code: str) -> UUID:
    """Become the person who was invited, with one's own token."""
    async with db.transaction() as tx:
        return await _accept_invitation(tx, asking, code)


async def _invite_person(
    tx: Tx, deed: Deed, person: NewPerson, email_again: str, code: str
) -> UUID:
    deed.reach()
    _raise(twice_refusals(person.email, email_again))
    await admit(tx, deed, person)
    await store.invite(tx, person.id, _hash(code), deed.now + INVITATION_LASTS)
    return person.id


async def _renew_invitation(tx: Tx, deed: Deed, person: UUID, code: str) -> UUID:
    if not await people.looked_after(tx, deed.reach(), person):
        raise person_not_found(person)
    status = await known(tx, person)
    if status != PersonStatus.INVITED:
        message = f"The person is {status}, not INVITED"
        raise DomainError("WRONG_STATUS", message, field="id", status=status)
    await store.invite(tx, person, _hash(code), deed.now + INVITATION_LASTS)
    await deed.remember(tx, [Entry(person, Change.INVITATION_RENEWED)])
    return person


async def _accept_invitation(tx: Tx, asking: Asking, code: str) -> UUID:
    invited = await store.lock_invited(tx, _hash(code))
    if invited is None or invited["status"] != PersonStatus.INVITED:
        raise DomainError("INVITATION_NOT_FOUND", "There is no such invitation", field="code")
    if invited["expires_at"] <= asking.now:
        message = "The invitation has expired: ask for another one"
        raise DomainError("INVITATION_EXPIRED", message, field="code")
    identity, person = asking.identity, UUID(str(invited["person_id"]))
    if await store.known(tx, identity.issuer, identity.subject):
        message = "You are known here already: ask for access with requestAccess"
        raise DomainError("SUBJECT_IN_USE", message, field="code")
    await store.accept(tx, person, identity)
    await _tell_accepted(tx, asking, person)
    return person


async def _tell_accepted(tx: Tx, asking: Asking, person: UUID) -> None:
    """The services hear of the person now, and of all that was given to them meanwhile."""
    organisations = await people.organisations_of(tx, person)
    accepted = Entry(person, Change.INVITATION_ACCEPTED)
    await people.remember(
        tx,
        [accepted],
        by=person,
        acting_for=organisations[0] if organisations else "",
        at=asking.now,
    )
    given = [
        entry
        for code in organisations
        for entry in link_entries(person, await _link_at(tx, person, code))
    ]
    await tell(tx, [accepted, *given], asking.now, contacts=True)


async def _link_at(tx: Tx, person: UUID, organisation: str) -> Link:
    roles = sorted(await people.roles_at(tx, person, organisation))
    return Link(organisation, tuple(HeldRole(Role(role)) for role in roles))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _raise(found: Iterable[Refused]) -> None:
    for refused in found:
        raise DomainError(refused.code, refused.message, field=refused.field)
