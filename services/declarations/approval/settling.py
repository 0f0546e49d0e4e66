"""What the service does by itself: opens declarations, and drains what is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

import structlog
from asyncpg import Record

from chassis.db import Database, Tx
from chassis.errors import TransientError
from chassis.service import Worker
from services.declarations import due
from services.declarations.approval import domain, recovery, store
from services.declarations.approval.commands import save
from services.declarations.approval.domain import Action, Figures, Happening, Missing
from services.declarations.approval.history import write
from services.declarations.calculation.commands import (
    Calculated,
    Outcome,
    calculate_all,
)
from services.declarations.calculation.domain import Subject

log = structlog.get_logger()

BATCH = 500
"""Declarations of one transaction: half a second at most, so that approvers hardly wait."""

_DRAINING = 0.1
_OPENING = 1.0
_BACK_OFF = 1.0
_TAKING_UP = 3_600.0


async def settle(worker: Worker) -> None:
    """Open and calculate whatever is due, for as long as the service runs."""

    async def opening() -> int:
        async with worker.db.transaction() as tx:
            return await open_declarations(tx, worker.clock.today(), now=worker.clock.now())

    async def draining() -> int:
        now = worker.clock.now()
        return await drain_due(worker.db, demonstration=worker.demonstration, now=now)

    async def taking_up() -> int:
        async with worker.db.transaction() as tx:
            await due.take_up(tx)
        return 0

    await asyncio.gather(
        _repeated(opening, worker.stop, _OPENING),
        _repeated(draining, worker.stop, _DRAINING),
        _repeated(taking_up, worker.stop, _TAKING_UP),
    )


async def _repeated(work: Callable[[], Awaitable[int]], stop: asyncio.Event, idle: float) -> None:
    """Work at once while there is some, else look again after so many seconds."""
    while not stop.is_set():
        try:
            pause = 0.0 if await work() else idle
        except TransientError as error:
            log.warning("settling.waiting", reason=str(error))
            pause = _BACK_OFF
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def open_declarations(tx: Tx, today: date, *, now: datetime) -> int:
    """Open declarations of participations whose achievement date has come.

    What was closed is opened again where the participation goes on after all. Answers how many
    offers were looked at: there may be more of them.
    """
    if not await store.anything_to_look_at(tx, today):
        return 0
    await due.opening(tx)
    offers = await store.to_look_at(tx, today, BATCH)
    new = await store.to_open(tx, offers, today)
    written = [
        write([Happening(Action.OPENED, one)], acting_for=None, notes=None, at=now)[0]
        for one in new
    ]
    if written:
        await store.insert(tx, written, now)
        await due.mark_declarations(tx, [one.id for one in new], OPENED)
    await _reopen(tx, offers, now)
    await store.looked_at(tx, offers, today)
    return len(offers)


OPENED = "the achievement date has come"


async def _reopen(tx: Tx, offers: Sequence[UUID], now: datetime) -> None:
    closed = [store.declaration_of(row) for row in await store.lock_closed(tx, offers)]
    if closed:
        await save(tx, [domain.reopen(one) for one in closed], acting_for=None, now=now)
        await due.mark_declarations(tx, [one.id for one in closed], RESUMED)


RESUMED = "the participation goes on after all"


async def drain_due(db: Database, *, demonstration: bool, now: datetime) -> int:
    """Drain a batch; where that fails each for itself, so that what fails stops nobody else."""
    try:
        async with db.transaction() as tx:
            return await drain(tx, demonstration=demonstration, now=now)
    except TransientError:
        raise
    except Exception:
        log.exception("settling.batch_failed")
    async with db.reader() as reader:
        waiting = await due.oldest(reader, BATCH)
    for declaration in waiting:
        await _drain_alone(db, declaration, demonstration=demonstration, now=now)
    return len(waiting)


async def _drain_alone(
    db: Database, declaration: UUID, *, demonstration: bool, now: datetime
) -> None:
    marks: list[int] = []
    try:
        async with db.transaction() as tx:
            marks = await due.take_of(tx, declaration)
            if marks:
                await _settle(tx, [declaration], demonstration=demonstration, now=now)
    except TransientError:
        raise
    except Exception:
        log.exception("settling.set_aside", declaration=str(declaration))
        async with db.transaction() as tx:
            await due.set_aside(tx, marks, now)


async def drain(tx: Tx, *, demonstration: bool, now: datetime) -> int:
    """Calculate the oldest due declarations; open them again or complete them as it turns out."""
    marked = await due.take(tx, BATCH)
    if marked:
        await _settle(tx, marked, demonstration=demonstration, now=now)
    return len(marked)


async def _settle(tx: Tx, marked: Sequence[UUID], *, demonstration: bool, now: datetime) -> None:
    await store.follow_offers(tx, marked)
    locked = [row for row in await store.lock(tx, marked) if row["status"] not in domain.FINAL]
    over = await store.recovered(tx, locked)
    participating = [row for row in locked if row["participating"] and row["id"] not in over]
    outcomes = await calculate_all(
        tx, [_subject(row) for row in participating], demonstration=demonstration, now=now
    )
    leaving = [row for row in locked if not row["participating"] or row["id"] in over]
    happened = [
        domain.close(store.declaration_of(row), recovery.SETTLED if row["id"] in over else None)
        for row in leaving
    ]
    silent = []
    for row in participating:
        after, happenings = _settled(row, outcomes[row["id"]])
        happened.append(happenings)
        if not happenings and after is not None:
            silent.append(after)
    await save(tx, happened, acting_for=None, now=now)
    await store.save(tx, silent, now)


def _subject(row: Record) -> Subject:
    return Subject(
        row["id"],
        row["quality_service"],
        row["service_code"],
        row["period_start"],
        row["achievement_date"],
        row["provider"],
        row["calculation_version"],
        row["indicator"],
    )


def _settled(row: Record, outcome: Outcome) -> tuple[domain.Declaration | None, list[Happening]]:
    """What a calculation makes of a declaration; a change nobody is told of has no happening."""
    before = store.declaration_of(row)
    if isinstance(outcome, Calculated):
        figures = Figures(
            outcome.version,
            outcome.points,
            outcome.pounds,
            outcome.provisional,
            outcome.changed,
            outcome.differences,
        )
        return None, domain.calculated(before, figures, store.switches_of(row))
    blockers = tuple(Missing(b.code, b.indicator, b.message, b.provider) for b in outcome.blockers)
    tell = outcome.submitted or before.calculation_version > 0
    of_members = outcome.of_members
    after, happenings = domain.incomplete(before, blockers, tell=tell, of_members=of_members)
    return (None if after is before else after), happenings
