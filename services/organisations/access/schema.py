"""Asking for access, inviting, and what comes of both, in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

import strawberry

from chassis.auth import Identity
from chassis.clock import ENGLAND
from chassis.graphql import Connection, OdsCode, as_uuid, connection, window
from chassis.ids import new_id
from chassis.service import Strangers
from nhs.directory import Principal
from nhs.roles import OrganisationKind
from services.organisations.access import commands, queries
from services.organisations.access.commands import Asking
from services.organisations.access.queries import RequestFilter
from services.organisations.access.types import (
    AccessRequest,
    AccessRequestFilter,
    AccessRequestInput,
    PersonInvitation,
)
from services.organisations.directory.loaders import today
from services.organisations.people.commands import Deed
from services.organisations.people.domain import Link, NewPerson
from services.organisations.people.types import Info, PersonRoleInput

_TOKENS = UUID("0198c0de-5452-7000-8000-000000000000")
"""What ids are made from for tokens nobody here is known by yet."""


def _nobody_yet(identity: Identity, now: datetime) -> Principal:
    """Acts for no organisation, holds no role; told apart from others by the token alone."""
    token = uuid5(_TOKENS, f"{identity.issuer} {identity.subject}")
    return Principal(token, "", OrganisationKind.PRACTICE, {}, now.astimezone(ENGLAND).date())


STRANGERS = Strangers(
    refusals=frozenset({"PERSON_NOT_KNOWN", "NOT_LINKED"}),
    fields=frozenset(
        {"requestAccess", "withdrawAccessRequest", "myAccessRequests", "acceptInvitation"}
    ),
    principal=_nobody_yet,
)


@strawberry.type
class AccessQuery:
    @strawberry.field(
        description="What you asked for, the newest first. A valid token is enough, whoever you "
        "are."
    )
    async def my_access_requests(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[AccessRequest] | None:
        db, identity = info.context.db, info.context.identity
        page = window(first, after, UUID)
        return connection(
            await queries.theirs(db, identity, after=page.after, limit=page.limit),
            page,
            node=AccessRequest.of,
            key=lambda row: (row["id"],),
            total=lambda: queries.count_theirs(db, identity),
        )

    @strawberry.field(
        description="Requests to act for the organisations an administrator looks after, the "
        "oldest first: with status REQUESTED, the pending actions."
    )
    async def access_requests(
        self,
        info: Info,
        filter: AccessRequestFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[AccessRequest] | None:
        asked = filter or AccessRequestFilter()
        wanted, page = RequestFilter(asked.status, asked.organisation), window(first, after, UUID)
        whose = (info.context.db, info.context.principal, today(info))
        return connection(
            await queries.page(*whose, wanted, after=page.after, limit=page.limit),
            page,
            node=AccessRequest.of,
            key=lambda row: (row["id"],),
            total=lambda: queries.count(*whose, wanted),
        )


@strawberry.type
class AccessMutation:
    @strawberry.mutation(
        description="Ask to act for an organisation in some roles, and say why. A valid token is "
        "enough, whoever you are; its administrators answer."
    )
    async def request_access(
        self, info: Info, request: AccessRequestInput, idempotency_key: str | None = None
    ) -> AccessRequest:
        asking = _asking(info, idempotency_key)
        return await _own(
            info, await commands.request_access(info.context.db, asking, request.asked())
        )

    @strawberry.mutation(description="Take back a request of yours that has not been answered.")
    async def withdraw_access_request(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> AccessRequest:
        asking = _asking(info, idempotency_key)
        return await _own(
            info, await commands.withdraw_request(info.context.db, asking, as_uuid(id))
        )

    @strawberry.mutation(
        description="Let who asked act for the organisation: in the roles asked for, or in fewer."
    )
    async def approve_access_request(
        self,
        info: Info,
        id: strawberry.ID,
        roles: list[PersonRoleInput] | None = None,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> AccessRequest:
        granted = None if roles is None else tuple(role.held() for role in roles)
        deed = _deed(info, idempotency_key, reason)
        done = await commands.approve_request(info.context.db, deed, as_uuid(id), granted)
        return await _answered(info, done)

    @strawberry.mutation(description="Refuse a request, and say why: whoever asked reads it.")
    async def refuse_access_request(
        self, info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> AccessRequest:
        deed = _deed(info, idempotency_key, reason)
        return await _answered(
            info, await commands.refuse_request(info.context.db, deed, as_uuid(id))
        )

    @strawberry.mutation(
        description="Add somebody who has no token here yet. They are INVITED until they accept "
        "with the code, which is shown once and lasts thirty days."
    )
    async def invite_person(
        self,
        info: Info,
        name: str,
        email: str,
        email_again: str,
        *,
        organisation: OdsCode,
        roles: list[PersonRoleInput],
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> PersonInvitation:
        link = Link(organisation, tuple(role.held() for role in roles))
        person = NewPerson(new_id(), None, None, name.strip(), email.strip(), (link,))
        deed = _deed(info, idempotency_key, reason)
        invited = await commands.invite_person(info.context.db, deed, person, email_again)
        return PersonInvitation.of(invited)

    @strawberry.mutation(
        description="Make another code for somebody who has not accepted; the former one is void."
    )
    async def renew_invitation(
        self, info: Info, id: strawberry.ID, reason: str | None = None
    ) -> PersonInvitation:
        deed = _deed(info, None, reason)
        return PersonInvitation.of(
            await commands.renew_invitation(info.context.db, deed, as_uuid(id))
        )

    @strawberry.mutation(
        description="Accept an invitation: from now on your token is that of the person invited. "
        "Answers the person's id."
    )
    async def accept_invitation(self, info: Info, code: str) -> strawberry.ID:
        accepted = await commands.accept_invitation(info.context.db, _asking(info, None), code)
        return strawberry.ID(str(accepted))


def _asking(info: Info, key: str | None) -> Asking:
    context = info.context
    return Asking(context.identity, context.now, context.idempotency(info, key))


def _deed(info: Info, key: str | None, reason: str | None) -> Deed:
    context = info.context
    return Deed(context.principal, context.now, reason, context.idempotency(info, key))


async def _own(info: Info, id_: UUID) -> AccessRequest:
    return AccessRequest.of(await queries.own(info.context.db, info.context.identity, id_))


async def _answered(info: Info, id_: UUID) -> AccessRequest:
    info.context.loaders.clear()
    whose = (info.context.db, info.context.principal, today(info))
    return AccessRequest.of(await queries.answerable(*whose, id_))
