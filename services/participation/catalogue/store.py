"""Every SQL statement of the catalogue.

What is published is everybody's to see; the rest, its owner's Catalogue Managers' and England's.
Only its owner's, or those of who took over from it, write a line.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from asyncpg import Record

from chassis.clock import ENGLAND
from chassis.db import Reader, Tx
from nhs.formulas.specification import QualityServiceSpecification
from services.participation.catalogue.domain import (
    AcceptedOffers,
    Entry,
    Publication,
    QualityService,
    ServiceFilter,
    Signature,
    What,
)
from services.participation.catalogue.paths import Change, Difference
from services.participation.catalogue.sight import Sight

_COLUMNS: Final = """
code, version, specification, owner, authors, revision, status, drafted_at, drafted_by,
drafted_for, decided_at, publish_on, accepted_offers, published_at, published_by, published_for,
published_reason
"""
_OURS: Final = "owner in (select organisation from directory.inherited($1, $3))"
_SEEN: Final = f"(status = 'PUBLISHED' or $2::bool or {_OURS})"

_LAST: Final = f"""
select version, status, owner, {_OURS} as ours
from quality_service where code = $2 order by version desc limit 1
"""  # noqa: S608 (constants only)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a line."""

    version: int
    status: str
    owner: str
    ours: bool


async def hold(tx: Tx, code: str) -> None:
    """Let nobody else add to the line, or publish or offer one of its versions, meanwhile."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('quality_service ' || $1, 0))", code
    )


async def keep_newest(tx: Tx, identity: str) -> None:
    """Let no version of the line be published meanwhile: what is newest stays so."""
    await tx.execute(
        "select pg_advisory_xact_lock_shared(hashtextextended('quality_service ' || $1, 0))",
        identity.partition("/")[0],
    )


async def newest(tx: Tx, sight: Sight, code: str) -> Newest | None:
    """The newest version of the line, which is held."""
    await hold(tx, code)
    row = await tx.fetchrow(_LAST, sight.manages_for, code, sight.today)
    return Newest(row["version"], row["status"], row["owner"], row["ours"]) if row else None


_WRITTEN: Final = (
    "name",
    "payment_type",
    "provider_kind",
    "starts_on",
    "ends_on",
    "requires_pcn_membership",
    "kind",
    "accepted_on_behalf",
    "members_take_part_in",
)
"""What of a specification is kept in columns of its own."""

_INSERT: Final = f"""
insert into quality_service (
    id, code, version, status, owner, authors, revision, drafted_at, drafted_by, drafted_for,
    specification, digest, {", ".join(_WRITTEN)}
) values ($1, $2, $3, 'DRAFT', $4, $5, $6, $7, $8, $9, $10, $11,
    $12, $13, $14, $15, $16, $17, $18, $19, $20)
"""  # noqa: S608 (constants only)


async def insert(tx: Tx, draft: QualityService) -> None:
    drafted = draft.drafted
    await tx.execute(
        _INSERT,
        draft.id,
        draft.code,
        draft.version,
        draft.owner,
        list(draft.authors),
        draft.revision,
        drafted.at,
        drafted.by,
        drafted.acting_for,
        *_content(draft.specification),
    )


def _content(specification: QualityServiceSpecification) -> tuple[object, ...]:
    columns = (getattr(specification, column) for column in _WRITTEN)
    return (specification.as_json(), specification.digest, *columns)


_SETTING: Final = ", ".join(f"{column} = ${at}" for at, column in enumerate(_WRITTEN, start=6))
_WRITE: Final = f"""
update quality_service
set revision = $2, authors = $3, specification = $4, digest = $5, {_SETTING}
where id = $1
"""  # noqa: S608 (constants only)


async def write(tx: Tx, edited: QualityService) -> None:
    """Keep a draft as it was written anew."""
    content = _content(edited.specification)
    await tx.execute(_WRITE, edited.id, edited.revision, list(edited.authors), *content)


_MOVE: Final = """
update quality_service
set status = $2, revision = $3, decided_at = $4, publish_on = $5, accepted_offers = $6,
    published_at = $7, published_by = $8, published_for = $9, published_reason = $10
where id = $1
"""


async def move(tx: Tx, service: QualityService) -> None:
    """Keep the status of a version and how it came to it."""
    to = service.publication
    await tx.execute(
        _MOVE,
        service.id,
        service.status,
        service.revision,
        to and to.decided.at,
        to and to.on,
        to and to.accepted_offers,
        to and to.at,
        to and to.decided.by,
        to and to.decided.acting_for,
        to and to.reason,
    )


_REMEMBER: Final = """
insert into quality_service_history
    (quality_service, position, what, at, by, acting_for, reason, changes)
