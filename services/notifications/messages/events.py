"""What is told of a message, for audit: to whom and about what, never what it says."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.notifications.messages.domain import LONGEST_ABOUT

TYPE: Final = "message.raised.v1"
TOPIC: Final = "notifications.message"


class MessageRaised(BaseModel):
    """A task or message as it stands after something was added to it."""

    id: UUID
    version: int = Field(description="Rises as a bulk action adds to the message")
    kind: Literal["TASK", "MESSAGE"]
    subject_code: str = Field(description="What happened: OFFER_MADE")
    person_id: UUID = Field(description="Who is told")
    organisation: str = Field(description="ODS code of the organisation they are told at")
    about_kind: str | None = Field(
        default=None, description="What it is about: OFFER, DECLARATION, CLAIM, ORGANISATION…"
    )
    about: list[UUID] = Field(
        max_length=LONGEST_ABOUT, description="The first of them, where they have ids"
    )
    about_organisations: list[str] = Field(
        default=[],
        max_length=LONGEST_ABOUT,
        description="The first of them, where they are organisations: ODS codes",
    )
    count: int = Field(description="How many there are in all")
    at: datetime = Field(description="When, on the business clock")


def raised(messages: Iterable[MessageRaised]) -> list[Event]:
    return [Event(TYPE, TOPIC, str(one.id), one.model_dump(mode="json")) for one in messages]


CONTRACT: Final = EventContract(
    type=TYPE,
    topic=TOPIC,
    description="Somebody was told of something, or of one thing more by the same bulk action.",
    payload=MessageRaised,
    example=MessageRaised(
        id=UUID("01990000-0000-7000-8000-000000000001"),
        version=1,
        kind="TASK",
        subject_code="OFFER_MADE",
        person_id=UUID("01990000-0000-7000-8000-000000000002"),
        organisation="A99001",
        about_kind="OFFER",
        about=[UUID("01990000-0000-7000-8000-000000000003")],
        count=1,
        at=datetime(2025, 3, 13, 9, 0, tzinfo=UTC),
    ),
)
