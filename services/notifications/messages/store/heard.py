"""What has been heard of services and organisations, and which declarations reached whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.db import Reader, Tx


@dataclass(frozen=True, slots=True)
class QualityService:
    id: str
    version: int
    code: str
    name: str


_KEEP = """
insert into quality_service as kept (id, version, code, name)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
on conflict (id) do update set
    version = excluded.version, code = excluded.code, name = excluded.name,
    heard_at = clock_timestamp()
where kept.version <= excluded.version
"""


async def keep_quality_services(tx: Tx, services: Sequence[QualityService]) -> None:
    await tx.execute(
        _KEEP,
        [one.id for one in services],
        [one.version for one in services],
        [one.code for one in services],
        [one.name for one in services],
    )


_UNKNOWN = """
select min(code) from unnest($1::text[]) as asked (code)
where not exists (select from directory.organisation o where o.ods_code = asked.code)
"""


async def unknown(reader: Reader, organisations: Sequence[str]) -> str | None:
    """The first of them that has not been heard of yet."""
    found: str | None = await reader.fetchval(_UNKNOWN, organisations)
    return found


# Those they are commissioned by on the day, and the ICBs these are part of, where people are.
_COMMISSIONERS = """
with recursive over (organisation) as (
    select r.target
    from directory.relationship r
    where r.source = any ($1)
        and r.kind = 'COMMISSIONED_BY'
        and $2 between r.valid_from and coalesce(r.valid_to, 'infinity')
    union
    select r.target
    from over
    join directory.relationship r
        on r.source = over.organisation
        and r.kind = 'PART_OF'
        and $2 between r.valid_from and coalesce(r.valid_to, 'infinity')
    join directory.organisation o on o.ods_code = r.target and o.kind in ('SUB_ICB', 'ICB')
)
select organisation from over order by organisation
"""


async def commissioners(reader: Reader, providers: Sequence[str], day: date) -> list[str]:
    rows = await reader.fetch(_COMMISSIONERS, providers, day)
    return [row["organisation"] for row in rows]


_LINKED_TO = """
select organisation from directory.person_link where person_id = $1 order by organisation
"""


async def linked_to(reader: Reader, person: UUID) -> list[str]:
    return [row["organisation"] for row in await reader.fetch(_LINKED_TO, person)]


_REACH = "insert into reached_commissioner values ($1::text::uuid) on conflict do nothing"
_SEND_BACK = "delete from reached_commissioner where declaration_id = $1::text::uuid returning true"


async def reach_commissioner(tx: Tx, declaration: str) -> None:
    await tx.execute(_REACH, declaration)


async def send_back(tx: Tx, declaration: str) -> bool:
    """Whether it had been with the commissioner."""
    return bool(await tx.fetchval(_SEND_BACK, declaration))
