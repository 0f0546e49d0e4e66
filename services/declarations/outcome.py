"""What a command about many rows did to each, and who chooses them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis.choice import Chooser
from nhs.directory import Principal

Rows = Sequence[tuple[UUID, int]]
"""Ids with the versions that were seen."""


@dataclass(frozen=True, slots=True)
class Refused:
    id: UUID
    code: str
    message: str
    field: str | None = None


@dataclass(slots=True)
class Outcome:
    """What a bulk command did, or would do."""

    done: list[UUID] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    pounds: Decimal = Decimal("0.00")
    steps: dict[str, int] = field(default_factory=dict)
    selection: str | None = None
    message: str = ""


def chooser(principal: Principal, operation: str, now: datetime, *, dry_run: bool) -> Chooser:
    return Chooser(principal.person_id, principal.organisation, operation, now, dry_run)
