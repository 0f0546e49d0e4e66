"""What the feature publishes: that whoever a declaration waits for is to be reminded of it."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record
from pydantic import BaseModel, ConfigDict, Field

from chassis.outbox import Event
from chassis.service import EventContract
from nhs.directory import Principal
from services.declarations.approval.events import MOST_NAMED, TOPIC
from services.declarations.cutoffs.domain import Reminder

REMINDED: Final = "declaration.reminded.v1"
MOST_WAITED_FOR: Final = 60
"""Organisations an event names: more than any network has members."""


class DeclarationReminded(BaseModel):
    """The declaration as it stands, whose turn it is, and by when. No amount."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    offer_id: UUID
    quality_service: str
    service_code: str
    payment_type: str
    provider: str
    commissioner: str
    period_start: date
    period_end: date
    achievement_date: date
    status: str
    turn: str = Field(description="What is to be done: SUBMIT, DECLARE, APPROVE, FINANCE_APPROVE.")
    waits_for: list[str] = Field(
        max_length=MOST_WAITED_FOR, description="Whose step it is, by ODS code."
    )
    missing: list[str] = Field(max_length=MOST_NAMED)
    due_on: date | None = Field(description="By when, if a cut-off is near; null if none is known.")
    at: datetime
    by: UUID
    acting_for: str
    action: UUID = Field(description="Shared by all events of one bulk action.")


def reminded(
    reminder: Reminder, cut_off: Record | None, principal: Principal, action: UUID, now: datetime
) -> Event:
    d = reminder.declaration
    payload = DeclarationReminded(
        id=d.id,
        version=d.version,
        offer_id=d.offer_id,
        quality_service=d.quality_service,
        service_code=d.service_code,
        payment_type=d.payment_type,
        provider=d.provider,
        commissioner=d.commissioner,
        period_start=d.period_start,
        period_end=d.period_end,
        achievement_date=d.achievement_date,
        status=d.status,
        turn=reminder.turn,
        waits_for=list(reminder.waits_for[:MOST_WAITED_FOR]),
        missing=d.missing[:MOST_NAMED],
        due_on=_due_on(reminder, cut_off),
        at=now,
        by=principal.person_id,
        acting_for=principal.organisation,
        action=action,
    )
    return Event(REMINDED, TOPIC, str(d.id), payload.model_dump(mode="json"))


def _due_on(reminder: Reminder, cut_off: Record | None) -> date | None:
    """By when the provider, or the commissioner, is to do what is theirs."""
    if cut_off is None:
        return None
    own = reminder.turn in {"SUBMIT", "DECLARE"}
    day: date = (cut_off["declare_by"] if own else None) or cut_off["approve_by"]
    return day


_EXAMPLE = DeclarationReminded(
    id=UUID("01990000-0000-7000-8000-000000000001"),
    version=3,
    offer_id=UUID("01990000-0000-7000-8000-000000000002"),
    quality_service="NCD2526/1",
    service_code="NCD2526",
    payment_type="DES",
    provider="U00001",
    commissioner="QHM",
    period_start=date(2025, 4, 1),
    period_end=date(2026, 3, 31),
    achievement_date=date(2026, 3, 31),
    status="AWAITING_PROVIDER_APPROVAL",
    turn="DECLARE",
    waits_for=["U00001"],
    missing=[],
    due_on=date(2026, 7, 3),
    at=datetime.fromisoformat("2026-06-26T09:00:00+00:00"),
    by=UUID("01990000-0000-7000-8000-000000000003"),
    acting_for="QHM",
    action=UUID("01990000-0000-7000-8000-000000000004"),
)

CONTRACTS: Final = (
    EventContract(
        REMINDED,
        TOPIC,
        "Its commissioner reminds whoever's step it is",
        DeclarationReminded,
        _EXAMPLE,
    ),
)
