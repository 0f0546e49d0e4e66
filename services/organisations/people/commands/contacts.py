"""What people are called and where they are written to."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from chassis.db import Database, Tx
from services.organisations.people import store
from services.organisations.people.commands.deed import (
    Deed,
    Done,
    done,
    enabled,
    looks_after_all,
    refusal,
)
from services.organisations.people.domain import (
    Change,
    mailbox_refusals,
    name_refusals,
    twice_refusals,
)
from services.organisations.people.store import Entry


@dataclass(frozen=True, slots=True)
class Contact:
    """What is to be so; None leaves it as it is."""

    name: str | None = None
    email: str | None = None
    email_again: str | None = None


async def change_contact(db: Database, deed: Deed, person: UUID, wanted: Contact) -> Done:
    """Give the person another name or mail address, and keep the former in their history."""
    return await deed.once(db, Done, lambda tx: _change_contact(tx, deed, person, wanted))


async def _change_contact(tx: Tx, deed: Deed, person: UUID, wanted: Contact) -> Done:
    if person != deed.by:
        deed.reach()
    await enabled(tx, person)
    linked = await _theirs(tx, deed, person)
    await _check(tx, wanted, linked)
    before = await store.contact(tx, person)
    if entries := list(_entries(before, wanted)):
        await store.write_contact(tx, person, wanted.name, wanted.email)
        await done(tx, deed, entries, contacts=True)
    return Done(person)


async def _theirs(tx: Tx, deed: Deed, person: UUID) -> list[str]:
    """The person's organisations: all of them looked after, or it is oneself."""
    if person == deed.by:
        return await store.organisations_of(tx, person)
    return await looks_after_all(tx, deed, person)


async def _check(tx: Tx, wanted: Contact, organisations: list[str]) -> None:
    if wanted.name is not None:
        for refused in name_refusals(wanted.name):
            raise refusal(refused)
    if wanted.email is not None:
        for refused in twice_refusals(wanted.email, wanted.email_again or ""):
            raise refusal(refused)
        names = await store.names(tx, organisations)
        for refused in mailbox_refusals(wanted.email, names):
            raise refusal(refused)


def _entries(before: Record, wanted: Contact) -> Iterator[Entry]:
    person, name, email = before
    if wanted.name is not None and wanted.name != name:
        yield Entry(person, Change.RENAMED, was=name)
    if wanted.email is not None and wanted.email != email:
        yield Entry(person, Change.EMAIL_CHANGED, was=email)
