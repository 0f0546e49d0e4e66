"""What is told of mails, for audit: who was written to and about what, never where or what."""

from datetime import UTC, date, datetime
from typing import Final, Literal
from uuid import UUID

from asyncpg import Record
from pydantic import BaseModel, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.notifications.email.domain import Status

SENT: Final = "email.sent.v1"
FAILED: Final = "email.failed.v1"
TOPIC: Final = "notifications.message"


class EmailSent(BaseModel):
    id: UUID = Field(description="The mail; its Message-ID begins with it")
    version: int = Field(description="How often it was tried")
    person_id: UUID = Field(description="Who is written to")
    message_id: UUID | None = Field(description="What it is about; null for a digest")
    digest_on: date | None = Field(description="The day of a digest")
    at: datetime = Field(description="When, on the business clock")


class EmailFailed(EmailSent):
    outcome: Literal["FAILED", "UNCERTAIN"] = Field(
        description="Not taken by the mail server, or not known whether it was: it is not sent "
        "again in either case"
    )
    code: str = Field(description="The mail server's number for it, or a word of ours")


def ended(delivery: Record, at: datetime) -> Event:
    facts = {
        "id": delivery["id"],
        "version": delivery["attempts"],
        "person_id": delivery["person_id"],
        "message_id": delivery["message_id"],
        "digest_on": delivery["digest_on"],
        "at": at,
    }
    key = str(delivery["id"])
    if delivery["status"] == Status.SENT:
        return Event(SENT, TOPIC, key, EmailSent(**facts).model_dump(mode="json"))
    code = delivery["problem_code"] or ""
    failed = EmailFailed(**facts, outcome=delivery["status"], code=code)
    return Event(FAILED, TOPIC, key, failed.model_dump(mode="json"))


_FACTS: Final = {
    "id": UUID("01990000-0000-7000-8000-000000000004"),
    "version": 1,
    "person_id": UUID("01990000-0000-7000-8000-000000000002"),
    "message_id": UUID("01990000-0000-7000-8000-000000000001"),
    "digest_on": None,
    "at": datetime(2025, 3, 13, 9, 0, tzinfo=UTC),
}
CONTRACTS: Final = (
    EventContract(
        type=SENT,
        topic=TOPIC,
        description="A mail was taken by the mail server.",
        payload=EmailSent,
        example=EmailSent.model_validate(_FACTS),
    ),
    EventContract(
        type=FAILED,
        topic=TOPIC,
        description="A mail was refused for good, or nobody knows whether it was taken.",
        payload=EmailFailed,
        example=EmailFailed.model_validate({**_FACTS, "outcome": "FAILED", "code": "550"}),
    ),
)
