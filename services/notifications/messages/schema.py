"""The Message Centre in GraphQL."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from uuid import UUID

import strawberry

from chassis.graphql import (
    BulkAnswer,
    Connection,
    Context,
    RowVersion,
    choice,
    connection,
    window,
)
from nhs.directory import Principal
from services.notifications.messages import commands, queries
from services.notifications.messages.commands import Action, Ask, Choice
from services.notifications.messages.domain import Kind, Status
from services.notifications.messages.store.scope import MessageFilter as Asked
from services.notifications.messages.types import Message, MessageCounts, MessageUpdate

Info = strawberry.Info[Context[Principal], None]


@strawberry.input(description="Which messages; what is left out lets everything pass.")
class MessageFilter:
    kind: Kind | None = strawberry.field(default=None, description="Tasks or messages.")
    status: list[Status] | None = strawberry.field(
        default=None, description="Any of these; UNREAD and READ are the tasks still open."
    )
    subject_codes: list[str] | None = strawberry.field(
        default=None, description="Any of these: OFFER_MADE, DECLARATION_DECLARED."
    )
    mine: bool | None = strawberry.field(
        default=None, description="For a Supervisor: only their own (true), or only others'."
    )
    since: datetime | None = strawberry.field(
        default=None, description="Raised at that moment or later."
    )

    def asked(self) -> Asked:
        return Asked(self.kind, self.status, self.subject_codes, self.mine, self.since)


@strawberry.input(one_of=True, description="The messages meant, in one of three ways.")
class MessageChoice:
    rows: list[RowVersion] | None = strawberry.field(
        default=strawberry.UNSET, description="A short list, each at the version last seen."
    )
    filter: MessageFilter | None = strawberry.field(
        default=strawberry.UNSET, description="All that pass; in a dry run only."
    )
    selection: str | None = strawberry.field(
        default=strawberry.UNSET, description="The token a dry run answered."
    )

    def asked(self) -> Choice:
        return choice(self.rows, self.filter.asked() if self.filter else None, self.selection)


@strawberry.type(description="What became of the chosen messages.")
class MessageBulkAnswer(BulkAnswer):
    pass


@strawberry.type
class Query:
    @strawberry.field(
        description="Tasks and messages at the organisation acted for, the newest first: one's "
        "own, and for a Supervisor everybody's there."
    )
    async def messages(
        self,
        info: Info,
        filter: MessageFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Message] | None:
        page, context = window(first, after, datetime, UUID), info.context
        chosen = filter.asked() if filter else Asked()
        rows = await queries.listed(context.db, context.principal, chosen, page.after, page.limit)
        return connection(
            rows,
            page,
            node=Message.of,
            key=lambda row: (row["raised_at"], row["id"]),
            total=lambda: queries.total(context.db, context.principal, chosen),
        )

    @strawberry.field(description="One message, if it is in the caller's sight.")
    async def message(self, info: Info, id: strawberry.ID) -> Message | None:
        return await Message.resolve_reference(info, id)

    @strawberry.field(description="How many messages the caller has, or as a Supervisor sees.")
    async def message_counts(self, info: Info, mine: bool | None = None) -> MessageCounts | None:
        return await MessageCounts.load(info, mine=mine)


@strawberry.type
class Mutation:
    @strawberry.mutation(description="Mark one's own messages and tasks as read.")
    async def mark_messages_read(
        self,
        info: Info,
        choose: MessageChoice,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> MessageBulkAnswer:
        return await _act(info, commands.READ, choose, dry_run, idempotency_key)

    @strawberry.mutation(
        description="Say of one's own tasks that they are done. A task whose step was taken is "
        "done by itself."
    )
    async def complete_tasks(
        self,
        info: Info,
        choose: MessageChoice,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> MessageBulkAnswer:
        return await _act(info, commands.COMPLETE, choose, dry_run, idempotency_key)


async def _act(
    info: Info, action: Action, choose: MessageChoice, dry_run: bool, key: str | None
) -> MessageBulkAnswer:
    context = info.context
    ask = Ask(context.principal, context.now, context.idempotency(info, key), dry_run)
    return MessageBulkAnswer.told(await commands.act(context.db, ask, action, choose.asked()))


@strawberry.type
class Subscription:
    @strawberry.subscription(
        description="What becomes of the caller's own messages at the organisation acted for, as "
        "it happens. Over server-sent events; a stream that was lost goes on after Last-Event-ID."
    )
    async def message_updates(self, info: Info) -> AsyncGenerator[MessageUpdate, None]:
        context = info.context
        live = context.stream
        async with aclosing(queries.updates(context.db, live, context.principal)) as updates:
            async for row in updates:
                yield MessageUpdate.of(live.number or 0, row)
