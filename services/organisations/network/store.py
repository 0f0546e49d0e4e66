"""The statements about relationships, and about the rows they were made from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from nhs.roles import RelationshipKind
from services.organisations.moment import Moment, holds, known
from services.organisations.network.domain import Line, MembershipRow, Span

_LOCK = 0x6F6473  # "ods"


async def alone(tx: Tx) -> None:
    """Whoever plans from the relationships in force what they are to be goes one after another."""
    await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)


_KNOWN = """
select id, kind, source, target, valid_from, valid_to from relationship where known_to is null
"""


async def known_spans(reader: Reader) -> dict[Line, dict[Span, UUID]]:
    """Every relationship in force, by source and kind."""
    known: dict[Line, dict[Span, UUID]] = {}
    for row in await reader.fetch(_KNOWN):
        line = row["source"], RelationshipKind(row["kind"])
        span = Span(row["valid_from"], row["target"], row["valid_to"])
        known.setdefault(line, {})[span] = row["id"]
    return known


_END = "update relationship set known_to = $2 where id = any ($1)"
_START = """
insert into relationship (id, kind, source, target, line, valid_from, valid_to, known_from)
select new.id, new.kind, new.source, new.target, o.number * 4 + array_position(
    array['MEMBER_OF', 'COMMISSIONED_BY', 'PART_OF', 'SUCCESSOR_OF'], new.kind) - 1,
    new.valid_from, new.valid_to, $7
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[])
    as new (id, kind, source, target, valid_from, valid_to)
join organisation o on o.ods_code = new.source
"""


async def write_spans(
    tx: Tx, ended: Sequence[UUID], started: Mapping[Line, Sequence[Span]], at: datetime
) -> None:
    """Take these for true from now on, and those for true no longer."""
    await tx.execute(_END, ended, at)
    new = [(line, span) for line, spans in started.items() for span in spans]
    await tx.execute(
        _START,
        [new_id() for _ in new],
        [kind.value for (_, kind), _ in new],
        [source for (source, _), _ in new],
        [span.target for _, span in new],
        [span.valid_from for _, span in new],
        [span.valid_to for _, span in new],
        at,
    )


_KNOWN_ROWS = """
select id, practice, starts_on, pcn, ends_on, practice_sub_icb, pcn_sub_icb, sub_icbs_match
from membership_row where known_to is null
"""


async def known_rows(reader: Reader) -> dict[MembershipRow, UUID]:
    rows = [dict(row) for row in await reader.fetch(_KNOWN_ROWS)]
    ids = [row.pop("id") for row in rows]
    return {MembershipRow(**row): id_ for row, id_ in zip(rows, ids, strict=True)}


_END_ROWS = "update membership_row set known_to = $2 where id = any ($1)"


async def write_rows(
    tx: Tx, ended: Sequence[UUID], started: Iterable[MembershipRow], at: datetime
) -> None:
    await tx.execute(_END_ROWS, ended, at)
    columns = MembershipRow.__slots__
    await tx.copy(
        "membership_row",
        columns=["id", *columns, "known_from"],
        records=[(new_id(), *(getattr(row, column) for column in columns), at) for row in started],
    )


_FROM = f"""
select r.kind, r.source, r.target, r.valid_from, r.valid_to, r.origin from relationship r
where r.source = any ($1) and {known("r", "$2")} order by r.kind, r.valid_from, r.target
"""  # noqa: S608 - all of it is ours
_MEMBERS = f"""
select r.source, r.target, r.valid_from, r.valid_to from relationship r
where r.kind = 'MEMBER_OF' and r.target = any ($1) and {known("r", "$2")}
order by r.source, r.valid_from
"""  # noqa: S608 - all of it is ours
_HEIRS = f"""
select r.source, r.target, r.valid_from, r.valid_to from relationship r
where r.kind = 'SUCCESSOR_OF' and r.target = any ($1) and {known("r", "$2")}
order by r.valid_from, r.source
"""  # noqa: S608 - all of it is ours
# A practice's own, and those that a commissioner leads itself or through those below it.
_NETWORKS = f"""
with recursive below (root, organisation) as (
    select code, code from unnest($1::text[]) as asked (code)
    union
    select b.root, r.source from below b join relationship r on r.target = b.organisation
        and r.kind = 'PART_OF' and {holds("r", "$3")} and {known("r", "$2")}
)
select b.root as organisation, r.source as network
from below b join relationship r on r.target = b.organisation
    and r.kind = 'COMMISSIONED_BY' and {holds("r", "$3")} and {known("r", "$2")}
join organisation o on o.ods_code = r.source and o.kind = 'PCN'
union all
select r.source, r.target from relationship r
where r.source = any ($1) and r.kind = 'MEMBER_OF' and {holds("r", "$3")} and {known("r", "$2")}
order by 1, 2
"""  # noqa: S608 - all of it is ours


async def leading_from(reader: Reader, sources: Sequence[str], moment: Moment) -> list[Record]:
    return await reader.fetch(_FROM, list(sources), moment.known_before)


async def members_of(reader: Reader, pcns: Sequence[str], moment: Moment) -> list[Record]:
    """Members past, present and to come."""
    return await reader.fetch(_MEMBERS, list(pcns), moment.known_before)


async def heirs_of(reader: Reader, predecessors: Sequence[str], moment: Moment) -> list[Record]:
    """Those that took over from each, or will."""
    return await reader.fetch(_HEIRS, list(predecessors), moment.known_before)


async def networks_of(
    reader: Reader, codes: Sequence[str], day: date, moment: Moment
) -> list[Record]:
    """The PCNs of practices and commissioners on the day."""
    return await reader.fetch(_NETWORKS, list(codes), moment.known_before, day)
