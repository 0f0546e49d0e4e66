"""Allocating reports and withdrawing them; switching the separation of duties."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once_alone
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.administration import store
from services.organisations.administration.domain import (
    ALLOCATE,
    Allocation,
    Change,
    Days,
    Duty,
    Refused,
    day_refusals,
    refusals,
    switched,
)
from services.organisations.administration.store import Entry
from services.organisations.directory import commands as directory
from services.organisations.directory.domain import Author

T = TypeVar("T")

MOST = 1_000
"""Reports a call may allocate."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides for an organisation, when and why."""

    principal: Principal
    now: datetime
    reason: str | None = None
    key: IdempotencyKey | None = None

    async def once(
        self,
        db: Database,
        answer: type[T],
        work: Callable[[Tx], Awaitable[T]],
        *,
        keep: Callable[[T], bool] = lambda _: True,
    ) -> T:
        return await once_alone(db, self.key, answer, work, now=self.now, keep=keep)

    async def done(self, tx: Tx, entries: Sequence[Entry]) -> None:
        """Remember what was decided, and tell it."""
        by = self.principal.person_id
        await store.remember(tx, entries, by=by, at=self.now, reason=self.reason)
        author = Author(by, self.principal.organisation, self.reason)
        await directory.tell(tx, {entry.organisation for entry in entries}, self.now, author=author)


@dataclass(frozen=True, slots=True)
class Outcome:
    done: list[UUID]
    refused: list[tuple[str, Refused]]
    """Each with the allocation's id, or with the organisation it was to be given to."""


async def allocate_reports(
    db: Database, decision: Decision, asked: Sequence[Allocation]
) -> Outcome:
    """Let others run reports; each is allocated or refused for itself."""
    return await decision.once(
        db,
        Outcome,
        lambda tx: _allocate_reports(tx, decision, asked),
        keep=lambda outcome: bool(outcome.done),
    )


async def withdraw_allocated_reports(
    db: Database, decision: Decision, ids: Sequence[UUID]
) -> Outcome:
    """Take them back; what they showed is gone within a second."""
    return await decision.once(
        db,
        Outcome,
        lambda tx: _withdraw(tx, decision, ids),
        keep=lambda outcome: bool(outcome.done),
    )


async def switch_separation_of_duties(
    db: Database, decision: Decision, duty: Duty, days: Days, *, separated: bool
) -> bool:
    """From the first day on, let one person take several steps, or no longer."""
    work = _switch_on if separated else _switch_off
    return await decision.once(db, bool, lambda tx: work(tx, decision, duty, days))


async def _allocate_reports(tx: Tx, decision: Decision, asked: Sequence[Allocation]) -> Outcome:
    principal = decision.principal
    principal.require_any(*ALLOCATE)
    if len(asked) > MOST:
        raise DomainError("TOO_MANY", f"A call allocates at most {MOST:,}", field="reports")
    ground = await store.ground(tx, principal.acting, {one.to for one in asked})
    outcome = Outcome([], [])
    allocated: list[Allocation] = []
    for one in asked:
        standing = [*ground.standing, *allocated]
        refused = next(refusals(one, replace(ground, standing=standing)), None)
        if refused:
            outcome.refused.append((one.to, refused))
        else:
            allocated.append(one)
            outcome.done.append(one.id)
    await store.allocate(tx, principal.organisation, allocated)
    if allocated:
        await decision.done(tx, [_entry(principal.organisation, one) for one in allocated])
    return outcome


def _entry(organisation: str, one: Allocation) -> Entry:
    return Entry(organisation, Change.REPORT_ALLOCATED, one.id, days=one.days)


async def _withdraw(tx: Tx, decision: Decision, ids: Sequence[UUID]) -> Outcome:
    decision.principal.require_any(*ALLOCATE)
    if len(ids) > MOST:
        raise DomainError("TOO_MANY", f"A call withdraws at most {MOST:,}", field="ids")
    found = await store.lock_own(tx, decision.principal.acting, ids)
    missing = Refused("NOT_FOUND", "There is no such allocation of yours", "ids")
    await store.withdraw(tx, list(found), decision.now)
    if found:
        await decision.done(
            tx, [Entry(by, Change.REPORT_WITHDRAWN, id_) for id_, by in found.items()]
        )
    return Outcome(list(found), [(str(id_), missing) for id_ in ids if id_ not in found])


async def _switch_off(tx: Tx, decision: Decision, duty: Duty, days: Days) -> bool:
    known = await _set(tx, decision, duty, days)
    after = switched(list(known.values()), days.first, days)
    await _write(tx, decision, duty, known, after)
    await _remember(tx, decision, Change.SEPARATION_SWITCHED_OFF, duty, days)
    return True


async def _switch_on(tx: Tx, decision: Decision, duty: Duty, days: Days) -> bool:
    known = await _set(tx, decision, duty, days)
    after = switched(list(known.values()), days.first, None)
    if set(after) == set(known.values()):
        message = f"The duties are separated from {days.first} on already"
        raise DomainError("SEPARATED_ALREADY", message, field="validFrom")
    await _write(tx, decision, duty, known, after)
    await _remember(tx, decision, Change.SEPARATION_SWITCHED_ON, duty, days)
    return True


async def _set(tx: Tx, decision: Decision, duty: Duty, days: Days) -> dict[UUID, Days]:
    """The days without separation so far; refuses who may not set the switch to these."""
    principal = decision.principal
    principal.require(Role.ORGANISATION_ADMINISTRATOR)
    if not (decision.reason or "").strip():
        raise DomainError("REASON_REQUIRED", "Say why", field="reason")
    for refused in day_refusals(days, principal.today):
        raise DomainError(refused.code, refused.message, field=refused.field)
    return await store.off(tx, principal.organisation, duty)


async def _write(
    tx: Tx, decision: Decision, duty: Duty, before: dict[UUID, Days], after: Sequence[Days]
) -> None:
    await store.switch(
        tx,
        decision.principal.organisation,
        duty,
        ended=[id_ for id_, days in before.items() if days not in after],
        started=[days for days in after if days not in before.values()],
        at=decision.now,
    )


async def _remember(tx: Tx, decision: Decision, change: Change, duty: Duty, days: Days) -> None:
    entry = Entry(decision.principal.organisation, change, duty=duty, days=days)
    await decision.done(tx, [entry])


def begins(given: date | None, principal: Principal) -> date:
    """Today, unless another day was named."""
    return given or principal.today
