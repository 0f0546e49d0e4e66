"""What is read of the events of others; each reaction calls one command."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel

from chassis.db import Tx
from chassis.received import Received
from chassis.subscription import Projection, Reaction
from services.notifications.messages import telling
from services.notifications.messages.domain import NOTICES, Occurrence, Side, Thing
from services.notifications.messages.store.heard import QualityService, keep_quality_services

TOPICS: Final = (
    "participation.quality-service",
    "participation.offer",
    "declarations.declaration",
    "declarations.claim",
    "organisations.membership-proposal",
)
READ_MODEL: Final = ("public.quality_service",)


class _Told(BaseModel):
    """What offers, declarations and claims have in common."""

    id: UUID
    version: int
    quality_service: str
    payment_type: str | None = None
    provider: str
    commissioner: str
    reason: str | None = None
    response_due_on: date | None = None
    at: datetime | None = None
    action: UUID | None = None


class _Reminded(_Told):
    """A reminder says whose turn it is, and which organisations that are several wait for."""

    turn: Literal["SUBMIT", "DECLARE", "APPROVE", "FINANCE_APPROVE"]
    waits_for: list[str] = []
    due_on: date | None = None


class _Claim(_Told):
    """A claim's events say what it waits for after them."""

    status: Literal[
        "DRAFT",
        "AWAITING_PROVIDER_APPROVAL",
        "AWAITING_TIER_1",
        "AWAITING_TIER_2",
        "AWAITING_FINANCE",
        "APPROVED",
        "REJECTED",
        "WITHDRAWN",
    ]


class _Proposal(BaseModel):
    id: UUID
    version: int
    practice: str
    pcn: str
    kind: str
    effective_on: date
    reason: str | None = None
    commissioner: str
    at: datetime | None = None
    action: UUID | None = None


class _Change(BaseModel):
    """Of an organisation; of what kinds there may be, memberships are told of."""

    change: str
    target: str = ""
    valid_from: date = date.min
    valid_to: date | None = None


class _Organisation(BaseModel):
    ods_code: str
    version: int
    changes: list[_Change] = []
    action: UUID | None = None


class _RoleChange(BaseModel):
    change: str
    organisation: str | None = None
    """None for what is no organisation's affair, such as a new name."""
    role: str | None = None


class _Link(BaseModel):
    organisation: str


class _Person(BaseModel):
    id: UUID
    version: int
    links: list[_Link]
    changes: list[_RoleChange] = []


class _Published(BaseModel):
    id: str
    code: str
    version: int
    name: str


async def told(tx: Tx, event: Received) -> None:
    """React to what happened to an offer or a declaration."""
    await telling.tell(tx, occurrence_of(event))


def occurrence_of(event: Received) -> Occurrence:
    """What happened to an offer or a declaration, by its event."""
    return _occurrence(event, _name(event), _Told.model_validate(event.payload))


async def told_of_reminder(tx: Tx, event: Received) -> None:
    """A network's declaration may wait for the values of several members: each is told."""
    heard = _Reminded.model_validate(event.payload)
    name = f"{_REMINDED}-to-{heard.turn.lower().replace('_', '-')}"
    occurrence = _occurrence(event, name, heard)
    told = {**occurrence.told, Side.PROVIDER: tuple(heard.waits_for) or (heard.provider,)}
    await telling.tell(tx, replace(occurrence, told=told, due_on=heard.due_on))


async def told_of_claim(tx: Tx, event: Received) -> None:
    """What it waits for after a step; of its payments, what happened to them."""
    claim, name = _Claim.model_validate(event.payload), _name(event)
    if name not in _PAYMENTS_OF_CLAIMS:
        name = f"claim.{claim.status.lower().replace('_', '-')}"
    await telling.tell(tx, _occurrence(event, name, claim))


async def told_of_proposal(tx: Tx, event: Received) -> None:
    heard = _Proposal.model_validate(event.payload)
    await telling.tell(
        tx,
        Occurrence(
            event=_name(event),
            event_id=event.id,
            event_type=event.type,
            thing=Thing.MEMBERSHIP_PROPOSAL,
            id=str(heard.id),
            version=heard.version,
            action=heard.action or event.id,
            at=heard.at or event.time,
            provider=heard.practice,
            told={Side.COMMISSIONER: (heard.commissioner,)},
            commissioner=heard.commissioner,
            effective_on=heard.effective_on,
            reason=heard.reason,
            names=(heard.pcn, heard.kind),
        ),
    )


async def told_of_membership(tx: Tx, event: Received) -> None:
    """React to memberships that started or ended; the latest is named where there are several."""
    heard = _Organisation.model_validate(event.payload)
    for change in sorted(heard.changes, key=lambda one: one.valid_from, reverse=True):
        if name := _OF_MEMBERSHIP.get(change.change):
            started = name == "membership.started"
            occurrence = Occurrence(
                event=name,
                event_id=event.id,
                event_type=event.type,
                thing=Thing.ORGANISATION,
                id=heard.ods_code,
                version=heard.version,
                action=heard.action or event.id,
                at=event.time,
                provider=heard.ods_code,
                told={Side.PROVIDER: (heard.ods_code,), Side.NETWORK: (change.target,)},
                effective_on=change.valid_from if started else change.valid_to,
                names=(change.target,),
            )
            await telling.tell_of_membership(tx, occurrence)


