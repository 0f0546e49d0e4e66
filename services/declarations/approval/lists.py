"""Reads of declarations: who may see which, with or without pounds, and what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.declarations.approval.marks import STANDS_ON_MARKED
from services.declarations.sight import SCOPE, Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationFilter:
    statuses: Sequence[str] | None = None
    service: str | None = None
    provider: str | None = None
    commissioner: str | None = None
    financial_year: tuple[date, date] | None = None
    waiting_in: Mapping[str, Sequence[str]] | None = None
    """Only what waits for the caller: in these states, of these payment types."""
    held: bool | None = None
    marked: bool | None = None
    """Whether a value it stands on is far from its provider's own history."""

    def arguments(self, sight: Sight) -> tuple[object, ...]:
        """Parameters $5 to $12 of a filtered read."""
        first, last = self.financial_year or (None, None)
        statuses = None if self.statuses is None else list(self.statuses)
        between = [self.provider, self.commissioner]
        named = (statuses, self.service, between, first, last)
        return *named, self._waiting, sight.person, [self.held, self.marked]

    @property
    def _waiting(self) -> list[str] | None:
        """The states, which an index finds; and each with each of its types, `STATE TYPE`."""
        if self.waiting_in is None:
            return None
        pairs = [f"{state} {one}" for state, types in self.waiting_in.items() for one in types]
        return [*self.waiting_in, *pairs]


COLUMNS = """
select d.*, s.pounds and ('*' = any($3::text[]) or d.payment_type = any($3)) as sees_pounds
"""
_VISIBLE = f"""
from declaration d
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
where ('*' = any($2::text[]) or d.payment_type = any($2))
and $3::text[] is not null
"""

# What waits for the caller: the provider's own to declare, what the organisation commissioned to
# approve, and neither where the caller ever took another step, unless the commissioner does without
# the separation of duties today (DOMAIN.md 10.6). Locking a row to
# act on it looks at the day as well.
_FILTERED = f"""{_VISIBLE}
and ($5::text[] is null or d.status = any($5))
and ($6::text is null or d.service_code = $6)
and (($7::text[])[1] is null or d.provider = ($7::text[])[1])
and (($7::text[])[2] is null or d.commissioner = ($7::text[])[2])
and ($8::date is null or (d.period_start <= $9::date and d.period_end >= $8))
and ($10::text[] is null or (
    d.status = any($10) and not d.held
    and (d.status || ' *' = any($10) or d.status || ' ' || d.payment_type = any($10))
    and (
        (d.status = 'AWAITING_PROVIDER_APPROVAL' or $11::uuid <> all(d.declared_by))
        and (d.status = 'AWAITING_COMMISSIONER_APPROVAL' or $11 <> all(d.approved_by))
        or d.commissioner = any(
            array(select j.commissioner from directory.duties_joined('DECLARATIONS', $4) j))
    )
    and case
        when d.status = 'AWAITING_PROVIDER_APPROVAL'
            then d.provider = any(array(select i.organisation from directory.inherited($1, $4) i))
        else d.commissioner = any(
            array(select b.organisation from directory.self_and_below($1, $4) b))
    end))
and (($12::boolean[])[1] is null or d.held = ($12::boolean[])[1])
and (($12::boolean[])[2] is null or {STANDS_ON_MARKED} = ($12::boolean[])[2])
"""  # noqa: S608 - nothing but our own words


# Who sees few providers goes by their index; who sees many, by the order of the list.
_OF_FEW = f"and d.provider = any(array(select few.provider from {SCOPE} few))"  # noqa: S608 (our own words)


def filtered(sight: Sight) -> str:
    """The rows that a filter reaches, as the caller sees them: `d`, with its scope as `s`."""
    sql = f"{_FILTERED} {_OF_FEW}" if sight.is_provider else _FILTERED
    return sight.over(sql, "d")


