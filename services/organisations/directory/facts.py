"""The statements about dated facts of which one holds at a time: payees, directors, agreements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.db_errors import constraint_means
from chassis.ids import new_id
from nhs.directory import Acting
from services.organisations.directory.domain import Days

constraint_means(
    "relationship_succeeds_once",
    "SUCCESSION_KNOWN",
    "The one is known to have taken over from the other already",
    field="predecessor",
)

Values: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    table: str
    columns: tuple[str, ...]

    @property
    def held(self) -> str:
        """Those in force that hold on some of the days, locked."""
        return f"""
            select id, valid_from, valid_to, {", ".join(self.columns)} from {self.table}
            where ods_code = $1 and known_to is null
                and valid_from <= coalesce($3::date, 'infinity')
                and coalesce(valid_to, 'infinity') >= $2
            order by valid_from for update
        """  # noqa: S608 - our own names

    @property
    def end(self) -> str:
        return f"update {self.table} set known_to = $2 where id = any ($1)"  # noqa: S608 - ours

    @property
    def start(self) -> str:
        places = ", ".join(f"${place}" for place in range(6, 6 + len(self.columns)))
        return f"""
            insert into {self.table} (id, ods_code, number, valid_from, valid_to, known_from,
                {", ".join(self.columns)})
            select $1, ods_code, number, $3, $4, $5, {places}
            from organisation where ods_code = $2
        """  # noqa: S608 - our own names


PAYEE: Final = Fact("payee", ("payee",))
CLINICAL_DIRECTOR: Final = Fact("clinical_director", ("person_id", "title"))
NETWORK_AGREEMENT: Final = Fact("network_agreement", ("reference", "signed_on"))


async def hold(
    tx: Tx, fact: Fact, ods_code: str, days: Days, *, values: Values | None, at: datetime
) -> bool:
    """Take the values (None: nothing) for true on the days; whether that changes what is known.

    What was taken for true before is kept as that.
    """
    held = await tx.fetch(fact.held, ods_code, days.first, days.last)
    known = [(_days(row), tuple(row[name] for name in fact.columns)) for row in held]
    wanted = [(days, values)] if values is not None else []
    if known == wanted:
        return False
    left = [(part, kept) for span, kept in known for part in span.without(days)]
    await tx.execute(fact.end, [row["id"] for row in held], at)
    rows = [(new_id(), ods_code, one.first, one.last, at, *those) for one, those in left + wanted]
    await tx.executemany(fact.start, rows)
    return True


def _days(row: Record) -> Days:
    return Days(row["valid_from"], row["valid_to"])


_GROUND: Final = """
select o.kind, o.opened_on, o.closed_on,
    o.ods_code in (select i.organisation from directory.inherited($1, $2) i) as own,
    exists (
        select from directory.commissioned($1, $2) c
        where c.provider = o.ods_code and $2 between c.valid_from and c.valid_to
    ) as commissioned
from organisation o where o.ods_code = $3
for update of o
"""


async def ground(tx: Tx, acting: Acting, ods_code: str) -> Record | None:
    """What is to be known of an organisation before anything is changed of it; it is locked."""
    return await tx.fetchrow(_GROUND, *acting, ods_code)


# Somebody who acts for the network, or for a practice that is its member on that day or later.
_ACTS_FOR: Final = """
select exists (
    select from person_link l join person p on p.id = l.person_id and p.status = 'ACTIVE'
    where l.person_id = $1 and (l.organisation = $2 or l.organisation in (
        select m.source from relationship m
        where m.target = $2 and m.kind = 'MEMBER_OF' and m.known_to is null
            and coalesce(m.valid_to, 'infinity') >= $3
    ))
)
"""


async def acts_for_network(reader: Reader, person: object, pcn: str, day: object) -> bool:
    return bool(await reader.fetchval(_ACTS_FOR, person, pcn, day))


_KINDS: Final = "select ods_code, kind, closed_on from organisation where ods_code = any ($1)"


async def kinds(reader: Reader, codes: Sequence[str]) -> dict[str, Record]:
    return {row["ods_code"]: row for row in await reader.fetch(_KINDS, list(codes))}


_SUCCESSION: Final = """
select id from relationship
where known_to is null and kind = 'SUCCESSOR_OF' and source = $1 and target = $2
for update
"""
# Whoever took over at any remove, on whichever day.
_IN_LINE: Final = """
select $2 in (select i.organisation from directory.inherited($1, 'infinity') i)
"""


async def succession(tx: Tx, successor: str, predecessor: str) -> Record | None:
    return await tx.fetchrow(_SUCCESSION, successor, predecessor)


async def took_over(reader: Reader, successor: str, predecessor: str) -> bool:
    return bool(await reader.fetchval(_IN_LINE, successor, predecessor))
