"""A claim's history: each entry sealed by the one before, each submission by its digest."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from services.declarations import sealing
from services.declarations.claims.domain import APPROVALS, Claim, Happening, Status
from services.declarations.sealing import text


@dataclass(frozen=True, slots=True)
class Entry:
    claim_id: UUID
    position: int
    action: str
    status: str
    content_version: int
    content: str | None
    amount: str
    at: datetime
    by: UUID | None
    acting_for: str | None
    code: str | None
    notes: str | None
    previous: str
    hash: str = ""

    def sealed(self) -> "Entry":
        return replace(self, hash=sealing.digest(self.written()))

    def written(self) -> dict[str, Any]:
        """What is hashed: everything but the hash itself, as it is exported."""
        return {
            "claim": str(self.claim_id),
            "position": self.position,
            "action": self.action,
            "status": self.status,
            "content_version": self.content_version,
            "content": self.content,
            "amount": self.amount,
            "at": sealing.moment(self.at),
            "by": text(self.by),
            "acting_for": self.acting_for,
            "code": self.code,
            "notes": self.notes,
            "previous": self.previous,
        }


@dataclass(frozen=True, slots=True)
class Written:
    """A happening with its entry, and the claim that knows its history's new head."""

    happening: Happening
    claim: Claim
    entry: Entry

    @property
    def is_last_approval(self) -> bool:
        """Whether this step is the one that pays."""
        approved = self.happening.action in APPROVALS.values()
        return approved and self.claim.status == Status.APPROVED


def write(
    happenings: Sequence[Happening], *, acting_for: str | None, at: datetime
) -> list[Written]:
    """Entries for what happened to one claim, each on the one before."""
    written: list[Written] = []
    for happening in happenings:
        known = written[-1].claim if written else happening.claim
        entry = Entry(
            happening.claim.id,
            known.history_length + 1,
            happening.action,
            happening.claim.status,
            happening.claim.content_version,
            happening.content,
            str(happening.claim.amount),
            at,
            happening.by,
            acting_for if happening.by else None,
            happening.code,
            happening.reason,
            known.history_hash,
        ).sealed()
        after = replace(happening.claim, history_length=entry.position, history_hash=entry.hash)
        written.append(Written(happening, after, entry))
    return written


def exported(
    claim: UUID,
    rows: Sequence[Record],
    contents: Sequence[dict[str, Any]],
    *,
    length: int,
    head: str,
) -> dict[str, Any]:
    """The whole history, with all that was ever submitted, as `cqrs verify` reads it."""
    entries = [entry_of(row) for row in rows]
    written = [entry.written() | {"hash": entry.hash} for entry in entries]
    document = sealing.exported("claim", claim, written, length=length, head=head)
    return document | {"contents": list(contents)}


def entry_of(row: Record) -> Entry:
    """An entry as it was kept."""
    kept = {one.name: row[one.name] for one in fields(Entry)}
    return Entry(**kept | {"amount": str(kept["amount"])})
