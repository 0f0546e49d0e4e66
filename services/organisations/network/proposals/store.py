"""The statements about proposals of PCNs, and what they are judged by."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.db_errors import constraint_means
from chassis.ids import new_id
from nhs.directory import Acting
from services.organisations.network.domain import Span
from services.organisations.network.proposals.domain import (
    Change,
    Commissioner,
    Ground,
    Kind,
    Open,
    Proposal,
    ProposalFilter,
    Status,
)

constraint_means(
    "membership_proposal_one_at_a_time",
    "PROPOSAL_PENDING",
    "A proposal about this practice waits to be decided.",
    field="practice",
)

_COLUMNS = """p.id, p.version, p.practice, p.pcn, p.kind, p.effective_on, p.reason, p.commissioner,
    p.status, p.refusal_reason, p.proposed_at, p.proposed_by, p.decided_at"""


def proposal(row: Record) -> Proposal:
    return Proposal(
        id=row["id"],
        version=row["version"],
        practice=row["practice"],
        pcn=row["pcn"],
        kind=Kind(row["kind"]),
        effective_on=row["effective_on"],
        reason=row["reason"],
        commissioner=row["commissioner"],
        status=Status(row["status"]),
        refusal_reason=row["refusal_reason"],
        proposed_at=row["proposed_at"],
        proposed_by=row["proposed_by"],
        decided_at=row["decided_at"],
    )


_KINDS = "select ods_code, kind from organisation where ods_code = any ($1)"


async def kinds(reader: Reader, codes: Sequence[str]) -> dict[str, str]:
    return {row["ods_code"]: row["kind"] for row in await reader.fetch(_KINDS, list(codes))}


# Who leads the PCN, and those above it up to its ICB.
_COMMISSIONERS = """
with recursive above (organisation, level) as (
    select r.target, 0 from directory.relationship r
    where r.source = $1 and r.kind = 'COMMISSIONED_BY'
        and r.valid_from <= $2 and coalesce(r.valid_to, 'infinity') >= $2
    union
    select r.target, a.level + 1 from above a
    join directory.relationship r on r.source = a.organisation and r.kind = 'PART_OF'
        and r.valid_from <= $2 and coalesce(r.valid_to, 'infinity') >= $2
    join organisation o on o.ods_code = r.target and o.kind in ('SUB_ICB', 'ICB')
)
select a.organisation, exists (
    select from person_role held
    join person p on p.id = held.person_id and p.status = 'ACTIVE'
    where held.organisation = a.organisation and held.role = 'ORGANISATION_ADMINISTRATOR'
) as decides
from above a order by a.level
"""


async def commissioners(reader: Reader, pcn: str, on: date) -> list[Commissioner]:
    rows = await reader.fetch(_COMMISSIONERS, pcn, on)
    return [Commissioner(row["organisation"], row["decides"]) for row in rows]


# Their memberships are read and written by one at a time.
_LOCK_PRACTICES = """
select ods_code from organisation where ods_code = any ($1) order by ods_code for update
"""
_GROUND = """
with within as materialized (select * from directory.commissioned($5, $6))
select
    p.id, practice.ods_code as practice, practice.opened_on, practice.closed_on,
    pcn.ods_code as pcn, pcn.opened_on as pcn_opened_on, pcn.closed_on as pcn_closed_on,
    $5::text is null or exists (
        select from within c
        where c.provider = p.practice and p.effective_on between c.valid_from and c.valid_to
    ) as commissioned
