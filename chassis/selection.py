"""What somebody was shown in a dry run: the rows and versions that a commit may then name."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from chassis.db import Tx
from chassis.errors import DomainError

KEPT = timedelta(minutes=15)

K = TypeVar("K", UUID, str)
"""How a row goes: by its id, or by a name (an ODS code)."""


async def keep(
    tx: Tx,
    *,
    person: UUID,
    organisation: str,
    operation: str,
    rows: Sequence[tuple[K, int]],
    now: datetime,
) -> str:
    """Keep the rows (id or name, and version) for a quarter of an hour; answers their token."""
    token = secrets.token_urlsafe(18)
    keys, versions = [key for key, _ in rows], [version for _, version in rows]
    by_name = bool(keys) and isinstance(keys[0], str)
    ids, names = (None, keys) if by_name else (keys, None)
    whose = (token, person, organisation, operation)
    await tx.execute(_KEEP, *whose, ids, names, versions, now + KEPT)
    return token


async def take(
    tx: Tx, token: str, *, person: UUID, organisation: str, operation: str, now: datetime
) -> list[tuple[Any, int]]:
    """The rows kept under the token, for the same person, organisation and operation alone."""
    row = await tx.fetchrow(_TAKE, token, person, organisation, operation, now)
    if row is None:
        raise DomainError(
            "SELECTION_EXPIRED",
            "The selection is older than 15 minutes, or it is not yours: look again.",
            field="selection",
        )
    keys = row["names"] if row["ids"] is None else row["ids"]
    return list(zip(keys, row["versions"], strict=True))


_KEEP = """
insert into chassis.selection
    (token, person, organisation, operation, ids, names, versions, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""

# Not used up: a commit that failed may be tried again, and the versions guard one that did not.
_TAKE = """
select ids, names, versions from chassis.selection
where token = $1 and person = $2 and organisation = $3 and operation = $4 and expires_at > $5
"""
