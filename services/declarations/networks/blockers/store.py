"""What open declarations wait for, read off them: no table of its own.

A declaration is blocked while it lacks something (its `blockers`), is held, or is to be calculated
again; it is one row a cause, the oldest achievement date first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.declarations.sight import SCOPE, Sight

KEY = (date, str, UUID, int)
KEY_COLUMNS = ("achievement_date", "provider", "id", "place")
"""Achievement date, provider, declaration, and the cause's place in it: the order of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockerFilter:
    service: str | None = None
    network: str | None = None
    practice: str | None = None
    indicator: str | None = None
    code: str | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $9 of every statement."""
        return self.service, self.network, self.practice, self.indicator, self.code


_LACKING = "d.status in ('INCOMPLETE', 'AWAITING_NETWORK_ACHIEVEMENT')"

# Those that lack something or are held go by an index of them alone; those to be calculated again,
# by the marks. The network is the one that declares, or that of the practice on the day.
_SEEN = f"""
    join {SCOPE} s
        on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
    where ('*' = any($2::text[]) or d.payment_type = any($2)) and $3::text[] is not null
    and ($5::text is null or d.service_code = $5)
    and ($6::text is null or d.provider = $6 or d.provider in (
        select m.source from directory.relationship m
        where m.kind = 'MEMBER_OF' and m.target = $6 and m.valid_from <= d.achievement_date
        and coalesce(m.valid_to, 'infinity') >= d.achievement_date))
"""  # noqa: S608 - nothing but our own words
_BLOCKED = f"""
with blocked as (
    select d.id, d.achievement_date, d.provider from declaration d {_SEEN}
    and ({_LACKING} or d.held) and (d.held or d.blockers <> '[]')
    union
    select d.id, d.achievement_date, d.provider
    from (select distinct declaration_id from due) u
    join declaration d on d.id = u.declaration_id {_SEEN}
    and d.status not in ('FINANCE_APPROVED', 'CLOSED')
)
"""  # noqa: S608 - nothing but our own words

_CAUSES = f"""
cross join lateral (
    select -1 as place, 'HELD' as code, null as indicator, null as provider,
        d.hold_reason as message
    where d.held
    union all
    select 0, case when marked.failed then 'CALCULATION_FAILED' else 'RECALCULATION_PENDING' end,
        null, null, case when marked.failed then 'its calculation failed, and has been set aside'
        else 'something it stands on has changed' end
    from (
        select bool_and(u.set_aside is not null) as failed from due u
        where u.declaration_id = d.id) marked
    where marked.failed is not null
    union all
    select b.place::integer, b.code, b.indicator, b.provider, b.message
    from rows from (jsonb_to_recordset(d.blockers)
        as (code text, indicator text, provider text, message text))
        with ordinality as b (code, indicator, provider, message, place)
    where {_LACKING}
) lacking
left join directory.organisation o on o.ods_code = d.provider
cross join lateral (
    select coalesce(nullif(lacking.provider, d.provider),
        case when o.kind is distinct from 'PCN' then d.provider end) as practice,
        coalesce(lacking.indicator, d.indicator) as indicator
) whose
"""  # noqa: S608 - nothing but our own words
_WANTED = """
($7::text is null or whose.practice = $7) and ($8::text is null or whose.indicator = $8)
and ($9::text is null or lacking.code = $9)
"""

# The page's declarations first, then their causes: each has one at least that is wanted. Marks are
# kept for moments and stamped by the real clock: they have waited as long before the business one.
_PAGE = f"""
{_BLOCKED}
select d.id, d.achievement_date, d.provider, d.commissioner, d.quality_service, d.service_code,
    d.payment_type, lacking.place, lacking.code, whose.indicator, lacking.message, whose.practice,
    (
        select n.approve_by
        from next_cut_off(d.commissioner, d.service_code, d.payment_type, $4) n
    ) as cut_off,
    case
        when lacking.code = 'HELD' then (
            select max(h.at) from declaration_history h
            where h.declaration_id = d.id and h.action = 'HELD')
        when lacking.place = 0 then (
            select $15::timestamptz - (clock_timestamp() - min(u.marked_at))
            from due u where u.declaration_id = d.id)
        else d.step_since
    end as since
from (
    select d.* from blocked b join declaration d on d.id = b.id
    where ($10::date is null
        or (b.achievement_date, b.provider, b.id) >= ($10, $11::text, $12::uuid))
    and (num_nonnulls($7::text, $8::text, $9::text) = 0
        or exists (select from (values (1)) one {_CAUSES} where {_WANTED}))
    order by b.achievement_date, b.provider, b.id limit $14 + 1
) d
{_CAUSES}
where {_WANTED}
and ($10 is null or (d.achievement_date, d.provider, d.id, lacking.place) > ($10, $11, $12, $13))
order by d.achievement_date, d.provider, d.id, lacking.place limit $14
"""  # noqa: S608 - nothing but our own words


async def page(
    reader: Reader,
    sight: Sight,
    wanted: BlockerFilter,
    after: Sequence[object],
    limit: int,
    *,
    now: datetime,
) -> list[Record]:
    return await reader.fetch(_PAGE, *sight.arguments, *wanted.arguments, *after, limit, now)


_ALL = f"from blocked join declaration d on d.id = blocked.id {_CAUSES} where {_WANTED}"


async def count(reader: Reader, sight: Sight, wanted: BlockerFilter) -> int:
    sql = f"{_BLOCKED} select count(*) {_ALL}"
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


# By cause, and by practice; what is lacking of no practice in particular counts for none of them.
_COUNTS = f"""
{_BLOCKED}, cause as materialized (select d.id, lacking.code, whose.practice {_ALL})
(select 'code' as of, code as name, count(*), count(distinct id) as declarations
from cause group by code order by count(*) desc, code)
union all
(select 'practice', practice, count(*), count(distinct id)
from cause where practice is not null group by practice order by count(*) desc, practice limit $10)
"""  # noqa: S608 - nothing but our own words


async def counts(reader: Reader, sight: Sight, wanted: BlockerFilter, most: int) -> list[Record]:
    """By code, all of them; by practice, those with most. In that order."""
    return await reader.fetch(_COUNTS, *sight.arguments, *wanted.arguments, most)


_HOLDERS = """
select asked.organisation, asked.role, asked.payment_type, r.person_id
from unnest($1::text[], $2::text[], $3::text[]) as asked (organisation, role, payment_type)
join directory.person_role r on r.organisation = asked.organisation and r.role = asked.role
    and (r.payment_types is null or asked.payment_type = any(r.payment_types))
join directory.person p on p.id = r.person_id and p.status = 'ACTIVE'
order by r.person_id
"""

Post = tuple[str, str, str]
"""Organisation, role and payment type."""


async def holders(reader: Reader, posts: list[Post]) -> dict[Post, list[UUID]]:
    """The people who hold each role, for the payment type."""
    columns = zip(*posts, strict=True) if posts else ((), (), ())
    found: dict[Post, list[UUID]] = {}
    for row in await reader.fetch(_HOLDERS, *map(list, columns)):
        post = (row["organisation"], row["role"], row["payment_type"])
        found.setdefault(post, []).append(row["person_id"])
    return found


_ENGLAND = "select ods_code from directory.organisation where kind = 'NATION' order by 1 limit 1"


async def england(reader: Reader) -> str | None:
    """Who loads national data, if it has been heard of."""
    code: str | None = await reader.fetchval(_ENGLAND)
    return code
