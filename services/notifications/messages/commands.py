"""What recipients do to their messages, many at once. What events make happen is in `telling`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.choice import Choice as ChoiceOf
from chassis.choice import Chooser
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from nhs.directory import Principal
from services.notifications.messages import telling
from services.notifications.messages.domain import Change, Kind, Status
from services.notifications.messages.store import changes
from services.notifications.messages.store.scope import MessageFilter, Sight


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
    field: str | None = None


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
        if not row["mine_to_do" if self.tasks_only else "mine"]:
            message = "Only who was told of it can do that, or who covers for them."
            raise DomainError("NOT_YOURS", message)
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
    sight = await Sight.of(tx, ask.principal)
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
        telling.note(tx, done, Change.CHANGED)
    return Outcome(done, refused, token, _said(len(done), action, dry_run=ask.dry_run))


def _said(done: int, action: Action, *, dry_run: bool) -> str:
    what = "1 message" if done == 1 else f"{done} messages"
    verb = "would be" if dry_run else "was" if done == 1 else "were"
    return f"{what} {verb} {action.verb}."
