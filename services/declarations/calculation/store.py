"""Runs with their frozen constants, calculations and their lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from nhs.formulas.binding import AVERAGE_LIST
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.calculation.domain import Line, ListSize, Result
from services.declarations.calculation.members import Member, Standing


@dataclass(frozen=True, slots=True)
class Prevalences:
    """The set that is current for a service; none has an id of None."""

    id: UUID | None
    values: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class PrevalenceSet:
    """A set as it is loaded: whole, under its name."""

    quality_service: str
    name: str
    source: str
    values: Mapping[str, Decimal]
    """By prevalence group."""
    average_list: Decimal | None


async def keep_prevalences(
    tx: Tx, identity: UUID, given: PrevalenceSet, *, person: UUID, now: datetime
) -> None:
    said = (given.quality_service, given.name, given.source, person, now, given.average_list)
    await tx.execute(_SET, identity, *said)
    await tx.execute(_PREVALENCES, identity, list(given.values), list(given.values.values()))


_SET = """
insert into prevalence_set (id, quality_service, name, source, loaded_by, loaded_at, average_list)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_PREVALENCES = """
insert into national_prevalence (set_id, group_code, prevalence)
select $1, * from unnest($2::text[], $3::numeric[])
"""


async def prevalences_as_given(reader: Reader, given: PrevalenceSet) -> UUID | None:
    """The set loaded last for the version, if it says just this."""
    said = (given.quality_service, given.name, given.source, given.average_list)
    values = (list(given.values), list(given.values.values()))
    found = await reader.fetchval(_AS_GIVEN, *said, *values)
    return None if found is None else UUID(str(found))


_AS_GIVEN = """
select s.id from (
    select * from prevalence_set where quality_service = $1 order by id desc limit 1
) s
where s.name = $2 and s.source = $3 and s.average_list is not distinct from $4
and not exists (
    select from unnest($5::text[], $6::numeric[]) g (code, prevalence)
    full join (select * from national_prevalence where set_id = s.id) n
        on n.group_code = g.code and n.prevalence = g.prevalence
    where g.code is null or n.group_code is null)
"""


async def current_prevalences(reader: Reader, quality_service: str) -> Prevalences:
    """The set loaded last for the version, else for any of its line: it may be a correction."""
    rows = await reader.fetch(_CURRENT, quality_service)
    values = {row["name"]: Fraction(row["figure"]) for row in rows if row["figure"] is not None}
    return Prevalences(rows[0]["id"] if rows else None, values)


# Prevalences by their group, the networks' average list by its name.
_CURRENT = f"""
with set as (
    select id, average_list from prevalence_set
    where split_part(quality_service, '/', 1) = split_part($1, '/', 1)
    order by quality_service = $1 desc, id desc limit 1
)
select id, '{AVERAGE_LIST}' as name, average_list as figure from set
union all
select set.id, n.group_code, n.prevalence from set join national_prevalence n on n.set_id = set.id
"""  # noqa: S608 - nothing but our own words


async def run_of(
    tx: Tx,
    identity: str,
    service: QualityServiceSpecification,
    prevalences: Prevalences,
    *,
    demonstration: bool,
    now: datetime,
) -> UUID:
    """The run that froze just these constants, begun now if there is none."""
    key = (identity, service.digest, prevalences.id, demonstration)
    found = await tx.fetchval(_FIND_RUN, *key)
    if found is None:
        written = {group: str(value) for group, value in prevalences.values.items()}
        await tx.execute(_BEGIN_RUN, new_id(), *key, service.as_json(), written, now)
        found = await tx.fetchval(_FIND_RUN, *key)
    return UUID(str(found))


_FIND_RUN = """
select id from calculation_run
where quality_service = $1 and digest = $2
and prevalence_set is not distinct from $3 and demonstration = $4 and rerating is null
"""
_BEGIN_RUN = """
insert into calculation_run (id, quality_service, digest, prevalence_set, demonstration,
    specification, prevalences, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
"""


async def list_sizes(
    reader: Reader, wanted: Sequence[tuple[str, date]]
) -> dict[tuple[str, date], ListSize]:
    """The list of the day; the latest before it stands in, then the nearest after."""
    providers, days = zip(*wanted, strict=True) if wanted else ((), ())
    rows = await reader.fetch(_LIST_SIZES, list(providers), list(days))
    return {
        (row["provider"], row["wanted"]): ListSize(
            row["patients"], row["counted_on"], row["counted_on"] != row["wanted"]
        )
        for row in rows
    }


