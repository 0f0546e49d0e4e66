"""A service at an achievement date that has come: what all that is asked of networks is about."""

from dataclasses import dataclass
from datetime import date

from chassis.db import Reader
from chassis.errors import DomainError
from services.declarations.agreements import store as agreements
from services.declarations.sight import ALL, Sight, not_found


@dataclass(frozen=True, slots=True)
class Period:
    """A published version, and one of its payment periods."""

    quality_service: str
    service: str
    name: str
    payment_type: str
    provider_kind: str
    starts_on: date
    ends_on: date
    achieved_on: date
    latest: bool
    """No later achievement date of the service has come."""

    @property
    def of_network(self) -> bool:
        """The network declares it, not its members."""
        return self.provider_kind == "PCN"


_FIND = """
select q.id as quality_service, q.code as service, q.name, q.payment_type, q.provider_kind,
    p.starts_on, p.ends_on, p.achievement_date as achieved_on,
    not exists (
        select from quality_service other join service_period later
            on later.quality_service = other.id
        where other.code = q.code and later.achievement_date > p.achievement_date
        and later.achievement_date <= $3) as latest
from quality_service q join service_period p on p.quality_service = q.id
where q.code = $1 and p.achievement_date = coalesce($2, p.achievement_date)
order by p.achievement_date <= $3 desc, p.achievement_date desc, q.version desc, q.id desc limit 1
"""


async def find(reader: Reader, sight: Sight, service: str, achieved_on: date | None) -> Period:
    """The period that ends on the day; the latest that has ended where none is named."""
    row = await reader.fetchrow(_FIND, service, achieved_on, sight.today)
    if row is None:
        raise await _unknown(reader, service, achieved_on)
    if sight.types != ALL and row["payment_type"] not in sight.types:
        raise not_found("service", service)
    if row["achieved_on"] > sight.today:
        message = f"{service} is achieved on {row['achieved_on']}, which has not come"
        raise DomainError("ACHIEVEMENT_DATE_TO_COME", message, field="achievementDate")
    return Period(**dict(row))


async def _unknown(reader: Reader, service: str, achieved_on: date | None) -> DomainError:
    if await agreements.latest_version(reader, service) is None:
        message = f"No published quality service {service} is known"
        return DomainError("UNKNOWN_SERVICE", message, field="service")
    ending = f"that ends on {achieved_on}" if achieved_on else "at all"
    message = f"{service} has no payment period {ending}"
    return DomainError("ACHIEVEMENT_DATE_UNKNOWN", message, field="achievementDate")
