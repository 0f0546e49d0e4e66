"""The versions of organisations: each as it was known from a moment on, and who said so."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from asyncpg import Record

from chassis.db import Reader, Tx
from services.organisations.directory.domain import Author
from services.organisations.directory.store import STATES

_RAISE: Final = """
update organisation set version = version + 1, changed_at = $2 where ods_code = any ($1)
"""
# What the event does not tell is kept beside what it does.
_KEEP: Final = f"""
with state as materialized ({STATES}),
described as (
    select
        state.*, o.address,
        (
            select coalesce(jsonb_agg(jsonb_build_object('person_id', d.person_id,
                'title', d.title, 'valid_from', d.valid_from, 'valid_to', d.valid_to)
                order by d.valid_from), '[]')
            from clinical_director d where d.ods_code = o.ods_code and d.known_to is null
        ) as clinical_directors,
        (
            select coalesce(jsonb_agg(jsonb_build_object('reference', a.reference,
                'signed_on', a.signed_on, 'valid_from', a.valid_from, 'valid_to', a.valid_to)
                order by a.valid_from), '[]')
            from network_agreement a where a.ods_code = o.ods_code and a.known_to is null
        ) as network_agreements,
        (
            select coalesce(jsonb_agg(jsonb_build_object('kind', r.kind, 'target', r.target,
                'valid_from', r.valid_from, 'valid_to', r.valid_to, 'reason', r.reason)
                order by r.kind, r.valid_from, r.target), '[]')
            from relationship r where r.source = o.ods_code and r.known_to is null
        ) as with_reasons
    from state join organisation o using (ods_code)
),
kept as (
    insert into organisation_version (ods_code, version, known_from, name, status, opened_on,
        closed_on, address, postcode, parts, changed_by, acting_for, import, reason)
    select ods_code, version, $2, name, status, opened_on, closed_on, address, postcode,
        to_jsonb(described) - array['ods_code', 'version', 'kind', 'name', 'status', 'opened_on',
            'closed_on', 'address', 'postcode', 'with_reasons']
            || jsonb_build_object('relationships', with_reasons),
        $3, $4, $5, $6
    from described
)
select * from state order by ods_code
"""  # noqa: S608 - all of it is ours


async def raise_versions(
    tx: Tx, codes: Collection[str], at: datetime, author: Author
) -> list[Record]:
    """Make the next version of each, as it now is; answers them whole, as their events tell it."""
    await tx.execute(_RAISE, list(codes), at)
    return await tx.fetch(
        _KEEP, list(codes), at, author.person, author.acting_for, author.file_import, author.reason
    )


_HISTORY: Final = """
select ods_code, version, known_from, name, status, opened_on, closed_on, address, postcode, parts,
    changed_by, acting_for, import, reason
from organisation_version
where ods_code = any ($1) and ($2::timestamptz is null or known_from < $2)
order by ods_code, version
"""


async def history(
    reader: Reader, codes: Sequence[str], known_before: datetime | None
) -> list[Record]:
    """Every version of each, the earliest first."""
    return await reader.fetch(_HISTORY, list(codes), known_before)
