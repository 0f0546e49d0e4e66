"""The first people of an empty system; everyone else comes through GraphQL (DESIGN 5)."""

from collections import Counter
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from chassis.db import Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.roles import OrganisationKind, Role
from services.organisations.directory import commands as directory
from services.organisations.directory import store as organisations
from services.organisations.directory.domain import Organisation
from services.organisations.people import store
from services.organisations.people.commands import first_entries, tell
from services.organisations.people.domain import HeldRole, Link, NewPerson

WANTED = Counter(
    {Role.DATA_LOAD: 1, Role.CATALOGUE_MANAGER: 2, Role.ADVANCED_USER_ADMINISTRATOR: 1}
)
"""Two Catalogue Managers, because nobody publishes their own draft."""


class FirstPerson(BaseModel):
    subject: str
    name: str
    email: str
    roles: list[Role]


class FirstPeople(BaseModel):
    """The document: whom to create, and whose tokens they come with."""

    organisation: str = "ENG"
    issuer: str
    people: list[FirstPerson]


async def bootstrap(tx: Tx, document: Any, now: datetime) -> None:
    """Create England and its first people, once: where there are people, nothing happens."""
    wanted = FirstPeople.model_validate(document)
    held = Counter(role for one in wanted.people for role in one.roles)
    if held != WANTED:
        needs = ", ".join(f"{count} with {role.label}" for role, count in WANTED.items())
        raise DomainError("BOOTSTRAP_NOT_VALID", f"The first people are {needs}, each with one")
    if await tx.fetchval("select exists (select from person)"):
        return
    await _found(tx, wanted.organisation, now)
    people = [_person(wanted, one) for one in wanted.people]
    await store.add(tx, people)
    entries = [entry for one in people for entry in first_entries(one)]
    await store.remember(tx, entries, by=None, acting_for=wanted.organisation, at=now)
    await tell(tx, entries, now, contacts=True)


async def _found(tx: Tx, ods_code: str, now: datetime) -> None:
    if ods_code not in await organisations.known_organisations(tx):
        england = Organisation(ods_code, OrganisationKind.NATION, "England")
        await organisations.write_organisations(tx, [england], now)
        await directory.tell(tx, [ods_code], now)


def _person(wanted: FirstPeople, one: FirstPerson) -> NewPerson:
    roles = tuple(HeldRole(role) for role in one.roles)
    link = Link(wanted.organisation, roles)
    return NewPerson(new_id(), wanted.issuer, one.subject, one.name, one.email, (link,))
