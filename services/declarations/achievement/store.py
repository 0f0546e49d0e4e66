"""Values of achievement: one row for each provider, service, achievement date and indicator."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.declarations.achievement.domain import Format, Problem

NO_ERRORS = ("NOT_PARTICIPATING", "SUPERSEDED_BY_MANUAL", "SUPERSEDED_BY_LATER")
"""What is listed, and yet no error: values kept unpaid, and those that later ones stand over."""


async def open_load(
    tx: Tx, job: UUID, file_name: str, *, person: UUID, organisation: str, now: datetime
) -> None:
    await tx.execute(_OPEN, job, file_name, person, organisation, now)


_OPEN = """
insert into achievement_load (id, file_name, asked_by, asked_for, asked_at)
values ($1, $2, $3, $4, $5)
"""


async def keep_problems(tx: Tx, load: UUID, problems: Sequence[Problem]) -> None:
    columns = ("load_id", "line", "code", "field", "message")
    records = [(load, p.line, p.code, p.field, p.message) for p in problems]
    await tx.copy("achievement_load_error", columns=columns, records=records)


async def list_superseded(tx: Tx, load: UUID, form: Format) -> None:
    """List the providers whose own values, submitted later, stand over the extract's."""
    await tx.execute(_SUPERSEDED, load, form.when, form.stands)


_SUPERSEDED = """
insert into achievement_load_error (load_id, line, code, field, message)
select $1, min(line), case how when 'MANUAL' then 'SUPERSEDED_BY_MANUAL' else 'SUPERSEDED_BY_LATER'
    end, $2::text, format('%s: %s (%s indicators)', provider, case how when 'MANUAL' then $3::text
    else 'what an extract made after this one said stands' end, count(*))
from pivoted where stands group by provider, how
"""


async def refuse_out_of_proportion(tx: Tx, load: UUID) -> None:
    """List and drop indicators whose numerator is above their denominator."""
    await tx.execute(_OUT_OF_PROPORTION, load)


_OUT_OF_PROPORTION = """
with refused as (
    delete from pivoted where numerator > denominator
    returning line, provider, indicator, numerator, denominator
)
insert into achievement_load_error (load_id, line, code, field, message)
select $1, line, 'NUMERATOR_ABOVE_DENOMINATOR', 'VALUE', format(
    '%s of %s: the numerator %s is above the denominator %s',
    indicator, provider, numerator, denominator)
from refused
"""


async def refuse_locked(tx: Tx, load: UUID) -> None:
    """List and drop changes to what finance has approved; what is the same is no change."""
    await tx.execute(_LOCKED, load)


_LOCKED = """
with refused as (
    delete from pivoted p using locked_period l
    where p.changed and l.provider = p.provider and l.service_code = p.service_code
    and l.achievement_date = p.achievement_date
    and (l.indicator is null or l.indicator = p.indicator)
    returning p.line, p.provider, p.rows
)
insert into achievement_load_error (load_id, line, code, field, message)
select $1, min(line), 'PERIOD_LOCKED', 'ORG_CODE', format(
    'The declaration that stands on %s has been finance-approved: its values stay (%s rows)',
    provider, sum(rows))
from refused group by provider
"""


async def list_not_participating(tx: Tx, load: UUID) -> int:
    """List the providers without an Approved offer on the day; their values are kept, unpaid."""
    return int(await tx.fetchval(_NOT_PARTICIPATING, load))


_NOT_PARTICIPATING = """
with outside as (
    select p.provider, p.service_code, p.achievement_date, min(p.line) as line,
        sum(p.rows) as rows
    from pivoted p
    left join (
        select distinct q.code, q.members_take_part_in from quality_service q
        where q.members_take_part_in is not null
    ) line on line.code = p.service_code
    where not exists (
        select from offer o
        where o.provider = p.provider
        and o.service_code in (p.service_code, line.members_take_part_in)
        and o.starts_on <= p.achievement_date and o.participates_until >= p.achievement_date)
    group by p.provider, p.service_code, p.achievement_date
), listed as (
    insert into achievement_load_error (load_id, line, code, field, message)
    select $1, line, 'NOT_PARTICIPATING', 'ORG_CODE', format(
        '%s does not participate in %s on %s: kept, not paid (%s rows)',
        provider, service_code, achievement_date, rows)
    from outside
)
select count(*) from outside
"""


async def finish_load(tx: Tx, load: UUID, counted: dict[str, int]) -> dict[str, int]:
    """Add up what came of the load."""
    unchanged = await tx.fetchval("select count(*) from pivoted where not changed")
    errors = await tx.fetch(_ERRORS_BY_CODE, load)
    by_code = {row["code"]: row["count"] for row in errors}
    counts = counted | {
        "unchanged": unchanged,
        "unknown": by_code.get("UNKNOWN_PRACTICE", 0),
        "errors": sum(n for code, n in by_code.items() if code not in NO_ERRORS),
    }
    await tx.execute(_COUNTS, load, counts, counts["errors"])
    return counts


_ERRORS_BY_CODE = """
select code, count(*) from achievement_load_error where load_id = $1 group by code
"""
_COUNTS = "update achievement_load set counts = $2, error_count = $3 where id = $1"


async def find_load(reader: Reader, load: UUID, organisation: str) -> Record | None:
    """A load, for the organisation that asked for it."""
    return await reader.fetchrow(_FIND, load, organisation)


_FIND = """
select l.id, l.file_name, l.counts, l.error_count, l.asked_at, j.status, j.done, j.total, j.error
from achievement_load l join chassis.job j on j.id = l.id
where l.id = $1 and l.asked_for = $2
"""


async def find_problems(reader: Reader, load: UUID, first: int) -> list[Problem]:
    rows = await reader.fetch(_PROBLEMS, load, first)
    return [Problem(row["line"], row["code"], row["field"], row["message"]) for row in rows]


_PROBLEMS = """
select line, code, field, message from achievement_load_error
where load_id = $1 order by line, position limit $2
"""


async def values_of(reader: Reader, subjects: Sequence[tuple[str, date, str]]) -> list[Record]:
    """A row for each service, date and provider that has values; they are arrays in step."""
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    return await reader.fetch(_VALUES, list(codes), list(days), list(providers))


# Arrays: a driver takes half a million rows apart far more slowly.
_VALUES = """
select subject.*, v.* from unnest($1::text[], $2::date[], $3::text[])
    as subject (service_code, achievement_date, provider)
cross join lateral (
    select array_agg(indicator) as indicators, array_agg(numerator) as numerators,
        array_agg(denominator) as denominators, array_agg(register) as registers
    from achievement_value k
    where k.service_code = subject.service_code
    and k.achievement_date = subject.achievement_date and k.provider = subject.provider
) v
where v.indicators is not null
"""
