"""What events and people make happen to messages."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis import outbox
from chassis.choice import Choice as ChoiceOf
from chassis.choice import Chooser
from chassis.db import Database, Tx
from chassis.errors import NOT_YET_KNOWN, DomainError
from chassis.idempotency import IdempotencyKey, once
from nhs.directory import Principal
from services.notifications.messages import events
from services.notifications.messages.domain import (
    COMPLETES,
    LONGEST_ABOUT,
    NOTICES,
    REACHES_COMMISSIONER,
    SENT_BACK,
    Kind,
    Notice,
    Occurrence,
    Status,
)
from services.notifications.messages.store import changes, heard, raising
from services.notifications.messages.store.scope import MessageFilter, Sight


async def tell(tx: Tx, occurrence: Occurrence) -> None:
    """Complete the tasks that asked for this, and tell everyone whom it concerns."""
    reached = await _reached(tx, occurrence)
    if done := COMPLETES.get(occurrence.event):
        await raising.complete(tx, occurrence.id, done)
    for notice in NOTICES[occurrence.event]:
        if reached or not notice.if_reached:
            await _tell(tx, notice, occurrence)


async def _reached(tx: Tx, occurrence: Occurrence) -> bool:
    """Whether the declaration was with its commissioner until now."""
    if occurrence.event in REACHES_COMMISSIONER:
        await heard.reach_commissioner(tx, occurrence.id)
    return occurrence.event in SENT_BACK and await heard.send_back(tx, occurrence.id)


async def _tell(tx: Tx, notice: Notice, occurrence: Occurrence) -> None:
    people = await raising.recipients(tx, notice, occurrence)
    if people:
        rows = await raising.raise_to(tx, people, notice.kind, occurrence, LONGEST_ABOUT)
        messages = [_raised(row, occurrence.id) for row in rows]
        await outbox.record(tx, events.raised(messages), at=occurrence.at)
    elif not await heard.is_known(tx, organisation := occurrence.told(notice.side)):
        raise DomainError(NOT_YET_KNOWN, f"{organisation} has not been heard of yet")


def _raised(row: Record, about: UUID) -> events.MessageRaised:
    return events.MessageRaised(
        id=row["id"],
        version=row["version"],
        kind=row["kind"],
        subject_code=row["subject_code"],
        person_id=row["person_id"],
        organisation=row["organisation"],
        about=[*row["about_before"], about],
        count=row["count"],
        at=row["raised_at"],
    )


# Bulk actions of the recipient -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when, under which key, and whether only to be shown what would happen."""

    principal: Principal
    now: datetime
    key: IdempotencyKey | None = None
    dry_run: bool = False

    def choosing(self, operation: str) -> Chooser:
        who = self.principal
        return Chooser(who.person_id, who.organisation, operation, self.now, self.dry_run)


Choice = ChoiceOf[UUID, MessageFilter]


@dataclass(frozen=True, slots=True)
class Refused:
    id: UUID
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    done: list[UUID] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    selection: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    becomes: Status
    verb: str
    tasks_only: bool

    def judge(self, row: Record | None, version: int) -> None:
        if row is None:
            raise DomainError("MESSAGE_NOT_FOUND", "There is no such message in your sight.")
        if not row["mine"]:
            raise DomainError("NOT_YOURS", "Only who was told of it can do that.")
        if row["version"] != version:
            raise DomainError("STALE_VERSION", "The message has changed since you saw it.")
        if self.tasks_only and row["kind"] != Kind.TASK:
            raise DomainError("NOT_A_TASK", "It is a message: there is nothing to complete.")
        if row["status"] in (self.becomes, Status.DONE):
            raise DomainError("TRANSITION_NOT_ALLOWED", f"It is {row['status']} already.")


READ: Final = Action("markMessagesRead", Status.READ, "marked as read", tasks_only=False)
COMPLETE: Final = Action("completeTasks", Status.DONE, "completed", tasks_only=True)


async def act(db: Database, ask: Ask, action: Action, choice: Choice) -> Outcome:
    """Do it to each chosen message of one's own; the others are refused one by one.

    Where nothing was done, the key is not used up.
    """
    async with db.transaction() as tx:
        return await once(
            tx,
            ask.key,
            Outcome,
            lambda: _act(tx, ask, action, choice),
            now=ask.now,
            keep=lambda outcome: bool(outcome.done) and not ask.dry_run,
        )


async def _act(tx: Tx, ask: Ask, action: Action, choice: Choice) -> Outcome:
    sight = Sight.of(ask.principal)
    chooser = ask.choosing(action.name)
    chosen = await chooser.chosen(tx, choice, lambda *f: changes.matching(tx, sight, *f))
    held = await changes.held(tx, sight, list(chosen), lock=not ask.dry_run)
    done: list[UUID] = []
    refused: list[Refused] = []
    for identity, version in chosen.items():
        try:
            action.judge(held.get(identity), version)
            done.append(identity)
        except DomainError as error:
            refused.append(Refused(identity, error.code, error.message))
    token = None
    if ask.dry_run:
        token = await chooser.shown(tx, [(one, chosen[one]) for one in done])
    elif done:
        await changes.set_status(tx, done, action.becomes)
    return Outcome(done, refused, token, _said(len(done), action, dry_run=ask.dry_run))


def _said(done: int, action: Action, *, dry_run: bool) -> str:
    what = "1 message" if done == 1 else f"{done} messages"
    verb = "would be" if dry_run else "was" if done == 1 else "were"
    return f"{what} {verb} {action.verb}."
