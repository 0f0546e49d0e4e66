"""What others may know of an offer: all of it, with every event."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.outbox import Event
from services.participation.offers.domain.offer import Happening, Offer, What

TOPIC: Final = "participation.offer"


class OfferPayload(BaseModel):
    """An offer as it is after what happened to it."""

    id: UUID
    version: int = Field(
        description="Rises by one with each change of the offer; a reminder of it changes nothing"
    )
    quality_service: str = Field(description="The version that is offered: QOF2526/1")
    service_code: str = Field(description="Its line: QOF2526")
    payment_type: str | None
    provider: str = Field(description="ODS code of the practice or PCN")
    commissioner: str = Field(description="ODS code of the organisation that offers")
    status: Literal["OFFERED", "APPROVED", "REJECTED", "CANCELLED"]
    cancel_kind: Literal["WITHDRAWN", "CANCELLED"] | None
    starts_on: date
    ends_on: date
    response_due_on: date
    target_on: date | None = None
    ended_on: date | None = Field(
        description="The last day of a participation that ended early; the day before starts_on "
        "where it never began"
    )
    reason: str | None
    at: datetime = Field(description="When, on the business clock")
    by: UUID | None = Field(description="The person who did it; null where no person did")
    acting_for: str | None = Field(description="ODS code of the organisation they acted for")
    action: UUID = Field(description="Shared by all events of one bulk command")


def event_type(what: What) -> str:
    return f"offer.{what.lower().replace('_', '-')}.v1"


def happened(offers: Iterable[Offer], to_them: Happening) -> list[Event]:
    kind = event_type(to_them.what)
    return [Event(kind, TOPIC, str(o.id), _payload(o, to_them)) for o in offers]


def _payload(offer: Offer, to_it: Happening) -> dict[str, object]:
    return OfferPayload(
        id=offer.id,
        version=offer.version,
        quality_service=offer.quality_service,
        service_code=offer.service_code,
        payment_type=offer.payment_type,
        provider=offer.provider,
        commissioner=offer.commissioner,
        status=offer.status.value,
        cancel_kind=offer.cancel_kind.value if offer.cancel_kind else None,
        starts_on=offer.starts_on,
        ends_on=offer.ends_on,
        response_due_on=offer.response_due_on,
        target_on=offer.target_on,
        ended_on=offer.ended_on,
        reason=offer.reason,
        at=to_it.at,
        by=to_it.by,
        acting_for=to_it.acting_for,
        action=to_it.action,
    ).model_dump(mode="json")


def example(what: What) -> OfferPayload:
    """An offer of QOF to a made-up practice, as the event tells of it."""
    return OfferPayload(
        id=UUID("0195b2c0-0000-7000-8000-000000000001"),
        version=1 if what is What.MADE else 2,
        quality_service="QOF2526/1",
        service_code="QOF2526",
        payment_type="QOF",
        provider="A81001",
        commissioner="QHM",
        cancel_kind=_CANCELLED.get(what),
        status=_STATUS.get(what, "OFFERED"),
        starts_on=date(2025, 4, 1),
        ends_on=date(2026, 3, 31),
        response_due_on=date(2025, 3, 31),
        ended_on=_ENDED.get(what),
        reason="Not enough nurses this year" if what is What.REJECTED else None,
        at=datetime(2025, 3, 20, 9, 30, tzinfo=UTC),
        by=None if what in _BY_NOBODY else UUID("0195b2c0-0000-7000-8000-000000000002"),
        acting_for=None if what in _BY_NOBODY else _ACTING_FOR.get(what, "QHM"),
        action=UUID("0195b2c0-0000-7000-8000-000000000003"),
    )


_BY_NOBODY: Final = frozenset({What.ENDED, What.RESUMED, What.MOVED, What.RESPONSE_DUE})
_ACTING_FOR: Final = {What.ACCEPTED: "A81001", What.REJECTED: "A81001"}
_ENDED: Final = {What.ENDED: date(2025, 9, 30), What.CANCELLED: date(2025, 7, 1)}
_CANCELLED: Final[dict[What, Literal["WITHDRAWN", "CANCELLED"]]] = {
    What.WITHDRAWN: "WITHDRAWN",
    What.CANCELLED: "CANCELLED",
}
_STATUS: Final[dict[What, Literal["APPROVED", "REJECTED", "CANCELLED"]]] = {
    What.ACCEPTED: "APPROVED",
    What.ENDED: "APPROVED",
    What.RESUMED: "APPROVED",
    What.MOVED: "APPROVED",
    What.REJECTED: "REJECTED",
    What.WITHDRAWN: "CANCELLED",
    What.CANCELLED: "CANCELLED",
}

DESCRIPTIONS: Final = {
    What.MADE: "A commissioner offered a quality service to a provider",
    What.ACCEPTED: "The provider accepted the offer: it takes part from starts_on",
    What.REJECTED: "The provider rejected the offer",
    What.WITHDRAWN: "The commissioner withdrew the offer before the provider had answered",
    What.CANCELLED: "The commissioner cancelled an approved or rejected offer",
    What.ENDED: "By ODS the provider can no longer take part: it does so until ended_on",
    What.RESUMED: "By ODS the provider can take part longer than was told: until ended_on, or all",
    What.MOVED: "The offer is one of the version of its quality service that corrects the former",
    What.EXTENDED: "The commissioner extended the response date",
    What.RESPONSE_DUE: "The response is due within seven days, or within one; nothing has changed",
    What.RESTATED: "Nothing has happened: the offer as it stands, for readers that start anew",
}
