"""Preferences in GraphQL: everybody's own, at whichever organisation they act."""

from collections.abc import Sequence
from datetime import datetime

import strawberry
from asyncpg import Record

from chassis.graphql import Context
from nhs.directory import Principal
from services.notifications.preferences import commands, queries
from services.notifications.preferences.domain import DEFAULTS
from services.notifications.preferences.types import Choice, Kind

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="How soon the caller is mailed about things of one kind.")
class EmailPreference:
    kind: Kind = strawberry.field(description="What the mails are about.")
    choice: Choice = strawberry.field(description="How soon they come.")
    chosen_at: datetime | None = strawberry.field(
        description="When the caller chose it; null where it is the default."
    )


@strawberry.type(description="A change of a preference.")
class EmailPreferenceChange:
    kind: Kind = strawberry.field(description="What the mails are about.")
    before: Choice | None = strawberry.field(
        description="What had been chosen; null where it was the default."
    )
    after: Choice = strawberry.field(description="What was chosen.")
    at: datetime = strawberry.field(description="When, on the business clock.")
    by_link: bool = strawberry.field(description="Whether by a link in a mail, not signed in.")

    @classmethod
    def of(cls, row: Record) -> "EmailPreferenceChange":
        before = row["choice_before"]
        return cls(
            kind=Kind(row["kind"]),
            before=Choice(before) if before else None,
            after=Choice(row["choice_after"]),
            at=row["at"],
            by_link=row["by_link"],
        )


@strawberry.type(description="What the caller is mailed about, and how soon.")
class EmailPreferences:
    preferences: list[EmailPreference] = strawberry.field(description="One for each kind.")

    @strawberry.field(description="What the caller changed, the newest first.")
    async def changes(self, info: Info, first: int = 20) -> list[EmailPreferenceChange]:
        context = info.context
        rows = await queries.changes(context.db, context.principal.person_id, first)
        return [EmailPreferenceChange.of(row) for row in rows]

    @classmethod
    def of(cls, rows: Sequence[Record]) -> "EmailPreferences":
        chosen = {row["kind"]: row for row in rows}
        return cls(preferences=[_preference(kind, chosen.get(kind)) for kind in Kind])


def _preference(kind: Kind, row: Record | None) -> EmailPreference:
    if row is None:
        return EmailPreference(kind=kind, choice=DEFAULTS[kind], chosen_at=None)
    return EmailPreference(kind=kind, choice=Choice(row["choice"]), chosen_at=row["chosen_at"])


@strawberry.input(description="How soon to be mailed about things of one kind.")
class EmailPreferenceInput:
    kind: Kind = strawberry.field(description="What the mails are about.")
    choice: Choice = strawberry.field(
        description="How soon they are to come. ACCEPTANCES come daily or never."
    )


@strawberry.type
class Query:
    @strawberry.field(description="What the caller is mailed about, and how soon.")
    async def email_preferences(self, info: Info) -> EmailPreferences | None:
        return await _own(info)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        description="Choose how soon to be mailed about things of some kinds; the others stay as "
        "they are."
    )
    async def set_email_preferences(
        self, info: Info, choices: list[EmailPreferenceInput], idempotency_key: str | None = None
    ) -> EmailPreferences:
        context = info.context
        await commands.set_preferences(
            context.db,
            context.principal.person_id,
            [(one.kind, one.choice) for one in choices],
            now=context.now,
            key=context.idempotency(info, idempotency_key),
        )
        return await _own(info)


async def _own(info: Info) -> EmailPreferences:
    context = info.context
    return EmailPreferences.of(await queries.listed(context.db, context.principal.person_id))
