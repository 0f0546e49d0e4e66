"""What is shown of mails: everybody's own, and to administrators those of their people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.directory import Principal
from nhs.roles import Role
from services.notifications.email.domain import Status


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose mails a caller sees."""

    person: UUID
    organisation: str
    administers: bool
    below: bool
    """The people of the organisations below it as well."""
    today: date

    @classmethod
    def of(cls, principal: Principal) -> "Sight":
        below = principal.holds(Role.ADVANCED_USER_ADMINISTRATOR)
        administers = below or principal.holds(Role.USER_ADMINISTRATOR)
        who = (principal.person_id, principal.organisation)
        return cls(*who, administers, below, principal.today)

    def arguments(self) -> tuple[object, ...]:
        return (self.person, self.organisation, self.administers, self.below, self.today)


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    status: Sequence[Status] | None = None
    person: UUID | None = None
    since: datetime | None = None

    def arguments(self) -> tuple[object, ...]:
        return (self.status, self.person, self.since)


# The people are found first, so that their mails are looked for by an index.
_SEEN: Final = """
d.person_id = any (array (
    select $1::uuid
    union
    select l.person_id
    from directory.person_link l
    where l.organisation in (
        select $2::text where $3
        union
        select organisation from directory.self_and_below($2, $5)
            where $4 and valid_from <= $5 and valid_to >= $5
        union
        select provider from directory.commissioned($2, $5)
            where $4 and valid_from <= $5 and valid_to >= $5
    )
))
"""
_MATCHES: Final = """
($6::text[] is null or d.status = any ($6))
and ($7::uuid is null or d.person_id = $7)
and ($8::timestamptz is null or d.made_at >= $8)
"""
_LIST: Final = f"""
select d.* from email_delivery d
where {_SEEN} and {_MATCHES} and ($9::uuid is null or d.id < $9)
order by d.id desc
limit $10
"""  # noqa: S608 - put together from constants
_TOTAL: Final = f"select count(*) from email_delivery d where {_SEEN} and {_MATCHES}"  # noqa: S608
_EVENTS: Final = """
select chosen.id as delivery_id, i.event_id
from unnest($1::uuid[]) as chosen (id)
cross join lateral (
    select event_id from email_item where delivery_id = chosen.id order by event_id limit $2
) i
"""


async def listed(
    reader: Reader, sight: Sight, chosen: DeliveryFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    """The newest first."""
    return await reader.fetch(_LIST, *sight.arguments(), *chosen.arguments(), *after, limit)


async def total(reader: Reader, sight: Sight, chosen: DeliveryFilter) -> int:
    return int(await reader.fetchval(_TOTAL, *sight.arguments(), *chosen.arguments()))


async def events(reader: Reader, ids: Sequence[UUID], most: int) -> dict[UUID, list[UUID]]:
    """The events each of the mails told of, at most so many each."""
    found: dict[UUID, list[UUID]] = {id_: [] for id_ in ids}
    for row in await reader.fetch(_EVENTS, ids, most):
        found[row["delivery_id"]].append(row["event_id"])
    return found
