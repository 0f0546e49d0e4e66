"""The history of what was told, in GraphQL."""

from datetime import datetime
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Connection, Context, OdsCode, as_uuid, connection, window
from nhs.directory import Principal
from services.notifications.email.schema import EmailDelivery
from services.notifications.history import queries
from services.notifications.history.store import HistoryFilter as Asked
from services.notifications.messages.domain import Kind, Status
from services.notifications.messages.references import Organisation, Person
from services.notifications.messages.types import Message, MessageAbout
from services.notifications.preferences.types import Choice

Info = strawberry.Info[Context[Principal], None]


@strawberry.input(description="Which of it; what is left out lets everything pass.")
class MessageHistoryFilter:
    person: strawberry.ID | None = strawberry.field(
        default=None, description="Told to the person of this id."
    )
    organisation: OdsCode | None = strawberry.field(
        default=None, description="Told there: at the organisation, or at one it took over from."
    )
    subject_codes: list[str] | None = strawberry.field(
        default=None, description="Any of these: OFFER_MADE, DECLARATION_DECLARED."
    )
    about: strawberry.ID | None = strawberry.field(
        default=None, description="About the thing of this id, an organisation of this code."
    )
    event: strawberry.ID | None = strawberry.field(
        default=None, description="Because of the event of this id."
    )
    from_: datetime | None = strawberry.field(
        name="from", default=None, description="At that moment or later."
    )
    to: datetime | None = strawberry.field(default=None, description="Before that moment.")
    words: str | None = strawberry.field(
        default=None,
        description="Words of what was said, in any of their forms; also codes of providers, "
        'commissioners and services. "In quotes" they follow one another; a minus leaves out.',
    )

    def asked(self) -> Asked:
        return Asked(
            person=as_uuid(self.person, "filter.person") if self.person else None,
            organisation=self.organisation,
            subject_codes=self.subject_codes,
            about=self.about,
            event=as_uuid(self.event, "filter.event") if self.event else None,
            since=self.from_,
            until=self.to,
            words=self.words,
        )


@strawberry.type(description="That somebody was told of something, when, and because of what.")
class MessageHistoryEntry:
    at: datetime = strawberry.field(description="When it happened, on the business clock.")
    event_id: strawberry.ID = strawberry.field(description="The event because of which.")
    event_type: str = strawberry.field(description="Its type: offer.made.v1.")
    person: Person | None = strawberry.field(description="Who was told.")
    covers: list[Person | None] = strawberry.field(
        description="Colleagues in whose place they were told of it."
    )
    organisation: Organisation | None = strawberry.field(description="At which organisation.")
    role: str | None = strawberry.field(
        description="For which role; null where it was for being who they are."
    )
    kind: Kind = strawberry.field(description="Whether something was asked for.")
    subject_code: str = strawberry.field(description="What happened: OFFER_MADE.")
    subject: str | None = strawberry.field(
        description="The message in a line, as it was when something was last added to it."
    )
    body: str | None = strawberry.field(description="What it said then.")
    status: Status = strawberry.field(description="What has become of the message.")
    about: MessageAbout | None = strawberry.field(description="What the event was about.")
    email_choice: Choice | None = strawberry.field(
        description="What the person had chosen of mails about it; null until that is looked at."
    )
    message_id: strawberry.ID = strawberry.field(description="The message's id.")
    delivery_id: strawberry.Private[UUID | None]

    @strawberry.field(description="The message, if the caller sees it in the Message Centre.")
    async def message(self, info: Info) -> Message | None:
        return await Message.resolve_reference(info, self.message_id)

    @strawberry.field(description="The mail that told of it too, and what became of that.")
    async def email(self, info: Info) -> EmailDelivery | None:
        if self.delivery_id is None:
            return None
        loader = info.context.loader("history.deliveries", lambda: _deliveries(info))
        return await loader.load(self.delivery_id)

    @classmethod
    def of(cls, row: Record) -> "MessageHistoryEntry":
        return cls(
            at=row["at"],
            event_id=strawberry.ID(str(row["event_id"])),
            event_type=row["event_type"],
            person=_person(row["person_id"]),
            covers=[_person(one) for one in row["covers"]],
            organisation=Organisation(ods_code=OdsCode(row["organisation"])),
            role=row["role"],
            kind=Kind(row["kind"]),
            subject_code=row["subject_code"],
            subject=row["subject"],
            body=row["body"],
            status=Status(row["status"]),
            about=MessageAbout.of({**row, "kind": row["thing"]}) if row["thing"] else None,
            email_choice=Choice(row["choice"]) if row["choice"] else None,
            message_id=strawberry.ID(str(row["message_id"])),
            delivery_id=row["delivery_id"],
        )


def _person(identity: UUID) -> Person:
    return Person(id=strawberry.ID(str(identity)))


def _deliveries(info: Info) -> DataLoader[UUID, EmailDelivery | None]:
    async def load(ids: list[UUID]) -> list[EmailDelivery | None]:
        found = await queries.deliveries(info.context.db, ids)
        return [EmailDelivery.of(found[one]) if one in found else None for one in ids]

    return DataLoader(load)


@strawberry.type
class Query:
    @strawberry.field(
        description="What was told to whom at the organisation acted for, when, and because of "
        "which event, the latest first: for its Supervisors and administrators. Nothing of it is "
        "ever forgotten."
    )
    async def message_history(
        self,
        info: Info,
        filter: MessageHistoryFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[MessageHistoryEntry] | None:
        page, context = window(first, after, datetime, UUID, UUID), info.context
        chosen, who = filter.asked() if filter else Asked(), context.principal
        rows = await queries.listed(context.db, who, chosen, page.after, page.limit)
        return connection(
            rows,
            page,
            node=MessageHistoryEntry.of,
            key=lambda row: (row["at"], row["message_id"], row["event_id"]),
            total=lambda: queries.total(context.db, who, chosen),
        )
