"""People, the organisations they act for, and what they may do there."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from nhs.roles import HELD_AT, OrganisationKind, Role

_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")

ADMINISTRATORS = (Role.USER_ADMINISTRATOR, Role.ADVANCED_USER_ADMINISTRATOR)

PaymentTypes = tuple[str, ...] | None
"""None: the role holds for all of them."""


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class Change(StrEnum):
    """What may happen to a person; kept in an append-only history."""

    ADDED = "ADDED"
    LINKED = "LINKED"
    UNLINKED = "UNLINKED"
    ROLE_GRANTED = "ROLE_GRANTED"
    ROLE_WITHDRAWN = "ROLE_WITHDRAWN"
    DISABLED = "DISABLED"


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
    id: UUID
    issuer: str
    subject: str
    name: str
    email: str
    links: tuple[Link, ...] = ()

    @property
    def mailbox(self) -> str:
        """Two addresses that differ in case are one mailbox."""
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Ground:
    """What is to be known before anybody is added."""

    kinds: Mapping[str, OrganisationKind]
    """Of the organisations that were named, those there are."""
    within: Collection[str]
    """Of those, the ones the administrator looks after."""
    subjects: Collection[tuple[str, str]] = ()
    """Issuers and subjects that are somebody's already."""
    mailboxes: Collection[str] = ()
    """Mail addresses that are somebody's already."""


@dataclass(slots=True)
class Admission:
    """Decides who of many may be added; of two alike the first."""

    ground: Ground
    _subjects: set[tuple[str, str]] = field(default_factory=set)
    _mailboxes: set[str] = field(default_factory=set)

    def refusal(self, person: NewPerson) -> Refused | None:
        refused = next(self._refusals(person), None)
        if refused is None:
            self._subjects.add((person.issuer, person.subject))
            self._mailboxes.add(person.mailbox)
        return refused

    def _refusals(self, person: NewPerson) -> Iterator[Refused]:
        subject = person.issuer, person.subject
        if not person.name.strip() or not person.subject.strip():
            yield Refused("EMPTY", "A person has a name and a subject", "name")
        if not _MAILBOX.fullmatch(person.email):
            yield Refused("NOT_A_MAILBOX", f"{person.email!r} is no mail address", "email")
        if subject in self.ground.subjects or subject in self._subjects:
            message = f"{person.subject} of {person.issuer} is known already"
            yield Refused("SUBJECT_IN_USE", message, "subject")
        if person.mailbox in self.ground.mailboxes or person.mailbox in self._mailboxes:
            message = f"{person.email} is somebody's already; mailboxes are not shared"
            yield Refused("EMAIL_IN_USE", message, "email")
        if len({link.organisation for link in person.links}) < len(person.links):
            yield Refused("LINK_TWICE", "An organisation is named twice", "links")
        for link in person.links:
            yield from link_refusals(link, self.ground)


def link_refusals(link: Link, ground: Ground) -> Iterator[Refused]:
    """Why a person cannot act for the organisation in these roles."""
    code = link.organisation
    if code not in ground.kinds:
        yield Refused("ORGANISATION_NOT_KNOWN", f"There is no organisation {code}", "organisation")
    elif code not in ground.within:
        message = f"You do not look after the people of {code}"
        yield Refused("NOT_YOUR_ORGANISATION", message, "organisation")
    else:
        yield from _role_refusals(link, ground.kinds[code])


def _role_refusals(link: Link, kind: OrganisationKind) -> Iterator[Refused]:
    for held in link.roles:
        if kind not in HELD_AT[held.role]:
            message = f"{held.role.label} is not held at a {kind.value.replace('_', '-')}"
            yield Refused("ROLE_NOT_HELD_THERE", message, "role")
        if held.payment_types == ():
            message = "Name payment types, or none at all for every one"
            yield Refused("NO_PAYMENT_TYPE", message, "paymentTypes")
    if len({held.role for held in link.roles}) < len(link.roles):
        yield Refused("ROLE_TWICE", f"A role is named twice at {link.organisation}", "role")
