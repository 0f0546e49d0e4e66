"""The statements that list organisations by code: as they are known, or as they were."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Final

from asyncpg import Record

from chassis.db import Reader
from services.organisations.moment import Moment, holds, known


@dataclass(frozen=True, slots=True)
class Wanted:
    """$1 to $8 of the statements."""

    kind: str | None
    status: str | None
    commissioner: str | None
    network: str | None
    search: str | None
    """Words of the name, or a code's beginning."""
    on: date
    """The day on which it is commissioned or a member."""
    open_then: bool
    """Whether the organisation itself is to be open on it, and of that status on it."""
    today: date


# The subselects of providers and members depend on no row: each is made once, into a hash table.
_MATCHES: Final = """
($1::text is null or o.kind = $1)
and ($2::text is null or $2 = case
    when not $7 then o.status
    when o.opened_on > $6 then 'PROPOSED'
    when o.closed_on < $6 then 'CLOSED'
    when o.closed_on >= $6 then 'ACTIVE'
    else o.status
end)
and ($5::text is null or o.ods_code like upper($5) || '%' or strpos(lower(o.name), lower($5)) > 0)
and (not $7 or (
    coalesce(o.opened_on, '-infinity') <= $6 and coalesce(o.closed_on, 'infinity') >= $6
))
"""
_NOW: Final = f"""
from organisation o where {_MATCHES}
and ($3::text is null or o.ods_code in (
    select c.provider from directory.commissioned($3, $8) c
    where c.valid_from <= $6 and c.valid_to >= $6
))
and ($4::text is null or o.ods_code in (
    select r.source from relationship r
    where r.known_to is null and r.kind = 'MEMBER_OF' and r.target = $4 and {holds("r", "$6")}
))
"""  # noqa: S608 - all of it is ours
# The same over what was known before the moment in $9. Who took over by today acts for whom it
# took over; as far as that was known.
_THEN: Final = f"""
from (
    select distinct on (v.ods_code) v.ods_code, v.version, kept.kind, v.name, v.status,
        v.opened_on, v.closed_on, v.address, v.postcode
    from organisation_version v join organisation kept using (ods_code)
    where v.known_from < $9 order by v.ods_code, v.version desc
) o where {_MATCHES}
and ($3::text is null or o.ods_code in (
    with recursive line (organisation) as (
        select $3::text
        union
        select r.target from line join relationship r on r.source = line.organisation
            and r.kind = 'SUCCESSOR_OF' and {holds("r", "$8")} and {known("r", "$9")}
    ),
    below (organisation) as (
        select organisation from line
        union
        select r.source from below join relationship r on r.target = below.organisation
            and r.kind = 'PART_OF' and {holds("r", "$6")} and {known("r", "$9")}
    )
    select r.source from below join relationship r on r.target = below.organisation
        and r.kind = 'COMMISSIONED_BY' and {holds("r", "$6")} and {known("r", "$9")}
))
and ($4::text is null or o.ods_code in (
    select r.source from relationship r where r.kind = 'MEMBER_OF' and r.target = $4
        and {holds("r", "$6")} and {known("r", "$9")}
))
"""  # noqa: S608 - all of it is ours
_COLUMNS: Final = """
    o.ods_code, o.version, o.kind, o.name, o.status, o.opened_on, o.closed_on, o.address,
    o.postcode
"""


async def page(
    reader: Reader, wanted: Wanted, moment: Moment, after: str | None, limit: int
) -> list[Record]:
    matching, given = _statement(wanted, moment)
    place = len(given) + 1
    sql = f"""
        select {_COLUMNS} {matching} and (${place}::text is null or o.ods_code > ${place})
        order by o.ods_code limit ${place + 1}
    """
    return await reader.fetch(sql, *given, after, limit)


async def count(reader: Reader, wanted: Wanted, moment: Moment) -> int:
    matching, given = _statement(wanted, moment)
    return int(await reader.fetchval(f"select count(*) {matching}", *given))


def _statement(wanted: Wanted, moment: Moment) -> tuple[str, Sequence[object]]:
    given = astuple(wanted)
    if moment.known_before is None:
        return _NOW, given
    return _THEN, (*given, moment.known_before)