_LIST_SIZES = """
select asked.provider, asked.wanted, counted.patients, counted.counted_on
from (select distinct * from unnest($1::text[], $2::date[])) as asked (provider, wanted)
cross join lateral (
    select l.patients, l.counted_on from directory.list_size l
    where l.ods_code = asked.provider
    order by l.counted_on <= asked.wanted desc, abs(l.counted_on - asked.wanted) limit 1
) counted
"""


async def members_of(
    reader: Reader, wanted: Sequence[tuple[str, date, date, str]]
) -> dict[tuple[str, date, date], list[Member]]:
    """Of each network, first and last day of a period, and service: who belonged to it then.

    Practices that are members on the last day, and those that had left or gone elsewhere by then.
    """
    networks, firsts, days, services = zip(*wanted, strict=True) if wanted else ((), (), (), ())
    found: dict[tuple[str, date, date], list[Member]] = {}
    given = (list(networks), list(firsts), list(days), list(services))
    for row in await reader.fetch(_MEMBERS, *given):
        key = (row["network"], row["first_day"], row["on_day"])
        ended = row["valid_to"] is not None and row["valid_to"] <= row["on_day"]
        member = Member(
            row["practice"],
            row["valid_from"],
            row["valid_to"] if ended else None,
            Standing(row["standing"]),
        )
        found.setdefault(key, []).append(member)
    return found


_MEMBERS = """
select asked.*, m.*
from unnest($1::text[], $2::date[], $3::date[], $4::text[])
    as asked (network, first_day, on_day, quality_service)
cross join lateral (
    select n.practice, n.valid_from, n.valid_to,
        case when n.participating then 'COUNTED' else 'NOT_PARTICIPATING' end as standing
    from network_member(asked.network, asked.quality_service, asked.on_day) n
    union all
    select * from (
        select distinct on (r.source) r.source, r.valid_from, r.valid_to,
            case when r.valid_to < asked.on_day then 'LEFT' else 'ELSEWHERE' end
        from directory.relationship r
        where r.target = asked.network and r.kind = 'MEMBER_OF'
        and r.valid_from <= asked.on_day and coalesce(r.valid_to, 'infinity') >= asked.first_day
        and not exists (
            select from network_member(asked.network, asked.quality_service, asked.on_day) n
            where n.practice = r.source)
        order by r.source, r.valid_from desc
    ) former
) m
order by asked.network, asked.on_day, m.practice
"""


async def current_hashes(reader: Reader, versions: Sequence[tuple[UUID, int]]) -> dict[UUID, str]:
    """The hash of each declaration's calculation of that version."""
    ids, numbers = zip(*versions, strict=True) if versions else ((), ())
    rows = await reader.fetch(_HASHES, list(ids), list(numbers))
    return {row["declaration_id"]: row["hash"] for row in rows}


_HASHES = """
select declaration_id, hash from calculation
join unnest($1::uuid[], $2::integer[]) as wanted (declaration_id, version)
    using (declaration_id, version)
"""


@dataclass(frozen=True, slots=True)
class NewCalculation:
    declaration: UUID
    version: int
    run: UUID
    list_size: ListSize
    result: Result
    stood_on: Mapping[str, Any] | None = None
    origins: Mapping[str, Any] = field(default_factory=dict)
    """Where the figures of `stood_on` come from: kept, but no part of the hash."""


async def keep(tx: Tx, calculations: Sequence[NewCalculation], now: datetime) -> None:
    """Keep calculations with their lines: as JSON, which costs least (docs/decisions)."""
    await tx.execute(_KEEP, [_calculation(calculation) for calculation in calculations], now)


_KEEP = """
insert into calculation (declaration_id, version, run_id, list_size, list_on, list_stands_in,
    points, pounds, provisional, hash, indicators, numerators, denominators, registers, hundredths,
    pence, earnable, unconfirmed, stood_on, origins, calculated_at)
select new.*, $2
from json_to_recordset($1::json) as new (
    declaration_id uuid, version integer, run_id uuid, list_size integer, list_on date,
    list_stands_in boolean, points numeric, pounds numeric, provisional boolean, hash text,
    indicators text[], numerators integer[], denominators integer[], registers integer[],
    hundredths bigint[], pence bigint[], earnable boolean[], unconfirmed boolean[], stood_on jsonb,
    origins jsonb
)
"""


def _calculation(new: NewCalculation) -> dict[str, Any]:
    size, result, lines = new.list_size, new.result, new.result.lines
    return {
        "declaration_id": new.declaration,
        "version": new.version,
        "run_id": new.run,
        "list_size": size.patients,
        "list_on": size.counted_on,
        "list_stands_in": size.stands_in,
        "points": result.points,
        "pounds": result.pounds,
        "provisional": result.provisional,
        "hash": result.hash,
        "indicators": lines.indicators,
        "numerators": lines.numerators,
        "denominators": lines.denominators,
        "registers": lines.registers,
        "hundredths": lines.hundredths,
        "pence": lines.pence,
        "earnable": lines.earnable,
        "unconfirmed": lines.provisional,
        "stood_on": new.stood_on,
        "origins": new.origins or None,
    }


