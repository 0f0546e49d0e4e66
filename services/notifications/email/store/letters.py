"""What a mail is about."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.notifications.messages.store import lists
from services.notifications.messages.store.scope import Sight

_MESSAGES: Final = """
select m.id, m.organisation, coalesce(o.name, m.organisation) as name
from message m
left join directory.organisation o on o.ods_code = m.organisation
where m.id = $2 or m.id in (select message_id from email_item where delivery_id = $1)
"""


async def messages(reader: Reader, delivery: Record, today: date) -> list[tuple[str, Record]]:
    """The messages a mail tells of, as their recipient sees them, and where: the newest first."""
    found = await reader.fetch(_MESSAGES, delivery["id"], delivery["message_id"])
    places: dict[str, list[UUID]] = {}
    for row in found:
        places.setdefault(row["organisation"], []).append(row["id"])
    names = {row["organisation"]: f"{row['name']} ({row['organisation']})" for row in found}
    told: list[tuple[str, Record]] = []
    for organisation in sorted(places):
        sight = Sight(delivery["person_id"], organisation, False, None, today)
        rows = (await lists.by_id(reader, sight, places[organisation])).values()
        newest = sorted(rows, key=lambda row: (row["raised_at"], row["id"]), reverse=True)
        told += [(names[organisation], row) for row in newest]
    return told


_ACCEPTANCES: Final = """
select
    coalesce(q.name, a.quality_service) as service,
    array_agg(coalesce(o.name, a.provider) order by o.name, a.provider) as names
from email_acceptance a
left join quality_service q on q.id = a.quality_service
left join directory.organisation o on o.ods_code = a.provider
where a.delivery_id = $1
group by 1
order by 1
"""


async def acceptances(reader: Reader, delivery: UUID) -> Mapping[str, Sequence[str]]:
    """Names of the providers that accepted, by the name of the service."""
    rows = await reader.fetch(_ACCEPTANCES, delivery)
    return {row["service"]: row["names"] for row in rows}
