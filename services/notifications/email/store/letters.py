"""What a mail is about."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.notifications.messages.store.lists import ROW

# What people are told of for a role is for as long as they act for the organisation.
_MESSAGES: Final = f"""
select told.*, coalesce(o.name, told.organisation) || ' (' || told.organisation || ')' as place
from (
    {ROW} where m.id in (select message_id from email_item where delivery_id = $1)
) told
left join directory.organisation o on o.ods_code = told.organisation
where told.role is null or exists (
    select from directory.person_link l
    where l.person_id = told.person_id and l.organisation = told.organisation
)
order by told.organisation, told.raised_at desc, told.id desc
"""  # noqa: S608 - put together from constants


async def messages(reader: Reader, delivery: UUID) -> list[Record]:
    """The messages a mail tells of, and at which place each; of each place the newest first."""
    return await reader.fetch(_MESSAGES, delivery)


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