select $1, 1 + count(*), $2, $3, $4, $5, $6, $7
from quality_service_history where quality_service = $1
"""


async def remember(tx: Tx, identity: str, entry: Entry) -> None:
    """Add to the history of a version whose row is locked."""
    changes = [asdict(change) for change in entry.changes]
    who = (entry.by, entry.acting_for, entry.reason)
    await tx.execute(_REMEMBER, identity, entry.what, entry.at, *who, changes)


_HISTORY: Final = f"""
select h.quality_service, h.what, h.at, h.by, h.acting_for, h.reason, h.changes
from quality_service_history h join quality_service on id = h.quality_service
where h.quality_service = any ($4::text[]) and ($2::bool or {_OURS})
order by h.quality_service, h.position
"""  # noqa: S608 (constants only)


async def histories(reader: Reader, sight: Sight, ids: Sequence[str]) -> dict[str, list[Entry]]:
    """What became of each version: for the Catalogue Managers who see its drafts."""
    found: dict[str, list[Entry]] = {identity: [] for identity in ids}
    for row in await reader.fetch(_HISTORY, *sight.arguments(), ids):
        found[row["quality_service"]].append(_entry(row))
    return found


def _entry(row: Record) -> Entry:
    changes = [
        Difference(one["path"], Change(one["change"]), one["old"], one["new"])
        for one in row["changes"]
    ]
    return Entry(What(row["what"]), row["at"], row["by"], row["acting_for"], row["reason"], changes)


_LOCK: Final = f"""
select {_COLUMNS}, {_OURS} as ours from quality_service
where id = $4 and {_SEEN} for update
"""  # noqa: S608 (constants only)


async def lock(tx: Tx, sight: Sight, identity: str) -> tuple[QualityService, bool] | None:
    """A version within sight, locked, and whether the organisation may write it."""
    row = await tx.fetchrow(_LOCK, *sight.arguments(), identity)
    return (service(row), row["ours"]) if row else None


_BEFORE: Final = f"""
select {_COLUMNS} from quality_service
where code = $1 and version < $2 and status = 'PUBLISHED' order by version desc limit 1
"""  # noqa: S608 (constants only)


async def published_before(reader: Reader, one: QualityService) -> QualityService | None:
    """The published version that this one follows."""
    row = await reader.fetchrow(_BEFORE, one.code, one.version)
    return service(row) if row else None


_COME: Final = f"""
select {_COLUMNS} from quality_service
where status = 'SCHEDULED' and publish_on <= $1 order by code for update skip locked
"""  # noqa: S608 (constants only)


async def whose_day_has_come(tx: Tx, today: date) -> list[QualityService]:
    """What is scheduled for today or before, locked."""
    return [service(row) for row in await tx.fetch(_COME, today)]


def service(row: Record) -> QualityService:
    return QualityService(
        code=row["code"],
        version=row["version"],
        specification=QualityServiceSpecification.model_validate(row["specification"]),
        drafted=Signature(row["drafted_at"], row["drafted_by"], row["drafted_for"]),
        owner=row["owner"],
        authors=tuple(row["authors"]) or (row["drafted_by"],),
        revision=row["revision"],
        discarded=row["status"] == "DISCARDED",
        publication=_publication(row) if row["published_by"] else None,
    )


def _publication(row: Record) -> Publication:
    """What was published before there were schedules was published as it was decided."""
    at: datetime = row["decided_at"] or row["published_at"]
    return Publication(
        Signature(at, row["published_by"], row["published_for"]),
        row["publish_on"] or at.astimezone(ENGLAND).date(),
        row["published_reason"],
        AcceptedOffers(row["accepted_offers"]) if row["accepted_offers"] else None,
        row["published_at"],
    )


_FIND: Final = f"""
select {_COLUMNS} from quality_service where id = any ($4::text[]) and {_SEEN}
"""  # noqa: S608 (constants only)


async def find(reader: Reader, sight: Sight, ids: Sequence[str]) -> dict[str, QualityService]:
    found = (service(row) for row in await reader.fetch(_FIND, *sight.arguments(), ids))
    return {one.id: one for one in found}


_MATCHES: Final = f"""
{_SEEN}
and ($4::text is null or code = $4)
and status = coalesce($5, nullif(status, 'DISCARDED'))
and ($6::text is null or payment_type = $6)
and ($7::text is null or provider_kind = $7)
and ($8::text is null or kind = $8)
and ($9::text is null or owner = $9)
and ($10::date is null or (starts_on <= $11::date and ends_on >= $10))
"""
_PAGE: Final = f"""
select {_COLUMNS} from quality_service
where {_MATCHES} and ($12::text is null or (code, version) > ($12, $13::int))
order by code, version limit $14
"""  # noqa: S608 (constants only)
_COUNT: Final = f"select count(*) from quality_service where {_MATCHES}"  # noqa: S608


def _arguments(sight: Sight, wanted: ServiceFilter) -> tuple[object, ...]:
    year = wanted.year
    start, end = (year.start, year.end) if year else (None, None)
    return (
        *sight.arguments(),
        wanted.code,
        wanted.status,
        wanted.payment_type,
        wanted.provider_kind,
        wanted.kind,
        wanted.owner,
        start,
        end,
    )


async def page(
    reader: Reader, sight: Sight, wanted: ServiceFilter, after: Sequence[object], limit: int
) -> list[QualityService]:
    rows = await reader.fetch(_PAGE, *_arguments(sight, wanted), *after, limit)
    return [service(row) for row in rows]


async def count(reader: Reader, sight: Sight, wanted: ServiceFilter) -> int:
    return int(await reader.fetchval(_COUNT, *_arguments(sight, wanted)))


_PUBLISHED: Final = f"""
select {_COLUMNS} from quality_service where status = 'PUBLISHED' order by code, version
"""  # noqa: S608 (constants only)


async def all_published(tx: Tx) -> AsyncIterator[QualityService]:
    async for row in tx.stream(_PUBLISHED):
        yield service(row)
