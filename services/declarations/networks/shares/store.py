"""A network's declaration with what is paid for it, and the members its calculation counted."""

from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.declarations.sight import SCOPE, Sight

_FIND = f"""
select d.id, d.provider, d.status, d.calculation_version, d.pounds,
    c.stood_on -> 'members' as members,
    (select sum(e.amount) from payment p join ledger_entry e on e.payment_id = p.id
        where p.declaration_id = d.id)::numeric(14, 2) as paid
from declaration d
join {SCOPE} s
    on s.provider = d.provider and d.achievement_date between s.valid_from and s.valid_to
    and s.pounds
left join calculation c on c.declaration_id = d.id and c.version = d.calculation_version
where d.id = $5 and $2::text[] is not null
and ('*' = any($3::text[]) or d.payment_type = any($3))
"""  # noqa: S608 - nothing but our own words


async def find(reader: Reader, sight: Sight, declaration: UUID) -> Record | None:
    """The declaration, if the caller may see its pounds. `members` is null where none counted."""
    return await reader.fetchrow(_FIND, *sight.arguments, declaration)
