"""The statement of the report on networks: one for the list, its total and its files."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from chassis.db import Reader
from nhs.directory import Acting
from nhs.reports import Report


@dataclass(frozen=True, slots=True)
class Wanted:
    """Memberships that hold on some of these days; of everybody, of a PCN or of a practice."""

    first: date
    last: date
    pcn: str | None = None
    practice: str | None = None

    @property
    def narrowed(self) -> str:
        """Said in the statement, not by a parameter that may be null: its plan depends on it."""
        if self.pcn:
            return "and r.target = $5"
        return "and r.source = $5" if self.practice else "and $5::text is null"

    def arguments(self, acting: Acting) -> tuple[object, ...]:
        return (*acting, self.first, self.last, self.pcn or self.practice)


# A membership is seen by whoever sees its practice or its network on one of the days.
_FOUND = f"""
with seen as materialized (
    select s.provider, range_agg(daterange(s.valid_from, s.valid_to, '[]')) as days
    from directory.report_scope($1, $2, '{Report.NETWORK_RELATIONSHIPS}') s
    group by s.provider
),
found as (
    select r.source as practice, r.target as pcn, r.valid_from, r.valid_to
    from relationship r
    left join seen practice on practice.provider = r.source
    left join seen network on network.provider = r.target
    where r.known_to is null and r.kind = 'MEMBER_OF'
        and r.valid_from <= $4::date and coalesce(r.valid_to, 'infinity') >= $3::date
        and (
            practice.days && (daterange(r.valid_from, r.valid_to, '[]') * daterange($3, $4, '[]'))
            or network.days && (daterange(r.valid_from, r.valid_to, '[]') * daterange($3, $4, '[]'))
        )
        %(narrowed)s
)
"""  # noqa: S608 (a constant)

# What was true of practice and network, as at the last day of the membership that has come.
_PAGE = f"""
{_FOUND},
page as (
    select practice, pcn, valid_from, valid_to,
        least(coalesce(valid_to, 'infinity'), greatest(valid_from, $2)) as as_at
    from found
    where $6::text is null or (pcn, practice, valid_from) > ($6, $7::text, $8::date)
    order by pcn, practice, valid_from
    limit $9
)
select
    page.practice, page.pcn, page.valid_from, page.valid_to,
    practice.name as practice_name, network.name as pcn_name,
    commissioner.ods_code as practice_sub_icb, commissioner.name as practice_sub_icb_name,
    lead.ods_code as pcn_sub_icb, lead.name as pcn_sub_icb_name,
    commissioner.ods_code = lead.ods_code as sub_icbs_match,
    counted.counted_on, counted.patients
from page
join organisation practice on practice.ods_code = page.practice
join organisation network on network.ods_code = page.pcn
left join relationship commissioned on commissioned.source = page.practice
    and commissioned.kind = 'COMMISSIONED_BY' and commissioned.known_to is null
    and commissioned.valid_from <= page.as_at
    and coalesce(commissioned.valid_to, 'infinity') >= page.as_at
left join organisation commissioner on commissioner.ods_code = commissioned.target
left join relationship led on led.source = page.pcn
    and led.kind = 'COMMISSIONED_BY' and led.known_to is null
    and led.valid_from <= page.as_at and coalesce(led.valid_to, 'infinity') >= page.as_at
left join organisation lead on lead.ods_code = led.target
left join lateral (
    select l.counted_on, l.patients from list_size l
    where l.ods_code = page.practice and l.known_to is null and l.counted_on <= page.as_at
    order by l.counted_on desc limit 1
) counted on true
order by page.pcn, page.practice, page.valid_from
"""  # noqa: S608 (constants)
_COUNT = f"{_FOUND} select count(*) from found"  # noqa: S608 (constants)


async def page(
    reader: Reader, acting: Acting, wanted: Wanted, after: Sequence[object], limit: int
) -> list[Record]:
    """By PCN, practice and first day, after the row of these keys."""
    statement = _PAGE % {"narrowed": wanted.narrowed}
    return await reader.fetch(statement, *wanted.arguments(acting), *after, limit)


def all_rows(reader: Reader, acting: Acting, wanted: Wanted) -> AsyncIterator[Record]:
    statement = _PAGE % {"narrowed": wanted.narrowed}
    return reader.stream(statement, *wanted.arguments(acting), None, None, None, None)


async def count(reader: Reader, acting: Acting, wanted: Wanted) -> int:
    statement = _COUNT % {"narrowed": wanted.narrowed}
    return int(await reader.fetchval(statement, *wanted.arguments(acting)))


_KIND = "select kind from organisation where ods_code = $1"


async def kind_of(reader: Reader, code: str) -> str | None:
    kind: str | None = await reader.fetchval(_KIND, code)
    return kind
