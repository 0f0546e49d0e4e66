"""What claims are checked against: schemes, participations, and what others have taken already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.formulas.scheme import Scheme
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.agreements import store as agreements
from services.declarations.claims.domain import Claim, ClaimedService
from services.declarations.claims.rules import Attached, Opening, Participation, Taken


@dataclass(frozen=True, slots=True)
class Offered:
    """A service as a provider was offered it, for a period."""

    service: ClaimedService
    commissioner: str
    participation: Participation
    name: str
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Facts:
    """Of many claims at once."""

    offered: dict[tuple[str, str, date], Offered]
    """By provider, service and first day of the period."""
    openings: dict[str, Opening]
    evidence: dict[UUID, list[Attached]]

    def of(self, claim: Claim) -> dict[str, Offered]:
        """The services of a claim, as its provider was offered them for its period."""
        found = {
            one.service_code: self.offered.get(
                (claim.provider, one.service_code, claim.period_start)
            )
            for one in claim.services
        }
        return {code: offered for code, offered in found.items() if offered is not None}


async def gather(reader: Reader, claims: Sequence[Claim]) -> Facts:
    """Everything but what others have taken."""
    asked = {
        (claim.provider, one.service_code, claim.period_start, claim.period_end)
        for claim in claims
        for one in claim.services
    }
    return Facts(
        offered=await offered(reader, sorted(asked)),
        openings=await _openings(reader, sorted({claim.provider for claim in claims})),
        evidence=await _evidence(reader, claims),
    )


async def offered(
    reader: Reader, asked: Sequence[tuple[str, str | None, date, date]]
) -> dict[tuple[str, str, date], Offered]:
    """The offers of CLAIM services that count for provider, service (None: any) and period.

    Of several that was meant which covers the period, or else the last.
    """
    columns = [list(column) for column in zip(*asked, strict=True)] or [[], [], [], []]
    rows = await reader.fetch(_OFFERED, *columns)
    versions = sorted({row["quality_service"] for row in rows})
    specifications = await agreements.specifications(reader, versions)
    return {
        (row["provider"], row["service_code"], row["first_day"]): _offered(row, known, known.scheme)
        for row in rows
        if (known := specifications[row["quality_service"]]).scheme is not None
    }


_OFFERED = """
select distinct on (asked.provider, o.service_code, asked.first_day)
    asked.first_day, o.id, o.provider, o.service_code, o.quality_service, o.commissioner,
    o.payment_type, o.starts_on, o.participates_until
from unnest($1::text[], $2::text[], $3::date[], $4::date[])
    as asked (provider, service_code, first_day, last_day)
join offer o on o.provider = asked.provider
    and (asked.service_code is null or o.service_code = asked.service_code)
join quality_service q on q.id = o.quality_service
where o.payment_type is not null and q.specification ->> 'kind' = 'CLAIM'
order by asked.provider, o.service_code, asked.first_day,
    coalesce(o.starts_on <= asked.first_day and o.participates_until >= asked.last_day, false) desc,
    o.starts_on desc, o.id desc
"""


def _offered(row: Record, known: QualityServiceSpecification, scheme: Scheme) -> Offered:
    service = ClaimedService(
        row["service_code"], row["quality_service"], row["payment_type"], row["id"]
    )
    participation = Participation(row["starts_on"], row["participates_until"])
    return Offered(service, row["commissioner"], participation, known.name, scheme)


async def _openings(reader: Reader, providers: Sequence[str]) -> dict[str, Opening]:
    sql = """select ods_code, opened_on, closed_on from directory.organisation
        where ods_code = any($1)"""
    rows = await reader.fetch(sql, providers)
    return {row["ods_code"]: Opening(row["opened_on"], row["closed_on"]) for row in rows}


async def _evidence(reader: Reader, claims: Sequence[Claim]) -> dict[UUID, list[Attached]]:
    found: dict[UUID, list[Attached]] = {}
    ids, versions = [one.id for one in claims], [one.content_version for one in claims]
    for row in await reader.fetch(_EVIDENCE, ids, versions):
        one = Attached(**{name: row[name] for name in Attached.__dataclass_fields__})
        found.setdefault(row["claim_id"], []).append(one)
    return found


_EVIDENCE = """
select e.* from unnest($1::uuid[], $2::integer[]) as asked (claim_id, content_version)
join claim_evidence e on e.claim_id = asked.claim_id
    and e.from_version <= asked.content_version
    and coalesce(e.to_version, asked.content_version) >= asked.content_version
order by e.claim_id, e.attached_at, e.id
"""


async def hold_budgets(tx: Tx, services: Sequence[str]) -> None:
    """Let nobody else submit claims of these services until the transaction ends.

    What is left of a budget is read after this, so that two claims never take the same of it.
    """
    for code in sorted(set(services)):
        await tx.execute("select pg_advisory_xact_lock(hashtext('claims of ' || $1))", code)


async def taken(reader: Reader, services: Sequence[str], providers: Sequence[str]) -> Taken:
    """What the claims that wait for somebody, or are approved, have taken of these services.

    How often, and how many of what, is counted for these providers alone.
    """
    counted = Taken()
    for row in await reader.fetch(_AMOUNTS, services):
        code, amount = row["service_code"], Decimal(row["amount"])
        counted.of_service[code] = counted.of_service.get(code, Decimal(0)) + amount
        counted.of_provider[row["provider"], code] = amount
    for row in await reader.fetch(_CLAIMS, services, providers):
        key = (row["provider"], row["service_code"], row["period_start"])
        counted.claims[key] = row["count"]
    for row in await reader.fetch(_UNITS, services, providers):
        where = (row["provider"], row["service_code"], row["component"], row["financial_year"])
        counted.units[where] = row["units"]
    return counted


LIVE = "c.status not in ('DRAFT', 'REJECTED', 'WITHDRAWN')"
"""Claims that count: they wait for somebody, or are approved."""

_AMOUNTS = f"""
select s.service_code, c.provider, sum(s.amount) as amount
from claim_service s join claim c on c.id = s.claim_id
where s.service_code = any($1) and {LIVE} group by s.service_code, c.provider
"""  # noqa: S608 (our own words)
_LINES = f"""
from claim c join claim_line l on l.claim_id = c.id and l.content_version = c.content_version
where c.provider = any($2) and l.service_code = any($1) and {LIVE}
"""
# A quantity of 0 beside others claims nothing, as `terms.claimed_services` has it.
_CLAIMS = f"""
select c.provider, l.service_code, c.period_start, count(distinct c.id)
{_LINES}
and (l.units > 0 or not exists (
    select from claim_line o
    where o.claim_id = l.claim_id and o.content_version = l.content_version and o.units > 0))
group by c.provider, l.service_code, c.period_start
"""  # noqa: S608 (our own words)
_UNITS = f"""
select c.provider, l.service_code, l.component, c.financial_year, sum(l.units) as units
{_LINES} group by c.provider, l.service_code, l.component, c.financial_year
"""
