"""People as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import (
    BulkAnswer,
    Context,
    OdsCode,
    as_uuid,
)
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.directory.loaders import today
from services.organisations.directory.queries import Row
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.people import queries
from services.organisations.people.commands import Done, Grant, Warned
from services.organisations.people.domain import Change as PersonChange
from services.organisations.people.domain import HeldRole, Link, NewPerson
from services.organisations.people.domain import Status as PersonStatus

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(Role, description="What a person may do for an organisation.")
strawberry.enum(
    PersonStatus,
    name="PersonStatus",
    description="People are never deleted; who is disabled is refused everywhere.",
)
strawberry.enum(PersonChange, name="PersonChangeKind", description="What was done to a person.")


@strawberry.type(description="A role that a person holds at an organisation.")
class PersonRole:
    role: Role = strawberry.field(description="The role.")
    payment_types: list[str] | None = strawberry.field(
        description="The payment types it holds for; null for all of them."
    )

    @classmethod
    def of(cls, row: Row) -> PersonRole:
        return cls(role=Role(row["role"]), payment_types=row["payment_types"])


@strawberry.type(description="An organisation that a person acts for.")
class PersonLink:
    organisation_code: strawberry.Private[str]
    roles: list[PersonRole] = strawberry.field(description="What they may do there.")

    @strawberry.field(description="The organisation.")
    async def organisation(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.organisation_code)


@strawberry.type(description="Something that was done to a person; never altered afterwards.")
class PersonHistoryEntry:
    at: datetime = strawberry.field(description="When.")
    change: PersonChange = strawberry.field(description="What.")
    by_id: strawberry.Private[UUID | None]
    acting_for: OdsCode = strawberry.field(description="For whom the administrator acted.")
    organisation_code: OdsCode | None = strawberry.field(description="Of which organisation.")
    role: Role | None = strawberry.field(description="Which role.")
    payment_types: list[str] | None = strawberry.field(
        description="The payment types it holds for; null for all of them."
    )
    reason: str | None = strawberry.field(description="Why, if a reason was given.")
    was: str | None = strawberry.field(
        description="The name or mail address before it was changed."
    )

    @strawberry.field(description="Who did it; null for the first people of a system.")
    async def by(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.by_id) if self.by_id else None

    @classmethod
    def of(cls, row: Row) -> PersonHistoryEntry:
        return cls(
            at=row["at"],
            change=PersonChange(row["change"]),
            by_id=row["changed_by"],
            acting_for=OdsCode(row["acting_for"]),
            organisation_code=row["organisation"],
            role=Role(row["role"]) if row["role"] else None,
            payment_types=row["payment_types"],
            reason=row["reason"],
            was=row["was"],
        )


@strawberry.type(description="Something a change brought about that somebody should see to.")
class PersonWarning:
    code: str = strawberry.field(description="Stable and machine-readable: TOO_FEW_DECLARERS.")
    message: str = strawberry.field(description="What it is, in words.")
    organisation_code: OdsCode = strawberry.field(description="Where.")

    @classmethod
    def of(cls, warned: Warned) -> PersonWarning:
        return cls(
            code=warned.code,
            message=warned.message,
            organisation_code=OdsCode(warned.organisation),
        )


@strawberry.federation.type(
    keys=["id"], description="Somebody who acts for organisations. Seen by those who see these."
)
class Person:
    id: strawberry.ID = strawberry.field(description="The person's id.")
    version: int = strawberry.field(description="Counts the person's changes from 1.")
    status: PersonStatus = strawberry.field(description="Whether they may act at all.")
    name: str = strawberry.field(description="What they are called.")
    email: str | None = strawberry.field(
        description="Where they are written to; for themselves and their administrators."
    )
    warnings: list[PersonWarning] = strawberry.field(
        default_factory=list,
        description="What the mutation that answers this brought about; otherwise empty.",
    )

    def warned(self, done: Done) -> Person:
        self.warnings = [PersonWarning.of(one) for one in done.warnings]
        return self

    @classmethod
    def of(cls, row: Row) -> Person:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            status=PersonStatus(row["status"]),
            name=row["name"],
            email=row["email"],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Person | None:
        return await person_loader(info).load(as_uuid(id))

    @strawberry.field(
        description="The organisations they act for, by code, as far as you see these."
    )
    async def links(self, info: Info) -> list[PersonLink]:
        rows = await _links(info).load(UUID(self.id))
        codes = dict.fromkeys(row["organisation"] for row in rows)
        return [
            PersonLink(
                organisation_code=code,
                roles=[
                    PersonRole.of(row)
                    for row in rows
                    if row["organisation"] == code and row["role"]
                ],
            )
            for code in codes
        ]

    @strawberry.field(
        description="Everything that was done to them, the earliest first; of others than yourself "
        "for the organisations you look after, and null of those you do not."
    )
    async def history(self, info: Info) -> list[PersonHistoryEntry] | None:
        rows = await _history(info).load(UUID(self.id))
        return None if rows is None else [PersonHistoryEntry.of(row) for row in rows]


@strawberry.type(description="A PCN for which fewer than two people may declare.")
class NetworkShortOfDeclarers:
    network_code: strawberry.Private[str]
    declarers: int = strawberry.field(description="How many may.")

    @strawberry.field(description="The PCN.")
    async def network(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.network_code)

    @classmethod
    def of(cls, row: Row) -> NetworkShortOfDeclarers:
        return cls(network_code=row["ods_code"], declarers=row["declarers"])


@strawberry.type(description="Who is calling, and for whom.")
class Me:
    person_id: strawberry.Private[UUID]
    organisation_code: strawberry.Private[str]
    roles: list[PersonRole] = strawberry.field(description="What they may do there.")

    @strawberry.field(description="The person.")
    async def person(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.person_id)

    @strawberry.field(description="The organisation they act for.")
    async def organisation(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.organisation_code)


@strawberry.type(description="What came of people who were to be added.")
class PersonBulkAnswer(BulkAnswer):
    pass


@strawberry.input(description="A role to be given.")
class PersonRoleInput:
    role: Role = strawberry.field(description="The role.")
    payment_types: list[str] | None = strawberry.field(
        default=None, description="The payment types it is to hold for; none for all of them."
    )

    def held(self) -> HeldRole:
        types = self.payment_types
        return HeldRole(self.role, None if types is None else tuple(sorted(set(types))))


@strawberry.input(description="An organisation to act for.")
class PersonLinkInput:
    organisation: OdsCode = strawberry.field(description="Its code.")
    roles: list[PersonRoleInput] = strawberry.field(
        default_factory=list, description="What they may do there."
    )

    def link(self) -> Link:
        return Link(self.organisation, tuple(role.held() for role in self.roles))


@strawberry.input(description="A role for one of many people.")
class RoleGrantInput:
    person: strawberry.ID = strawberry.field(description="The person's id.")
    organisation: OdsCode = strawberry.field(description="An organisation they act for.")
    role: PersonRoleInput = strawberry.field(description="The role, and what it is held for.")

    def grant(self) -> Grant:
        return Grant(as_uuid(self.person, "person"), self.organisation, self.role.held())


@strawberry.input(description="Somebody to be added.")
class NewPersonInput:
    subject: str = strawberry.field(description="What the issuer of their tokens calls them.")
    issuer: str | None = strawberry.field(
        default=None, description="Who signs their tokens; yours if none is named."
    )
    name: str = strawberry.field(description="What they are called.")
    email: str = strawberry.field(description="Their own mailbox; shared ones are refused.")
    links: list[PersonLinkInput] = strawberry.field(
        default_factory=list, description="The organisations they act for."
    )

    def person(self, issuer: str) -> NewPerson:
        return NewPerson(
            id=new_id(),
            issuer=self.issuer or issuer,
            subject=self.subject,
            name=self.name.strip(),
            email=self.email.strip(),
            links=tuple(link.link() for link in self.links),
        )


@strawberry.input(description="Which people to list.")
class PeopleFilter:
    organisation: OdsCode | None = strawberry.field(default=None, description="Act for it.")
    role: Role | None = strawberry.field(default=None, description="Hold the role there.")
    status: PersonStatus | None = strawberry.field(default=None, description="With one status.")
    search: str | None = strawberry.field(
        default=None, description="Part of the name or mail address."
    )


def person_loader(info: Info) -> DataLoader[UUID, Person | None]:
    """All people a request asks for at once, in one statement; None for those not seen."""
    context, day = info.context, today(info)

    async def load(ids: list[UUID]) -> list[Person | None]:
        rows = await queries.find(context.db, context.principal, day, ids)
        return [Person.of(row) if row else None for row in rows]

    return context.loader("person", lambda: DataLoader(load))


def _links(info: Info) -> DataLoader[UUID, list[Row]]:
    context, day = info.context, today(info)

    async def load(ids: list[UUID]) -> list[list[Row]]:
        return await queries.links(context.db, context.principal, day, ids)

    return context.loader("links", lambda: DataLoader(load))


def _history(info: Info) -> DataLoader[UUID, list[Row] | None]:
    context, day = info.context, today(info)

    async def load(ids: list[UUID]) -> list[list[Row] | None]:
        return await queries.history(context.db, context.principal, day, ids)

    return context.loader("person history", lambda: DataLoader(load))
