"""The members of a network as whoever looks may see them, and the declarations of a day."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from services.declarations.networks.members import MEMBER, member_arguments
from services.declarations.networks.periods import Period
from services.declarations.sight import SCOPE, Sight

_SEES = f"""
select exists (
    select from {SCOPE} s
    join directory.organisation o on o.ods_code = s.provider and o.kind = 'PCN'
    where s.provider = $5 and $6 between s.valid_from and s.valid_to
    and $2::text[] is not null and $3::text[] is not null)
"""  # noqa: S608 - nothing but our own words


async def sees(reader: Reader, sight: Sight, network: str, period: Period) -> bool:
    """Whether the caller sees the network as at the period."""
    found: bool = await reader.fetchval(_SEES, *sight.arguments, network, period.achieved_on)
    return found


# Seen for the days of the membership alone: a practice that left is not shown afterwards.
_MEMBERS = f"""
{MEMBER}
select member.* from member
join directory.scope($6, $7) s
    on s.provider = member.practice and $5 between s.valid_from and s.valid_to
order by member.practice
"""  # noqa: S608 - nothing but our own words


async def members(reader: Reader, sight: Sight, network: str, period: Period) -> list[Record]:
    """Those that the caller may see, as at the period."""
    given = member_arguments([network], period)
    return await reader.fetch(_MEMBERS, *given, sight.organisation, sight.today)


_DECLARATIONS = """
select d.id from declaration d
where d.provider = any($1) and d.service_code = $2 and d.achievement_date = $3
"""


async def declarations(reader: Reader, providers: Sequence[str], period: Period) -> list[UUID]:
    """Their declarations of the period, for who may see them to be told by."""
    rows = await reader.fetch(_DECLARATIONS, providers, period.service, period.achieved_on)
    return [row["id"] for row in rows]
