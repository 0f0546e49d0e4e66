"""What happens to mails: considered, gathered, claimed, sent or not.

A mail is claimed in one transaction and its outcome kept in another, with the sending between. So
it is never sent twice; where nobody knows whether it went, that is shown, and it is left at that.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from asyncpg import Record

from chassis import outbox
from chassis.db import Database, Tx
from chassis.errors import DomainError
from services.notifications.email import events
from services.notifications.email.domain import (
    GIVE_UP,
    NOT_WRITTEN,
    Outcome,
    Status,
    Verdict,
    pause,
)
from services.notifications.email.letter import Letter
from services.notifications.email.links import Links
from services.notifications.email.store import considering, delivering, digests
from services.notifications.email.store.considering import Considered
from services.notifications.email.writing import letter_for
from services.notifications.messages import telling
from services.notifications.preferences import store as preferences
from services.notifications.preferences.domain import Choice, choice_for, kind_of

log = structlog.get_logger()

MOST_CONSIDERED: Final = 1_000
_UNREACHABLE_PAUSES: Final = 3
"""However often the server was not there: it may be back any minute."""

_ENDS: Final = {
    Verdict.SENT: Status.SENT,
    Verdict.BOUNCED: Status.FAILED,
    Verdict.REFUSED: Status.FAILED,
    Verdict.UNCERTAIN: Status.UNCERTAIN,
    Verdict.WITHHELD: Status.WITHHELD,
}
_PUBLISHED: Final = (Status.SENT, Status.FAILED, Status.UNCERTAIN)


async def consider(db: Database, now: datetime, *, mailing: bool = True) -> int:
    """Decide about what people have been told since; where no mail is sent, that there is none."""
    async with db.transaction() as tx:
        rows = await considering.new(tx, MOST_CONSIDERED)
        chosen = await preferences.chosen(tx, list({row["person_id"] for row in rows}))
        considered = []
        for row in rows:
            kind = kind_of(row["subject_code"])
            choice = choice_for(kind, chosen.get(row["person_id"], {}))
            which = (row["message_id"], row["event_id"], row["person_id"])
            considered.append(Considered(*which, kind, choice if mailing else Choice.NEVER))
        if considered:
            await considering.consider(tx, considered, now)
    return len(rows)


async def make_digests(db: Database, day: date, now: datetime) -> int:
    """The day's digests, unless they are made already; answers how many."""
    async with db.transaction() as tx:
        return await digests.make(tx, day, now) if await digests.begin(tx, day, now) else 0


@dataclass(frozen=True, slots=True)
class Claimed:
    delivery: Record
    letter: Letter | Outcome
    """What to send; or what has come of it already, without sending."""


async def claim(db: Database, links: Links, *, now: datetime) -> Claimed | None:
    """Take the mail that has waited longest, with what it says."""
    async with db.transaction() as tx:
        delivery = await delivering.claim(tx, now)
        return Claimed(delivery, await _letter(tx, delivery, links)) if delivery else None


async def _letter(tx: Tx, delivery: Record, links: Links) -> Letter | Outcome:
    if delivery["active"] is False:
        return Outcome(Verdict.WITHHELD, "PERSON_DISABLED", "Their access has been disabled.")
    if delivery["email"] is None:
        return Outcome(Verdict.LATER, "NO_ADDRESS", "No address has been heard of.")
    if delivery["bounces"]:
        said = "An earlier mail to this address was refused, and it has not changed since."
        return Outcome(Verdict.WITHHELD, "ADDRESS_BOUNCES", said)
    try:
        return await letter_for(tx, delivery, links)
    except (LookupError, ValueError, TypeError):
        log.exception("email.not_written", delivery=str(delivery["id"]))
        return NOT_WRITTEN


async def settle(
    db: Database, delivery: Record, outcome: Outcome, *, now: datetime, at: datetime
) -> None:
    """Keep what came of it, tell those who audit, and administrators of an address that refuses."""
    status, due_at = _next(delivery, outcome, now)
    async with db.transaction() as tx:
        ended = await delivering.end(tx, delivery, outcome, status=status, due_at=due_at, now=now)
        if ended is None:
            return
        if status in _PUBLISHED:
            await outbox.record(tx, [events.ended(ended, at)], at=at)
        if outcome.verdict is Verdict.BOUNCED:
            await _bounced(tx, delivery, outcome, now, at)


def _next(delivery: Record, outcome: Outcome, now: datetime) -> tuple[Status, datetime | None]:
    if status := _ENDS.get(outcome.verdict):
        return status, None
    if now - delivery["made_at"] > GIVE_UP:
        return Status.FAILED, None
    return Status.RETRYING, now + _pause(delivery["attempts"], outcome)


def _pause(attempts: int, outcome: Outcome) -> timedelta:
    unreachable = outcome.verdict is Verdict.UNREACHABLE
    return pause(min(attempts, _UNREACHABLE_PAUSES) if unreachable else attempts)


async def _bounced(tx: Tx, delivery: Record, outcome: Outcome, now: datetime, at: datetime) -> None:
    """Nothing more goes to that address; its administrators are told once."""
    person, id_ = delivery["person_id"], delivery["id"]
    if not await delivering.note_bounce(tx, person, delivery["email"], id_, now):
        return
    try:
        async with tx.savepoint():
            await telling.mail_bounced(
                tx, person, event_id=id_, event_type=events.FAILED, at=at, reason=outcome.text
            )
    except DomainError as unknown:  # their organisation has not been heard of: nobody to tell
        log.info("email.bounce_untold", delivery=str(id_), code=unknown.code)


async def give_up_claims(db: Database, *, now: datetime, at: datetime) -> int:
    """Mails whose sender ended without a word: whether they went is not known."""
    async with db.transaction() as tx:
        abandoned = await delivering.give_up_claims(tx, now)
        await outbox.record(tx, [events.ended(row, at) for row in abandoned], at=at)
    return len(abandoned)
