"""Histories that show whether they were touched: each entry carries the hash of the one before."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

FORMAT: Final = "cqrs-history/1"


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over canonical JSON, as `cqrs verify` recomputes it."""
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def text(value: Decimal | UUID | str | None) -> str | None:
    """As an entry holds it."""
    return None if value is None else str(value)


def exported(
    kind: str, identity: UUID, entries: Sequence[Mapping[str, Any]], *, length: int, head: str
) -> dict[str, Any]:
    """A history as `cqrs verify` reads it: every entry, and the head that its subject knows.

    `kind` is what each entry calls its subject: declaration or claim.
    """
    return {
        "format": FORMAT,
        kind: str(identity),
        "head": {"length": length, "hash": head},
        "entries": list(entries),
    }
