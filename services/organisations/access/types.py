"""Requests for access and invitations as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import OdsCode
from nhs.roles import Role
from services.organisations.access import queries
from services.organisations.access.commands import Invited
from services.organisations.access.domain import Asked, Status
from services.organisations.directory.queries import Row
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.people.domain import Link
from services.organisations.people.types import (
    Info,
    Person,
    PersonRole,
    PersonRoleInput,
    person_loader,
)

strawberry.enum(
    Status,
    name="AccessRequestStatus",
    description="A request waits, and then was approved, refused or taken back.",
)


@strawberry.type(description="What became of a request; never altered afterwards.")
class AccessRequestHistoryEntry:
    at: datetime = strawberry.field(description="When.")
    status: Status = strawberry.field(description="What it was from then on.")
    by_id: strawberry.Private[UUID | None]
    acting_for: OdsCode | None = strawberry.field(description="For whom the administrator acted.")
    roles: list[PersonRole] | None = strawberry.field(description="The roles it was about.")
    reason: str | None = strawberry.field(description="Why.")

    @strawberry.field(description="Which administrator; null for whoever asked.")
    async def by(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.by_id) if self.by_id else None

    @classmethod
    def of(cls, row: Row) -> AccessRequestHistoryEntry:
        return cls(
            at=row["at"],
            status=Status(row["status"]),
            by_id=row["changed_by"],
            acting_for=row["acting_for"],
            roles=None if row["roles"] is None else _roles(row["roles"]),
            reason=row["reason"],
        )


@strawberry.type(
    description="Somebody with a token asks to act for an organisation. Seen by themselves and by "
    "the administrators of the organisation."
)
class AccessRequest:
    id: strawberry.ID = strawberry.field(description="The request's id.")
    version: int = strawberry.field(description="Counts its changes from 1.")
    status: Status = strawberry.field(description="Whether it waits, or what became of it.")
    name: str = strawberry.field(description="What the asker is called.")
    email: str = strawberry.field(description="Where the asker is written to.")
    organisation_code: OdsCode = strawberry.field(description="Whom they want to act for.")
    roles: list[PersonRole] = strawberry.field(description="The roles they ask for.")
    reason: str = strawberry.field(description="Why they ask.")
    requested_at: datetime = strawberry.field(description="When they asked.")
    granted: list[PersonRole] | None = strawberry.field(
        description="The roles they were given; null unless approved."
    )
    decided_at: datetime | None = strawberry.field(description="When it was answered or withdrawn.")
    answer: str | None = strawberry.field(description="What the administrator said to it.")

    @strawberry.field(description="The organisation.")
    async def organisation(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.organisation_code)

    @strawberry.field(description="Everything that became of it, the earliest first.")
    async def history(self, info: Info) -> list[AccessRequestHistoryEntry]:
        rows = await _history(info).load(UUID(self.id))
        return [AccessRequestHistoryEntry.of(row) for row in rows]

    @classmethod
    def of(cls, row: Row) -> AccessRequest:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            status=Status(row["status"]),
            name=row["name"],
            email=row["email"],
            organisation_code=OdsCode(row["organisation"]),
            roles=_roles(row["roles"]),
            reason=row["reason"],
            requested_at=row["requested_at"],
            granted=None if row["granted"] is None else _roles(row["granted"]),
            decided_at=row["decided_at"],
            answer=row["answer"],
        )


@strawberry.type(description="Somebody who was invited, and what they accept with.")
class PersonInvitation:
    person_id: strawberry.Private[UUID]
    code: str | None = strawberry.field(
        description="Pass it on to the person, who accepts with it and a token of their own. It is "
        "shown this once."
    )

    @strawberry.field(description="The person.")
    async def person(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.person_id)

    @classmethod
    def of(cls, invited: Invited) -> PersonInvitation:
        return cls(person_id=invited.person, code=invited.code)


@strawberry.input(description="What somebody asks for.")
class AccessRequestInput:
    organisation: OdsCode = strawberry.field(description="Whom they want to act for.")
    roles: list[PersonRoleInput] = strawberry.field(description="The roles they ask for.")
    reason: str = strawberry.field(description="Why they ask.")
    name: str = strawberry.field(
        default="", description="What they are called; of people known here that is known."
    )
    email: str = strawberry.field(
        default="", description="Their own mailbox; of people known here that is known."
    )
    email_again: str = strawberry.field(default="", description="The mailbox once more.")

    def asked(self) -> Asked:
        roles = tuple(role.held() for role in self.roles)
        return Asked(
            Link(self.organisation, roles),
            self.reason.strip(),
            self.name.strip(),
            self.email.strip(),
            self.email_again.strip(),
        )


@strawberry.input(description="Which requests to list.")
class AccessRequestFilter:
    status: Status | None = strawberry.field(default=None, description="In one state.")
    organisation: OdsCode | None = strawberry.field(default=None, description="To one of them.")


def _roles(kept: list[dict[str, Any]]) -> list[PersonRole]:
    return [PersonRole(role=Role(one["role"]), payment_types=one["payment_types"]) for one in kept]


def _history(info: Info) -> DataLoader[UUID, list[Row]]:
    context = info.context

    async def load(ids: list[UUID]) -> list[list[Row]]:
        return await queries.history(context.db, ids)

    return context.loader("access request history", lambda: DataLoader(load))
