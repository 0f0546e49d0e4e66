"""Whether the year that a line advances on is accepted (DOMAIN.md 1.9).

A line is an advance where a published service recovers it. Its months are paid while that service
has an offer which covers them and lasts until the payment that they are taken off: else nothing
would ever take them back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.declarations.calculation.domain import Blocker, Subject

NOT_ACCEPTED = "YEAR_NOT_ACCEPTED"
"""It is offered: the provider's turn."""
NOT_OFFERED = "YEAR_NOT_OFFERED"
"""No offer can be accepted: the commissioner's turn."""
ORIGIN = "advance_on"
"""The key beside those of figures under which a calculation keeps what it is an advance on."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The participation that the months are taken off."""

    service_code: str
    offer: UUID
    starts_on: date
    until: date

    @property
    def origin(self) -> Mapping[str, Any]:
        """As a calculation keeps it beside its figures, and its receipt shows it."""
        return {
            "service_code": self.service_code,
            "offer": str(self.offer),
            "from": self.starts_on.isoformat(),
            "to": self.until.isoformat(),
        }


async def accepted(reader: Reader, subjects: Sequence[Subject]) -> dict[UUID, Accepted | Blocker]:
    """Of declarations of one service: what each is an advance on; nothing if it is no advance."""
    if not subjects:
        return {}
    asked = [(subject.provider, subject.achievement_date) for subject in subjects]
    providers, days = map(list, zip(*asked, strict=True))
    rows = await reader.fetch(_ACCEPTED, subjects[0].service_code, providers, days)
    found = {(row["provider"], row["day"]): row for row in rows}
    return {
        subject.declaration: _of(subject, found[key])
        for subject, key in zip(subjects, asked, strict=True)
        if key in found
    }


# Of several offers one that covers it, else one that stands, else the newest.
_ACCEPTED = """
select asked.provider, asked.day, best.*
from (select distinct * from unnest($2::text[], $3::date[])) as asked (provider, day)
left join lateral (
    select f.code, o.id, o.status, o.starts_on, o.participates_until,
        o.starts_on <= asked.day and o.participates_until >= p.achievement_date as covers
    from quality_service f
    join service_period p
        on p.quality_service = f.id and asked.day between p.starts_on and p.achievement_date
    left join offer o on o.quality_service = f.id and o.provider = asked.provider
    where f.recovers = $1
    order by covers desc nulls last, o.status <> 'CANCELLED' desc nulls last,
        o.id desc nulls last, f.code
    limit 1
) best on true
where exists (select from quality_service f where f.recovers = $1)
"""


def _of(subject: Subject, row: Record) -> Accepted | Blocker:
    if row["covers"]:
        return Accepted(row["code"], row["id"], row["starts_on"], row["participates_until"])
    if row["code"] is None:
        message = f"no payment of {subject.achievement_date} is published to take it off"
        return Blocker(NOT_OFFERED, None, message)
    code = NOT_ACCEPTED if row["status"] == "OFFERED" else NOT_OFFERED
    message = f"{row['code']}, which it is an advance on, {_why(subject.provider, row)}"
    return Blocker(code, None, message)


def _why(provider: str, row: Record) -> str:
    if row["participates_until"] is not None:
        days = f"from {row['starts_on']} to {row['participates_until']}"
        return f"is taken part in by {provider} {days} only"
    match row["status"]:
        case "OFFERED":
            return f"has been offered to {provider} and is not accepted"
        case "REJECTED":
            return f"has been rejected by {provider}"
        case "CANCELLED":
            return f"is no longer offered to {provider}"
    return f"has not been offered to {provider}"
