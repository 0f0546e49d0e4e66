"""The two events finance systems need: entries of the ledger."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.declarations.payments.domain import Authorisation

TOPIC: Final = "declarations.payment"
AUTHORISED: Final = "payment.authorised.v1"
ADJUSTED: Final = "payment.adjusted.v1"


class PaymentAuthorised(BaseModel):
    """An immutable ledger entry. A ledger is the sum over distinct `entry_id`s."""

    model_config = ConfigDict(frozen=True)

    entry_id: UUID
    payment_id: UUID
    version: int
    declaration_id: UUID = Field(
        description="The declaration that was approved; of a claim, the claim's id, as claim_id."
    )
    quality_service: str
    service_code: str
    payment_type: str
    financial_year: str
    period_start: date
    period_end: date
    provider: str
    commissioner: str
    payee: str
    amount: Decimal = Field(description="Pounds with two places, as a string; may be negative.")
    points: Decimal = Field(description="With two places, as a string.")
    calculation_version: int = Field(
        description="The calculation it stands on; of a claim, the version of its content."
    )
    authorised_at: datetime
    provisional: bool = Field(description="Whether a rule it stands on is unconfirmed.")
    narrative: str
    claim_id: UUID | None = Field(
        default=None, description="The claim it pays for one service of; null of a declaration."
    )
    indicator: str | None = Field(
        default=None, description="The one it pays for; null where it is all of the service."
    )
    achieved: Decimal | None = Field(
        default=None,
        description="What was calculated, where advances on it are deducted: amount and advanced.",
    )
    advanced: Decimal | None = Field(
        default=None, description="What had been advanced and is deducted: achieved less amount."
    )


class PaymentAdjusted(PaymentAuthorised):
    """An entry that puts another right, which stays as it is: it counts beside that one."""

    adjusts: UUID = Field(description="The entry it puts right.")
    reason: str


def authorised(
    entry: UUID, payment: UUID, payee: str, what: Authorisation, at: datetime
) -> PaymentAuthorised:
    return PaymentAuthorised(
        entry_id=entry,
        payment_id=payment,
        version=1,
        declaration_id=what.subject,
        claim_id=what.claim_id,
        indicator=what.indicator,
        achieved=what.achieved,
        advanced=what.advanced,
        quality_service=what.quality_service,
        service_code=what.service_code,
        payment_type=what.payment_type,
        financial_year=what.financial_year,
        period_start=what.period_start,
        period_end=what.period_end,
        provider=what.provider,
        commissioner=what.commissioner,
        payee=payee,
        amount=what.amount,
        points=what.points,
        calculation_version=what.calculation_version,
        authorised_at=at,
        provisional=what.provisional,
        narrative=what.narrative,
    )


def event(entry: PaymentAuthorised) -> Event:
    kind = ADJUSTED if isinstance(entry, PaymentAdjusted) else AUTHORISED
    return Event(kind, TOPIC, str(entry.payment_id), entry.model_dump(mode="json"))


_EXAMPLE = PaymentAuthorised(
    entry_id=UUID("01990000-0000-7000-8000-000000000011"),
    payment_id=UUID("01990000-0000-7000-8000-000000000012"),
    version=1,
    declaration_id=UUID("01990000-0000-7000-8000-000000000001"),
    quality_service="QOF2526/1",
    service_code="QOF2526",
    payment_type="QOF",
    financial_year="2025/26",
    period_start=date(2025, 4, 1),
    period_end=date(2026, 3, 31),
    provider="A81001",
    commissioner="QHM",
    payee="A81001",
    amount=Decimal("37227.05"),
    points=Decimal("139.47"),
    calculation_version=1,
    authorised_at=datetime.fromisoformat("2026-04-20T09:00:00+00:00"),
    provisional=True,
    narrative="QOF2526 A81001 2025-04-01 to 2026-03-31: 139.47 points",
)
_ADJUSTMENT = PaymentAdjusted(
    **_EXAMPLE.model_dump()
    | {
        "entry_id": UUID("01990000-0000-7000-8000-000000000013"),
        "version": 4,
        "amount": Decimal("-250.00"),
        "points": Decimal("0.00"),
        "authorised_at": datetime.fromisoformat("2026-07-20T09:00:00+00:00"),
        "narrative": "QOF2526 A81001 2025-04-01 to 2026-03-31: adjustment",
        "adjusts": _EXAMPLE.entry_id,
        "reason": "Two registers were counted twice",
    }
)

CONTRACTS: Final = (
    EventContract(
        AUTHORISED,
        TOPIC,
        "A declaration, or a claim, was approved for payment: an entry for every ledger",
        PaymentAuthorised,
        _EXAMPLE,
    ),
    EventContract(
        ADJUSTED,
        TOPIC,
        "Two people agreed to put an entry right: another entry for every ledger",
        PaymentAdjusted,
        _ADJUSTMENT,
    ),
)
