"""Adding people: thousands a call, each admitted or refused for itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import Database, Tx
from chassis.errors import DomainError
from services.organisations.people import store
from services.organisations.people.commands.deed import Deed, done, refusal
from services.organisations.people.domain import Admission, Change, Link, NewPerson, Refused
from services.organisations.people.store import Entry

MOST = 20_000
"""People a call may add."""


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


async def _add_people(tx: Tx, deed: Deed, people: Sequence[NewPerson]) -> Added:
    reach = deed.reach()
    if len(people) > MOST:
        raise DomainError("TOO_MANY", f"A call adds at most {MOST:,} people", field="people")
    named = {link.organisation for one in people for link in one.links}
    admission = Admission(await store.ground(tx, reach, named, people))
    decided = [(one, admission.refusal(one)) for one in people]
    admitted = [one for one, refused in decided if refused is None]
    await add(tx, admitted, deed)
    return Added(
        [one.id for one in admitted],
        [(one.subject or one.email, refused) for one, refused in decided if refused],
    )


async def admit(tx: Tx, deed: Deed, person: NewPerson) -> None:
    """Add one person, or refuse them."""
    named = [link.organisation for link in person.links]
    ground = await store.ground(tx, deed.reach(), named, [person])
    if refused := Admission(ground).refusal(person):
        raise refusal(refused)
    await add(tx, [person], deed)


async def add(tx: Tx, people: Sequence[NewPerson], deed: Deed) -> None:
    """Add people who were admitted."""
    await store.add(tx, people)
    await done(tx, deed, [entry for one in people for entry in first_entries(one)], contacts=True)


def first_entries(person: NewPerson) -> Iterator[Entry]:
    yield Entry(person.id, Change.INVITED if person.subject is None else Change.ADDED)
    for link in person.links:
        yield from link_entries(person.id, link)


def link_entries(person: UUID, link: Link) -> Iterator[Entry]:
    yield Entry(person, Change.LINKED, link.organisation)
    yield from role_entries(person, link)


def role_entries(person: UUID, link: Link) -> Iterator[Entry]:
    for held in link.roles:
        granted = Change.ROLE_GRANTED
        yield Entry(person, granted, link.organisation, held.role, held.payment_types)
