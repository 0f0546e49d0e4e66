"""Every SQL statement of the catalogue. What is published is everybody's to see; a draft is not."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.formulas.specification import QualityServiceSpecification
from services.participation.catalogue.domain import QualityService, ServiceFilter, Signature

_COLUMNS: Final = """
code, version, specification, drafted_at, drafted_by, drafted_for,
published_at, published_by, published_for, published_reason
"""

_LAST: Final = """
select version, status from quality_service where code = $1 order by version desc limit 1
"""


async def last_version(tx: Tx, code: str) -> tuple[int, str] | None:
    """The newest version of the line and its status. Whoever else drafts the line waits."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('quality_service ' || $1, 0))", code
    )
    row = await tx.fetchrow(_LAST, code)
    return (row["version"], row["status"]) if row else None


_INSERT: Final = """
insert into quality_service (
    id, code, version, status, name, payment_type, provider_kind, starts_on, ends_on,
    requires_pcn_membership, specification, digest, drafted_at, drafted_by, drafted_for
) values ($1, $2, $3, 'DRAFT', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""


async def insert(tx: Tx, draft: QualityService) -> None:
    specification = draft.specification
    await tx.execute(
        _INSERT,
        draft.id,
        draft.code,
        draft.version,
        specification.name,
        specification.payment_type,
        specification.provider_kind,
        specification.starts_on,
        specification.ends_on,
        specification.requires_pcn_membership,
        specification.as_json(),
        specification.digest,
        draft.drafted.at,
        draft.drafted.by,
        draft.drafted.acting_for,
    )


_LOCK: Final = f"select {_COLUMNS} from quality_service where id = $1 for update"  # noqa: S608


async def lock(tx: Tx, identity: str) -> QualityService | None:
    row = await tx.fetchrow(_LOCK, identity)
    return service(row) if row else None


_PUBLISH: Final = """
update quality_service
set status = 'PUBLISHED', published_at = $2, published_by = $3, published_for = $4,
    published_reason = $5
where id = $1
"""


async def publish(tx: Tx, published: QualityService) -> None:
    signature = published.published
    if signature is None:
        raise ValueError(f"{published.id} is not signed")
    await tx.execute(
        _PUBLISH,
        published.id,
        signature.at,
        signature.by,
        signature.acting_for,
        published.reason,
    )


def service(row: Record) -> QualityService:
    return QualityService(
        code=row["code"],
        version=row["version"],
        specification=QualityServiceSpecification.model_validate(row["specification"]),
        drafted=Signature(row["drafted_at"], row["drafted_by"], row["drafted_for"]),
        published=Signature(row["published_at"], row["published_by"], row["published_for"])
        if row["published_at"]
        else None,
        reason=row["published_reason"],
    )


_FIND: Final = f"""
select {_COLUMNS} from quality_service
where id = any ($1::text[]) and ($2 or status = 'PUBLISHED')
"""  # noqa: S608 (constants only)


async def find(reader: Reader, ids: Sequence[str], *, drafts: bool) -> dict[str, QualityService]:
    found = (service(row) for row in await reader.fetch(_FIND, ids, drafts))
    return {one.id: one for one in found}


_MATCHES: Final = """
($1 or status = 'PUBLISHED')
and ($2::text is null or code = $2)
and ($3::text is null or status = $3)
and ($4::text is null or payment_type = $4)
and ($5::text is null or provider_kind = $5)
and ($6::date is null or (starts_on <= $7::date and ends_on >= $6))
"""
_PAGE: Final = f"""
select {_COLUMNS} from quality_service
where {_MATCHES} and ($8::text is null or (code, version) > ($8, $9::int))
order by code, version limit $10
"""  # noqa: S608 (constants only)
_COUNT: Final = f"select count(*) from quality_service where {_MATCHES}"  # noqa: S608


def _arguments(wanted: ServiceFilter) -> tuple[object, ...]:
    year = wanted.year
    start, end = (year.start, year.end) if year else (None, None)
    return (wanted.code, wanted.status, wanted.payment_type, wanted.provider_kind, start, end)


async def page(
    reader: Reader,
    wanted: ServiceFilter,
    after: Sequence[object],
    limit: int,
    *,
    drafts: bool,
) -> list[QualityService]:
    rows = await reader.fetch(_PAGE, drafts, *_arguments(wanted), *after, limit)
    return [service(row) for row in rows]


async def count(reader: Reader, wanted: ServiceFilter, *, drafts: bool) -> int:
    return int(await reader.fetchval(_COUNT, drafts, *_arguments(wanted)))


_PUBLISHED: Final = f"""
select {_COLUMNS} from quality_service where status = 'PUBLISHED' order by code, version
"""  # noqa: S608 (constants only)


async def all_published(tx: Tx) -> AsyncIterator[QualityService]:
    async for row in tx.stream(_PUBLISHED):
        yield service(row)
