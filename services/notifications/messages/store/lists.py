"""What is shown of messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.notifications.messages.store.scope import (
    MATCHES,
    SEEN,
    SEEN_THERE,
    MessageFilter,
    Sight,
)

_SHOWN: Final = """
select
    m.*,
    coalesce(q.name, m.quality_service) as service_name,
    coalesce(c.name, m.commissioner) as commissioner_name,
    coalesce(p.name, one.provider) as provider_name,
    array (
        select coalesce(o.name, n.name)
        from unnest(m.names) with ordinality as n (name, place)
        left join directory.organisation o on o.ods_code = n.name
        order by n.place
    ) as named
from {messages} m
left join quality_service q on q.id = m.quality_service
left join directory.organisation c on c.ods_code = m.commissioner
cross join lateral (
    select a.provider from message_about a where a.message_id = m.id order by a.about_id limit 1
) one
left join directory.organisation p on p.ods_code = one.provider
"""
ROW: Final = _SHOWN.format(messages="message")

# Of each organisation, one and those it took over from, the page is read in the index's order.
_PAGE: Final = f"""
(
    select page.*
    from directory.inherited($2, $5) i
    cross join lateral (
        select m.* from message m
        where m.organisation = i.organisation and {SEEN_THERE} and {MATCHES}
            and ($13::timestamptz is null or (m.raised_at, m.id) < ($13, $14::uuid))
        order by m.raised_at desc, m.id desc
        limit $15
    ) page
    order by page.raised_at desc, page.id desc
    limit $15
)
"""  # noqa: S608 - put together from constants
_LIST: Final = f"{_SHOWN.format(messages=_PAGE)} order by m.raised_at desc, m.id desc"
_TOTAL: Final = f"select count(*) from message m where {SEEN} and {MATCHES}"  # noqa: S608 - constants
_COUNTS: Final = f"""
select
    count(*) as total,
    count(*) filter (where m.status = 'UNREAD') as unread,
    count(*) filter (where m.kind = 'TASK' and m.status <> 'DONE') as open_tasks
from message m
where {SEEN} and ($8::bool is null or (m.person_id = $1) = $8)
"""  # noqa: S608 - put together from constants
_BY_ID: Final = f"{ROW} where {SEEN} and m.id = any ($8)"
_ABOUT: Final = f"""
select a.*
from unnest($8::uuid[]) chosen (id)
join message m on m.id = chosen.id and {SEEN}
cross join lateral (
    select * from message_about a
    where a.message_id = m.id order by a.done, a.about_id limit $9
) a
"""  # noqa: S608 - put together from constants


async def listed(
    reader: Reader, sight: Sight, chosen: MessageFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    """The newest first."""
    return await reader.fetch(_LIST, *sight.arguments(), *chosen.arguments(), *after, limit)


async def total(reader: Reader, sight: Sight, chosen: MessageFilter) -> int:
    return int(await reader.fetchval(_TOTAL, *sight.arguments(), *chosen.arguments()))


async def counts(reader: Reader, sight: Sight, mine: bool | None) -> Mapping[str, int]:
    row = await reader.fetchrow(_COUNTS, *sight.arguments(), mine)
    assert row is not None  # an aggregate always answers
    return dict(row)


async def by_id(reader: Reader, sight: Sight, ids: Sequence[UUID]) -> dict[UUID, Record]:
    rows = await reader.fetch(_BY_ID, *sight.arguments(), ids)
    return {row["id"]: row for row in rows}


async def about(
    reader: Reader, sight: Sight, ids: Sequence[UUID], most: int
) -> dict[UUID, list[Record]]:
    """What the messages are about, what still waits first; at most so many each."""
    found: dict[UUID, list[Record]] = {identity: [] for identity in ids}
    for row in await reader.fetch(_ABOUT, *sight.arguments(), ids, most):
        found[row["message_id"]].append(row)
    return found
