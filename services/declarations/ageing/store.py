"""Declarations by how long they have waited: the list, oldest first, and its ages added up."""

from collections.abc import Sequence

from asyncpg import Record

from chassis.clock import ENGLAND
from chassis.db import Reader
from services.declarations.ageing.domain import BUCKETS
from services.declarations.approval import lists
from services.declarations.approval.lists import DeclarationFilter
from services.declarations.sight import Sight

# Days are those of England; a declaration of tomorrow's clock has waited none.
_DAYS = f"greatest($4 - (d.step_since at time zone '{ENGLAND.key}')::date, 0)"
_OPEN = "and d.status not in ('FINANCE_APPROVED', 'CLOSED')"


async def page(
    reader: Reader,
    sight: Sight,
    wanted: DeclarationFilter,
    after: Sequence[object],
    limit: int,
) -> list[Record]:
    """Those that have waited longest first."""
    sql = f"{lists.COLUMNS}, {_DAYS} as days {lists.filtered(sight)} {_OPEN} {_AFTER}"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), *after, limit)


_AFTER = """
and ($13::timestamptz is null or (d.step_since, d.id) > ($13, $14::uuid))
order by d.step_since, d.id limit $15
"""


async def count(reader: Reader, sight: Sight, wanted: DeclarationFilter) -> int:
    sql = f"select count(*) {lists.filtered(sight)} {_OPEN}"
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments(sight)))


_COUNTED = ", ".join(
    f"count(*) filter (where w.days >= {one.from_days}"
    + ("" if one.to_days is None else f" and w.days <= {one.to_days}")
    + ")"
    for one in BUCKETS
)
_GROUPED = f"""
select w.service_code, w.commissioner, w.status, count(*) as count,
    min(w.step_since) as oldest, array[{_COUNTED}] as ages,
    coalesce(sum(w.points), 0)::numeric(14, 2) as points,
    case when coalesce(bool_and(w.sees_pounds), cardinality($3::text[]) > 0)
        then coalesce(sum(w.pounds), 0)::numeric(14, 2) end as pounds
"""


async def groups(
    reader: Reader,
    sight: Sight,
    wanted: DeclarationFilter,
    after: Sequence[object],
    limit: int,
) -> list[Record]:
    """By service, commissioner and state."""
    sql = f"{_GROUPED} from ({_waiting(sight)}) w {_GROUPS_AFTER}"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), *after, limit)


async def count_groups(reader: Reader, sight: Sight, wanted: DeclarationFilter) -> int:
    sql = f"""select count(distinct (w.service_code, w.commissioner, w.status))
        from ({_waiting(sight)}) w"""  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments(sight)))


async def total(reader: Reader, sight: Sight, wanted: DeclarationFilter) -> Record:
    """All of them together."""
    sql = f"{_GROUPED} from ({_waiting(sight)}) w".replace(
        "select w.service_code, w.commissioner, w.status, count(*)", "select count(*)"
    )
    row = await reader.fetchrow(sql, *sight.arguments, *wanted.arguments(sight))
    assert row is not None
    return row


def _waiting(sight: Sight) -> str:
    return f"{lists.COLUMNS}, {_DAYS} as days {lists.filtered(sight)} {_OPEN}"


_GROUPS_AFTER = """
where $13::text is null or (w.service_code, w.commissioner, w.status) > ($13, $14::text, $15::text)
group by w.service_code, w.commissioner, w.status
order by w.service_code, w.commissioner, w.status limit $16
"""
