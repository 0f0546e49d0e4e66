"""What finance systems write to `finance.payment-status`, for whoever writes it: our own reading.

The topic is theirs, the contract is ours: we are its only reader, and several finance systems may
write it. Reading is tolerant: whatever else a report holds is left alone.
"""

from datetime import datetime
from typing import Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from chassis.service import EventContract
from services.declarations.payments.domain import State

TOPIC: Final = "finance.payment-status"
TYPES: Final = {
    "payment.sent.v1": State.SENT,
    "payment.settled.v1": State.SETTLED,
    "payment.failed.v1": State.FAILED,
}


class PaymentReport(BaseModel):
    """What became of one entry of the ledger. The same report may come any number of times."""

    model_config = ConfigDict(frozen=True)

    entry_id: UUID | None = Field(default=None, description="The entry, as its event named it.")
    payment_id: UUID | None = Field(
        default=None,
        description="Its payment; alone, it means the entry the payment was authorised with.",
    )
    at: AwareDatetime | None = Field(
        default=None, description="When it happened; if missing, the event's own time."
    )
    reference: str | None = Field(default=None, description="By which finance knows it.")
    reason: str | None = Field(
        default=None, description="Why it failed, in words without personal data."
    )

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.entry_id is None and self.payment_id is None:
            raise ValueError("a report names entry_id or payment_id")
        return self


_EXAMPLE = PaymentReport(
    entry_id=UUID("01990000-0000-7000-8000-000000000011"),
    payment_id=UUID("01990000-0000-7000-8000-000000000012"),
    at=datetime.fromisoformat("2026-06-30T06:00:00+00:00"),
    reference="BACS 4711",
)
_FAILED = _EXAMPLE.model_copy(update={"reason": "The account has been closed"})

CONTRACTS: Final = (
    EventContract(
        "payment.sent.v1", TOPIC, "A finance system sent it on its way", PaymentReport, _EXAMPLE
    ),
    EventContract(
        "payment.settled.v1", TOPIC, "It has arrived at the payee's", PaymentReport, _EXAMPLE
    ),
    EventContract(
        "payment.failed.v1",
        TOPIC,
        "It did not arrive; it may be sent again",
        PaymentReport,
        _FAILED,
    ),
)
