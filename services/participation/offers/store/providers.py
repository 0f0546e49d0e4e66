"""Who may be offered a service."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from chassis.db import Reader
from nhs.directory import Acting
from nhs.values import Period
from services.participation.offers.domain.making import Candidate, Service
from services.participation.offers.domain.offer import Status

_SERVICE: Final = """
select id, code, payment_type, provider_kind, starts_on, ends_on, requires_pcn_membership,
    accepted_on_behalf,
    (
        select n.id from quality_service n
        where n.code = q.code and n.status = 'PUBLISHED' and n.version > q.version
        order by n.version desc limit 1
    ) as corrected_by,
    kind <> 'CLAIM'
        or owner in (select organisation from directory.inherited($1, $2))
        or exists (
            select from directory.self_and_below(owner, $2) b
            where b.organisation = $1 and $2 between b.valid_from and b.valid_to
        ) as ours
from quality_service q where id = $3 and status = 'PUBLISHED'
"""


async def service(reader: Reader, acting: Acting, identity: str) -> Service | None:
    row = await reader.fetchrow(_SERVICE, *acting, identity)
    return Service(**dict(row)) if row else None


_CANDIDATES: Final = """
with commissioned as materialized (
    select distinct provider from directory.commissioned($1, $2)
    where valid_from <= $5 and valid_to >= $4
)
select n.ods_code, p.kind, coalesce(p.status = 'ACTIVE', false) as active, p.closed_on,
    n.ods_code in (select provider from commissioned) as commissioned,
    exists (
        select from directory.relationship m
        where m.source = n.ods_code and m.kind = 'MEMBER_OF'
            and m.valid_from <= $4 and coalesce(m.valid_to, 'infinity') >= $4
    ) as in_pcn,
    (
        select max(coalesce(m.valid_to, 'infinity')) from directory.relationship m
        where m.source = n.ods_code and m.kind = 'MEMBER_OF'
    ) as last_member_on,
    o.status as live,
    (
        select max(o.ended_on) from offer o
        where o.provider = n.ods_code and o.service_code = $6 and o.status = 'CANCELLED'
            and o.ended_on >= o.starts_on and o.ended_on >= $4 and o.starts_on <= $5
    ) as took_part_until
from unnest($3::text[]) with ordinality as n (ods_code, place)
left join directory.organisation p using (ods_code)
left join offer o on o.provider = n.ods_code and o.service_code = $6 and o.status <> 'CANCELLED'
order by n.place
"""


async def candidates(
    reader: Reader,
    acting: Acting,
    providers: Sequence[str],
    during: Period,
    service_code: str,
) -> list[Candidate]:
    """What is known of each organisation, in the order given."""
    rows = await reader.fetch(
        _CANDIDATES, *acting, providers, during.start, during.end, service_code
    )
    return [
        Candidate(**dict(row) | {"live": Status(row["live"]) if row["live"] else None})
        for row in rows
    ]


_COMMISSIONED: Final = """
select distinct c.provider
from directory.commissioned($1, $2) c
join directory.organisation p on p.ods_code = c.provider
where $3::date between c.valid_from and c.valid_to
    and p.kind = $4
    and (case when p.closed_on is null then p.status = 'ACTIVE' else p.closed_on >= $3 end)
    and ($5::text is null or c.commissioner = $5)
    and ($6::text is null or exists (
        select from directory.relationship m
        where m.source = c.provider and m.kind = 'MEMBER_OF' and m.target = $6
            and m.valid_from <= $3 and coalesce(m.valid_to, 'infinity') >= $3
    ))
order by c.provider
limit $7
"""


async def commissioned(
    reader: Reader,
    acting: Acting,
    *,
    on: date,
    kind: str,
    by: str | None,
    member_of: str | None,
    most: int,
) -> list[str]:
    """Open providers of the kind that the organisation commissions on that day."""
    rows = await reader.fetch(_COMMISSIONED, *acting, on, kind, by, member_of, most)
    return [row["provider"] for row in rows]
