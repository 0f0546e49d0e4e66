"""How people come in: they ask for access and are answered, or are invited and accept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from nhs.roles import OrganisationKind
from services.organisations.people.domain import (
    HeldRole,
    Link,
    Refused,
    mailbox_refusals,
    name_refusals,
    role_refusals,
    twice_refusals,
)

MOST_OPEN = 5
"""Requests of a person that wait for an answer."""
MOST_A_DAY = 10
"""Requests of a person within 24 hours, whatever became of them."""
DAY = timedelta(hours=24)
LONGEST_REASON = 1_000

INVITATION_LASTS = timedelta(days=30)


class Status(StrEnum):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for, and who they say they are; that is known of people known here."""

    link: Link
    reason: str
    name: str
    email: str
    email_again: str


@dataclass(frozen=True, slots=True)
class Past:
    """What is to be known of earlier requests of the same person."""

    open: int
    within_a_day: int


def refusals(
    asked: Asked, kind: OrganisationKind | None, name: str, past: Past
) -> Iterator[Refused]:
    """Why it cannot be asked for; kind and name are the organisation's, if there is one."""
    if kind is None:
        message = f"There is no organisation {asked.link.organisation}"
        yield Refused("ORGANISATION_NOT_KNOWN", message, "organisation")
        return
    if not asked.link.roles:
        yield Refused("NO_ROLE", "Ask for one role at least", "roles")
    yield from role_refusals(asked.link, kind)
    yield from reason_refusals(asked.reason)
    yield from name_refusals(asked.name)
    yield from twice_refusals(asked.email, asked.email_again)
    yield from mailbox_refusals(asked.email, [name])
    if past.open >= MOST_OPEN or past.within_a_day >= MOST_A_DAY:
        message = (
            f"At most {MOST_OPEN} requests wait for an answer, and {MOST_A_DAY} are made a day"
        )
        yield Refused("TOO_MANY_REQUESTS", message, "organisation")


def reason_refusals(reason: str) -> Iterator[Refused]:
    if not reason.strip():
        yield Refused("REASON_REQUIRED", "Say why", "reason")
    if len(reason) > LONGEST_REASON:
        message = f"A reason has at most {LONGEST_REASON:,} characters"
        yield Refused("TOO_LONG", message, "reason")


def beyond(asked: tuple[HeldRole, ...], granted: tuple[HeldRole, ...]) -> Iterator[Refused]:
    """What is granted is what was asked for, or less."""
    if not granted:
        yield Refused("NO_ROLE", "Grant one role at least, or refuse the request", "roles")
    wanted = {held.role: held.payment_types for held in asked}
    for held in granted:
        if held.role not in wanted or not _within(held.payment_types, wanted[held.role]):
            message = f"{held.role.label} was not asked for like that"
            yield Refused("ROLE_NOT_REQUESTED", message, "roles")


def _within(types: tuple[str, ...] | None, wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or (types is not None and set(types) <= set(wanted))
