"""Bulk claims: templates handed out, what filled ones hold, and what is wrong with them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.declarations.bulk.domain import Given, Problem, Template
from services.declarations.claims.facts import LIVE


@dataclass(frozen=True, slots=True)
class Priced:
    """A row with what it comes to, as far as that makes sense."""

    row: int
    provider: str
    component: str
    quantity: str
    tariff_given: str
    units: int | None = None
    tariff: Decimal | None = None
    amount: Decimal | None = None


async def keep_template(
    tx: Tx,
    signature: str,
    template: Template,
    components: Sequence[str] | None,
    providers: Sequence[str] | None,
    *,
    person: UUID,
    now: datetime,
) -> None:
    period = (template.period_start, template.period_end)
    given = (signature, template.quality_service, *period, template.commissioner)
    await tx.execute(_KEEP_TEMPLATE, *given, components, providers, person, now)


_KEEP_TEMPLATE = """
insert into bulk_template (signature, quality_service, period_start, period_end, commissioner,
    components, providers, asked_by, asked_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def template(reader: Reader, signature: str, commissioner: str) -> Record | None:
    """What was handed out to the organisation under the signature."""
    sql = "select * from bulk_template where signature = $1 and commissioner = $2"
    return await reader.fetchrow(sql, signature, commissioner)


async def providers_of(
    reader: Reader, quality_service: str, period: tuple[date, date], acting: Acting
) -> AsyncIterator[Record]:
    """Who takes part in that version through the period, commissioned by the organisation."""
    async for row in reader.stream(_PROVIDERS, quality_service, *period, *acting):
        yield row


_PROVIDERS = """
select o.provider, coalesce(g.name, o.provider) as name
from offer o
left join directory.organisation g on g.ods_code = o.provider
where o.quality_service = $1 and o.starts_on <= $2 and o.participates_until >= $3
and o.commissioner = any(array(
    select b.organisation from directory.self_and_below($4, $5) b
    where $3 between b.valid_from and b.valid_to))
group by o.provider, g.name
order by o.provider
"""


async def commissioners(reader: Reader, acting: Acting, day: date) -> set[str]:
    """For which the organisation may act, of what was commissioned on the day."""
    sql = """select b.organisation from directory.self_and_below($1, $2) b
        where $3 between b.valid_from and b.valid_to"""
    return {row["organisation"] for row in await reader.fetch(sql, *acting, day)}


async def ask(
    tx: Tx, bulk: UUID, file_name: str, commissioner: str, *, person: UUID, now: datetime
) -> None:
    sql = """insert into bulk_claim (id, file_name, commissioner, asked_by, asked_at)
        values ($1, $2, $3, $4, $5)"""
    await tx.execute(sql, bulk, file_name, commissioner, person, now)


async def keep_checked(
    tx: Tx,
    bulk: UUID,
    status: str,
    given: Given | None,
    *,
    same_as: UUID | None,
    rows: Sequence[Priced],
    problems: Sequence[Problem],
) -> None:
    """Keep what checking has shown, over whatever a run that was cut off may have kept."""
    named = _named(given) if given else (None,) * 5
    await tx.execute(_KEEP_CHECKED, bulk, status, same_as, *named)
    await tx.execute("delete from bulk_claim_row where bulk_claim_id = $1", bulk)
    await tx.copy(
        "bulk_claim_row",
        columns=_ROW,
        records=[(bulk, *astuple(row)) for row in rows],
    )
    await keep_problems(tx, bulk, problems)


_KEEP_CHECKED = """
update bulk_claim set status = $2, same_as = $3, signature = $4, quality_service = $5,
    period_start = $6, period_end = $7, digest = $8
where id = $1
"""


def _named(given: Given) -> tuple[object, ...]:
    template = given.template
    period = (template.period_start, template.period_end)
    return given.signature, template.quality_service, *period, given.digest


_ROW = (
    "bulk_claim_id",
    "row",
    "provider",
    "component",
    "quantity",
    "tariff_given",
    "units",
    "tariff",
    "amount",
)


async def keep_problems(tx: Tx, bulk: UUID, problems: Sequence[Problem]) -> None:
    await tx.execute("delete from bulk_claim_problem where bulk_claim_id = $1", bulk)
    await tx.copy(
        "bulk_claim_problem",
        columns=("bulk_claim_id", "row", "code", "field", "message"),
        records=[(bulk, p.row, p.code, p.field, p.message) for p in problems],
    )


async def refuse(tx: Tx, bulk: UUID) -> None:
    await tx.execute("update bulk_claim set status = 'REFUSED' where id = $1", bulk)


async def repeats(tx: Tx, bulk: UUID, same_as: UUID) -> None:
    sql = "update bulk_claim set status = 'REPEATED', same_as = $2 where id = $1"
    await tx.execute(sql, bulk, same_as)


async def submitted_before(tx: Tx, commissioner: str, digest: str) -> UUID | None:
    """What was submitted with the same claims, if any of them counts still.

    Nobody else submits the same until the end.
    """
    whose = f"bulk claim {commissioner} {digest}"
    await tx.execute("select pg_advisory_xact_lock(hashtext($1))", whose)
    found: UUID | None = await tx.fetchval(_SUBMITTED_BEFORE, commissioner, digest)
    return found


_SUBMITTED_BEFORE = f"""
select b.id from bulk_claim b
where b.commissioner = $1 and b.digest = $2 and b.status = 'SUBMITTED' and exists (
    select from bulk_claim_row r join claim c on c.id = r.claim_id
    where r.bulk_claim_id = b.id and {LIVE})
"""  # noqa: S608 (our own words)


async def lock(tx: Tx, bulk: UUID, commissioner: str) -> Record | None:
    sql = "select * from bulk_claim where id = $1 and commissioner = $2 for update"
    return await tx.fetchrow(sql, bulk, commissioner)


async def rows_of(reader: Reader, bulk: UUID) -> list[Record]:
    sql = "select * from bulk_claim_row where bulk_claim_id = $1 order by row"
    return await reader.fetch(sql, bulk)


async def submitted(tx: Tx, bulk: UUID, claims: Mapping[str, UUID], now: datetime) -> None:
    """By provider the claim that its rows have become."""
    await tx.execute(_CLAIMS, bulk, list(claims), list(claims.values()))
    sql = "update bulk_claim set status = 'SUBMITTED', submitted_at = $2 where id = $1"
    await tx.execute(sql, bulk, now)


_CLAIMS = """
update bulk_claim_row r set claim_id = made.claim
from unnest($2::text[], $3::uuid[]) as made (provider, claim)
where r.bulk_claim_id = $1 and r.provider = made.provider
"""

_BULK = """
select b.*, j.status as job_status, j.error, t.*
from bulk_claim b
left join chassis.job j on j.id = b.id
cross join lateral (
    select count(*) as row_count, count(distinct r.provider) as claim_count,
        coalesce(sum(r.amount), 0)::numeric(20, 2) as total,
        (select count(*) from bulk_claim_problem p where p.bulk_claim_id = b.id) as problem_count
    from bulk_claim_row r where r.bulk_claim_id = b.id
) t
where b.commissioner = $1
"""


async def find(reader: Reader, bulk: UUID, commissioner: str) -> Record | None:
    return await reader.fetchrow(f"{_BULK} and b.id = $2", commissioner, bulk)


async def page(
    reader: Reader, commissioner: str, after: tuple[datetime | None, UUID | None], limit: int
) -> list[Record]:
    """Newest first."""
    sql = f"""{_BULK} and ($2::timestamptz is null or (b.asked_at, b.id) < ($2, $3::uuid))
        order by b.asked_at desc, b.id desc limit $4"""
    return await reader.fetch(sql, commissioner, *after, limit)


async def count(reader: Reader, commissioner: str) -> int:
    sql = "select count(*) from bulk_claim where commissioner = $1"
    return int(await reader.fetchval(sql, commissioner))


async def problems(reader: Reader, bulk: UUID, first: int) -> list[Record]:
    sql = """select * from bulk_claim_problem where bulk_claim_id = $1
        order by row, position limit $2"""
    return await reader.fetch(sql, bulk, first)


async def outcomes(
    reader: Reader, bulk: UUID, after: tuple[int | None], limit: int
) -> list[Record]:
    """Rows in order, each with how many problems it has."""
    return await reader.fetch(_OUTCOMES, bulk, *after, limit)


_OUTCOMES = """
select r.*, p.problems from bulk_claim_row r
cross join lateral (
    select count(*) as problems from bulk_claim_problem p
    where p.bulk_claim_id = r.bulk_claim_id and p.row = r.row
) p
where r.bulk_claim_id = $1 and ($2::integer is null or r.row > $2)
order by r.row limit $3
"""


async def by_provider(reader: Reader, bulk: UUID) -> list[Record]:
    return await reader.fetch(_BY_PROVIDER, bulk)


_BY_PROVIDER = """
select provider, count(*) as rows, coalesce(sum(amount), 0)::numeric(20, 2) as amount,
    (array_agg(claim_id))[1] as claim_id
from bulk_claim_row where bulk_claim_id = $1 group by provider order by provider
"""
