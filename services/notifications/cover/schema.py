"""Cover in GraphQL."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Connection, Context, OdsCode, as_uuid, connection, window
from nhs.directory import Principal
from services.notifications.cover import commands, queries
from services.notifications.cover.commands import Ask
from services.notifications.cover.domain import Change, State
from services.notifications.cover.store import cover_of
from services.notifications.messages.references import Organisation, Person

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    State,
    name="MessageCoverState",
    description="OVER: its last day has passed. ENDED: one of the two ended it before.",
)
strawberry.enum(Change, name="MessageCoverChange", description="What was done with a cover.")


@strawberry.type(description="One step in the history of a cover.")
class MessageCoverStep:
    change: Change = strawberry.field(description="What was done.")
    at: datetime = strawberry.field(description="When, on the business clock.")
    by: Person | None = strawberry.field(description="Who did it.")


@strawberry.type(
    description="A colleague of the same role, who receives somebody's tasks for a time."
)
class MessageCover:
    id: strawberry.ID = strawberry.field(description="The cover's id.")
    organisation: Organisation | None = strawberry.field(description="Where both hold the role.")
    person: Person | None = strawberry.field(description="Who is covered.")
    colleague: Person | None = strawberry.field(description="Who receives their tasks.")
    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date = strawberry.field(description="The last day.")
    state: State = strawberry.field(description="Whether it holds today.")

    @strawberry.field(description="Who did what with it, the first first.")
    async def history(self, info: Info) -> list[MessageCoverStep]:
        loader = info.context.loader("cover.history", lambda: _history(info))
        return [
            MessageCoverStep(change=Change(row["change"]), at=row["at"], by=_person(row["by"]))
            for row in await loader.load(as_uuid(self.id))
        ]

    @classmethod
    def of(cls, row: Record, today: date) -> "MessageCover":
        cover = cover_of(row)
        return cls(
            id=strawberry.ID(str(cover.id)),
            organisation=Organisation(ods_code=OdsCode(cover.organisation)),
            person=_person(cover.person),
            colleague=_person(cover.colleague),
            starts_on=cover.starts_on,
            ends_on=cover.ends_on,
            state=cover.state(today),
        )


def _person(identity: UUID) -> Person:
    return Person(id=strawberry.ID(str(identity)))


def _history(info: Info) -> DataLoader[UUID, list[Record]]:
    async def load(covers: list[UUID]) -> list[list[Record]]:
        found = await queries.history(info.context.db, info.context.principal, covers)
        return [found[one] for one in covers]

    return DataLoader(load)


@strawberry.type
class Query:
    @strawberry.field(
        description="Who covers for whom at the organisation acted for, the latest first: one's "
        "own and those one gives, and for a Supervisor everybody's there."
    )
    async def covers(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[MessageCover] | None:
        page, context = window(first, after, date, UUID), info.context
        who = context.principal
        rows = await queries.listed(context.db, who, page.after, page.limit)
        return connection(
            rows,
            page,
            node=lambda row: MessageCover.of(row, who.today),
            key=lambda row: (row["starts_on"], row["id"]),
            total=lambda: queries.total(context.db, who),
        )


@strawberry.type
class Mutation:
    @strawberry.mutation(
        description="Have a colleague with the same role at the organisation receive one's tasks "
        "from the first day to the last; open tasks are shown to them too."
    )
    async def name_cover(
        self,
        info: Info,
        colleague: strawberry.ID,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day.")],
        to: Annotated[date, strawberry.argument(description="The last day.")],
        idempotency_key: str | None = None,
    ) -> MessageCover | None:
        who = as_uuid(colleague, "colleague")
        ask = _ask(info, idempotency_key)
        named = await commands.name_cover(info.context.db, ask, who, from_, to)
        return await _shown(info, named)

    @strawberry.mutation(description="End a cover before its time: one's own, or one gives it.")
    async def end_cover(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> MessageCover | None:
        ask = _ask(info, idempotency_key)
        return await _shown(info, await commands.end_cover(info.context.db, ask, as_uuid(id)))


def _ask(info: Info, key: str | None) -> Ask:
    context = info.context
    return Ask(context.principal, context.now, context.idempotency(info, key))


async def _shown(info: Info, identity: UUID) -> MessageCover:
    who = info.context.principal
    return MessageCover.of(await queries.one(info.context.db, who, identity), who.today)
