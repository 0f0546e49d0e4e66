"""The statements about imports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx

_LOCK = 0x6F6473  # "ods"


async def alone(tx: Tx) -> None:
    """Two imports at once would each plan from what the other is about to change: one waits."""
    await tx.execute("set local lock_timeout = '60s'")
    await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)


_KEEP = """
insert into import (id, asked_by, organisation, at, files, outcome, report)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def keep_report(
    tx: Tx,
    id_: UUID,
    *,
    asked_by: UUID,
    organisation: str,
    at: datetime,
    files: list[dict[str, Any]],
    outcome: str,
    report: dict[str, Any],
) -> None:
    await tx.execute(_KEEP, id_, asked_by, organisation, at, files, outcome, report)


_FIND = """
select j.id, j.status, j.done, j.total, j.error, j.asked_at, i.outcome, i.report
from chassis.job j
left join import i on i.id = j.id
where j.id = $1 and j.kind = $2 and j.organisation = $3
"""


async def find_import(reader: Reader, id_: UUID, kind: str, organisation: str) -> Record | None:
    return await reader.fetchrow(_FIND, id_, kind, organisation)
