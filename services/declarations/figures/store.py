"""Figures of single providers: sets as they were loaded, and what counts of them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from services.declarations.figures.domain import FigureSet


async def unknown_organisations(reader: Reader, codes: Sequence[str]) -> list[str]:
    rows = await reader.fetch(_UNKNOWN, codes)
    return [row["code"] for row in rows]


_UNKNOWN = """
select distinct given.code from unnest($1::text[]) as given (code)
where not exists (select from directory.organisation o where o.ods_code = given.code) order by 1
"""


async def keep(
    tx: Tx,
    identity: UUID,
    figures: FigureSet,
    values: Sequence[Decimal],
    *,
    person: UUID,
    now: datetime,
) -> None:
    named = (figures.kind, figures.service, figures.counted_on, figures.name, figures.source)
    await tx.execute(_SET, identity, *named, person, now)
    providers = [one.provider for one in figures.given]
    indicators = [one.indicator or "" for one in figures.given]
    await tx.execute(_FIGURES, identity, providers, indicators, list(values))


_SET = """
insert into provider_figure_set
    (id, figure, service_code, counted_on, name, source, loaded_by, loaded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_FIGURES = """
insert into provider_figure (set_id, provider, indicator, value)
select $1, * from unnest($2::text[], $3::text[], $4::numeric[])
"""


async def populations(reader: Reader, wanted: Sequence[tuple[str, date]]) -> list[Record]:
    """The adjusted population of the day; the latest before it stands in, then the nearest after.

    Of two of one day the one loaded last counts.
    """
    providers, days = zip(*wanted, strict=True) if wanted else ((), ())
    return await reader.fetch(_POPULATIONS, list(providers), list(days))


_POPULATIONS = """
select asked.provider, asked.wanted, counted.*
from (select distinct * from unnest($1::text[], $2::date[])) as asked (provider, wanted)
cross join lateral (
    select f.value, s.counted_on, s.name, s.source
    from provider_figure f join provider_figure_set s on s.id = f.set_id
    where f.provider = asked.provider and s.figure = 'ADJUSTED_POPULATION'
    order by s.counted_on <= asked.wanted desc, abs(s.counted_on - asked.wanted), s.id desc
    limit 1
) counted
"""


async def agreed(reader: Reader, line: str, providers: Sequence[str]) -> list[Record]:
    """What was agreed of a line: pounds by provider, points by provider and indicator."""
    return await reader.fetch(_AGREED, line, providers)


_AGREED = """
select distinct on (s.figure, f.provider, f.indicator)
    s.figure, f.provider, f.indicator, f.value, s.name, s.source
from provider_figure f join provider_figure_set s on s.id = f.set_id
where s.service_code = $1 and f.provider = any($2)
order by s.figure, f.provider, f.indicator, s.id desc
"""
