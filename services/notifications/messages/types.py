"""Messages as GraphQL shows them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Context, OdsCode, as_uuid
from nhs.directory import Principal
from services.notifications.messages import queries, wording
from services.notifications.messages.domain import Change, Kind, Status, Thing
from services.notifications.messages.references import (
    Claim,
    Declaration,
    MembershipProposal,
    Offer,
    Organisation,
    Person,
    QualityService,
)

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    Kind, name="MessageKind", description="A task asks for a step; a message only tells."
)
strawberry.enum(
    Status,
    name="MessageStatus",
    description="A task is DONE when the step it asks for was taken, or its recipient says so.",
)


strawberry.enum(
    Thing,
    name="MessageThing",
    description="What a message can be about. An organisation is named by its ODS code.",
)


@strawberry.type(description="One of the things a message is about.")
class MessageAbout:
    kind: Thing = strawberry.field(description="What it is.")
    id: strawberry.ID = strawberry.field(description="Its id; an organisation's is its ODS code.")
    done: bool = strawberry.field(description="Whether nothing is asked for any more.")
    provider: Organisation | None = strawberry.field(description="Whose it is.")

    offer: Offer | None = strawberry.field(description="The offer, if it is one.")
    declaration: Declaration | None = strawberry.field(description="The declaration, if it is one.")
    claim: Claim | None = strawberry.field(description="The claim, if it is one.")
    membership_proposal: MembershipProposal | None = strawberry.field(
        description="The proposal, if it is one."
    )
    organisation: Organisation | None = strawberry.field(
        description="The organisation, if it is one."
    )
    person: Person | None = strawberry.field(description="The person, if it is one.")

    @classmethod
    def of(cls, row: Record | Mapping[str, Any]) -> "MessageAbout":
        kind, identity = Thing(row["kind"]), strawberry.ID(row["about_id"])
        code = OdsCode(row["about_id"])
        return cls(
            kind=kind,
            id=identity,
            done=row["done"],
            provider=Organisation(ods_code=OdsCode(row["provider"])),
            offer=Offer(id=identity) if kind is Thing.OFFER else None,
            declaration=Declaration(id=identity) if kind is Thing.DECLARATION else None,
            claim=Claim(id=identity) if kind is Thing.CLAIM else None,
            membership_proposal=(
                MembershipProposal(id=identity) if kind is Thing.MEMBERSHIP_PROPOSAL else None
            ),
            organisation=Organisation(ods_code=code) if kind is Thing.ORGANISATION else None,
            person=Person(id=identity) if kind is Thing.PERSON else None,
        )


@strawberry.federation.type(
    keys=["id"], description="A task or message of the Message Centre, to one person."
)
class Message:
    id: strawberry.ID = strawberry.field(description="The message's id.")
    version: int = strawberry.field(description="Rises with each change of it.")
    kind: Kind = strawberry.field(description="Whether it asks for something.")
    subject_code: str = strawberry.field(description="What happened: OFFER_MADE.")
    subject: str = strawberry.field(description="What it is about, in a line.")
    body: str = strawberry.field(description="What it says.")
    status: Status = strawberry.field(description="Unread, read, or (a task) done.")
    count: int = strawberry.field(description="How many things one bulk action told of.")
    outstanding: int = strawberry.field(description="Of a task: how many of them still wait.")
    at: datetime = strawberry.field(description="When it was raised, on the business clock.")
    due_on: date | None = strawberry.field(description="The day by which a response is due.")
    effective_on: date | None = strawberry.field(
        description="The first day on which what it tells of counts, or the last where it ends."
    )
    reason: str | None = strawberry.field(description="The reason that was given for it.")
    person: Person | None = strawberry.field(description="Who is told.")
    covers: list[Person | None] = strawberry.field(
        description="Colleagues in whose place they are told: they cover for these."
    )
    organisation: Organisation | None = strawberry.field(description="Where they hold the role.")
    commissioner: Organisation | None = strawberry.field(
        description="Who commissions what it is about, if anybody."
    )
    quality_service: QualityService | None = strawberry.field(
        description="The service it is about, if any."
    )

    @strawberry.field(description="What it is about; what still waits comes first.")
    async def about(self, info: Info, first: int = 20) -> list[MessageAbout]:
        loader = info.context.loader(f"message.about {first}", lambda: _about(info, first))
        return [MessageAbout.of(row) for row in await loader.load(as_uuid(self.id))]

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> "Message | None":
        loader = info.context.loader("message", lambda: _messages(info))
        return await loader.load(as_uuid(id))

    @classmethod
    def of(cls, row: Record) -> "Message":
        facts = wording.Facts.of(row)
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            kind=Kind(row["kind"]),
            subject_code=row["subject_code"],
            subject=wording.subject(row["subject_code"], facts),
            body=wording.body(row["subject_code"], facts),
            status=Status(row["status"]),
            count=row["count"],
            outstanding=row["outstanding"],
            at=row["raised_at"],
            due_on=row["due_on"],
            effective_on=row["effective_on"],
            reason=row["reason"],
            person=Person(id=strawberry.ID(str(row["person_id"]))),
            covers=[Person(id=strawberry.ID(str(one))) for one in row["covers"]],
            organisation=Organisation(ods_code=OdsCode(row["organisation"])),
            commissioner=_organisation(row["commissioner"]),
            quality_service=_quality_service(row["quality_service"]),
        )


@strawberry.type(description="How many messages there are for the caller.")
class MessageCounts:
    total: int = strawberry.field(description="All of them.")
    unread: int = strawberry.field(description="Those not read yet, open tasks among them.")
    open_tasks: int = strawberry.field(description="Tasks not done, read or not.")

    @classmethod
    async def load(cls, info: Info, *, mine: bool | None) -> "MessageCounts":
        found = await queries.counts(info.context.db, info.context.principal, mine)
        return cls(total=found["total"], unread=found["unread"], open_tasks=found["open_tasks"])


strawberry.enum(
    Change,
    name="MessageChange",
    description="RAISED: it is new, or something was added to it. CHANGED: it was read, or a step "
    "it asked for was taken.",
)


@strawberry.type(description="What became of one of the caller's own messages, as it happens.")
class MessageUpdate:
    number: int = strawberry.field(
        description="Counts what becomes of the caller's messages at the organisation, without "
        "gaps. The id of the event: who comes back with it in Last-Event-ID misses nothing."
    )
    change: Change | None = strawberry.field(
        description="What became of the message; null in the first event of a stream that begins, "
        "which says only where."
    )
    message: Message | None = strawberry.field(description="The message, as it is now.")

    @classmethod
    def of(cls, number: int, row: Record | None) -> "MessageUpdate":
        if row is None:
            return cls(number=number, change=None, message=None)
        return cls(number=number, change=Change(row["change"]), message=Message.of(row))

    @strawberry.field(description="How many messages of their own the caller has now.")
    async def counts(self, info: Info) -> MessageCounts | None:
        return await MessageCounts.load(info, mine=True)


def _organisation(code: str | None) -> Organisation | None:
    return Organisation(ods_code=OdsCode(code)) if code else None


def _quality_service(identity: str | None) -> QualityService | None:
    return QualityService(id=strawberry.ID(identity)) if identity else None


def _messages(info: Info) -> DataLoader[UUID, Message | None]:
    async def load(ids: list[UUID]) -> list[Message | None]:
        rows = await queries.by_id(info.context.db, info.context.principal, ids)
        return [Message.of(rows[one]) if one in rows else None for one in ids]

    return DataLoader(load)


def _about(info: Info, first: int) -> DataLoader[UUID, list[Record]]:
    async def load(ids: list[UUID]) -> list[list[Record]]:
        found = await queries.about(info.context.db, info.context.principal, ids, first)
        return [found[one] for one in ids]

    return DataLoader(load)
