"""The statements about organisations, their list sizes and payees."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.roles import OrganisationKind
from services.organisations.directory.domain import ListSize, Organisation, Status

_KNOWN = """
select ods_code, kind, name, status, opened_on, closed_on, address, postcode from organisation
"""


async def known_organisations(reader: Reader) -> dict[str, Organisation]:
    return {row["ods_code"]: _organisation(row) for row in await reader.fetch(_KNOWN)}


def _organisation(row: Record) -> Organisation:
    return Organisation(
        ods_code=row["ods_code"],
        kind=OrganisationKind(row["kind"]),
        name=row["name"],
        status=Status(row["status"]),
        opened_on=row["opened_on"],
        closed_on=row["closed_on"],
        address=tuple(row["address"]),
        postcode=row["postcode"],
    )


# Version 0: the first event of an organisation, told in the same transaction, makes it 1.
_WRITE = """
insert into organisation as kept (
    ods_code, version, kind, name, status, opened_on, closed_on, address, postcode, changed_at
)
select ods_code, 0, kind, name, status, opened_on, closed_on, address, postcode, $2
from jsonb_to_recordset($1) as new (
    ods_code text, kind text, name text, status text,
    opened_on date, closed_on date, address text[], postcode text
)
order by ods_code
on conflict (ods_code) do update set
    name = excluded.name, status = excluded.status, opened_on = excluded.opened_on,
    closed_on = excluded.closed_on, address = excluded.address, postcode = excluded.postcode,
    changed_at = excluded.changed_at
"""


async def write_organisations(tx: Tx, changed: Iterable[Organisation], at: datetime) -> None:
    await tx.execute(_WRITE, [_plain(one) for one in changed], at)


def _plain(one: Organisation) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Organisation.__slots__}


_LIST_SIZES = """
select ods_code, counted_on, patients from list_size
where known_to is null and counted_on = any ($1)
"""


async def known_list_sizes(reader: Reader, days: Collection[date]) -> dict[tuple[str, date], int]:
    rows = await reader.fetch(_LIST_SIZES, list(days))
    return {(row["ods_code"], row["counted_on"]): row["patients"] for row in rows}


_END_LIST_SIZES = """
update list_size set known_to = $3
from unnest($1::text[], $2::date[]) as new (ods_code, counted_on)
where list_size.ods_code = new.ods_code
    and list_size.counted_on = new.counted_on
    and list_size.known_to is null
"""
_START_LIST_SIZES = """
insert into list_size (ods_code, counted_on, patients, known_from)
select ods_code, counted_on, patients, $4
from unnest($1::text[], $2::date[], $3::integer[]) as new (ods_code, counted_on, patients)
"""


async def write_list_sizes(tx: Tx, new: Sequence[ListSize], at: datetime) -> None:
    """Take these for true from now on; what was taken for true before is kept as that."""
    codes, days = [one.ods_code for one in new], [one.counted_on for one in new]
    await tx.execute(_END_LIST_SIZES, codes, days, at)
    await tx.execute(_START_LIST_SIZES, codes, days, [one.patients for one in new], at)


# Null asks for all of them.
STATES: Final = """
select
    o.ods_code, o.version, o.kind, o.name, o.status, o.opened_on, o.closed_on, o.postcode,
    (
        select coalesce(jsonb_agg(jsonb_build_object('on', l.counted_on, 'patients', l.patients)
            order by l.counted_on), '[]')
        from list_size l where l.ods_code = o.ods_code and l.known_to is null
    ) as list_sizes,
    (
        select coalesce(jsonb_agg(jsonb_build_object('payee', p.payee,
            'valid_from', p.valid_from, 'valid_to', p.valid_to) order by p.valid_from), '[]')
        from payee p where p.ods_code = o.ods_code and p.known_to is null
    ) as payees,
    (
        select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'kind', r.kind,
            'target', r.target, 'valid_from', r.valid_from, 'valid_to', r.valid_to)
            order by r.kind, r.valid_from, r.target), '[]')
        from relationship r where r.source = o.ods_code and r.known_to is null
    ) as relationships,
    (
        select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'report', a.report,
            'service_code', a.service_code, 'to', a.granted_to,
            'valid_from', a.valid_from, 'valid_to', a.valid_to) order by a.id), '[]')
        from directory.allocated_report a where a.granted_by = o.ods_code
    ) as allocated_reports,
    (
        select coalesce(jsonb_agg(jsonb_build_object('kind', d.kind, 'separated', d.separated,
            'valid_from', d.valid_from, 'valid_to', d.valid_to)
            order by d.kind, d.valid_from), '[]')
        from directory.duty_switch d where d.ods_code = o.ods_code
    ) as duties
from organisation o
where $1::text[] is null or o.ods_code = any ($1)
order by o.ods_code
"""


async def states(reader: Reader, codes: Collection[str] | None) -> list[Record]:
    """Each organisation whole, as its event tells it."""
    return await reader.fetch(STATES, None if codes is None else list(codes))


_COLUMNS = """
    o.ods_code, o.version, o.kind, o.name, o.status, o.opened_on, o.closed_on, o.address,
    o.postcode
"""
_BY_CODES = f"select {_COLUMNS} from organisation o where o.ods_code = any ($1)"  # noqa: S608 - ours


async def by_codes(reader: Reader, codes: Sequence[str]) -> list[Record]:
    return await reader.fetch(_BY_CODES, list(codes))
