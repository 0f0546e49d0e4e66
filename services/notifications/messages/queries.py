"""What is read for those who ask, each from one snapshot and within their sight."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from chassis.errors import DomainError
from chassis.graphql.live import Live, ResetError
from nhs.directory import Principal
from services.notifications.messages.store import lists
from services.notifications.messages.store import live as entries
from services.notifications.messages.store.scope import MessageFilter, Sight

MOST_ABOUT: Final = 100
AT_ONCE: Final = 100
"""Entries read at a time by who was away for long."""


async def listed(
    db: Database, who: Principal, chosen: MessageFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    async with db.reader() as reader:
        return await lists.listed(reader, await Sight.of(reader, who), chosen, after, limit)


async def total(db: Database, who: Principal, chosen: MessageFilter) -> int:
    async with db.reader() as reader:
        return await lists.total(reader, await Sight.of(reader, who), chosen)


async def counts(db: Database, who: Principal, mine: bool | None) -> Mapping[str, int]:
    async with db.reader() as reader:
        return await lists.counts(reader, await Sight.of(reader, who), mine)


async def by_id(db: Database, who: Principal, ids: Sequence[UUID]) -> dict[UUID, Record]:
    async with db.reader() as reader:
        return await lists.by_id(reader, await Sight.of(reader, who), ids)


async def about(
    db: Database, who: Principal, ids: Sequence[UUID], most: int
) -> dict[UUID, list[Record]]:
    if not 0 < most <= MOST_ABOUT:
        message = f"first must be from 1 to {MOST_ABOUT}, not {most}."
        raise DomainError("PAGE_TOO_LONG", message, field="first", limit=MOST_ABOUT)
    async with db.reader() as reader:
        return await lists.about(reader, await Sight.of(reader, who), ids, most)


async def updates(db: Database, live: Live, who: Principal) -> AsyncGenerator[Record | None]:
    """What becomes of the caller's messages from the event on that they had last.

    Who had none yet is first told where they begin: by None.
    """
    mailbox = (who.person_id, who.organisation)
    async with live.watching(mailbox) as watch:
        now = await _number(db, mailbox)
        if live.after is None:
            live.number = now
            yield None
        elif live.after > now:
            raise ResetError  # of another mailbox, or another system
        number = now if live.after is None else live.after
        while True:
            await watch.beyond(number)
            await live.renew()
            async with db.reader() as reader:
                rows = await entries.since(reader, mailbox, number, AT_ONCE)
            for row in rows:
                number = live.number = row["number"]
                yield row


async def _number(db: Database, mailbox: entries.Mailbox) -> int:
    async with db.reader() as reader:
        return (await entries.numbers(reader, [mailbox])).get(mailbox, 0)
