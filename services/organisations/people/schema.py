"""What may be asked and done about people, in GraphQL."""

from __future__ import annotations

from uuid import UUID

import strawberry

from chassis.graphql import Connection, Count, OdsCode, Refusal, as_uuid, connection, window
from nhs.roles import Role
from services.organisations.directory.schema import today
from services.organisations.people import commands, queries
from services.organisations.people.commands import Deed
from services.organisations.people.queries import PersonFilter
from services.organisations.people.types import (
    Info,
    Me,
    NewPersonInput,
    PeopleFilter,
    Person,
    PersonBulkAnswer,
    PersonLinkInput,
    PersonRole,
    PersonRoleInput,
    person_loader,
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
        id: strawberry.ID,
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
        id: strawberry.ID,
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
        id: strawberry.ID,
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
        id: strawberry.ID,
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
        id: strawberry.ID,
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
