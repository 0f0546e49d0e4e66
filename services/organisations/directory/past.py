"""The statements about organisations as at a day, as they were known on one."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from asyncpg import Record

from chassis.db import Reader
from nhs.directory import Acting
from services.organisations.moment import Moment, known

# Dates and status are facts about all time, so they are the last that were known. A name and an
# address are of their day: the last of those heard of up to the end of it ($3), or the first ever.
_ORGANISATIONS: Final = """
select o.ods_code, known.version, o.kind, of_day.name, known.status, known.opened_on,
    known.closed_on, of_day.address, of_day.postcode
from organisation o
join lateral (
    select v.version, v.status, v.opened_on, v.closed_on, min(v.version) over () as first
    from organisation_version v
    where v.ods_code = o.ods_code and v.known_from < coalesce($2::timestamptz, 'infinity')
    order by v.version desc limit 1
) known on true
join lateral (
    select v.name, v.address, v.postcode from organisation_version v
    where v.ods_code = o.ods_code and (
        v.known_from < coalesce(least($2::timestamptz, $3::timestamptz), 'infinity')
        or v.version = known.first
    )
    order by v.version desc limit 1
) of_day on true
where o.ods_code = any ($1)
"""


async def organisations(reader: Reader, codes: Sequence[str], moment: Moment) -> list[Record]:
    given = moment.known_before, moment.day_ends
    return await reader.fetch(_ORGANISATIONS, list(codes), *given)


# Whose patients an organisation counts, and from when until when: a practice its own, a network its
# members', a commissioner those of the practices commissioned by it or by those below it.
_COUNTING: Final = f"""
with recursive below (root, organisation, valid_from, valid_to) as (
    select o.ods_code, o.ods_code, date '-infinity', date 'infinity' from organisation o
    where o.ods_code = any ($1) and o.kind not in ('PRACTICE', 'PCN')
    union
    select b.root, r.source, greatest(b.valid_from, r.valid_from),
        least(b.valid_to, coalesce(r.valid_to, date 'infinity'))
    from below b join relationship r on r.target = b.organisation and r.kind = 'PART_OF'
        and r.valid_from <= b.valid_to
        and coalesce(r.valid_to, date 'infinity') >= b.valid_from and {known("r", "$2")}
),
counting (ods_code, practice, valid_from, valid_to) as (
    select o.ods_code, o.ods_code, date '-infinity', date 'infinity' from organisation o
    where o.ods_code = any ($1) and o.kind = 'PRACTICE'
    union all
    select m.target, m.source, m.valid_from, coalesce(m.valid_to, date 'infinity')
    from relationship m
    where m.target = any ($1) and m.kind = 'MEMBER_OF' and {known("m", "$2")}
    union all
    select b.root, r.source, greatest(b.valid_from, r.valid_from),
        least(b.valid_to, coalesce(r.valid_to, date 'infinity'))
    from below b join relationship r on r.target = b.organisation and r.kind = 'COMMISSIONED_BY'
        and r.valid_from <= b.valid_to
        and coalesce(r.valid_to, date 'infinity') >= b.valid_from and {known("r", "$2")}
    join organisation p on p.ods_code = r.source and p.kind = 'PRACTICE'
)
"""  # noqa: S608 - all of it is ours
_LIST_SIZES: Final = f"""
{_COUNTING}
select c.ods_code, o.kind, l.counted_on, sum(l.patients)::integer as patients,
    null::integer as uncounted
from counting c
join organisation o using (ods_code)
join list_size l on l.ods_code = c.practice
    and l.counted_on between c.valid_from and c.valid_to and {known("l", "$2")}
group by c.ods_code, o.kind, l.counted_on
order by c.ods_code, l.counted_on
"""  # noqa: S608 - all of it is ours


async def list_sizes(reader: Reader, codes: Sequence[str], moment: Moment) -> list[Record]:
    """By the days on which patients were counted."""
    return await reader.fetch(_LIST_SIZES, list(codes), moment.known_before)


_LIST_SIZES_ON: Final = f"""
{_COUNTING}
select c.ods_code, o.kind, max(last.counted_on) as counted_on,
    sum(last.patients)::integer as patients, (count(*) - count(last.patients))::integer as uncounted
from counting c
join organisation o using (ods_code)
left join lateral (
    select l.counted_on, l.patients from list_size l
    where l.ods_code = c.practice and l.counted_on <= $3 and {known("l", "$2")}
    order by l.counted_on desc limit 1
) last on true
where $3 between c.valid_from and c.valid_to
group by c.ods_code, o.kind
having count(last.patients) > 0
"""  # noqa: S608 - all of it is ours


async def list_sizes_on(
    reader: Reader, codes: Sequence[str], day: date, moment: Moment
) -> list[Record]:
    """The last counts up to the day."""
    return await reader.fetch(_LIST_SIZES_ON, list(codes), moment.known_before, day)


_PAYEES: Final = f"""
select p.ods_code, p.payee, p.valid_from, p.valid_to from payee p
where p.ods_code = any ($3) and {known("p", "$4")} and exists (
    select from directory.scope($1, $2) s
    where s.provider = p.ods_code and s.pounds
        and s.valid_from <= coalesce(p.valid_to, 'infinity') and s.valid_to >= p.valid_from
)
order by p.ods_code, p.valid_from
"""  # noqa: S608 - all of it is ours


async def payees(
    reader: Reader, acting: Acting, codes: Sequence[str], moment: Moment
) -> list[Record]:
    return await reader.fetch(_PAYEES, *acting, list(codes), moment.known_before)


_SIGHT: Final = """
select ods_code, bool_or(pounds) as pounds from (
    select s.provider, s.pounds from directory.scope($1, $2) s
    union all
    select b.organisation, true from directory.self_and_below($1, $2) b
) seen (ods_code, pounds)
where ods_code = any ($3) group by ods_code
"""


async def sight(reader: Reader, acting: Acting, codes: Sequence[str]) -> dict[str, bool]:
    """Those of the organisations that the caller's one sees on some day, and whether with pounds.

    Names and relationships anybody may see; why somebody changed them, and payees, these.
    """
    rows = await reader.fetch(_SIGHT, *acting, list(codes))
    return {row["ods_code"]: row["pounds"] for row in rows}


_DIRECTORS: Final = f"""
select d.ods_code, d.person_id, d.title, d.valid_from, d.valid_to from clinical_director d
where d.ods_code = any ($1) and {known("d", "$2")}
order by d.ods_code, d.valid_from
"""  # noqa: S608 - all of it is ours


async def clinical_directors(reader: Reader, codes: Sequence[str], moment: Moment) -> list[Record]:
    return await reader.fetch(_DIRECTORS, list(codes), moment.known_before)


_AGREEMENTS: Final = f"""
select a.ods_code, a.reference, a.signed_on, a.valid_from, a.valid_to from network_agreement a
where a.ods_code = any ($1) and {known("a", "$2")}
order by a.ods_code, a.valid_from
"""  # noqa: S608 - all of it is ours


async def network_agreements(reader: Reader, codes: Sequence[str], moment: Moment) -> list[Record]:
    return await reader.fetch(_AGREEMENTS, list(codes), moment.known_before)
