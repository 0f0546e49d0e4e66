"""What somebody was shown in a dry run: the rows and versions that a commit may then name."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.db import Tx
from chassis.errors import DomainError

KEPT = timedelta(minutes=15)


async def keep(
    tx: Tx,
    *,
    person: UUID,
    organisation: str,
    operation: str,
    rows: Sequence[tuple[UUID, int]],
    now: datetime,
) -> str:
    """Keep the rows (id and version) for a quarter of an hour; answers their token."""
    token = secrets.token_urlsafe(18)
    ids, versions = [row for row, _ in rows], [version for _, version in rows]
    await tx.execute(_KEEP, token, person, organisation, operation, ids, versions, now + KEPT)
    return token


async def take(
    tx: Tx, token: str, *, person: UUID, organisation: str, operation: str, now: datetime
) -> list[tuple[UUID, int]]:
    """The rows kept under the token, for the same person, organisation and operation alone."""
    row = await tx.fetchrow(_TAKE, token, person, organisation, operation, now)
    if row is None:
        raise DomainError(
            "SELECTION_EXPIRED",
            "The selection is older than 15 minutes, or it is not yours: look again.",
            field="selection",
        )
    return list(zip(row["ids"], row["versions"], strict=True))


_KEEP = """
insert into chassis.selection (token, person, organisation, operation, ids, versions, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""

# Not used up: a commit that failed may be tried again, and the versions guard one that did not.
_TAKE = """
select ids, versions from chassis.selection
where token = $1 and person = $2 and organisation = $3 and operation = $4 and expires_at > $5
"""
