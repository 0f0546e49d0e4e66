"""What has been heard of services and offers."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Reader, Tx
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.agreements.domain import PaymentPeriod

_SERVICE = """
insert into quality_service as kept
    (id, code, version, name, payment_type, provider_kind, payment_period, starts_on, ends_on,
     no_declaration_required, no_approval_required, specification, digest)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (id) do update set
    version = excluded.version, name = excluded.name, payment_type = excluded.payment_type,
    provider_kind = excluded.provider_kind, payment_period = excluded.payment_period,
    starts_on = excluded.starts_on, ends_on = excluded.ends_on,
    no_declaration_required = excluded.no_declaration_required,
    no_approval_required = excluded.no_approval_required,
    specification = excluded.specification, digest = excluded.digest,
    heard_at = clock_timestamp()
where kept.version <= excluded.version
returning id
"""


async def keep_service(
    tx: Tx, identity: str, version: int, service: QualityServiceSpecification
) -> bool:
    """Keep the specification if it is not older than the one that is known."""
    kept = await tx.fetchval(
        _SERVICE,
        identity,
        service.code,
        version,
        service.name,
        service.payment_type,
        service.provider_kind,
        service.payment_period,
        service.starts_on,
        service.ends_on,
        service.no_declaration_required,
        service.no_approval_required,
        service.as_json(),
        service.digest,
    )
    return kept is not None


_FORGET_PERIODS = "delete from service_period where quality_service = $1"
_PERIOD = "insert into service_period values ($1, $2, $3, $4)"
_LOOK_AGAIN = "update offer set look_on = '-infinity' where quality_service = $1"
_FORGET_FIELDS = "delete from indicator_field where quality_service = $1"
_FIELD = "insert into indicator_field values ($1, $2, $3, $4)"


async def keep_periods(tx: Tx, identity: str, periods: Sequence[PaymentPeriod]) -> None:
    await tx.execute(_FORGET_PERIODS, identity)
    rows = [(identity, p.starts_on, p.ends_on, p.achievement_date) for p in periods]
    await tx.executemany(_PERIOD, rows)
    await tx.execute(_LOOK_AGAIN, identity)


async def keep_fields(tx: Tx, identity: str, fields: Sequence[tuple[str, str, str]]) -> None:
    """Indicator, extract field, and the part the field plays."""
    await tx.execute(_FORGET_FIELDS, identity)
    await tx.executemany(_FIELD, [(identity, *field) for field in fields])


_OFFERS = """
insert into offer as kept
    (id, version, quality_service, service_code, payment_type, provider, commissioner, status,
     starts_on, ends_on, ended_on)
select id, version, quality_service, service_code, payment_type, provider, commissioner, status,
    starts_on, ends_on, ended_on
from jsonb_to_recordset($1) as heard (
    id uuid, version bigint, quality_service text, service_code text, payment_type text,
    provider text, commissioner text, status text, starts_on date, ends_on date, ended_on date
)
order by id
on conflict (id) do update set
    version = excluded.version, quality_service = excluded.quality_service,
    commissioner = excluded.commissioner, status = excluded.status,
    starts_on = excluded.starts_on, ends_on = excluded.ends_on, ended_on = excluded.ended_on,
    look_on = '-infinity', heard_at = clock_timestamp()
where kept.version <= excluded.version
returning id
"""


async def keep_offers(tx: Tx, offers: Sequence[dict[str, Any]]) -> list[UUID]:
    """Keep the offers that are not older than what is known; answers which those are."""
    return [row["id"] for row in await tx.fetch(_OFFERS, offers)]


_SPECIFICATION = "select id, specification, digest from quality_service where id = any($1)"


async def specifications(
    reader: Reader, identities: Sequence[str]
) -> dict[str, QualityServiceSpecification]:
    """The published versions that have been heard, by id."""
    rows = await reader.fetch(_SPECIFICATION, identities)
    return {
        row["id"]: QualityServiceSpecification.model_validate(row["specification"]) for row in rows
    }


_LATEST = """
select id from quality_service where code = $1 order by version desc, id desc limit 1
"""


async def latest_version(reader: Reader, code: str) -> str | None:
    """The id of the newest published version of a service line."""
    identity: str | None = await reader.fetchval(_LATEST, code)
    return identity


_INDICATORS = "select distinct indicator from indicator_field where quality_service = $1"


async def indicators(reader: Reader, identity: str) -> set[str]:
    return {row["indicator"] for row in await reader.fetch(_INDICATORS, identity)}


_DATES = "select achievement_date from service_period where quality_service = $1"


async def achievement_dates(reader: Reader, identity: str) -> set[Any]:
    return {row["achievement_date"] for row in await reader.fetch(_DATES, identity)}


_STARTS = "select starts_on from service_period where quality_service = $1 order by 1"


async def period_starts(reader: Reader, identity: str) -> list[date]:
    """The first day of each payment period, in order."""
    return [row["starts_on"] for row in await reader.fetch(_STARTS, identity)]
