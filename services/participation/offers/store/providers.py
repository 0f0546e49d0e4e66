"""Who may be offered a service."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from chassis.db import Reader
from nhs.values import Period
from services.participation.offers.domain import Candidate, Service, Status

_SERVICE: Final = """
select id, code, payment_type, provider_kind, starts_on, ends_on, requires_pcn_membership
from quality_service where id = $1 and status = 'PUBLISHED'
"""


async def service(reader: Reader, identity: str) -> Service | None:
    row = await reader.fetchrow(_SERVICE, identity)
    return Service(**dict(row)) if row else None


_CANDIDATES: Final = """
with commissioned as materialized (
    select distinct provider from directory.commissioned($1)
    where valid_from <= $4 and valid_to >= $3
)
select n.ods_code, p.kind, coalesce(p.status = 'ACTIVE', false) as active, p.closed_on,
    n.ods_code in (select provider from commissioned) as commissioned,
    exists (
        select from directory.relationship m
        where m.source = n.ods_code and m.kind = 'MEMBER_OF'
            and m.valid_from <= $3 and coalesce(m.valid_to, 'infinity') >= $3
    ) as in_pcn,
    o.status as live
from unnest($2::text[]) with ordinality as n (ods_code, place)
left join directory.organisation p using (ods_code)
left join offer o on o.provider = n.ods_code and o.service_code = $5 and o.status <> 'CANCELLED'
order by n.place
"""


async def candidates(
    reader: Reader,
    acting_for: str,
    providers: Sequence[str],
    during: Period,
    service_code: str,
) -> list[Candidate]:
    """What is known of each organisation, in the order given."""
    rows = await reader.fetch(
        _CANDIDATES, acting_for, providers, during.start, during.end, service_code
    )
    return [
        Candidate(**dict(row) | {"live": Status(row["live"]) if row["live"] else None})
        for row in rows
    ]


_COMMISSIONED: Final = """
select distinct c.provider
from directory.commissioned($1) c
join directory.organisation p on p.ods_code = c.provider
where $2::date between c.valid_from and c.valid_to
    and p.kind = $3
    and (case when p.closed_on is null then p.status = 'ACTIVE' else p.closed_on >= $2 end)
    and ($4::text is null or c.commissioner = $4)
    and ($5::text is null or exists (
        select from directory.relationship m
        where m.source = c.provider and m.kind = 'MEMBER_OF' and m.target = $5
            and m.valid_from <= $2 and coalesce(m.valid_to, 'infinity') >= $2
    ))
order by c.provider
"""


async def commissioned(
    reader: Reader,
    acting_for: str,
    *,
    on: date,
    kind: str,
    by: str | None = None,
    member_of: str | None = None,
) -> list[str]:
    """Open providers of the kind that the organisation commissions on that day."""
    rows = await reader.fetch(_COMMISSIONED, acting_for, on, kind, by, member_of)
    return [row["provider"] for row in rows]
