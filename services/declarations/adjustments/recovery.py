"""Taking back what was advanced on a year that is not to be paid: proposed payment by payment."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.adjustments import commands, outstanding
from services.declarations.sight import not_found


async def propose(
    tx: Tx, principal: Principal, line: str, provider: str, *, reason: str, now: datetime
) -> list[UUID]:
    """Propose an adjustment to £0.00 of each payment of the line; somebody else approves them.

    Refused while the payment of the year is still to come: that one takes them off by itself.
    """
    principal.require(Role.FINANCE_MANAGEMENT)
    paid = await outstanding.lock_paid(tx, line, provider, principal.acting)
    if not paid or not await outstanding.is_advance(tx, line):
        raise not_found("outstanding advance", f"{line} {provider}")
    if await outstanding.awaited(tx, line, provider):
        message = "The payment that it is an advance on is still to come, and takes it off."
        raise DomainError("ADVANCE_AWAITED", message, field="service")
    if any(row["proposed"] for row in paid):
        message = "An adjustment of these payments waits to be decided: approve or refuse it first."
        raise DomainError("ALREADY_PROPOSED", message)
    return [
        await commands.propose(
            tx,
            principal,
            row["id"],
            amount=-row["pounds"],
            reason=reason,
            adjusts=None,
            now=now,
        )
        for row in paid
    ]
