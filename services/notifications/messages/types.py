"""Messages as GraphQL shows them."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Context, OdsCode, as_uuid
from nhs.directory import Principal
from services.notifications.messages import queries, wording
from services.notifications.messages.domain import Kind, Status, Thing
from services.notifications.messages.references import (
    Declaration,
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


@strawberry.type(description="One of the things a message is about.")
class MessageAbout:
    id: strawberry.ID = strawberry.field(description="The id of the offer or the declaration.")
    done: bool = strawberry.field(description="Whether nothing is asked for any more.")
    provider: Organisation | None = strawberry.field(description="Whose it is.")
    offer: Offer | None = strawberry.field(description="The offer, if it is about one.")
    declaration: Declaration | None = strawberry.field(
        description="The declaration, if it is about one."
    )

    @classmethod
    def of(cls, row: Record) -> "MessageAbout":
        identity = strawberry.ID(str(row["about_id"]))
        return cls(
            id=identity,
            done=row["done"],
            provider=Organisation(ods_code=OdsCode(row["provider"])),
            offer=Offer(id=identity) if row["kind"] == Thing.OFFER else None,
            declaration=Declaration(id=identity) if row["kind"] == Thing.DECLARATION else None,
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
    reason: str | None = strawberry.field(description="The reason that was given for it.")
    person: Person | None = strawberry.field(description="Who is told.")
    organisation: Organisation | None = strawberry.field(description="Where they hold the role.")
    commissioner: Organisation | None = strawberry.field(
        description="Who commissions what it is about."
    )
    quality_service: QualityService | None = strawberry.field(
        description="The service it is about."
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
        facts = wording.Facts(
            service=row["service_name"],
            count=row["count"],
            provider=row["provider_name"],
            commissioner=row["commissioner_name"],
            due_on=row["due_on"],
            reason=row["reason"],
        )
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
            reason=row["reason"],
            person=Person(id=strawberry.ID(str(row["person_id"]))),
            organisation=Organisation(ods_code=OdsCode(row["organisation"])),
            commissioner=Organisation(ods_code=OdsCode(row["commissioner"])),
            quality_service=QualityService(id=strawberry.ID(row["quality_service"])),
        )


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