async def told_of_roles(tx: Tx, event: Received) -> None:
    """React to a person's new or lost roles and organisations."""
    heard = _Person.model_validate(event.payload)
    for what, place, names in changes_of_roles(heard):
        occurrence = Occurrence(
            event=what,
            event_id=event.id,
            event_type=event.type,
            thing=Thing.PERSON,
            id=str(heard.id),
            version=heard.version,
            action=event.id,
            at=event.time,
            provider=place,
            told={Side.PERSON: (place,)},
            person=heard.id,
            names=tuple(names),
        )
        await telling.tell(tx, occurrence)


def changes_of_roles(heard: _Person) -> list[tuple[str, str, list[str]]]:
    """What happened, where it is told, and the roles, or what was left.

    Roles that came or went with an organisation are part of its coming or going. An organisation
    that was left is told of at another that stayed, where there is one.
    """
    there = sorted(link.organisation for link in heard.links)
    changes = [
        (one.change, one.organisation, one.role) for one in heard.changes if one.organisation
    ]
    linked = {place for change, place, _ in changes if change == "LINKED"}
    left = sorted(place for change, place, _ in changes if change == "UNLINKED")
    found = [("person.unlinked", (there or left)[0], left)] if left else []
    for of_roles, event in _OF_ROLES.items():
        roles: dict[str, list[str]] = {}
        for change, place, role in changes:
            if change == of_roles and role and place not in left:
                roles.setdefault(place, []).append(role)
        if of_roles == "ROLE_GRANTED":
            found += [("person.linked", place, roles.pop(place, [])) for place in sorted(linked)]
        found += [(event, place, names) for place, names in sorted(roles.items())]
    return found


def _name(event: Received) -> str:
    """The event's type without its version."""
    return event.type.rpartition(".")[0]


def _occurrence(event: Received, name: str, heard: _Told) -> Occurrence:
    """An event that names no action is one of its own."""
    return Occurrence(
        event=name,
        event_id=event.id,
        event_type=event.type,
        thing=Thing(name.partition(".")[0].upper()),
        id=str(heard.id),
        version=heard.version,
        action=heard.action or event.id,
        at=heard.at or event.time,
        provider=heard.provider,
        told={Side.PROVIDER: (heard.provider,), Side.COMMISSIONER: (heard.commissioner,)},
        quality_service=heard.quality_service,
        payment_type=heard.payment_type,
        commissioner=heard.commissioner,
        due_on=heard.response_due_on,
        reason=heard.reason,
    )


async def project_quality_services(tx: Tx, batch: Sequence[Received]) -> None:
    newest: dict[str, QualityService] = {}
    for event in batch:
        one = _Published.model_validate(event.payload)
        if one.id not in newest or newest[one.id].version <= one.version:
            newest[one.id] = QualityService(one.id, one.version, one.code, one.name)
    await keep_quality_services(tx, list(newest.values()))


_REMINDED: Final = "declaration.reminded"
_OF_ONE_KIND: Final = ("offer.", "declaration.")
_OF_CLAIMS: Final = ("submitted", "tier-approved", "approved", "rejected", "amended", "withdrawn")
_PAYMENTS_OF_CLAIMS: Final = {name for name in NOTICES if name.startswith("claim.payment-")}
_OF_PROPOSALS: Final = ("proposed", "confirmed", "refused", "withdrawn", "overtaken")

_OF_MEMBERSHIP: Final = {
    "MEMBERSHIP_STARTED": "membership.started",
    "MEMBERSHIP_ENDED": "membership.ended",
}
_OF_ROLES: Final = {
    "ROLE_GRANTED": "person.role-granted",
    "ROLE_WITHDRAWN": "person.role-withdrawn",
}

PROJECTIONS: Final[Mapping[str, Projection]] = {
    "quality-service.published.v1": project_quality_services
}
REACTIONS: Final[Mapping[str, Reaction]] = {
    **{
        f"{name}.v1": told
        for name in NOTICES
        if name.startswith(_OF_ONE_KIND) and not name.startswith(_REMINDED)
    },
    f"{_REMINDED}.v1": told_of_reminder,
    **{f"claim.{what}.v1": told_of_claim for what in _OF_CLAIMS},
    **{f"{name}.v1": told_of_claim for name in _PAYMENTS_OF_CLAIMS},
    **{f"membership.{what}.v1": told_of_proposal for what in _OF_PROPOSALS},
    "organisation.changed.v1": told_of_membership,
    "person.changed.v1": told_of_roles,
}
