"""What the feature publishes: the whole declaration after each step."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.declarations.approval.domain import Action, Status
from services.declarations.approval.history import Written

TOPIC: Final = "declarations.declaration"
RESTATED: Final = "declaration.restated.v1"
MOST_NAMED: Final = 20
"""Missing values an event names; `missing_count` has them all."""


class DeclarationEvent(BaseModel):
    """The declaration as it then was. `by` is null where the service itself acted."""

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
    held: bool = False
    calculation_version: int
    points: Decimal | None = Field(description="With two places, as a string.")
    pounds: Decimal | None = Field(description="With two places, as a string.")
    missing: list[str] = Field(max_length=MOST_NAMED)
    missing_count: int
    provisional: bool = Field(description="Whether a rule it stands on is unconfirmed.")
    at: datetime
    by: UUID | None
    acting_for: str | None
    action: UUID = Field(description="Shared by all events of one bulk action.")
    history_length: int
    history_hash: str
    indicator: str | None = Field(
        default=None,
        description="The one that is declared; null where it is all of the service.",
    )
    reason: str | None = Field(
        default=None,
        description="Why, where somebody gave a reason; what a recalculation changed.",
    )


TYPES: Final = {
    Action.VALUES_MISSING: "declaration.values-missing.v1",
    Action.CALCULATED: "declaration.calculated.v1",
    Action.RECALCULATED: "declaration.recalculated.v1",
    Action.DECLARED: "declaration.declared.v1",
    Action.APPROVED: "declaration.approved.v1",
    Action.FINANCE_APPROVED: "declaration.finance-approved.v1",
    Action.RETURNED: "declaration.returned.v1",
    Action.HELD: "declaration.held.v1",
    Action.RELEASED: "declaration.released.v1",
    Action.CLOSED: "declaration.closed.v1",
    Action.PAYMENT_SENT: "declaration.payment-sent.v1",
    Action.PAYMENT_SETTLED: "declaration.payment-settled.v1",
    Action.PAYMENT_FAILED: "declaration.payment-failed.v1",
    Action.PAYMENT_ADJUSTED: "declaration.payment-adjusted.v1",
}


def events_of(written: Written, action: UUID) -> list[Event]:
    """The event of a step; opening has none."""
    kind = TYPES.get(written.happening.action)
    if kind is None:
        return []
    payload = _payload(written, action).model_dump(mode="json")
    return [Event(kind, TOPIC, str(written.declaration.id), payload)]


def restated(written: Written, action: UUID) -> Event:
    """The declaration as it stands, whatever happened to it last."""
    payload = _payload(written, action).model_dump(mode="json")
    return Event(RESTATED, TOPIC, str(written.declaration.id), payload)


def _payload(written: Written, action: UUID) -> DeclarationEvent:
    d, entry = written.declaration, written.entry
    return DeclarationEvent(
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
        held=d.held,
        calculation_version=d.calculation_version,
        points=d.points,
        pounds=d.pounds,
        missing=d.missing[:MOST_NAMED],
        missing_count=len(d.missing),
        provisional=d.provisional,
        at=entry.at,
        by=entry.by,
        acting_for=entry.acting_for,
        action=action,
        history_length=d.history_length,
        history_hash=d.history_hash,
        indicator=d.indicator,
        reason=written.happening.reason,
    )


_STATUS: Final = {
    Action.VALUES_MISSING: Status.INCOMPLETE,
    Action.CALCULATED: Status.AWAITING_PROVIDER_APPROVAL,
    Action.RECALCULATED: Status.AWAITING_PROVIDER_APPROVAL,
    Action.DECLARED: Status.AWAITING_COMMISSIONER_APPROVAL,
    Action.APPROVED: Status.AWAITING_FINANCE_APPROVAL,
    Action.FINANCE_APPROVED: Status.FINANCE_APPROVED,
    Action.RETURNED: Status.AWAITING_PROVIDER_APPROVAL,
    Action.HELD: Status.AWAITING_COMMISSIONER_APPROVAL,
    Action.RELEASED: Status.AWAITING_COMMISSIONER_APPROVAL,
    Action.CLOSED: Status.CLOSED,
    Action.PAYMENT_SENT: Status.FINANCE_APPROVED,
    Action.PAYMENT_SETTLED: Status.FINANCE_APPROVED,
    Action.PAYMENT_FAILED: Status.FINANCE_APPROVED,
    Action.PAYMENT_ADJUSTED: Status.FINANCE_APPROVED,
}


def _example(action: Action) -> DeclarationEvent:
    """A made-up practice's, as it is after the step."""
    by_a_person = action in {
        Action.DECLARED,
        Action.APPROVED,
        Action.FINANCE_APPROVED,
        Action.RETURNED,
        Action.HELD,
        Action.RELEASED,
        Action.PAYMENT_ADJUSTED,
    }
    changes: dict[str, object] = {
        "status": _STATUS[action].value,
        "held": action is Action.HELD,
    }
    if not by_a_person:
        changes |= {"by": None, "acting_for": None}
    elif action is not Action.DECLARED:
        changes |= {"acting_for": "QHM"}
    if action is Action.VALUES_MISSING:
        changes |= {"points": None, "pounds": None, "calculation_version": 0}
        changes |= {"missing": ["BP002"], "missing_count": 1, "provisional": False}
    if action in _REASONS:
        changes |= {"reason": _REASONS[action]}
    return _EXAMPLE.model_copy(update=changes)


