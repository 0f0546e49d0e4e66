"""What finance systems report becomes the state of an entry, and of its payment.

It is told of the declaration or claim that is paid.
"""

from datetime import datetime

from asyncpg import Record

from chassis.db import Tx
from chassis.errors import DomainError
from services.declarations import paid
from services.declarations.payments import store as ledger
from services.declarations.payments.domain import AlreadySettledError, State
from services.declarations.remittance.events import PaymentReport

LONGEST = 300
"""Characters that are kept of what a finance system says."""


async def hear(tx: Tx, told: State, report: PaymentReport, *, at: datetime) -> None:
    """Move the entry a report is about; one that tells nothing new changes nothing."""
    meant = await _meant(tx, report)
    locked, entry = await paid.lock(tx, meant), meant["id"]
    before = await ledger.lock_progress(tx, entry)
    try:
        after = before.after(told, report.at or at)
    except AlreadySettledError as error:
        message = f"The entry {entry} was settled at {before.at}, and is said to have failed since."
        raise DomainError("ALREADY_SETTLED", message) from error
    if after == before:
        return
    failure = _short(report.reason) if after.state == State.FAILED else None
    reference = _short(report.reference)
    await ledger.move(tx, entry, after, reference=reference, failure=failure)
    if after.state != before.state:
        await paid.report(tx, locked, after.state, reason=failure, at=at)


async def _meant(tx: Tx, report: PaymentReport) -> Record:
    """The entry with what it pays for. What is not here will not come: we made all there are."""
    found = await ledger.find_entry(tx, report.entry_id, report.payment_id)
    if found is None:
        message = f"There is no entry {report.entry_id} of a payment {report.payment_id}."
        raise DomainError("PAYMENT_NOT_KNOWN", message)
    return found


def _short(text: str | None) -> str | None:
    words = " ".join((text or "").split())
    return words[:LONGEST] or None
