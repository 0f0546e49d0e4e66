"""What has been heard of services and organisations, and which declarations reached whom."""

from collections.abc import Sequence
from dataclasses import dataclass
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


_IS_KNOWN = "select exists (select from directory.organisation where ods_code = $1)"


async def is_known(reader: Reader, organisation: str) -> bool:
    return bool(await reader.fetchval(_IS_KNOWN, organisation))


_REACH = "insert into reached_commissioner values ($1) on conflict do nothing"
_SEND_BACK = "delete from reached_commissioner where declaration_id = $1 returning true"


async def reach_commissioner(tx: Tx, declaration: UUID) -> None:
    await tx.execute(_REACH, declaration)


async def send_back(tx: Tx, declaration: UUID) -> bool:
    """Whether it had been with the commissioner."""
    return bool(await tx.fetchval(_SEND_BACK, declaration))
