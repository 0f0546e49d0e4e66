"""Calendars of cut-offs are kept, and people are reminded before one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis import outbox
from chassis.db import Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.notes import reason_given
from nhs.roles import Role
from services.declarations.approval import store as declarations
from services.declarations.approval.commands import ApprovalOutcome, as_seen
from services.declarations.approval.domain import RefusedError
from services.declarations.cutoffs import store
from services.declarations.cutoffs.domain import CutOff, Reminder, check, remind
from services.declarations.cutoffs.events import reminded
from services.declarations.outcome import Refused, Rows, chooser
from services.declarations.sight import not_found

_COMMISSIONERS: Final = (Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT)


def _calendar(principal: Principal) -> str | None:
    """Whose calendar the caller keeps: the national one (None), or the commissioner's own."""
    principal.require_any(Role.DATA_LOAD, Role.FINANCE_MANAGEMENT)
    return None if principal.holds(Role.DATA_LOAD) else principal.organisation


async def load(
    tx: Tx, principal: Principal, given: Sequence[CutOff], *, source: str, now: datetime
) -> int:
    """Keep cut-offs in the caller's calendar; answers how many are new."""
    commissioner = _calendar(principal)
    said = reason_given(source, "source")
    check(given, await store.known_services(tx))
    return await store.keep(
        tx,
        given,
        commissioner=commissioner,
        source=said,
        person=principal.person_id,
        organisation=principal.organisation,
        now=now,
    )


async def withdraw(tx: Tx, principal: Principal, cut_off: UUID, *, now: datetime) -> None:
    """Take back a cut-off of the caller's calendar."""
    if not await store.withdraw(tx, cut_off, _calendar(principal), now):
        raise not_found("cut-off", cut_off)


async def send_reminders(
    tx: Tx, principal: Principal, rows: Rows, *, dry_run: bool, now: datetime
) -> ApprovalOutcome:
    """Remind whoever's step it is of each declaration; once a day at most."""
    principal.require_any(*_COMMISSIONERS)
    versions, outcome = dict(rows), ApprovalOutcome()
    reminders: list[Reminder] = []
    locked = await declarations.lock_for_commissioner(tx, list(versions), principal.acting)
    found = {row["id"]: row for row in locked}
    today = await store.reminded(tx, list(versions), principal.today)
    for identity, version in versions.items():
        try:
            declaration = as_seen(found.get(identity), identity, version)
            principal.require_any(*_COMMISSIONERS, payment_type=declaration.payment_type)
            reminders.append(remind(declaration, reminded_today=identity in today))
        except (DomainError, RefusedError) as error:
            outcome.refused.append(Refused(identity, error.code, str(error)))
        else:
            _add(outcome, reminders[-1])
    if dry_run:
        looking = chooser(principal, "remindDeclarations", now, dry_run=True)
        kept = [(one, versions[one]) for one in outcome.done]
        outcome.selection = await looking.shown(tx, kept)
    else:
        await _tell(tx, principal, reminders, now)
    outcome.message = _said(outcome, dry_run=dry_run)
    return outcome


def _add(outcome: ApprovalOutcome, reminder: Reminder) -> None:
    declaration = reminder.declaration
    outcome.done.append(declaration.id)
    outcome.points += declaration.points or 0
    outcome.pounds += declaration.pounds or 0
    outcome.steps[reminder.turn] = outcome.steps.get(reminder.turn, 0) + 1


async def _tell(tx: Tx, principal: Principal, reminders: Sequence[Reminder], now: datetime) -> None:
    await store.note(
        tx,
        reminders,
        day=principal.today,
        person=principal.person_id,
        organisation=principal.organisation,
        now=now,
    )
    ids = [one.declaration.id for one in reminders]
    cut_offs = await store.next_of(tx, ids, principal.today)
    action = new_id()
    events = [
        reminded(one, cut_offs.get(one.declaration.id), principal, action, now) for one in reminders
    ]
    await outbox.record(tx, events, at=now)


def _said(outcome: ApprovalOutcome, *, dry_run: bool) -> str:
    count, refused = len(outcome.done), len(outcome.refused)
    if dry_run:
        return f"{count} reminder(s) can be sent; {refused} cannot"
    return f"{count} reminder(s) have been sent" if count else "No reminder has been sent"
