"""Evidence: which files are attached to a claim, and which objects are to be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting

_MEANWHILE: Final = timedelta(hours=1)
"""Longer than anybody takes from putting an object to naming it."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that was read, put, and is to be named."""

    id: UUID
    claim_id: UUID
    service_code: str
    code: str
    file_name: str
    media_type: str
    size: int
    digest: str
    pictures: int
    searched: str
    unsearched: Sequence[str]
    object_key: str


_OWN = """
select c.id, c.provider, c.status, c.content_version, c.payment_types, s.quality_service
from claim c left join claim_service s on s.claim_id = c.id and s.service_code = $4
where c.id = $1 and c.provider in (select i.organisation from directory.inherited($2, $3) i)
"""


async def own_claim(reader: Reader, claim: UUID, acting: Acting, service: str) -> Record | None:
    """The organisation's claim, and the version by which it claims the service."""
    return await reader.fetchrow(_OWN, claim, *acting, service)


async def lock_own_claim(tx: Tx, claim: UUID, acting: Acting, service: str) -> Record | None:
    return await tx.fetchrow(f"{_OWN} for update of c", claim, *acting, service)


async def find(reader: Reader, evidence: UUID) -> Record | None:
    """A file, and its claim; whether the caller may see that is asked apart."""
    return await reader.fetchrow("select * from claim_evidence where id = $1", evidence)


async def of_claim(reader: Reader, claim: UUID) -> list[Record]:
    """All that was ever part of a version of it, oldest first."""
    sql = "select * from claim_evidence where claim_id = $1 order by attached_at, id"
    return await reader.fetch(sql, claim)


async def of_claims(reader: Reader, claims: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """The same of many claims that the caller has been shown."""
    sql = "select * from claim_evidence where claim_id = any($1) order by attached_at, id"
    found: dict[UUID, list[Record]] = {}
    for row in await reader.fetch(sql, claims):
        found.setdefault(row["claim_id"], []).append(row)
    return found


async def count(reader: Reader, claim: UUID) -> int:
    sql = "select count(*) from claim_evidence where claim_id = $1 and to_version is null"
    return int(await reader.fetchval(sql, claim))


async def keep(
    tx: Tx, one: Attached, *, version: int, person: UUID, acting_for: str, now: datetime
) -> UUID:
    """Name the object, unless the same file is there for the same. Answers the row that does."""
    given = (one.id, one.claim_id, one.service_code, one.code, one.file_name, one.media_type)
    shown = (one.size, one.digest, one.pictures, one.searched, one.unsearched)
    rest = (one.object_key, version, now, person, acting_for)
    kept: UUID | None = await tx.fetchval(_KEEP, *given, *shown, *rest)
    await tx.execute("delete from object_to_forget where object_key = $1", one.object_key)
    if kept is not None:
        return kept
    return UUID(str(await tx.fetchval(_SAME, one.claim_id, one.service_code, one.code, one.digest)))


_KEEP = """
insert into claim_evidence (id, claim_id, service_code, code, file_name, media_type, size, digest,
    pictures, searched, unsearched, object_key, from_version, attached_at, attached_by,
    attached_for)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (claim_id, service_code, code, digest) where to_version is null do nothing
returning id
"""
_SAME = """
select id from claim_evidence
where claim_id = $1 and service_code = $2 and code = $3 and digest = $4 and to_version is null
"""


async def remove(tx: Tx, evidence: UUID, object_key: str) -> None:
    """It was never part of anything submitted: nothing is left of it."""
    await tx.execute("delete from claim_evidence where id = $1", evidence)
    await _to_forget(tx, object_key, timedelta(0))


async def end(tx: Tx, evidence: UUID, last_version: int) -> None:
    """It was part of what was submitted, and stays part of that."""
    sql = "update claim_evidence set to_version = $2 where id = $1"
    await tx.execute(sql, evidence, last_version)


async def mark(tx: Tx, object_key: str) -> None:
    """An object is about to be put: to be forgotten, unless it is named soon."""
    await _to_forget(tx, object_key, _MEANWHILE)


async def _to_forget(tx: Tx, object_key: str, after: timedelta) -> None:
    await tx.execute(_TO_FORGET, object_key, after)


_TO_FORGET = """
insert into object_to_forget (object_key, due_at) values ($1, clock_timestamp() + $2)
on conflict (object_key) do update set due_at = excluded.due_at
"""


async def to_forget(tx: Tx) -> Record | None:
    """An object whose time has come, and whether a row names it all the same; nobody else's now."""
    return await tx.fetchrow(_DUE)


_DUE = """
select f.object_key,
    exists (select from claim_evidence e where e.object_key = f.object_key) as named
from object_to_forget f where f.due_at <= clock_timestamp()
order by f.due_at limit 1 for update of f skip locked
"""


async def forgotten(tx: Tx, object_key: str) -> None:
    await tx.execute("delete from object_to_forget where object_key = $1", object_key)