_REASONS: Final = {
    Action.RETURNED: "The register of AF is last year's",
    Action.HELD: "A query about the list size is open",
    Action.PAYMENT_FAILED: "The account has been closed",
    Action.PAYMENT_ADJUSTED: "Two registers were counted twice",
}
_EXAMPLE = DeclarationEvent(
    id=UUID("01990000-0000-7000-8000-000000000001"),
    version=3,
    offer_id=UUID("01990000-0000-7000-8000-000000000002"),
    quality_service="QOF2526/1",
    service_code="QOF2526",
    payment_type="QOF",
    provider="A81001",
    commissioner="QHM",
    period_start=date(2025, 4, 1),
    period_end=date(2026, 3, 31),
    achievement_date=date(2026, 3, 31),
    status="AWAITING_COMMISSIONER_APPROVAL",
    calculation_version=1,
    points=Decimal("139.47"),
    pounds=Decimal("37227.05"),
    missing=[],
    missing_count=0,
    provisional=True,
    at=datetime.fromisoformat("2026-04-10T09:00:00+00:00"),
    by=UUID("01990000-0000-7000-8000-000000000003"),
    acting_for="A81001",
    action=UUID("01990000-0000-7000-8000-000000000004"),
    history_length=3,
    history_hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)

DESCRIPTIONS: Final = {
    Action.VALUES_MISSING: "Values were submitted, but not all: it cannot be calculated",
    Action.CALCULATED: "It was calculated and waits for the provider to declare it",
    Action.RECALCULATED: "What it stands on changed after it was declared: declare it again",
    Action.DECLARED: "The provider declared it, or the service needs no declaration",
    Action.APPROVED: "The commissioner approved it, or the service needs no approval",
    Action.FINANCE_APPROVED: "Finance approved it: it is paid and changes no more",
    Action.RETURNED: "The commissioner returned it: it is to be put right and declared again",
    Action.HELD: "The commissioner held it: nobody moves it until it is released",
    Action.RELEASED: "The commissioner released it: it moves again",
    Action.CLOSED: "The participation ended before the achievement date: it is not paid",
    Action.PAYMENT_SENT: "A finance system sent its payment on its way",
    Action.PAYMENT_SETTLED: "A finance system says that its payment has arrived",
    Action.PAYMENT_FAILED: "A finance system says that its payment did not arrive, and why",
    Action.PAYMENT_ADJUSTED: "An adjustment of its payment was approved, for a reason",
}

CONTRACTS: Final = (
    *(
        EventContract(kind, TOPIC, DESCRIPTIONS[action], DeclarationEvent, _example(action))
        for action, kind in TYPES.items()
    ),
    EventContract(
        RESTATED,
        TOPIC,
        "It is told again as it stands, for readers that begin anew",
        DeclarationEvent,
        _EXAMPLE,
    ),
)
