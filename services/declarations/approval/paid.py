"""What happens to a declaration's payment is told of the declaration, and kept in its history."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from services.declarations.approval import domain, store
from services.declarations.approval.commands import save
from services.declarations.approval.domain import Action, Declaration, Happening


async def lock(tx: Tx, declaration: UUID) -> Declaration:
    """The declaration, locked before anything of its payment is."""
    (row,) = await store.lock(tx, [declaration])
    return store.declaration_of(row)


async def report(
    tx: Tx, locked: Declaration, action: Action, *, reason: str | None, at: datetime
) -> None:
    """A finance system said so."""
    await save(tx, [domain.paid(locked, action, reason=reason)], acting_for=None, now=at)


async def adjust(
    tx: Tx,
    locked: Declaration,
    by: UUID,
    *,
    acting_for: str,
    reason: str,
    joined: bool,
    now: datetime,
) -> None:
    """A person approved an adjustment; `joined`: one that they had proposed themselves."""
    await adjust_all(tx, [(locked, joined)], by, acting_for=acting_for, reason=reason, now=now)


async def adjust_all(
    tx: Tx,
    locked: Sequence[tuple[Declaration, bool]],
    by: UUID,
    *,
    acting_for: str,
    reason: str,
    now: datetime,
) -> None:
    """The same of many, adjusted for one reason; the flag is `joined`."""
    happened = [_adjusted(one, by, reason, joined=joined) for one, joined in locked]
    await save(tx, happened, acting_for=acting_for, now=now)


def _adjusted(locked: Declaration, by: UUID, reason: str, *, joined: bool) -> list[Happening]:
    marked = domain.paid(locked, Action.DUTIES_JOINED, by) if joined else []
    before = marked[-1].declaration if marked else locked
    return [*marked, *domain.paid(before, Action.PAYMENT_ADJUSTED, by, reason)]
