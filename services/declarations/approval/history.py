"""Each entry of a declaration's history carries the hash of the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from services.declarations import sealing
from services.declarations.approval.domain import Declaration, Happening
from services.declarations.sealing import text


@dataclass(frozen=True, slots=True)
class Entry:
    declaration_id: UUID
    position: int
    action: str
    status: str
    calculation_version: int
    points: str | None
    pounds: str | None
    at: datetime
    by: UUID | None
    acting_for: str | None
    notes: str | None
    previous: str
    hash: str = ""

    def content(self) -> dict[str, Any]:
        """What is hashed: everything but the hash itself, as it is exported."""
        return {
            "declaration": str(self.declaration_id),
            "position": self.position,
            "action": self.action,
            "status": self.status,
            "calculation_version": self.calculation_version,
            "points": self.points,
            "pounds": self.pounds,
            "at": sealing.moment(self.at),
            "by": text(self.by),
            "acting_for": self.acting_for,
            "notes": self.notes,
            "previous": self.previous,
        }

    def sealed(self) -> "Entry":
        return replace(self, hash=sealing.digest(self.content()))


def exported(
    declaration: UUID, rows: Sequence[Record], *, length: int, head: str
) -> dict[str, Any]:
    """A history as `cqrs verify` reads it: every entry, and the head the declaration knows."""
    entries = [_entry(row) for row in rows]
    written = [entry.content() | {"hash": entry.hash} for entry in entries]
    return sealing.exported("declaration", declaration, written, length=length, head=head)


def _entry(row: Record) -> Entry:
    kept = {one.name: row[one.name] for one in fields(Entry)}
    return Entry(**kept | {name: text(kept[name]) for name in ("points", "pounds")})


@dataclass(frozen=True, slots=True)
class Written:
    """A happening with its entry, and the declaration that knows its history's new head."""

    happening: Happening
    declaration: Declaration
    entry: Entry


def write(
    happenings: Sequence[Happening],
    *,
    acting_for: str | None,
    notes: str | None,
    at: datetime,
) -> list[Written]:
    """Entries for what happened to one declaration, each on the one before."""
    written: list[Written] = []
    for happening in happenings:
        known = written[-1].declaration if written else happening.declaration
        person = happening.by is not None
        entry = Entry(
            happening.declaration.id,
            known.history_length + 1,
            happening.action,
            happening.declaration.status,
            happening.declaration.calculation_version,
            text(happening.declaration.points),
            text(happening.declaration.pounds),
            at,
            happening.by,
            acting_for if person else None,
            happening.reason or (notes if person else None),
            known.history_hash,
        ).sealed()
        after = replace(
            happening.declaration, history_length=entry.position, history_hash=entry.hash
        )
        written.append(Written(happening, after, entry))
    return written
