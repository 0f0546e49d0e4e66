"""People in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import (
    BulkAnswer,
    Connection,
    Context,
    Count,
    OdsCode,
    Refusal,
    as_uuid,
    connection,
    window,
)
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.directory.schema import Organisation, organisation_loader, today
from services.organisations.people import commands, queries
from services.organisations.people.commands import Deed
from services.organisations.people.domain import Change as PersonChange
from services.organisations.people.domain import HeldRole, Link, NewPerson
from services.organisations.people.domain import Status as PersonStatus
from services.organisations.people.queries import PersonFilter

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
    def of(cls, row: Record) -> PersonRole:
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

    @strawberry.field(description="Who did it; null for the first people of a system.")
    async def by(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.by_id) if self.by_id else None

    @classmethod
    def of(cls, row: Record) -> PersonHistoryEntry:
        return cls(
            at=row["at"],
            change=PersonChange(row["change"]),
            by_id=row["changed_by"],
            acting_for=OdsCode(row["acting_for"]),
            organisation_code=row["organisation"],
            role=Role(row["role"]) if row["role"] else None,
            payment_types=row["payment_types"],
            reason=row["reason"],
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

    @classmethod
    def of(cls, row: Record) -> Person:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            status=PersonStatus(row["status"]),
            name=row["name"],
            email=row["email"],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Person | None:  # noqa: A002
        return await person_loader(info).load(as_uuid(id))

    @strawberry.field(description="The organisations they act for, by code.")
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
        description="Everything that was done to them, the earliest first; null for others than "
        "themselves and their administrators."
    )
    async def history(self, info: Info) -> list[PersonHistoryEntry] | None:
        context = info.context
        rows = await queries.history(context.db, context.principal, today(info), UUID(self.id))
        return None if rows is None else [PersonHistoryEntry.of(row) for row in rows]


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


@strawberry.type
class PeopleQuery:
    @strawberry.field(description="Who is calling, and for whom.")
    def me(self, info: Info) -> Me | None:
        principal = info.context.principal
        return Me(
            person_id=principal.person_id,
            organisation_code=principal.organisation,
            roles=[
                PersonRole(role=role, payment_types=None if types is None else sorted(types))
                for role, types in sorted(principal.roles.items())
            ],
        )

    @strawberry.field(description="The people an administrator looks after, the oldest first.")
    async def people(
        self,
        info: Info,
        filter: PeopleFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Person] | None:
        context, asked = info.context, filter or PeopleFilter()
        wanted = PersonFilter(asked.organisation, asked.role, asked.status, asked.search)
        page, whose = window(first, after, UUID), (context.db, context.principal, today(info))
        return connection(
            await queries.page(*whose, wanted, after=page.after, limit=page.limit),
            page,
            node=Person.of,
            key=lambda row: (row["id"],),
            total=lambda: queries.count(*whose, wanted),
        )


@strawberry.type
class PeopleMutation:
    @strawberry.mutation(
        description="Add people to your organisation; an Advanced User Administrator to those "
        "below it as well. Who cannot be added is refused, by subject, and the others are added."
    )
    async def add_people(
        self, info: Info, people: list[NewPersonInput], idempotency_key: str | None = None
    ) -> PersonBulkAnswer:
        issuer = info.context.identity.issuer
        added = await commands.add_people(
            info.context.db, _deed(info, idempotency_key), [one.person(issuer) for one in people]
        )
        return _answer(added)

    @strawberry.mutation(description="Let somebody act for one more organisation.")
    async def link_person(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - GraphQL's word
        link: PersonLinkInput,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Person:
        deed = _deed(info, idempotency_key, reason)
        done = await commands.link_person(info.context.db, deed, as_uuid(id), link.link())
        return await _after(info, done)

    @strawberry.mutation(
        description="Let somebody act for an organisation no longer; their roles there go too. "
        "Null where that takes them out of your sight."
    )
    async def unlink_person(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - GraphQL's word
        organisation: OdsCode,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Person | None:
        deed = _deed(info, idempotency_key, reason)
        done = await commands.unlink_person(info.context.db, deed, as_uuid(id), organisation)
        return await _reloaded(info, done)

    @strawberry.mutation(
        description="Give somebody a role at an organisation they act for, or change the payment "
        "types they hold it for."
    )
    async def grant_role(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - GraphQL's word
        organisation: OdsCode,
        role: PersonRoleInput,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Person:
        deed = _deed(info, idempotency_key, reason)
        done = await commands.grant_role(
            info.context.db, deed, as_uuid(id), organisation, role.held()
        )
        return await _after(info, done)

    @strawberry.mutation(description="Take a role from somebody; it is gone everywhere at once.")
    async def withdraw_role(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - GraphQL's word
        organisation: OdsCode,
        role: Role,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Person:
        deed = _deed(info, idempotency_key, reason)
        done = await commands.withdraw_role(info.context.db, deed, as_uuid(id), organisation, role)
        return await _after(info, done)

    @strawberry.mutation(
        description="Disable somebody for good, if you look after all the organisations they act "
        "for. People are never deleted."
    )
    async def disable_person(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - GraphQL's word
        reason: str,
        idempotency_key: str | None = None,
    ) -> Person:
        deed = _deed(info, idempotency_key, reason)
        return await _after(info, await commands.disable_person(info.context.db, deed, as_uuid(id)))


def _deed(info: Info, key: str | None, reason: str | None = None) -> Deed:
    context = info.context
    return Deed(context.principal, context.now, reason, context.idempotency(info, key))


def _answer(added: commands.Added) -> PersonBulkAnswer:
    return PersonBulkAnswer(
        done=[strawberry.ID(str(id_)) for id_ in added.added],
        refused=[
            Refusal(
                id=strawberry.ID(subject),
                code=refused.code,
                message=refused.message,
                field=refused.field,
            )
            for subject, refused in added.refused
        ],
        counts=[
            Count(name="done", value=str(len(added.added))),
            Count(name="refused", value=str(len(added.refused))),
        ],
        message=f"{len(added.added):,} people were added, {len(added.refused):,} refused.",
    )


async def _after(info: Info, id_: UUID) -> Person:
    """The person as they are now; the caller looks after one of their organisations."""
    person = await _reloaded(info, id_)
    assert person is not None
    return person


async def _reloaded(info: Info, id_: UUID) -> Person | None:
    info.context.loaders.clear()  # what an earlier mutation of the request read is old now
    return await person_loader(info).load(id_)


def person_loader(info: Info) -> DataLoader[UUID, Person | None]:
    """All people a request asks for at once, in one statement; None for those not seen."""
    context, day = info.context, today(info)

    async def load(ids: list[UUID]) -> list[Person | None]:
        rows = await queries.find(context.db, context.principal, day, ids)
        return [Person.of(row) if row else None for row in rows]

    return context.loader("person", lambda: DataLoader(load))


def _links(info: Info) -> DataLoader[UUID, list[Record]]:
    db = info.context.db
    return info.context.loader("links", lambda: DataLoader(lambda ids: queries.links(db, ids)))
