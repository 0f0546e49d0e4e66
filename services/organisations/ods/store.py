"""The statements about imports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.organisations.network import store as network
from services.organisations.ods.domain import Confirmed


async def alone(tx: Tx) -> None:
    """Two imports at once would each plan from what the other is about to change: one waits."""
    await tx.execute("set local lock_timeout = '60s'")
    await network.alone(tx)


_CONFIRMED = """
select r.id, coalesce(c.at, r.known_from) as at, c.changed_by as by, c.acting_for, r.reason
from relationship r
left join membership_proposal_change c on c.proposal = r.proposal and c.status = 'CONFIRMED'
where r.known_to is null and r.origin = 'PROPOSAL'
"""


async def confirmed(reader: Reader) -> dict[UUID, Confirmed]:
    """The relationships in force that PCNs proposed."""
    rows = [dict(row) for row in await reader.fetch(_CONFIRMED)]
    return {row.pop("id"): Confirmed(**row) for row in rows}


_OVERTAKEN = """
select p.id, p.practice, p.pcn, p.kind, p.effective_on
from membership_proposal_change c join membership_proposal p on p.id = c.proposal
where c.import = $1 order by p.practice
"""


async def overtaken(reader: Reader, id_: UUID) -> list[dict[str, Any]]:
    """The proposals that the import has left nothing to decide of."""
    return [dict(row) for row in await reader.fetch(_OVERTAKEN, id_)]


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


# A job is forgotten after some weeks, an import never.
_FIND = """
select
    coalesce(i.id, j.id) as id, coalesce(j.status, 'DONE') as status,
    coalesce(j.done, 0) as done, j.total, j.error, coalesce(j.asked_at, i.at) as asked_at,
    i.files, i.outcome, i.report
from (select * from chassis.job where id = $1 and kind = $2) j
full join (select * from import where id = $1) i using (id)
where coalesce(i.organisation, j.organisation) = $3
"""


async def find_import(reader: Reader, id_: UUID, kind: str, organisation: str) -> Record | None:
    return await reader.fetchrow(_FIND, id_, kind, organisation)


_PAST = """
select
    i.id, 'DONE' as status, coalesce(j.done, 0) as done, j.total, null::jsonb as error,
    i.at as asked_at, i.files, i.outcome, i.report
from import i
left join chassis.job j on j.id = i.id
where i.organisation = $1 and ($2::timestamptz is null or (i.at, i.id) < ($2, $3::uuid))
order by i.at desc, i.id desc limit $4
"""


async def past_imports(
    reader: Reader, organisation: str, after: Sequence[Any], limit: int
) -> list[Record]:
    return await reader.fetch(_PAST, organisation, *after, limit)


async def count_imports(reader: Reader, organisation: str) -> int:
    sql = "select count(*) from import where organisation = $1"
    return int(await reader.fetchval(sql, organisation))
