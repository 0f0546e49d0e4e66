"""Re-rating: one person proposes what a change comes to, another approves it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis import jobs
from chassis.clock import ENGLAND
from chassis.db import Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from chassis.jobs import JobRun
from nhs.directory import Principal
from nhs.notes import reason_given
from nhs.roles import Role
from services.declarations import due
from services.declarations.adjustments import domain as adjustments
from services.declarations.adjustments import store as proposals
from services.declarations.approval import paid
from services.declarations.approval import store as declarations
from services.declarations.approval.domain import Declaration
from services.declarations.calculation import store as calculations
from services.declarations.outcome import Outcome, Refused
from services.declarations.payments import commands as payments
from services.declarations.rerating import store
from services.declarations.rerating.domain import Tally
from services.declarations.rerating.rating import CHUNK, Asked, Rated, Rules, rated
from services.declarations.rerating.store import Whose
from services.declarations.sight import not_found

JOB: Final = "rerate"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


async def ask(
    tx: Tx, principal: Principal, asked: Asked, fingerprint: str, *, reason: str, now: datetime
) -> UUID:
    """Start the job that proposes an adjustment for each payment that differs, as it was shown."""
    principal.require(Role.FINANCE_MANAGEMENT)
    words = reason_given(reason)
    asked.change.check()
    if not _FINGERPRINT.fullmatch(fingerprint):
        message = "Name the fingerprint of what you were shown: 64 hexadecimal digits."
        raise DomainError("FINGERPRINT_NOT_VALID", message, field="fingerprint")
    if not await store.is_period(tx, asked.service, asked.period_start):
        raise not_found("payment period", f"{asked.service} {asked.period_start}")
    person, organisation = principal.person_id, principal.organisation
    job = await jobs.enqueue(tx, JOB, {}, person=person, organisation=organisation, now=now)
    given = {
        "service_code": asked.service,
        "period_start": asked.period_start,
        "change": store.CHANGE.dump_python(asked.change, mode="json"),
        "fingerprint": fingerprint,
        "reason": words,
    }
    await store.ask(tx, job, asked.whose, given, person=person, now=now)
    return job


async def make(run: JobRun) -> dict[str, object]:
    """Calculate again and propose, in one transaction; refuse where it is not what was shown."""
    async with run.db.transaction() as tx:
        row = await store.asked(tx, run.id)
        await store.alone(tx, row["service_code"], row["period_start"])
        proposing = _Proposing(tx, run.id, run.now)
        async for one in rated(tx, _asked(row)):
            await proposing.add(one)
        await proposing.write()
        tally = proposing.tally
        if tally.fingerprint != row["fingerprint"]:
            message = "It comes to something else than what was shown: look again."
            raise DomainError("RERATING_CHANGED", message, fingerprint=tally.fingerprint)
        if not proposing.count:
            message = "No payment would be different: there is nothing to propose."
            raise DomainError("CHANGE_OF_NOTHING", message)
        await store.made(tx, run.id, run.now)
        answer: dict[str, object] = {
            "count": proposing.count,
            "difference": str(tally.paid.difference),
        }
        await run.finish(tx, answer)
    return answer


def _asked(row: Record) -> Asked:
    today = row["proposed_at"].astimezone(ENGLAND).date()
    return Asked(
        Whose(row["proposed_for"], today, row["payment_types"]),
        row["service_code"],
        row["period_start"],
        store.CHANGE.validate_python(row["change"]),
        why=f"Re-rating: {row['reason']}",
    )


@dataclass(slots=True)
class _Proposing:
    """Writes adjustments with the calculations they stand on, so many at a time."""

    tx: Tx
    rerating: UUID
    now: datetime
    tally: Tally = field(default_factory=Tally)
    count: int = 0
    """Adjustments so far."""
    _waiting: list[Rated] = field(default_factory=list)
    _runs: dict[int, UUID] = field(default_factory=dict)

    async def add(self, one: Rated) -> None:
        self.tally.add(one.rerated)
        if one.rerated.payment is not None and one.rerated.difference:
            self._waiting.append(one)
            self.count += 1
        if len(self._waiting) == CHUNK * 5:
            await self.write()

    async def write(self) -> None:
        rows, self._waiting = self._waiting, []
        new = [await self._calculation(one) for one in rows]
        await calculations.keep(self.tx, new, self.now)
        proposed = [_proposed(one) for one in rows]
        await store.propose(self.tx, self.rerating, proposed, self.now)

    async def _calculation(self, one: Rated) -> calculations.NewCalculation:
        size, result = one.calculation
        return calculations.NewCalculation(
            one.rerated.declaration,
            one.basis["newest"] + 1,
            await self._run(one.rules),
            size,
            result,
            one.known.stood_on,
            one.known.origins,
        )

    async def _run(self, rules: Rules) -> UUID:
        if id(rules) not in self._runs:
            run = self._runs[id(rules)] = new_id()
            await store.begin_run(self.tx, run, rules.as_json(), self.rerating, self.now)
        return self._runs[id(rules)]


def _proposed(one: Rated) -> dict[str, Any]:
    rerated = one.rerated
    return {
        "id": new_id(),
        "payment_id": rerated.payment,
        "adjusts": rerated.adjusts,
        "amount": rerated.difference,
        "points": rerated.points,
        "calculation_version": one.basis["newest"] + 1,
        "paid": rerated.pounds_before,
        "stands_on": rerated.stands_on,
    }


async def approve(
    tx: Tx,
    principal: Principal,
    rerating: UUID,
    *,
    dry_run: bool,
    demonstration: bool,
    now: datetime,
) -> Outcome:
    """Another person agrees: each adjustment becomes an entry, or is refused by its provider."""
    open_rows, locked = await _open(tx, principal, rerating)
    joined = await declarations.duties_joined(tx, principal.today)
    outcome, agreed = Outcome(), list[tuple[Record, bool]]()
    for row in open_rows:
        try:
            same = _agreed(row, principal, joined, demonstration=demonstration)
            agreed.append((row, same))
        except DomainError as error:
            message = f"{row['provider']}: {error.message}"
            outcome.refused.append(Refused(row["adjustment_id"], error.code, message))
        else:
            outcome.done.append(row["adjustment_id"])
            outcome.pounds += row["adjusted_by"]
    if not dry_run and agreed:
        await _enter(tx, principal, agreed, locked, now=now)
    outcome.message = _said(outcome, dry_run, "approved")
    return outcome


async def refuse(
    tx: Tx, principal: Principal, rerating: UUID, *, reason: str, now: datetime
) -> Outcome:
    """It is not to be; whoever proposed it may say so too."""
    words = reason_given(reason)
    rows, _ = await _open(tx, principal, rerating)
    outcome = Outcome([row["adjustment_id"] for row in rows])
    outcome.pounds = sum((row["adjusted_by"] for row in rows), Decimal("0.00"))
    decision = proposals.Decision("REFUSED", principal.person_id, principal.organisation, now)
    await proposals.decide(tx, decision, outcome.done, reason=words)
    outcome.message = _said(outcome, False, "refused")
    return outcome


async def _open(
    tx: Tx, principal: Principal, rerating: UUID
) -> tuple[list[Record], Mapping[UUID, Declaration]]:
    """What of it is undecided, with its declarations: these are locked first, as everybody does."""
    whose = Whose.of(principal, Role.FINANCE_MANAGEMENT)
    found = await store.declarations(tx, whose, rerating)
    if not found:
        raise not_found("re-rating", rerating)
    locked = [declarations.declaration_of(row) for row in await declarations.lock(tx, found)]
    rows = await store.lock(tx, whose, rerating)
    undecided = [row for row in rows if row["adjustment_status"] == "PROPOSED"]
    if not undecided:
        raise DomainError("ALREADY_DECIDED", "All of it that you may decide on has been decided.")
    return undecided, {one.id: one for one in locked}


def _agreed(
    row: Record, principal: Principal, joined: Collection[str], *, demonstration: bool
) -> bool:
    """Refuse what may not be entered as it was proposed; whether one person does both.

    `joined`: the commissioners that do without the separation of duties today.
    """
    same = adjustments.check_duties(
        row["proposed_by"], principal.person_id, joined=row["commissioner"] in joined
    )
    if row["adjusted_provisional"] and not demonstration:
        message = "Its rules are provisional: they pay in a demonstration only."
        raise DomainError("PROVISIONAL_RULES", message)
    if row["newest_entry"] != row["stands_on"]:
        message = "Its payment has been adjusted since: rate it anew."
        raise DomainError("ADJUSTED_MEANWHILE", message)
    if row["recovered"]:
        message = "It was an advance, and has been deducted: rate the payment that it is part of."
        raise DomainError("ADVANCE_RECOVERED", message)
    adjustments.check(row["adjusted_by"], row["paid"], row["least"])
    return same


async def _enter(
    tx: Tx,
    principal: Principal,
    agreed: Sequence[tuple[Record, bool]],
    locked: Mapping[UUID, Declaration],
    *,
    now: datetime,
) -> None:
    """By the same entries, events and histories as an adjustment that is proposed by hand."""
    rows = [row for row, _ in agreed]
    await _mark_standing_on(tx, rows)
    entries = await payments.adjust_all(tx, [_entry(row) for row in rows], now=now)
    decision = proposals.Decision("APPROVED", principal.person_id, principal.organisation, now)
    decided = [row["adjustment_id"] for row in rows]
    await proposals.decide(tx, decision, decided, entries=entries)
    await paid.adjust_all(
        tx,
        [(locked[row["declaration_id"]], joined) for row, joined in agreed],
        principal.person_id,
        acting_for=principal.organisation,
        reason=rows[0]["reason"],
        now=now,
    )


async def _mark_standing_on(tx: Tx, rows: Sequence[Record]) -> None:
    """What is open of other lines, and is paid by what was paid or earned here, follows."""
    touched = await declarations.lines_of(tx, sorted({row["quality_service"] for row in rows}))
    stood_on = {row["id"] for row in touched if row["stood_on"]}
    moved = [(x["service_code"], x["provider"]) for x in rows if x["quality_service"] in stood_on]
    if moved:
        await due.mark_standing_on(tx, moved, "what it stands on was rated anew")


def _entry(row: Record) -> payments.Agreed:
    payment = dict(row) | {
        "calculation_version": row["adjusted_version"],
        "provisional": row["adjusted_provisional"],
    }
    amount, points = row["adjusted_by"], row["adjusted_points"]
    return payments.Agreed(payment, amount, row["adjusts"], row["reason"], points)


def _said(outcome: Outcome, dry_run: bool, verb: str) -> str:
    done, refused = len(outcome.done), len(outcome.refused)
    if dry_run:
        return f"{done} adjustment(s) can be {verb}; {refused} cannot"
    if not done:
        return f"No adjustment has been {verb}"
    return f"{done} adjustment(s) have been {verb}; {refused} could not be"
