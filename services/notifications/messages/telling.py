"""What events make happen: people are told, and tasks are done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis import outbox
from chassis.db import Tx
from chassis.errors import NOT_YET_KNOWN, DomainError
from services.notifications.messages import events, wording
from services.notifications.messages.domain import (
    COMPLETED_BY,
    COMPLETES,
    LONGEST_ABOUT,
    NOTICES,
    REACHES_COMMISSIONER,
    SENT_BACK,
    Change,
    Kind,
    Notice,
    Occurrence,
    Side,
    Thing,
)
from services.notifications.messages.store import announcing, heard, raising
from services.notifications.messages.store.raising import Recipient

BY_CODE: Final = frozenset({Thing.ORGANISATION})


async def tell(tx: Tx, occurrence: Occurrence) -> None:
    """Complete the tasks that asked for this, and tell everyone whom it concerns."""
    reached = await _reached(tx, occurrence)
    if done := COMPLETES.get(occurrence.event):
        await raising.note_step(tx, occurrence)
        note(tx, await raising.complete(tx, occurrence.id, done), Change.CHANGED)
    for notice in NOTICES[occurrence.event]:
        if (reached or not notice.if_reached) and not await _too_late(tx, notice, occurrence):
            await _tell(tx, notice, occurrence)


async def tell_of_membership(tx: Tx, occurrence: Occurrence) -> None:
    """The same, where the commissioners are those of the practice and its network on the day."""
    providers = [code for codes in occurrence.told.values() for code in codes]
    day = occurrence.effective_on or occurrence.day
    commissioners = await heard.commissioners(tx, providers, day)
    told = {**occurrence.told, Side.COMMISSIONER: tuple(commissioners)}
    await tell(tx, replace(occurrence, told=told))


async def mail_bounced(
    tx: Tx, person: UUID, *, event_id: UUID, event_type: str, at: datetime, reason: str | None
) -> None:
    """Tell the User Administrators of the person's organisations that mail does not arrive."""
    for organisation in await heard.linked_to(tx, person):
        await tell(
            tx,
            Occurrence(
                event="mail.bounced",
                event_id=event_id,
                event_type=event_type,
                thing=Thing.PERSON,
                id=str(person),
                version=0,
                action=event_id,
                at=at,
                provider=organisation,
                told={Side.PROVIDER: (organisation,)},
                reason=reason,
            ),
        )


async def _reached(tx: Tx, occurrence: Occurrence) -> bool:
    """Whether the declaration was with its commissioner until now."""
    if occurrence.event in REACHES_COMMISSIONER:
        await heard.reach_commissioner(tx, occurrence.id)
    return occurrence.event in SENT_BACK and await heard.send_back(tx, occurrence.id)


async def _too_late(tx: Tx, notice: Notice, occurrence: Occurrence) -> bool:
    """Whether what the task would ask for has happened since: its event was heard out of turn."""
    steps = COMPLETED_BY.get(occurrence.subject_code)
    if notice.kind is not Kind.TASK or not steps:
        return False
    taken = await raising.steps(tx, occurrence.id)
    return any(taken.get(step, 0) > occurrence.version for step in steps)


async def _tell(tx: Tx, notice: Notice, occurrence: Occurrence) -> None:
    people = await _people(tx, notice, occurrence)
    if told := await _covered(tx, people, notice, occurrence):
        note(tx, await raising.raise_to(tx, told, notice, occurrence), Change.RAISED)


async def _covered(
    tx: Tx, people: Sequence[Recipient], notice: Notice, occurrence: Occurrence
) -> Mapping[Recipient, Sequence[UUID]]:
    """Who is told, and in whose place too: a task goes to the colleague who covers.

    A colleague who is not among the people has been told of it already.
    """
    if notice.kind is not Kind.TASK or not people:
        return dict.fromkeys(people, ())
    by = await raising.covered(tx, people, notice, occurrence)
    told: dict[Recipient, list[UUID]] = {one: [] for one in people if one not in by}
    for absent, colleague in by.items():
        if colleague in told:
            told[colleague].append(absent[0])
    return told


async def _people(tx: Tx, notice: Notice, what: Occurrence) -> list[Recipient]:
    places = what.told.get(notice.side, ())
    if notice.side is Side.PERSON:
        active = what.person and await raising.is_active(tx, what.person)
        return [(what.person, place) for place in places] if what.person and active else []
    people = await raising.recipients(tx, notice, what)
    if not people and (unknown := await heard.unknown(tx, places)):
        raise DomainError(NOT_YET_KNOWN, f"{unknown} has not been heard of yet")
    return people


# At the end of the transaction -------------------------------------------------------------------


def note(tx: Tx, ids: list[UUID], change: Change) -> None:
    """Have it announced what became of the messages, each once a transaction."""
    touched = tx.at_end(_announce)
    for one in ids:
        if touched.get(one) is not Change.RAISED:
            touched[one] = change


async def _announce(tx: Tx, touched: dict[Any, Any]) -> None:
    """Publish what was told, as it stands; count in the mailboxes what became of their messages.

    The mailboxes last: their rows are what others wait for.
    """
    if told := [one for one, change in touched.items() if change is Change.RAISED]:
        await _publish(tx, await announcing.as_told(tx, told, LONGEST_ABOUT))
    if touched:
        await announcing.count(tx, touched)


async def _publish(tx: Tx, rows: Sequence[Record]) -> None:
    await announcing.keep_what_was_said(tx, [_said(row) for row in rows])
    for at, together in groupby(rows, itemgetter("raised_at")):
        await outbox.record(tx, events.raised([_raised(row) for row in together]), at=at)


def _said(row: Record) -> tuple[UUID, str, str, str]:
    code, facts = row["subject_code"], wording.Facts.of(row)
    codes = [row["quality_service"] or "", row["commissioner"] or "", *row["providers"]]
    return row["id"], wording.subject(code, facts), wording.body(code, facts), " ".join(codes)


def _raised(row: Record) -> events.MessageRaised:
    by_code = row["thing"] in BY_CODE
    return events.MessageRaised(
        id=row["id"],
        version=row["version"],
        kind=row["kind"],
        subject_code=row["subject_code"],
        person_id=row["person_id"],
        organisation=row["organisation"],
        about_kind=row["thing"],
        about=[] if by_code else row["about"],
        about_organisations=row["about"] if by_code else [],
        count=row["count"],
        at=row["raised_at"],
    )
