"""People, the organisations they act for, and what they may do there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from nhs.roles import HELD_AT, OrganisationKind, Role
from nhs.values import PAYMENT_TYPES
from services.organisations.people.mailboxes import is_mailbox, is_shared

ADMINISTRATORS = (Role.USER_ADMINISTRATOR, Role.ADVANCED_USER_ADMINISTRATOR)

DECLARERS = 2
"""People of a network who should be able to declare, at the least (DOMAIN.md 1.4)."""

LONGEST_NAME = 200

PaymentTypes = tuple[str, ...] | None
"""None: the role holds for all of them."""


class Status(StrEnum):
    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class Change(StrEnum):
    """What may happen to a person; kept in an append-only history."""

    ADDED = "ADDED"
    INVITED = "INVITED"
    INVITATION_RENEWED = "INVITATION_RENEWED"
    INVITATION_ACCEPTED = "INVITATION_ACCEPTED"
    LINKED = "LINKED"
    UNLINKED = "UNLINKED"
    ROLE_GRANTED = "ROLE_GRANTED"
    ROLE_WITHDRAWN = "ROLE_WITHDRAWN"
    DISABLED = "DISABLED"
    ENABLED = "ENABLED"
    RENAMED = "RENAMED"
    EMAIL_CHANGED = "EMAIL_CHANGED"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why somebody cannot be added, linked or given a role."""

    code: str
    message: str
    field: str


@dataclass(frozen=True, slots=True)
class HeldRole:
    role: Role
    payment_types: PaymentTypes = None


@dataclass(frozen=True, slots=True)
class Link:
    organisation: str
    roles: tuple[HeldRole, ...] = ()


@dataclass(frozen=True, slots=True)
class NewPerson:
    """With issuer and subject, or invited to bring them."""

    id: UUID
    issuer: str | None
    subject: str | None
    name: str
    email: str
    links: tuple[Link, ...] = ()

    @property
    def mailbox(self) -> str:
        return mailbox(self.email)


def mailbox(email: str) -> str:
    """Two addresses that differ in case are one mailbox."""
    return email.strip().lower()


@dataclass(frozen=True, slots=True)
class Ground:
    """What is to be known before anybody is added."""

    kinds: Mapping[str, OrganisationKind]
    """Of the organisations that were named, those there are."""
    within: Collection[str]
    """Of those, the ones the administrator looks after."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What they are called."""
    advanced: bool = True
    """Whether the administrator is one for those below as well."""
    subjects: Collection[tuple[str | None, str | None]] = ()
    """Issuers and subjects that are somebody's already."""
    mailboxes: Collection[str] = ()
    """Mail addresses that are somebody's already."""


@dataclass(slots=True)
class Admission:
    """Decides who of many may be added; of two alike the first."""

    ground: Ground
    _subjects: set[tuple[str | None, str | None]] = field(default_factory=set)
    _mailboxes: set[str] = field(default_factory=set)

    def refusal(self, person: NewPerson) -> Refused | None:
        refused = next(self._refusals(person), None)
        if refused is None:
            self._subjects.add((person.issuer, person.subject))
            self._mailboxes.add(person.mailbox)
        return refused

    def _refusals(self, person: NewPerson) -> Iterator[Refused]:
        if person.subject is not None:
            yield from self._subject_refusals(person)
        yield from name_refusals(person.name)
        names = [self.ground.names.get(link.organisation, "") for link in person.links]
        yield from mailbox_refusals(person.email, names)
        if person.mailbox in self.ground.mailboxes or person.mailbox in self._mailboxes:
            message = f"{person.email} is somebody's already; mailboxes are not shared"
            yield Refused("EMAIL_IN_USE", message, "email")
        if len({link.organisation for link in person.links}) < len(person.links):
            yield Refused("LINK_TWICE", "An organisation is named twice", "links")
        for link in person.links:
            yield from link_refusals(link, self.ground)

    def _subject_refusals(self, person: NewPerson) -> Iterator[Refused]:
        subject = person.issuer, person.subject
        if not person.subject or not person.subject.strip():
            yield Refused("EMPTY", "A person has a subject", "subject")
        if subject in self.ground.subjects or subject in self._subjects:
            message = f"{person.subject} of {person.issuer} is known already"
            yield Refused("SUBJECT_IN_USE", message, "subject")


def name_refusals(name: str) -> Iterator[Refused]:
    if not name.strip():
        yield Refused("EMPTY", "A person has a name", "name")
    if len(name) > LONGEST_NAME:
        yield Refused("TOO_LONG", f"A name has at most {LONGEST_NAME} characters", "name")


def mailbox_refusals(email: str, organisations: Sequence[str] = ()) -> Iterator[Refused]:
    """Why the address is nobody's own; organisations are the names it must not be called by."""
    if not is_mailbox(email):
        yield Refused("NOT_A_MAILBOX", f"{email!r} is no mail address", "email")
    elif is_shared(email, organisations):
        message = f"{email} reads as a shared mailbox; everybody has one of their own"
        yield Refused("SHARED_MAILBOX", message, "email")


def twice_refusals(email: str, again: str) -> Iterator[Refused]:
    """An address is typed twice, so that a slip is found."""
    if mailbox(email) != mailbox(again):
        yield Refused("EMAILS_DIFFER", "The two mail addresses differ", "emailAgain")


def link_refusals(link: Link, ground: Ground) -> Iterator[Refused]:
    """Why a person cannot act for the organisation in these roles."""
    code = link.organisation
    if code not in ground.kinds:
        yield Refused("ORGANISATION_NOT_KNOWN", f"There is no organisation {code}", "organisation")
    elif code not in ground.within:
        message = f"You do not look after the people of {code}"
        yield Refused("NOT_YOUR_ORGANISATION", message, "organisation")
    else:
        yield from role_refusals(link, ground.kinds[code])
        if not ground.advanced and Role.ADVANCED_USER_ADMINISTRATOR in _roles(link):
            label = Role.ADVANCED_USER_ADMINISTRATOR.label
            yield Refused("ROLE_ABOVE_YOURS", f"Only an {label} makes another", "role")


def own_refusals(link: Link) -> Iterator[Refused]:
    """What nobody gives themselves (docs/decisions/nobody-gives-themselves-a-role.md)."""
    if link.roles:
        yield Refused("OWN_ROLES", "Nobody gives themselves a role: ask another one", "role")


def _roles(link: Link) -> set[Role]:
    return {held.role for held in link.roles}


def role_refusals(link: Link, kind: OrganisationKind) -> Iterator[Refused]:
    for held in link.roles:
        if kind not in HELD_AT[held.role]:
            message = f"{held.role.label} is not held at a {kind.value.replace('_', '-')}"
            yield Refused("ROLE_NOT_HELD_THERE", message, "role")
        if held.payment_types == ():
            message = "Name payment types, or none at all for every one"
            yield Refused("NO_PAYMENT_TYPE", message, "paymentTypes")
        if unknown := sorted(set(held.payment_types or ()) - set(PAYMENT_TYPES)):
            message = f"There is no payment type {', '.join(unknown)}: {', '.join(PAYMENT_TYPES)}"
            yield Refused("PAYMENT_TYPE_NOT_KNOWN", message, "paymentTypes")
    if len(_roles(link)) < len(link.roles):
        yield Refused("ROLE_TWICE", f"A role is named twice at {link.organisation}", "role")
