"""What the feature publishes: the whole claim after each step, what it claims apart."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.declarations.claims.domain import APPROVALS, Action
from services.declarations.claims.history import Written

TOPIC: Final = "declarations.claim"
MOST_NAMED: Final = 10
"""Services an event names."""


class ClaimEvent(BaseModel):
    """The claim as it then was. `by` is null where the service itself acted."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    content_version: int = Field(description="1; and one more for each time it was amended.")
    provider: str
    commissioner: str
    quality_service: str = Field(description="The version it claims by; of several, the first.")
    payment_type: str = Field(description="Of the first service.")
    services: list[str] = Field(max_length=MOST_NAMED, description="The lines of its services.")
    period_start: date
    period_end: date
    status: str
    amount: Decimal = Field(description="Pounds with two places, as a string.")
    band: str | None = Field(description="Its risk by amount; null before it was submitted.")
    step: str | None = Field(description="Who is to approve next; null where nobody is.")
    provisional: bool = Field(description="Whether a figure of its scheme is unconfirmed.")
    bulk: bool = Field(description="Whether the commissioner uploaded it.")
    at: datetime
    by: UUID | None
    acting_for: str | None
    action: UUID = Field(description="Shared by all events of one bulk action.")
    history_length: int
    history_hash: str
    code: str | None = Field(default=None, description="Of a rejection.")
    reason: str | None = Field(default=None, description="Why, where somebody gave a reason.")


TIER_APPROVED: Final = "claim.tier-approved.v1"
APPROVED: Final = "claim.approved.v1"
RESTATED: Final = "claim.restated.v1"
_TYPES: Final = {
    Action.SUBMITTED: "claim.submitted.v1",
    Action.REJECTED: "claim.rejected.v1",
    Action.AMENDED: "claim.amended.v1",
    Action.WITHDRAWN: "claim.withdrawn.v1",
    Action.PAYMENT_SENT: "claim.payment-sent.v1",
    Action.PAYMENT_SETTLED: "claim.payment-settled.v1",
    Action.PAYMENT_FAILED: "claim.payment-failed.v1",
    Action.PAYMENT_ADJUSTED: "claim.payment-adjusted.v1",
}


def events_of(written: Written, action: UUID) -> list[Event]:
    """The event of a step; what is done to a draft has none until it is submitted."""
    kind = _type_of(written)
    if kind is None or not written.claim.submitted_by:
        return []
    payload = _payload(written, action).model_dump(mode="json")
    return [Event(kind, TOPIC, str(written.claim.id), payload)]


def restated(written: Written, action: UUID) -> Event:
    """The claim as it stands, whatever happened to it last."""
    payload = _payload(written, action).model_dump(mode="json")
    return Event(RESTATED, TOPIC, str(written.claim.id), payload)


def _type_of(written: Written) -> str | None:
    if written.happening.action in APPROVALS.values():
        return APPROVED if written.is_last_approval else TIER_APPROVED
    return _TYPES.get(written.happening.action)


def _payload(written: Written, action: UUID) -> ClaimEvent:
    c, entry = written.claim, written.entry
    return ClaimEvent(
        id=c.id,
        version=c.version,
        content_version=c.content_version,
        provider=c.provider,
        commissioner=c.commissioner,
        quality_service=c.claimed[0].quality_service,
        payment_type=c.claimed[0].payment_type,
        services=[one.service_code for one in c.services][:MOST_NAMED],
        period_start=c.period_start,
        period_end=c.period_end,
        status=c.status,
        amount=c.amount,
        band=c.band,
        step=c.step,
        provisional=c.provisional,
        bulk=c.bulk,
        at=entry.at,
        by=entry.by,
        acting_for=entry.acting_for,
        action=action,
        history_length=c.history_length,
        history_hash=c.history_hash,
        code=written.happening.code,
        reason=written.happening.reason,
    )


_EXAMPLE: Final = ClaimEvent(
    id=UUID("01990000-0000-7000-8000-000000000021"),
    version=3,
    content_version=1,
    provider="A81001",
    commissioner="QHM",
    quality_service="LESPW2526/1",
    payment_type="LES",
    services=["LESPW2526"],
    period_start=date(2025, 4, 1),
    period_end=date(2025, 6, 30),
    status="AWAITING_TIER_1",
    amount=Decimal("18250.00"),
    band="MEDIUM",
    step="TIER_1",
    provisional=True,
    bulk=False,
    at=datetime.fromisoformat("2025-07-10T09:00:00+00:00"),
    by=UUID("01990000-0000-7000-8000-000000000003"),
    acting_for="A81001",
    action=UUID("01990000-0000-7000-8000-000000000004"),
    history_length=2,
    history_hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
_COMMISSIONERS: Final = {"version": 4, "acting_for": "QHM", "history_length": 3}
_PAID: Final = {"status": "APPROVED", "step": None, "version": 7, "history_length": 6}
_SERVICE: Final = _PAID | {"by": None, "acting_for": None}


def _contract(kind: str, description: str, **changes: object) -> EventContract:
    return EventContract(kind, TOPIC, description, ClaimEvent, _EXAMPLE.model_copy(update=changes))


CONTRACTS: Final = (
    _contract("claim.submitted.v1", "It is valid, and waits for whoever approves first"),
    _contract(
        TIER_APPROVED,
        "A step of its approval was taken, and it waits for the next",
        **_COMMISSIONERS | {"status": "AWAITING_TIER_2", "step": "TIER_2"},
    ),
    _contract(
        APPROVED,
        "The last step was taken: it is paid and changes no more",
        **_PAID | {"acting_for": "QHM", "version": 6, "history_length": 5},
    ),
    _contract(
        "claim.rejected.v1",
        "It was rejected, for a reason: it may be amended",
        **_COMMISSIONERS | {"status": "REJECTED", "step": None},
        code="EVIDENCE_NOT_ACCEPTED",
        reason="The log covers May and June only",
    ),
    _contract(
        "claim.amended.v1",
        "The provider writes the rejected claim anew: the next version of its content",
        status="DRAFT",
        step=None,
        version=5,
        history_length=4,
        content_version=2,
    ),
    _contract(
        "claim.withdrawn.v1",
        "The provider took it back before it was decided",
        status="WITHDRAWN",
        step=None,
        version=4,
        history_length=3,
    ),
    _contract("claim.payment-sent.v1", "A finance system sent a payment of it", **_SERVICE),
    _contract("claim.payment-settled.v1", "A payment of it has arrived", **_SERVICE),
    _contract(
        "claim.payment-failed.v1",
        "A payment of it did not arrive, and why",
        **_SERVICE,
        reason="The account has been closed",
    ),
    _contract(
        "claim.payment-adjusted.v1",
        "An adjustment of a payment of it was approved, for a reason",
        **_PAID | {"acting_for": "QHM"},
        reason="Two dressings were counted twice",
    ),
    _contract(RESTATED, "It is told again as it stands, for readers that begin anew"),
)