from unnest($1::uuid[], $2::text[], $3::text[], $4::date[]) as p (id, practice, pcn, effective_on)
join organisation practice on practice.ods_code = p.practice
join organisation pcn on pcn.ods_code = p.pcn
"""
_MEMBERSHIPS = """
select id, source, target, valid_from, valid_to from relationship
where known_to is null and kind = 'MEMBER_OF' and source = any ($1)
order by source, valid_from
"""

Memberships = Mapping[str, Mapping[Span, UUID]]
"""By practice those in force."""


async def lock_practices(tx: Tx, practices: Iterable[str]) -> Memberships:
    """The memberships of these practices, which nobody else changes meanwhile."""
    codes = sorted(set(practices))
    await tx.fetch(_LOCK_PRACTICES, codes)
    known: dict[str, dict[Span, UUID]] = {code: {} for code in codes}
    for row in await tx.fetch(_MEMBERSHIPS, codes):
        span = Span(row["valid_from"], row["target"], row["valid_to"])
        known[row["source"]][span] = row["id"]
    return known


async def grounds(
    tx: Tx, proposals: Collection[Proposal], memberships: Memberships, decider: Acting | None
) -> dict[UUID, Ground]:
    """What each is judged by; without a decider, whoever commissions the practice will do."""
    rows = await tx.fetch(
        _GROUND,
        [one.id for one in proposals],
        [one.practice for one in proposals],
        [one.pcn for one in proposals],
        [one.effective_on for one in proposals],
        *(decider or (None, None)),
    )
    return {
        row["id"]: Ground(
            practice=Open(row["practice"], row["opened_on"], row["closed_on"]),
            pcn=Open(row["pcn"], row["pcn_opened_on"], row["pcn_closed_on"]),
            memberships=list(memberships[row["practice"]]),
            commissioned=row["commissioned"],
        )
        for row in rows
    }


_INSERT = """
insert into membership_proposal (id, version, practice, pcn, kind, effective_on, reason,
    commissioner, status, proposed_at, proposed_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_SAVE = """
update membership_proposal p
set version = new.version, status = new.status, decided_at = new.decided_at,
    refusal_reason = new.refusal_reason
from unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::text[])
    as new (id, version, status, decided_at, refusal_reason)
where p.id = new.id
"""


async def insert(tx: Tx, one: Proposal) -> None:
    about = (one.practice, one.pcn, one.kind, one.effective_on, one.reason, one.commissioner)
    proposed = one.status, one.proposed_at, one.proposed_by
    await tx.execute(_INSERT, one.id, one.version, *about, *proposed)


async def save(tx: Tx, changed: Sequence[Proposal]) -> None:
    await tx.execute(
        _SAVE,
        [one.id for one in changed],
        [one.version for one in changed],
        [one.status for one in changed],
        [one.decided_at for one in changed],
        [one.refusal_reason for one in changed],
    )


async def remember(tx: Tx, changed: Sequence[Proposal], change: Change) -> None:
    columns = ["proposal", "version", "status", "at", "changed_by", "acting_for", "import"]
    who = (change.at, change.by, change.acting_for, change.file_import, change.reason)
    await tx.copy(
        "membership_proposal_change",
        columns=[*columns, "reason"],
        records=[(one.id, one.version, one.status.value, *who) for one in changed],
    )


_START = """
insert into relationship
    (id, kind, source, target, line, valid_from, valid_to, known_from, origin, reason, proposal)
select new.id, 'MEMBER_OF', new.source, new.target, o.number * 4, new.valid_from, new.valid_to, $6,
    'PROPOSAL', new.reason, new.proposal
from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::date[], $7::text[], $8::uuid[])
    as new (id, source, target, valid_from, valid_to, reason, proposal)
join organisation o on o.ods_code = new.source
"""


async def start(tx: Tx, started: Sequence[tuple[Proposal, Span]], at: datetime) -> None:
    """Take these memberships for true from now on, as proposed."""
    await tx.execute(
        _START,
        [new_id() for _ in started],
        [one.practice for one, _ in started],
        [span.target for _, span in started],
        [span.valid_from for _, span in started],
        [span.valid_to for _, span in started],
        at,
        [one.reason for one, _ in started],
        [one.id for one, _ in started],
    )


# Whose it is to decide: the PCN's commissioner, at any level, today.
_HELD = f"""
select {_COLUMNS}, p.pcn in (
    select c.provider from directory.commissioned($2, $3) c
    where $3 between c.valid_from and c.valid_to
) as to_decide, p.pcn in (select i.organisation from directory.inherited($2, $3) i) as own
from membership_proposal p where p.id = any ($1) order by p.id
"""  # noqa: S608 (constants)


@dataclass(frozen=True, slots=True)
class Held:
    proposal: Proposal
    to_decide: bool
    """Whether the organisation acted for may decide it."""
    own: bool
    """Whether the organisation acted for has proposed it."""


async def held(tx: Tx, acting: Acting, ids: Collection[UUID], *, lock: bool) -> dict[UUID, Held]:
    """Those of the proposals that the organisation sees; locked, if they are to be changed."""
    locking = " for update of p" if lock else ""
    rows = await tx.fetch(_HELD + locking, list(ids), *acting)
    return {row["id"]: Held(proposal(row), row["to_decide"], row["own"]) for row in rows}


_PENDING = f"""
select {_COLUMNS} from membership_proposal p
where p.status = 'PROPOSED' and (p.practice = any ($1) or p.pcn = any ($1))
order by p.id for update
"""  # noqa: S608 (constants)


async def pending_of(tx: Tx, codes: Collection[str]) -> list[Proposal]:
    return [proposal(row) for row in await tx.fetch(_PENDING, list(codes))]


# Seen by whoever sees the practice or the PCN while the proposal waits, or waited.
_SEEN = """
with seen as materialized (select * from directory.scope($1, $2)),
decides as materialized (
    select distinct c.provider from directory.commissioned($1, $2) c
    where $2 between c.valid_from and c.valid_to
),
-- The business clock can be set back: then it was decided before it was proposed.
waiting as (
    select id, practice, pcn, (proposed_at at time zone 'Europe/London')::date as first,
        coalesce((decided_at at time zone 'Europe/London')::date, $2) as last
    from membership_proposal
),
sight as (
    select w.id from waiting w join seen s on s.provider = w.practice
        and s.valid_from <= greatest(w.first, w.last) and s.valid_to >= w.first
    union
    select w.id from waiting w join seen s on s.provider = w.pcn
        and s.valid_from <= greatest(w.first, w.last) and s.valid_to >= w.first
)
"""
_WANTED = """
from membership_proposal p
join sight on sight.id = p.id
left join decides on decides.provider = p.pcn and p.status = 'PROPOSED'
where ($3::text is null or p.status = $3)
    and ($4::text is null or p.practice = $4)
    and ($5::text is null or p.pcn = $5)
    and (not $6 or decides.provider is not null)
"""
_SHOWN = f"select {_COLUMNS}, decides.provider is not null as to_decide {_WANTED}"
_PAGE = f"{_SEEN} {_SHOWN} and ($7::uuid is null or p.id < $7) order by p.id desc limit $8"
_COUNT = f"{_SEEN} select count(*) {_WANTED}"
_FIND = f"{_SEEN} {_SHOWN} and p.id = any ($7)"
_MATCHING = f"{_SEEN} select p.id, p.version {_WANTED} order by p.id limit $7"


def _arguments(wanted: ProposalFilter) -> tuple[object, ...]:
    return (wanted.status, wanted.practice, wanted.pcn, wanted.to_decide)


async def page(
    reader: Reader, acting: Acting, wanted: ProposalFilter, after: UUID | None, limit: int
) -> list[Record]:
    """The latest first."""
    return await reader.fetch(_PAGE, *acting, *_arguments(wanted), after, limit)


async def count(reader: Reader, acting: Acting, wanted: ProposalFilter) -> int:
    return int(await reader.fetchval(_COUNT, *acting, *_arguments(wanted)))


async def find(reader: Reader, acting: Acting, ids: Sequence[UUID]) -> list[Record]:
    return await reader.fetch(_FIND, *acting, *_arguments(ProposalFilter()), list(ids))


async def matching(
    reader: Reader, acting: Acting, wanted: ProposalFilter, most: int
) -> list[tuple[UUID, int]]:
    rows = await reader.fetch(_MATCHING, *acting, *_arguments(wanted), most)
    return [(row["id"], row["version"]) for row in rows]


_CHANGES = """
select proposal, version, status, at, changed_by, acting_for, import, reason
from membership_proposal_change where proposal = any ($1) order by proposal, version
"""


async def changes(reader: Reader, ids: Sequence[UUID]) -> list[Record]:
    """What became of proposals that the caller has been shown."""
    return await reader.fetch(_CHANGES, list(ids))
