"""Values are kept: one writer at a time, what they replace kept beside them, the unusual marked.

Whoever keeps values has made a temporary table `pivoted` of them, and holds the locks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from chassis.db import Tx

Subject = tuple[str, date, str]
"""Service code, achievement date and provider: whose values they are."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How far a value may lie from the one of the achievement date before, unremarked."""

    percentage_points: int
    """Of a share: numerator over denominator."""
    factor: int
    """Of a count: so many times as much, or as little."""
    fewest: int
    """Smaller counts and cohorts vary by chance, and are not looked at."""


# Source: none names figures (DOMAIN 1.7 asks for nothing, the issue for a mark). These are ours:
# year on year most practices stay within a few points, and cohorts under 20 swing by chance.
USUAL: Final = Usual(percentage_points=20, factor=2, fewest=20)


async def lock_loaded(tx: Tx) -> None:
    """Alone with the values of every service and date of `subject`, for as long as it takes."""
    await tx.execute("set local lock_timeout = '60s'")
    await tx.execute(_LOCK_LOADED)
    await tx.execute("set local lock_timeout to default")


_LOCK_LOADED = """
select pg_advisory_xact_lock(hashtext('achievement'), key) from (
    select distinct hashtext(service_code || achievement_date) as key from subject order by 1
) as keys
"""


async def lock_submitted(tx: Tx, subjects: Sequence[Subject]) -> None:
    """Alone with the values of each provider; a load of the same service and date has to end."""
    for statement in (_LOCK_BESIDE, _LOCK_SUBMITTED):
        await tx.execute(statement, *_columns(subjects))


_GIVEN = (
    "unnest($1::text[], $2::date[], $3::text[]) as s (service_code, achievement_date, provider)"
)
_LOCK_BESIDE = f"""
select pg_advisory_xact_lock_shared(hashtext('achievement'), key) from (
    select distinct hashtext(service_code || achievement_date) as key from {_GIVEN} order by 1
) as keys
"""  # noqa: S608 - nothing but our own words
_LOCK_SUBMITTED = f"""
select pg_advisory_xact_lock(hashtext('achievement of a provider'), key) from (
    select distinct hashtext(service_code || achievement_date || provider) as key
    from {_GIVEN} order by 1
) as keys
"""  # noqa: S608 - nothing but our own words


def _columns(subjects: Sequence[Subject]) -> tuple[list[str], list[date], list[str]]:
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    return list(codes), list(days), list(providers)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps values, for whom, when, and by which load (None: by submissions)."""

    load: UUID | None
    person: UUID
    acting_for: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    subject: Subject
    indicator: str
    marked: bool


async def keep_values(tx: Tx, keeper: Keeper) -> list[Kept]:
    """Keep what changed of `pivoted`; what it replaces goes to the past."""
    await tx.execute(_EARLIER)
    await tx.execute("analyze earlier")
    await tx.execute(_PAST, keeper.now)
    whose = (keeper.load, keeper.person, keeper.acting_for, keeper.now)
    rule = (USUAL.percentage_points, USUAL.factor, USUAL.fewest)
    rows = await tx.fetch(_KEEP, *whose, *rule)
    return [
        Kept(
            (row["service_code"], row["achievement_date"], row["provider"]),
            row["indicator"],
            row["is_marked"],
        )
        for row in rows
    ]


# The achievement date before, of the same indicator: of the same line of services if it has one.
_EARLIER = """
create temporary table earlier on commit drop as
select distinct on (t.service_code, t.achievement_date, t.indicator)
    t.service_code, t.achievement_date, t.indicator,
    q.code as earlier_code, p.achievement_date as earlier_date
from (select distinct service_code, achievement_date, indicator from pivoted where changed) t
join indicator_field f on f.indicator = t.indicator
join quality_service q on q.id = f.quality_service
join service_period p
    on p.quality_service = q.id and p.achievement_date < t.achievement_date
order by t.service_code, t.achievement_date, t.indicator, p.achievement_date desc,
    (q.code = t.service_code) desc, q.code
"""

_PAST = """
insert into achievement_value_past (service_code, achievement_date, provider, indicator, numerator,
    denominator, register, others, how, submitted_by, submitted_at, load_id, submission_id,
    loaded_by, loaded_at, acting_for, extracted, marked, default_values_used, replaced_at)
select v.service_code, v.achievement_date, v.provider, v.indicator, v.numerator, v.denominator,
    v.register, v.others, v.how, v.submitted_by, v.submitted_at, v.load_id, v.submission_id,
    v.loaded_by, v.loaded_at, v.acting_for, v.extracted, v.marked, v.default_values_used, $1
from achievement_value v
join pivoted p using (service_code, achievement_date, provider, indicator)
where p.changed
order by v.service_code, v.achievement_date, v.provider, v.indicator
"""

# Shares are compared as exact fractions, multiplied out; a count has no denominator.
_KEEP = """
insert into achievement_value as kept
    (service_code, achievement_date, provider, indicator, numerator, denominator, register, others,
     how, submitted_by, submitted_at, load_id, submission_id, loaded_by, acting_for, loaded_at,
     extracted, default_values_used, marked)
select p.service_code, p.achievement_date, p.provider, p.indicator, p.numerator, p.denominator,
    p.register, p.others, p.how, p.submitted_by, p.submitted_at, $1::uuid, p.submission_id,
    $2::uuid, $3::text, $4::timestamptz, p.extracted, p.default_values_used,
    case
        when least(p.denominator, v.denominator) >= $7 and 100 * abs(
            p.numerator::numeric * v.denominator - v.numerator::numeric * p.denominator
        ) > $5::numeric * p.denominator * v.denominator
            then format('%s of %s, after %s of %s on %s: more than %s percentage points apart',
                p.numerator, p.denominator, v.numerator, v.denominator, v.achievement_date, $5)
        when p.denominator is null and v.denominator is null
        and greatest(counted.now, counted.before) >= $7
        and greatest(counted.now, counted.before)
            > $6::numeric * least(counted.now, counted.before)
            then format('%s, after %s on %s: more than %s times as much or as little',
                counted.now, counted.before, v.achievement_date, $6)
    end
from pivoted p
left join earlier e using (service_code, achievement_date, indicator)
left join achievement_value v
    on v.service_code = e.earlier_code and v.achievement_date = e.earlier_date
    and v.provider = p.provider and v.indicator = p.indicator
cross join lateral (
    select coalesce(p.numerator, p.register) as now,
        case when v.provider is not null then coalesce(v.numerator, v.register) end as before
) counted
where p.changed
order by p.service_code, p.achievement_date, p.provider, p.indicator
on conflict (service_code, achievement_date, provider, indicator) do update set
    numerator = excluded.numerator, denominator = excluded.denominator,
    register = excluded.register, others = excluded.others, how = excluded.how,
    submitted_by = excluded.submitted_by, submitted_at = excluded.submitted_at,
    load_id = excluded.load_id, submission_id = excluded.submission_id,
    loaded_by = excluded.loaded_by, acting_for = excluded.acting_for,
    loaded_at = excluded.loaded_at, extracted = excluded.extracted,
    default_values_used = excluded.default_values_used, marked = excluded.marked
returning service_code, achievement_date, provider, indicator, marked is not null as is_marked
"""
