"""What reviewers look at first: the values that are far from their provider's own history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from chassis.db import Reader
from services.declarations.sight import SCOPE, Sight

KEY = (date, str, str, str)
"""Achievement date, provider, service and indicator: the order of the list."""


@dataclass(frozen=True, slots=True)
class MarkedFilter:
    service: str | None = None
    provider: str | None = None
    achievement_date: date | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        return self.service, self.provider, self.achievement_date


_VISIBLE = f"""
from achievement_value v
join {SCOPE} s
    on s.provider = v.provider and v.achievement_date between s.valid_from and s.valid_to
where v.marked is not null and $3::text[] is not null
and ('*' = any($2::text[]) or exists (
    select from quality_service q where q.code = v.service_code and q.payment_type = any($2)))
and ($5::text is null or v.service_code = $5)
and ($6::text is null or v.provider = $6)
and ($7::date is null or v.achievement_date = $7)
"""

_PAGE = f"""
select v.* {_VISIBLE}
and ($8::date is null or v.achievement_date < $8
    or (v.achievement_date = $8
        and (v.provider, v.service_code, v.indicator) > ($9::text, $10::text, $11::text)))
order by v.achievement_date desc, v.provider, v.service_code, v.indicator limit $12
"""


async def marked(
    reader: Reader,
    sight: Sight,
    wanted: MarkedFilter,
    after: Sequence[object],
    limit: int,
) -> list[Record]:
    return await reader.fetch(_PAGE, *sight.arguments, *wanted.arguments, *after, limit)


async def count_marked(reader: Reader, sight: Sight, wanted: MarkedFilter) -> int:
    sql = f"select count(*) {_VISIBLE}"
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


async def declarations_of(
    reader: Reader, sight: Sight, values: Sequence[tuple[str, date, str, str]]
) -> dict[tuple[str, date, str, str], list[Record]]:
    """The declarations that stand on each value, by its service, date, provider and indicator.

    As far as the caller sees them: a practice sees its own, not its network's.
    """
    services, days, providers, indicators = zip(*values, strict=True) if values else ((),) * 4
    given = (list(services), list(days), list(providers), list(indicators))
    found: dict[tuple[str, date, str, str], list[Record]] = {}
    for row in await reader.fetch(_DECLARATIONS, *sight.arguments, *given):
        key = (row["of_service"], row["of_date"], row["of_provider"], row["of_indicator"])
        found.setdefault(key, []).append(row)
    return found


_DECLARATIONS = f"""
select a.*, d.id, d.version, d.status, d.held, d.provider
from unnest($5::text[], $6::date[], $7::text[], $8::text[])
    as a (of_service, of_date, of_provider, of_indicator)
join declaration_stands_on o
    on o.service_code = a.of_service and o.achievement_date = a.of_date
    and o.provider = a.of_provider and (o.indicator is null or o.indicator = a.of_indicator)
join declaration d on d.id = o.id
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
where $3::text[] is not null and ('*' = any($2::text[]) or d.payment_type = any($2))
order by d.provider, d.id
"""  # noqa: S608 - nothing but our own words
