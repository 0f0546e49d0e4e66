"""Who does something to people, what they may do, and who is told of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from chassis import outbox
from chassis.clock import ENGLAND
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once_alone
from chassis.outbox import Event
from nhs.directory import Principal
from nhs.roles import OrganisationKind, Role
from services.organisations.people import store
from services.organisations.people.domain import (
    ADMINISTRATORS,
    DECLARERS,
    Link,
    Refused,
    link_refusals,
    own_refusals,
)
from services.organisations.people.events import ContactChanged, PersonChange, PersonChanged
from services.organisations.people.store import Entry, Reach

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to people, for which organisation, when and why."""

    principal: Principal
    now: datetime
    reason: str | None = None
    key: IdempotencyKey | None = None

    @property
    def by(self) -> UUID:
        return self.principal.person_id

    @property
    def today(self) -> date:
        return self.now.astimezone(ENGLAND).date()

    async def once(
        self,
        db: Database,
        answer: type[T],
        work: Callable[[Tx], Awaitable[T]],
        *,
        keep: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """Do it in one transaction, under the key if there is one."""
        return await once_alone(db, self.key, answer, work, now=self.now, keep=keep)

    async def remember(self, tx: Tx, entries: Sequence[Entry]) -> None:
        await store.remember(
            tx,
            entries,
            by=self.by,
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
            today=self.today,
        )


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a change brought about and that somebody should see to."""

    code: str
    message: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Done:
    """Whom something was done to, and what follows from it."""

    person: UUID
    warnings: list[Warned] = field(default_factory=list)


async def may_link(tx: Tx, deed: Deed, link: Link, person: UUID | None = None) -> None:
    """Refuse whoever may not let the person act for the organisation in these roles."""
    ground = await store.ground(tx, deed.reach(), [link.organisation])
    for refused in link_refusals(link, ground):
        raise refusal(refused)
    if person == deed.by:
        for refused in own_refusals(link):
            raise refusal(refused)


async def looks_after_all(tx: Tx, deed: Deed, person: UUID) -> list[str]:
    """The person's organisations; refuses who does not look after every one of them.

    Who acts for nobody is England's to look after.
    """
    reach = deed.reach()
    linked = await store.organisations_of(tx, person)
    if not linked and deed.principal.organisation_kind is not OrganisationKind.NATION:
        raise person_not_found(person)
    looked_after = (await store.ground(tx, reach, linked)).within
    if others := sorted(set(linked) - set(looked_after)):
        message = f"This person also acts for {', '.join(others)}, which you do not look after"
        raise DomainError("NOT_YOUR_ORGANISATION", message, organisations=others)
    return linked


async def known(tx: Tx, person: UUID) -> str:
    """The person's status, their row locked."""
    found = await store.lock(tx, person)
    if found is None:
        raise person_not_found(person)
    return str(found["status"])


async def enabled(tx: Tx, person: UUID) -> None:
    if await known(tx, person) == "DISABLED":
        raise DomainError("PERSON_DISABLED", "This person has been disabled", field="id")


async def keep_an_administrator(
    tx: Tx, deed: Deed, person: UUID, organisations: Collection[str]
) -> None:
    """Let nobody take from themselves the last User Administrator of an organisation."""
    if person != deed.by:
        return
    if without := await store.without_administrator(tx, organisations):
        message = f"You are the last User Administrator of {', '.join(without)}: make another first"
        raise DomainError("LAST_USER_ADMINISTRATOR", message, organisations=without)


def keep_those_above(deed: Deed, person: UUID, *, advanced: bool) -> None:
    """Let nobody take from others a role that they could not give back."""
    role = Role.ADVANCED_USER_ADMINISTRATOR
    if advanced and person != deed.by and not deed.principal.holds(role):
        message = f"Only an {role.label} does that to another"
        raise DomainError("ROLE_ABOVE_YOURS", message, field="id")


async def short_of_declarers(tx: Tx, organisations: Collection[str]) -> list[Warned]:
    """A warning for each network of these that fewer than two people may declare for."""
    return [
        Warned(
            "TOO_FEW_DECLARERS",
            f"{row['declarers']} of the people of {row['ods_code']} may declare; a PCN nominates "
            f"{DECLARERS}",
            row["ods_code"],
        )
        for row in await store.networks_short_of_declarers(tx, organisations)
    ]


def refusal(refused: Refused) -> DomainError:
    return DomainError(refused.code, refused.message, field=refused.field)


def person_not_found(person: object, field: str = "id") -> DomainError:
    return DomainError("PERSON_NOT_FOUND", f"There is no person {person}", field=field)


def not_linked(organisation: str) -> DomainError:
    message = f"This person does not act for {organisation}"
    return DomainError("NOT_LINKED", message, field="organisation", organisation=organisation)


async def done(tx: Tx, deed: Deed, entries: Sequence[Entry], *, contacts: bool = False) -> None:
    """Remember what was done, and tell it."""
    await deed.remember(tx, entries)
    await tell(tx, entries, deed.now, contacts=contacts)


async def tell(tx: Tx, entries: Sequence[Entry], at: datetime, *, contacts: bool = False) -> None:
    """Raise the versions of the people who changed; events of all who have a token."""
    changes: dict[UUID, list[PersonChange]] = {}
    for entry in entries:
        changes.setdefault(entry.person, []).append(
            PersonChange(change=entry.change, organisation=entry.organisation, role=entry.role)
        )
    await store.raise_versions(tx, list(changes))
    states = [dict(row) for row in await store.states(tx, list(changes))]
    events = [_person({**state, "changes": changes[state["id"]]}) for state in states]
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
