"""A role for many people at once: each gets it or is refused it for itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import Database, Tx
from chassis.errors import DomainError
from services.organisations.people import store
from services.organisations.people.commands.deed import Deed, done
from services.organisations.people.domain import (
    Change,
    Ground,
    HeldRole,
    Link,
    Refused,
    link_refusals,
    own_refusals,
)
from services.organisations.people.store import Entry, Standing

MOST = 1_000
"""Roles a call may give."""


@dataclass(frozen=True, slots=True)
class Grant:
    person: UUID
    organisation: str
    held: HeldRole


@dataclass(frozen=True, slots=True)
class Granted:
    done: list[UUID]
    """The people who hold the roles now, whether they did before or not."""
    refused: list[tuple[UUID, Refused]]


async def grant_roles(db: Database, deed: Deed, grants: Sequence[Grant]) -> Granted:
    """Give every role that may be given. If none may, the key stays free."""
    return await deed.once(
        db,
        Granted,
        lambda tx: _grant_roles(tx, deed, grants),
        keep=lambda answer: bool(answer.done),
    )


async def _grant_roles(tx: Tx, deed: Deed, grants: Sequence[Grant]) -> Granted:
    reach = deed.reach()
    if len(grants) > MOST:
        raise DomainError("TOO_MANY", f"A call gives at most {MOST:,} roles", field="grants")
    ground = await store.ground(tx, reach, {grant.organisation for grant in grants})
    standing = await store.lock_all(tx, {grant.person for grant in grants})
    twice = {key for key, times in Counter(map(_key, grants)).items() if times > 1}
    decided = [
        (one, _TWICE if _key(one) in twice else next(_refusals(deed, one, ground, standing), None))
        for one in grants
    ]
    granted = [one for one, refused in decided if refused is None]
    changed = await store.grant_all(
        tx,
        [(one.person, one.organisation, one.held.role, one.held.payment_types) for one in granted],
    )
    await done(tx, deed, [_entry(one) for one in granted if _key(one) in changed])
    return Granted(
        list(dict.fromkeys(one.person for one in granted)),
        [(one.person, refused) for one, refused in decided if refused],
    )


_TWICE = Refused("ROLE_TWICE", "The role is named twice for this person", "role")


def _refusals(
    deed: Deed, grant: Grant, ground: Ground, standing: dict[UUID, Standing]
) -> Iterator[Refused]:
    link = Link(grant.organisation, (grant.held,))
    yield from link_refusals(link, ground)
    if grant.person == deed.by:
        yield from own_refusals(link)
    person = standing.get(grant.person)
    if person is None or grant.organisation not in person.organisations:
        message = f"This person does not act for {grant.organisation}"
        yield Refused("NOT_LINKED", message, "organisation")
    elif person.status == "DISABLED":
        yield Refused("PERSON_DISABLED", "This person has been disabled", "person")


def _key(grant: Grant) -> tuple[UUID, str, str]:
    return grant.person, grant.organisation, grant.held.role.value


def _entry(grant: Grant) -> Entry:
    held = grant.held
    return Entry(
        grant.person, Change.ROLE_GRANTED, grant.organisation, held.role, held.payment_types
    )
