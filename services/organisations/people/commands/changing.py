"""What administrators do to people. Nobody is ever deleted."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from chassis import outbox
from chassis.clock import ENGLAND
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.outbox import Event
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.people import store
from services.organisations.people.domain import (
    ADMINISTRATORS,
    Admission,
    Change,
    HeldRole,
    Link,
    NewPerson,
    Refused,
    link_refusals,
)
from services.organisations.people.events import ContactChanged, PersonChanged
from services.organisations.people.store import Entry, Reach

T = TypeVar("T")

MOST = 20_000
"""People a call may add."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to people, for which organisation, when and why."""

    principal: Principal
    now: datetime
    reason: str | None = None
    key: IdempotencyKey | None = None

    async def once(
        self,
        db: Database,
        answer: type[T],
        work: Callable[[Tx], Awaitable[T]],
        *,
        keep: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """Do it in one transaction, under the key if there is one."""
        async with db.transaction() as tx:
            return await once(tx, self.key, answer, lambda: work(tx), now=self.now, keep=keep)

    async def remember(self, tx: Tx, entries: Sequence[Entry]) -> None:
        await store.remember(
            tx,
            entries,
            by=self.principal.person_id,
            acting_for=self.principal.organisation,
            at=self.now,
            reason=self.reason,
        )

    def reach(self) -> Reach:
        """Refuses whoever is no administrator."""
        self.principal.require_any(*ADMINISTRATORS)
        return Reach(
            organisation=self.principal.organisation,
            below=self.principal.holds(Role.ADVANCED_USER_ADMINISTRATOR),
            today=self.now.astimezone(ENGLAND).date(),
        )


@dataclass(frozen=True, slots=True)
class Added:
    added: list[UUID]
    refused: list[tuple[str, Refused]]
    """Each with the subject of the person who was not added."""


async def add_people(db: Database, deed: Deed, people: Sequence[NewPerson]) -> Added:
    """Add all who may be; the others are refused one by one. If all are, the key stays free."""
    return await deed.once(
        db, Added, lambda tx: _add_people(tx, deed, people), keep=lambda answer: bool(answer.added)
    )


async def link_person(db: Database, deed: Deed, person: UUID, link: Link) -> UUID:
    """Let the person act for one more organisation."""
    return await deed.once(db, UUID, lambda tx: _link_person(tx, deed, person, link))


async def unlink_person(db: Database, deed: Deed, person: UUID, organisation: str) -> UUID:
    """Let the person act for the organisation no longer; their roles there go too."""
    return await deed.once(db, UUID, lambda tx: _unlink_person(tx, deed, person, organisation))


async def grant_role(
    db: Database, deed: Deed, person: UUID, organisation: str, held: HeldRole
) -> UUID:
    """Give a role, or change the payment types it is held for."""
    return await deed.once(db, UUID, lambda tx: _grant_role(tx, deed, person, organisation, held))


async def withdraw_role(
    db: Database, deed: Deed, person: UUID, organisation: str, role: Role
) -> UUID:
    """Take a role; what it allowed is refused everywhere within a second."""
    return await deed.once(
        db, UUID, lambda tx: _withdraw_role(tx, deed, person, organisation, role)
    )


async def disable_person(db: Database, deed: Deed, person: UUID) -> UUID:
    """Refuse the person everywhere; only who looks after all their organisations may."""
    return await deed.once(db, UUID, lambda tx: _disable_person(tx, deed, person))


async def _add_people(tx: Tx, deed: Deed, people: Sequence[NewPerson]) -> Added:
    reach = deed.reach()
    if len(people) > MOST:
        raise DomainError("TOO_MANY", f"A call adds at most {MOST:,} people", field="people")
    named = {link.organisation for one in people for link in one.links}
    admission = Admission(await store.ground(tx, reach, named, people))
    decided = [(one, admission.refusal(one)) for one in people]
    admitted = [one for one, refused in decided if refused is None]
    await _add(tx, admitted, deed)
    return Added(
        [one.id for one in admitted],
        [(one.subject, refused) for one, refused in decided if refused],
    )


async def _add(tx: Tx, people: Sequence[NewPerson], deed: Deed) -> None:
    await store.add(tx, people)
    await deed.remember(tx, [entry for one in people for entry in first_entries(one)])
    await tell(tx, [one.id for one in people], deed.now, contacts=True)


def first_entries(person: NewPerson) -> Iterator[Entry]:
    yield Entry(person.id, Change.ADDED)
    for link in person.links:
        yield from _link_entries(person.id, link)


def _link_entries(person: UUID, link: Link) -> Iterator[Entry]:
    yield Entry(person, Change.LINKED, link.organisation)
    for held in link.roles:
        granted = Change.ROLE_GRANTED
        yield Entry(person, granted, link.organisation, held.role, held.payment_types)


async def _link_person(tx: Tx, deed: Deed, person: UUID, link: Link) -> UUID:
    await _may_be(tx, deed, link)
    await _active(tx, person)
    if not await store.link(tx, person, link.organisation):
        message = f"This person acts for {link.organisation} already"
        raise DomainError("LINKED_ALREADY", message, field="organisation")
    for held in link.roles:
        await store.grant(tx, person, link.organisation, held.role, held.payment_types)
    await _done(tx, deed, person, list(_link_entries(person, link)))
    return person


async def _unlink_person(tx: Tx, deed: Deed, person: UUID, organisation: str) -> UUID:
    await _may_be(tx, deed, Link(organisation))
    await _known(tx, person)
    if not await store.unlink(tx, person, organisation):
        raise _not_linked(organisation)
    await _done(tx, deed, person, [Entry(person, Change.UNLINKED, organisation)])
    return person


async def _grant_role(tx: Tx, deed: Deed, person: UUID, organisation: str, held: HeldRole) -> UUID:
    await _may_be(tx, deed, Link(organisation, (held,)))
    await _active(tx, person)
    if organisation not in await store.organisations_of(tx, person):
        raise _not_linked(organisation)
    if await store.grant(tx, person, organisation, held.role, held.payment_types):
        granted = Change.ROLE_GRANTED
        entry = Entry(person, granted, organisation, held.role, held.payment_types)
        await _done(tx, deed, person, [entry])
    return person


async def _withdraw_role(tx: Tx, deed: Deed, person: UUID, organisation: str, role: Role) -> UUID:
    await _may_be(tx, deed, Link(organisation))
    await _known(tx, person)
    if not await store.withdraw(tx, person, organisation, role):
        message = f"This person does not hold {role.label} at {organisation}"
        raise DomainError("ROLE_NOT_HELD", message, field="role")
    await _done(tx, deed, person, [Entry(person, Change.ROLE_WITHDRAWN, organisation, role)])
    return person


async def _disable_person(tx: Tx, deed: Deed, person: UUID) -> UUID:
    reach = deed.reach()
    await _known(tx, person)
    linked = await store.organisations_of(tx, person)
    looked_after = (await store.ground(tx, reach, linked)).within
    if others := sorted(set(linked) - set(looked_after)):
        message = f"This person also acts for {', '.join(others)}, which you do not look after"
        raise DomainError("NOT_YOUR_ORGANISATION", message, organisations=others)
    if await store.disable(tx, person):
        await _done(tx, deed, person, [Entry(person, Change.DISABLED)])
    return person


async def _may_be(tx: Tx, deed: Deed, link: Link) -> None:
    ground = await store.ground(tx, deed.reach(), [link.organisation])
    for refused in link_refusals(link, ground):
        raise DomainError(refused.code, refused.message, field=refused.field)


async def _known(tx: Tx, person: UUID) -> str:
    """The person's status, their row locked."""
    found = await store.lock(tx, person)
    if found is None:
        raise DomainError("PERSON_NOT_FOUND", f"There is no person {person}", field="id")
    return str(found["status"])


async def _active(tx: Tx, person: UUID) -> None:
    if await _known(tx, person) != "ACTIVE":
        raise DomainError("PERSON_DISABLED", "This person has been disabled", field="id")


def _not_linked(organisation: str) -> DomainError:
    message = f"This person does not act for {organisation}"
    return DomainError("NOT_LINKED", message, field="organisation", organisation=organisation)


async def _done(tx: Tx, deed: Deed, person: UUID, entries: Sequence[Entry]) -> None:
    await deed.remember(tx, entries)
    await tell(tx, [person], deed.now)


async def tell(tx: Tx, people: Collection[UUID], at: datetime, *, contacts: bool = False) -> None:
    """Raise the versions of the people who changed; events of all of them."""
    await store.raise_versions(tx, people)
    states = [dict(row) for row in await store.states(tx, people)]
    events = [_person(state) for state in states]
    if contacts:
        events += [_contact(state) for state in states]
    await outbox.record(tx, events, at=at)


async def republish_people(tx: Tx) -> AsyncIterator[Event]:
    for row in await store.states(tx, None):
        yield _person(dict(row))


async def republish_contacts(tx: Tx) -> AsyncIterator[Event]:
    for row in await store.states(tx, None):
        yield _contact(dict(row))


def _person(state: Mapping[str, object]) -> Event:
    return PersonChanged.model_validate(state).event()


def _contact(state: Mapping[str, object]) -> Event:
    return ContactChanged.model_validate({**state, "person_id": state["id"]}).event()
