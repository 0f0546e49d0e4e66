"""What became of mails, in GraphQL."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Connection, Context, as_uuid, connection, window
from nhs.directory import Principal
from services.notifications.email import queries
from services.notifications.email.domain import Status
from services.notifications.email.store.lists import DeliveryFilter
from services.notifications.messages.references import Person
from services.notifications.messages.types import Message

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    Status,
    name="EmailStatus",
    description="WAITING and RETRYING mails will be sent, SENDING ones are; SENT ones were taken "
    "by the mail server. FAILED: refused for good. UNCERTAIN: the connection or the process broke "
    "while it was sent, so it may have arrived; it is not sent again. WITHHELD: never tried.",
)


@strawberry.input(description="Which mails; what is left out lets everything pass.")
class EmailDeliveryFilter:
    status: list[Status] | None = strawberry.field(default=None, description="Any of these.")
    person: strawberry.ID | None = strawberry.field(
        default=None, description="To the person of this id."
    )
    since: datetime | None = strawberry.field(
        default=None, description="Made at that moment or later, by the real clock."
    )

    def asked(self) -> DeliveryFilter:
        return DeliveryFilter(
            self.status, as_uuid(self.person) if self.person else None, self.since
        )


@strawberry.type(description="Why a mail was not taken.")
class EmailProblem:
    code: str = strawberry.field(description="The mail server's number for it, or a word of ours.")
    text: str = strawberry.field(description="What it said, without addresses.")


@strawberry.type(description="A mail to somebody, and what became of it. Times are the real ones.")
class EmailDelivery:
    id: strawberry.ID = strawberry.field(description="The mail's id; its Message-ID begins so.")
    status: Status = strawberry.field(description="What became of it.")
    person: Person | None = strawberry.field(description="Who is written to.")
    digest_on: date | None = strawberry.field(
        description="The day, on the business clock, of which it is the digest; null where it is "
        "about one message."
    )
    made_at: datetime = strawberry.field(description="When it was decided to write.")
    attempts: int = strawberry.field(description="How often it was tried.")
    next_attempt_at: datetime | None = strawberry.field(
        description="When it is tried next, if it waits."
    )
    ended_at: datetime | None = strawberry.field(
        description="When it was taken, or given up; null while it waits or is being sent."
    )
    problem: EmailProblem | None = strawberry.field(
        description="Why it was not taken, at the last attempt."
    )
    message_id: strawberry.Private[UUID | None]

    @strawberry.field(description="The message it is about, if the caller sees that.")
    async def message(self, info: Info) -> Message | None:
        if self.message_id is None:
            return None
        return await Message.resolve_reference(info, strawberry.ID(str(self.message_id)))

    @strawberry.field(description="The events it told of: at most 100 of their ids.")
    async def events(self, info: Info) -> list[strawberry.ID]:
        loader = info.context.loader("email.events", lambda: _events(info))
        return [strawberry.ID(str(one)) for one in await loader.load(as_uuid(self.id))]

    @classmethod
    def of(cls, row: Record) -> "EmailDelivery":
        waits = row["status"] in (Status.WAITING, Status.RETRYING)
        code, text = row["problem_code"], row["problem"]
        return cls(
            id=strawberry.ID(str(row["id"])),
            status=Status(row["status"]),
            person=Person(id=strawberry.ID(str(row["person_id"]))),
            digest_on=row["digest_on"],
            made_at=row["made_at"],
            attempts=row["attempts"],
            next_attempt_at=row["due_at"] if waits else None,
            ended_at=row["ended_at"],
            problem=EmailProblem(code=code, text=text or "") if code else None,
            message_id=row["message_id"],
        )


def _events(info: Info) -> DataLoader[UUID, list[UUID]]:
    async def load(ids: list[UUID]) -> list[list[UUID]]:
        found = await queries.events(info.context.db, ids)
        return [found[one] for one in ids]

    return DataLoader(load)


@strawberry.type
class Query:
    @strawberry.field(
        description="Mails and what became of them, the newest first: the caller's own; for a User "
        "Administrator those to everybody who acts for the organisation, for an Advanced one also "
        "to those of the organisations below it."
    )
    async def email_deliveries(
        self,
        info: Info,
        filter: EmailDeliveryFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[EmailDelivery] | None:
        page, context = window(first, after, UUID), info.context
        chosen = filter.asked() if filter else DeliveryFilter()
        rows = await queries.listed(context.db, context.principal, chosen, page.after, page.limit)
        return connection(
            rows,
            page,
            node=EmailDelivery.of,
            key=lambda row: (row["id"],),
            total=lambda: queries.total(context.db, context.principal, chosen),
        )
