"""What happens to a claim's payments is told of the claim, and kept in its history."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from services.declarations.claims import domain, keeping, store
from services.declarations.claims.domain import Action, Claim


async def lock(tx: Tx, claim: UUID) -> Claim:
    """The claim, locked before anything of its payments is."""
    (row,) = await store.lock(tx, [claim])
    return store.claim_of(row)


async def report(
    tx: Tx, locked: Claim, action: Action, *, reason: str | None, at: datetime
) -> None:
    """A finance system said so."""
    happened = domain.paid(locked, action, reason=reason)
    await keeping.save(tx, [happened], acting_for=None, now=at)


async def adjust(
    tx: Tx,
    locked: Claim,
    by: UUID,
    *,
    acting_for: str,
    reason: str,
    joined: bool,
    now: datetime,
) -> None:
    """A person approved an adjustment; `joined`: one that they had proposed themselves."""
    marked = domain.paid(locked, Action.DUTIES_JOINED, by) if joined else []
    before = marked[-1].claim if marked else locked
    adjusted = domain.paid(before, Action.PAYMENT_ADJUSTED, by, reason)
    await keeping.save(tx, [[*marked, *adjusted]], acting_for=acting_for, now=now)
