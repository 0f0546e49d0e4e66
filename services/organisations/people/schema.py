"""What may be asked and done about people, in GraphQL."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import strawberry

from chassis.graphql import Connection, Count, OdsCode, Refusal, as_uuid, connection, window
from nhs.roles import Role
from services.organisations.directory.loaders import today
from services.organisations.people import commands, queries
from services.organisations.people.commands import Contact, Deed, Done, Somebody
from services.organisations.people.domain import Refused
from services.organisations.people.queries import PersonFilter
from services.organisations.people.types import (
    Info,
    Me,
    NetworkShortOfDeclarers,
    NewPersonInput,
    PeopleFilter,
    Person,
    PersonBulkAnswer,
    PersonLinkInput,
    PersonRole,
    PersonRoleInput,
    RoleGrantInput,
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

    @strawberry.field(
        description="The open PCNs you look after for which fewer than two people may declare, by "
        "code. A PCN's User Administrator sees its own, administrators of a commissioner those it "
        "commissions."
    )
    async def networks_short_of_declarers(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[NetworkShortOfDeclarers] | None:
        context, page = info.context, window(first, after, str)
        whose = (context.db, context.principal, today(info))
        return connection(
            await queries.networks_short_of_declarers(*whose, after=page.after, limit=page.limit),
            page,
            node=NetworkShortOfDeclarers.of,
            key=lambda row: (row["ods_code"],),
            total=lambda: queries.count_networks_short_of_declarers(*whose),
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
        return _answer(added.added, added.refused, "people were added")

    @strawberry.mutation(
        description="Let somebody act for one more organisation: by id, who acts for one you look "
        "after already; anybody else by their exact mail address."
    )
    async def link_person(
        self,
        info: Info,
        link: PersonLinkInput,
        id: strawberry.ID | None = None,
        email: str | None = None,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Person:
        who = Somebody(None if id is None else as_uuid(id), email)
        deed = _deed(info, idempotency_key, reason)
        return await _after(
            info, await commands.link_person(info.context.db, deed, who, link.link())
        )

    @strawberry.mutation(
        description="Let somebody act for an organisation no longer; their roles there go too. "
        "Anybody may leave an organisation themselves. Null where that takes them out of your "
        "sight and nothing follows from it; otherwise as you last saw them."
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
        before = await person_loader(info).load(as_uuid(id))
        done = await commands.unlink_person(info.context.db, deed, as_uuid(id), organisation)
        person = await _reloaded(info, done.person)
        if person is None and done.warnings:
            person = before
        return person and person.warned(done)

    @strawberry.mutation(
        description="Give somebody a role at an organisation they act for, or change the payment "
        "types they hold it for. Nobody gives themselves one."
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

    @strawberry.mutation(
        description="Give many people roles at organisations they act for, as grantRole does: who "
        "cannot be given one is refused, by id, and the others get theirs."
    )
    async def grant_roles(
        self,
        info: Info,
        grants: list[RoleGrantInput],
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> PersonBulkAnswer:
        deed = _deed(info, idempotency_key, reason)
        granted = await commands.grant_roles(info.context.db, deed, [one.grant() for one in grants])
        return _answer(granted.done, granted.refused, "people hold their roles")

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
        description="Disable somebody, if you look after all the organisations they act for: they "
        "are refused everywhere. People are never deleted."
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

    @strawberry.mutation(
        description="Let somebody who was disabled act again, with the links and roles they had."
    )
    async def enable_person(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
        idempotency_key: str | None = None,
    ) -> Person:
        deed = _deed(info, idempotency_key, reason)
        return await _after(info, await commands.enable_person(info.context.db, deed, as_uuid(id)))

    @strawberry.mutation(
        description="Change what somebody is called, or where they are written to (given twice): "
        "yourself, or somebody whose organisations you look after, all of them."
    )
    async def change_contact(
        self,
        info: Info,
        id: strawberry.ID,
        name: str | None = None,
        email: str | None = None,
        email_again: str | None = None,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Person:
        deed = _deed(info, idempotency_key, reason)
        wanted = Contact(name and name.strip(), email and email.strip(), email_again)
        done = await commands.change_contact(info.context.db, deed, as_uuid(id), wanted)
        return await _after(info, done)


def _deed(info: Info, key: str | None, reason: str | None = None) -> Deed:
    context = info.context
    return Deed(context.principal, context.now, reason, context.idempotency(info, key))


def _answer(
    done: list[UUID], refused: Iterable[tuple[object, Refused]], outcome: str
) -> PersonBulkAnswer:
    refusals = [
        Refusal(id=strawberry.ID(str(who)), code=why.code, message=why.message, field=why.field)
        for who, why in refused
    ]
    return PersonBulkAnswer(
        done=[strawberry.ID(str(id_)) for id_ in done],
        refused=refusals,
        counts=[
            Count(name="done", value=str(len(done))),
            Count(name="refused", value=str(len(refusals))),
        ],
        message=f"{len(done):,} {outcome}, {len(refusals):,} refused.",
    )


async def _after(info: Info, done: Done) -> Person:
    """The person as they are now; the caller looks after one of their organisations."""
    person = await _reloaded(info, done.person)
    assert person is not None
    return person.warned(done)


async def _reloaded(info: Info, id_: UUID) -> Person | None:
    info.context.loaders.clear()  # what an earlier mutation of the request read is old now
    return await person_loader(info).load(id_)