async def lines_of(
    reader: Reader, versions: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], list[Line]]:
    """The lines of each calculation, by indicator."""
    ids, numbers = zip(*versions, strict=True) if versions else ((), ())
    found: dict[tuple[UUID, int], list[Line]] = {}
    for row in await reader.fetch(_LINES, list(ids), list(numbers)):
        values = dict(row)
        version = (values.pop("declaration_id"), values.pop("version"))
        found.setdefault(version, []).append(Line(**values))
    return found


_LINES = """
select declaration_id, version, indicator, numerator, denominator, register, points, pounds,
    earnable, provisional
from calculation_line
join unnest($1::uuid[], $2::integer[]) as wanted (declaration_id, version)
    using (declaration_id, version)
order by declaration_id, version, indicator
"""


async def bases_of(
    reader: Reader, versions: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], dict[str, str]]:
    """What all lines of each calculation stand on, by name."""
    ids, numbers = zip(*versions, strict=True) if versions else ((), ())
    rows = await reader.fetch(_BASES, list(ids), list(numbers))
    return {
        (row["declaration_id"], row["version"]): {
            "list size": f"{row['list_size']} of {row['list_on']}",
            "rules": f"{row['quality_service']} ({row['digest'][:8]})",
        }
        | ({"national prevalence": row["prevalence"]} if row["prevalence"] else {})
        for row in rows
    }


_BASES = """
select c.declaration_id, c.version, c.list_size, c.list_on, r.quality_service, r.digest,
    coalesce(
        s.name || ' of ' || to_char(s.loaded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
        case when r.prevalences <> '{}' then 'given with re-rating ' || r.rerating end
    ) as prevalence
from calculation c
join unnest($1::uuid[], $2::integer[]) as wanted (declaration_id, version)
    using (declaration_id, version)
join calculation_run r on r.id = c.run_id
left join prevalence_set s on s.id = r.prevalence_set
"""


async def stood_on_of(
    reader: Reader, versions: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], Mapping[str, Any]]:
    """What each calculation stood on beside values and list; most stood on nothing else."""
    ids, numbers = zip(*versions, strict=True) if versions else ((), ())
    rows = await reader.fetch(_STOOD_ON, list(ids), list(numbers))
    return {(row["declaration_id"], row["version"]): row["stood_on"] for row in rows}


_STOOD_ON = """
select declaration_id, version, stood_on from calculation
join unnest($1::uuid[], $2::integer[]) as wanted (declaration_id, version)
    using (declaration_id, version)
where stood_on is not null
"""


async def frozen(reader: Reader, declaration: UUID, version: int) -> Record | None:
    """A calculation with the run it stood on."""
    return await reader.fetchrow(_FROZEN, declaration, version)


_FROZEN = """
select c.*, r.quality_service, r.digest, r.specification, r.prevalence_set, r.prevalences,
    r.demonstration, coalesce(
        s.name, case when r.prevalences <> '{}' then 'given with re-rating ' || r.rerating end
    ) as prevalence_name,
    coalesce(s.source, z.reason) as prevalence_source,
    d.provider, d.period_start, d.period_end, d.achievement_date
from calculation c
join declaration d on d.id = c.declaration_id
join calculation_run r on r.id = c.run_id
left join prevalence_set s on s.id = r.prevalence_set
left join rerating z on z.id = r.rerating
where c.declaration_id = $1 and c.version = $2
"""


async def points_of(reader: Reader, line: str, providers: Sequence[str]) -> list[Record]:
    """What each indicator of a line earned a provider, once everything of it is approved.

    A payment that was rated anew counts as it then was calculated.
    """
    return await reader.fetch(_POINTS_OF, line, providers)


_POINTS_OF = """
with settled as materialized (
    select asked.provider from unnest($2::text[]) as asked (provider)
    where line_settled($1, asked.provider)
)
select d.provider, l.indicator, sum(l.points) as points
from settled
join declaration d
    on d.provider = settled.provider and d.service_code = $1 and d.status = 'FINANCE_APPROVED'
cross join lateral (
    select max(e.calculation_version) as version
    from payment p join ledger_entry e on e.payment_id = p.id where p.declaration_id = d.id
) paid
join calculation_line l on l.declaration_id = d.id and l.version = paid.version
group by d.provider, l.indicator
"""
