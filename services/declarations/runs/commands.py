"""Payment runs: entries gathered into a file, and what finance answers to its lines."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis import jobs
from chassis.db import Reader, Tx
from chassis.errors import DomainError
from chassis.export import Cell, Report
from chassis.jobs import JobRun
from chassis.sheets import write_extract
from nhs.directory import Principal
from nhs.notes import reason_given
from services.declarations.runs import domain, store
from services.declarations.runs.domain import Answer
from services.declarations.runs.store import Whose
from services.declarations.sight import not_found

JOB: Final = "payment-run"
MOST_ANSWERS: Final = 10_000


async def ask_for_run(
    tx: Tx, principal: Principal, *, commissioner: str | None, cut_off: date, now: datetime
) -> UUID:
    """Start the job that gathers what was entered until the cut-off, and no run holds."""
    whose = Whose.of(principal)
    of = commissioner or principal.organisation
    if not await store.commissions(tx, whose, of):
        raise not_found("commissioner", of)
    if cut_off > principal.today:
        message = f"{cut_off} has not come: a run holds what was entered until its cut-off."
        raise DomainError("CUT_OFF_NOT_YET", message, field="cutOff")
    person, organisation = principal.person_id, principal.organisation
    run = await jobs.enqueue(tx, JOB, {}, person=person, organisation=organisation, now=now)
    await store.ask(tx, run, whose, commissioner=of, cut_off=cut_off, person=person, now=now)
    return run


async def make(run: JobRun) -> dict[str, object]:
    """Gather the entries and keep the control totals, in one transaction."""
    async with run.db.transaction() as tx:
        await store.gather(tx, run.id)
        lines = [row async for row in store.lines(tx, run.id)]
        total = sum((row["amount"] for row in lines), Decimal("0.00"))
        digest = await _digest(lines)
        await store.made(tx, run.id, count=len(lines), total=total, digest=digest, now=run.now)
        answer: dict[str, object] = {"count": len(lines), "total": str(total), "hash": digest}
        await run.finish(tx, answer)
    return answer


async def _digest(lines: Sequence[Record]) -> str:
    """SHA-256 of the file as it is downloaded."""

    async def rows() -> AsyncIterator[Sequence[Cell]]:
        for row in lines:
            yield domain.line(dict(row))

    file = BytesIO()
    await write_extract(file, domain.COLUMNS, rows())
    return hashlib.sha256(file.getvalue()).hexdigest()


@dataclass(frozen=True, slots=True)
class RunAsked:
    run: UUID


async def made_run(reader: Reader, principal: Principal, run: UUID) -> Record:
    """A run whose file is there; refused as what is not there, or not there yet."""
    row = await store.find(reader, Whose.of(principal), run)
    if row is None:
        raise not_found("payment run", run)
    if row["made_at"] is None:
        raise DomainError("RUN_NOT_MADE", f"The payment run {run} has not been made: look again.")
    return row


async def _lines(
    reader: Reader, principal: Principal, asked: RunAsked
) -> AsyncIterator[Sequence[Cell]]:
    await made_run(reader, principal, asked.run)
    async for row in store.lines(reader, asked.run):
        yield domain.line(dict(row))


FILE: Final = Report("payment-run", domain.COLUMNS, RunAsked, _lines, for_programs=True)


@dataclass(slots=True)
class Acknowledged:
    done: list[UUID] = field(default_factory=list)
    refused: list[tuple[UUID, str, str, str | None]] = field(default_factory=list)
    """Line, code, message and field."""


async def acknowledge(
    tx: Tx, principal: Principal, run: UUID, answers: Sequence[Answer], *, now: datetime
) -> Acknowledged:
    """Keep what finance answers to lines; the same answer again changes nothing."""
    await made_run(tx, principal, run)
    if len(answers) > MOST_ANSWERS:
        message = f"At most {MOST_ANSWERS:,} lines are answered at a time."
        raise DomainError("TOO_MANY_ROWS", message, field="lines")
    domain.check_once(answers)
    known = await store.lock_answers(tx, run, [answer.line for answer in answers])
    outcome, new = Acknowledged(), list[Answer]()
    for answer in answers:
        try:
            if domain.check_answer(answer, known):
                new.append(_in_words(answer))
        except DomainError as error:
            outcome.refused.append((answer.line, error.code, error.message, error.field))
        else:
            outcome.done.append(answer.line)
    await store.keep_answers(tx, run, new, now)
    return outcome


def _in_words(answer: Answer) -> Answer:
    reason = None if answer.accepted else reason_given(answer.reason or "")
    return replace(answer, reason=reason)
