"""The statements that show people, to those who may see them."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.organisations.people.store.ground import WITHIN, Reach

# Seen: who acts for an organisation that the caller's sees today, or is part of it; and oneself.
# Who acts for nobody is seen by England's administrators, who look after them.
_SEES = """
select s.provider from directory.scope($1, $3) s where s.valid_from <= $3 and s.valid_to >= $3
union
select b.organisation from directory.self_and_below($1, $3) b
    where b.valid_from <= $3 and b.valid_to >= $3
"""
_SEEN = f"""
with
within (ods_code) as ({WITHIN}),
sees (ods_code) as ({_SEES})
select
    p.id, p.version, p.status, p.name,
    case when p.id = $5 or $6 and exists (
        select from person_link l join within on within.ods_code = l.organisation
        where l.person_id = p.id
    ) then p.email end as email
from person p
where p.id = any ($4) and (
    p.id = $5
    or exists (
        select from person_link l join sees on sees.ods_code = l.organisation
        where l.person_id = p.id
    )
    or $6 and not exists (select from person_link l where l.person_id = p.id)
        and exists (select from organisation o where o.ods_code = $1 and o.kind = 'NATION')
)
"""  # noqa: S608 - all of it is ours


async def seen(
    reader: Reader, reach: Reach, caller: UUID, ids: Sequence[UUID], *, mailboxes: bool
) -> list[Record]:
    return await reader.fetch(
        _SEEN, reach.organisation, reach.below, reach.today, list(ids), caller, mailboxes
    )


_LINKS = f"""
with sees (ods_code) as ({_SEES})
select l.person_id, l.organisation, r.role, r.payment_types
from person_link l
left join person_role r on r.person_id = l.person_id and r.organisation = l.organisation
where l.person_id = any ($4)
    and (l.person_id = $2 or l.organisation in (select ods_code from sees))
order by l.person_id, l.organisation, r.role
"""  # noqa: S608 - all of it is ours


async def links(reader: Reader, reach: Reach, caller: UUID, people: Sequence[UUID]) -> list[Record]:
    """What people do for organisations the caller's sees, and all that the caller does."""
    return await reader.fetch(_LINKS, reach.organisation, caller, reach.today, list(people))


Wanted = tuple[str | None, str | None, str | None, str | None]
"""Organisation, role, status, words of the name or mail address."""

_WANTED = f"""
from person p
where p.id in (
    select l.person_id from person_link l
    where l.organisation in ({WITHIN})
        and ($4::text is null or l.organisation = $4)
        and ($5::text is null or exists (
            select from person_role r
            where r.person_id = l.person_id and r.organisation = l.organisation and r.role = $5
        ))
)
    and ($6::text is null or p.status = $6)
    and ($7::text is null or strpos(lower(p.name), lower($7)) > 0
        or strpos(lower(p.email), lower($7)) > 0)
"""  # noqa: S608 - all of it is ours
_PAGE = f"""
select p.id, p.version, p.status, p.name, p.email {_WANTED} and ($8::uuid is null or p.id > $8)
order by p.id limit $9
"""
_COUNT = f"select count(*) {_WANTED}"


async def page(
    reader: Reader, reach: Reach, wanted: Wanted, after: UUID | None, limit: int
) -> list[Record]:
    return await reader.fetch(
        _PAGE, reach.organisation, reach.below, reach.today, *wanted, after, limit
    )


async def count(reader: Reader, reach: Reach, wanted: Wanted) -> int:
    arguments = (reach.organisation, reach.below, reach.today, *wanted)
    return int(await reader.fetchval(_COUNT, *arguments))


# What was done to people looked after, as far as it is about organisations looked after.
_HISTORY = f"""
with
within (ods_code) as ({WITHIN}),
looked_after (person_id) as (
    select l.person_id from person_link l
    where $6 and l.person_id = any ($4) and l.organisation in (select ods_code from within)
)
select
    c.person_id, c.at, c.changed_by, c.acting_for, c.change, c.organisation, c.role,
    c.payment_types, c.reason, c.was
from person_change c
where c.person_id = any ($4) and (
    c.person_id = $5
    or c.person_id in (select person_id from looked_after)
        and (c.organisation is null or c.organisation in (select ods_code from within))
)
order by c.person_id, c.at, c.id
"""  # noqa: S608 - all of it is ours


async def history(
    reader: Reader, reach: Reach, caller: UUID, people: Sequence[UUID], *, administers: bool
) -> list[Record]:
    return await reader.fetch(
        _HISTORY, reach.organisation, reach.below, reach.today, list(people), caller, administers
    )
