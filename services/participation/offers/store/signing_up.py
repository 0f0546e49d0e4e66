"""Practices' sign-up to a network's service, beside what ODS says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.db import Reader
from nhs.directory import Acting
from services.participation.offers.domain.signing_up import Difference, SignUp
from services.participation.offers.store.scope import TOOK_PART

# A network's service names the line its members take part in; any other is that line itself.
_LINE: Final = """
select coalesce(members_take_part_in, code)
from quality_service
where $1 in (code, id) and status = 'PUBLISHED'
order by version desc limit 1
"""


async def line(reader: Reader, service: str) -> str | None:
    found: str | None = await reader.fetchval(_LINE, service)
    return found


@dataclass(frozen=True, slots=True)
class SignUpFilter:
    line: str
    on: date
    differences: Sequence[Difference] | None
    """Only the practices that differ in one of these ways; None for all."""


# Where two memberships share a day the later start wins (DOMAIN 10.5).
_FOUND: Final = f"""
with found as (
    select p.ods_code as practice, p.name as practice_name, m.target as network, o.id as offer,
        case
            when m.target is null then 'SIGNED_UP_NOT_IN_ODS'
            when o.id is null then 'IN_ODS_NOT_SIGNED_UP'
        end as difference
    from sight_in_report($1, $2) seen
    join directory.organisation p on p.ods_code = seen.provider and p.kind = 'PRACTICE'
    left join lateral (
        select r.target from directory.relationship r
        where r.source = p.ods_code and r.kind = 'MEMBER_OF'
            and r.valid_from <= $4 and coalesce(r.valid_to, 'infinity') >= $4
        order by r.valid_from desc limit 1
    ) m on true
    left join lateral (
        select o.id from offer o
        where o.provider = p.ods_code and o.service_code = $3
            and {TOOK_PART} and $4 between o.starts_on and coalesce(o.ended_on, o.ends_on)
        order by o.status = 'APPROVED' desc, o.id limit 1
    ) o on true
    where (seen.days @> $4::date or (seen.of_services ->> $3)::datemultirange @> $4::date)
        and (m.target is not null or o.id is not null)
)
"""  # noqa: S608 (constants only)
_PAGE: Final = f"""
{_FOUND}
select practice, practice_name, network, offer from found
where ($5::text[] is null or difference = any ($5)) and ($6::text is null or practice > $6)
order by practice limit $7
"""  # noqa: S608 (constants only)
_COUNT: Final = f"""
{_FOUND} select count(*) from found where ($5::text[] is null or difference = any ($5))
"""  # noqa: S608 (constants only)


async def page(
    reader: Reader, acting: Acting, wanted: SignUpFilter, after: Sequence[object], limit: int | None
) -> list[SignUp]:
    """In the order of the practices' codes."""
    rows = await reader.fetch(_PAGE, *acting, *_arguments(wanted), *after, limit)
    return [SignUp(**dict(row)) for row in rows]


async def count(reader: Reader, acting: Acting, wanted: SignUpFilter) -> int:
    return int(await reader.fetchval(_COUNT, *acting, *_arguments(wanted)))


def _arguments(wanted: SignUpFilter) -> tuple[object, ...]:
    return (wanted.line, wanted.on, wanted.differences)