async def by_ids(reader: Reader, sight: Sight, ids: Sequence[UUID]) -> list[Record]:
    return await reader.fetch(f"{COLUMNS} {_VISIBLE} and d.id = any($5)", *sight.arguments, ids)


async def page(
    reader: Reader,
    sight: Sight,
    wanted: DeclarationFilter,
    after: tuple[date | None, str | None, UUID | None],
    limit: int,
) -> list[Record]:
    """Newest achievement date first, then by provider."""
    sql = f"{COLUMNS} {filtered(sight)} {_AFTER} {_ORDER} limit $16"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), *after, limit)


_AFTER = """
and ($13::date is null or d.achievement_date < $13
    or (d.achievement_date = $13 and (d.provider, d.id) > ($14::text, $15::uuid)))
"""
_ORDER = "order by d.achievement_date desc, d.provider, d.id"


async def count(reader: Reader, sight: Sight, wanted: DeclarationFilter) -> int:
    sql = f"select count(*) {filtered(sight)}"
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments(sight)))


class Owner(StrEnum):
    """Whose declarations are listed, by the column that names it."""

    PROVIDER = "provider"
    OFFER = "offer_id"


async def pages(
    reader: Reader,
    sight: Sight,
    wanted: DeclarationFilter,
    owner: Owner,
    owners: Sequence[str | UUID],
    *,
    after: Sequence[object],
    limit: int,
) -> dict[str | UUID, list[Record]]:
    """A page of the declarations of each owner, newest first."""
    found: dict[str | UUID, list[Record]] = {}
    given = (*sight.arguments, *wanted.arguments(sight), *after, limit, owners)
    for row in await reader.fetch(_pages_of(owner), *given):
        found.setdefault(row[owner], []).append(row)
    return found


def _pages_of(owner: Owner) -> str:
    place = f"row_number() over (partition by d.{owner} {_ORDER}) as place"
    found = f"{COLUMNS}, {place} {_FILTERED} {_AFTER} and d.{owner} = any($17)"
    return f"select * from ({found}) d where place <= $16 {_ORDER}"  # noqa: S608 (our own words)


async def counts(
    reader: Reader,
    sight: Sight,
    wanted: DeclarationFilter,
    owner: Owner,
    owners: Sequence[str | UUID],
) -> dict[str | UUID, int]:
    given = (*sight.arguments, *wanted.arguments(sight), owners)
    sql = f"select d.{owner} as owner, count(*) {_FILTERED} and d.{owner} = any($13) group by 1"
    rows = await reader.fetch(sql, *given)
    return {row["owner"]: row["count"] for row in rows}


async def rows_of(
    reader: Reader, sight: Sight, wanted: DeclarationFilter, most: int
) -> list[tuple[UUID, int]]:
    """Ids and versions of every row the filter reaches."""
    sql = f"select d.id, d.version {filtered(sight)} order by d.id limit $13"
    rows = await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight), most)
    return [(row["id"], row["version"]) for row in rows]


async def summary(reader: Reader, sight: Sight, wanted: DeclarationFilter) -> list[Record]:
    """By status: how many, their points, and their pounds where all of them may be seen."""
    sql = f"{_SUMS} {filtered(sight)} group by d.status order by d.status"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments(sight))


_SUMS = """
select d.status, count(*), coalesce(sum(d.points), 0)::numeric(14, 2) as points,
    case when bool_and(s.pounds and ('*' = any($3) or d.payment_type = any($3)))
        then coalesce(sum(d.pounds), 0)::numeric(14, 2) end as pounds
"""


async def histories(reader: Reader, declarations: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """Entries in order. The declarations must have been seen by the caller already."""
    found: dict[UUID, list[Record]] = {}
    for row in await reader.fetch(_HISTORIES, declarations):
        found.setdefault(row["declaration_id"], []).append(row)
    return found


_HISTORIES = """
select * from declaration_history where declaration_id = any($1) order by declaration_id, position
"""
