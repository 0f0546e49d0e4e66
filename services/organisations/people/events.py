"""What organisations tells of people: who may do what, and, apart from it, names and mailboxes."""

from uuid import UUID

from pydantic import BaseModel, Field

from chassis.outbox import Event
from chassis.service import EventContract

PERSON, PERSON_TOPIC = "person.changed.v1", "organisations.person"
CONTACT, CONTACT_TOPIC = "contact.changed.v1", "organisations.contact"


class HeldRole(BaseModel):
    role: str = Field(description="The role, as in APPROVAL_MANAGEMENT")
    payment_types: list[str] | None = Field(
        default=None, description="For which it holds; null for all"
    )


class Link(BaseModel):
    organisation: str = Field(description="ODS code of an organisation the person acts for")
    roles: list[HeldRole] = Field(description="What they may do there")


class PersonChange(BaseModel):
    change: str = Field(
        description="ADDED, LINKED, UNLINKED, ROLE_GRANTED, ROLE_WITHDRAWN, DISABLED, ENABLED, "
        "INVITATION_ACCEPTED, RENAMED or EMAIL_CHANGED"
    )
    organisation: str | None = Field(default=None, description="ODS code of where it matters")
    role: str | None = Field(default=None, description="The role that was given or taken")


class PersonChanged(BaseModel):
    """Who may do what. Tokens match on issuer and subject; there is no name here."""

    id: UUID = Field(description="The person")
    version: int = Field(description="Counts the person's changes from 1")
    issuer: str = Field(description="Who signs the person's tokens")
    subject: str = Field(description="What the issuer calls the person")
    status: str = Field(description="ACTIVE or DISABLED")
    links: list[Link] = Field(description="The organisations the person acts for")
    changes: list[PersonChange] = Field(
        default=[], description="What this version changed; empty where it is only told again"
    )

    def event(self) -> Event:
        return Event(PERSON, PERSON_TOPIC, str(self.id), self.model_dump(mode="json"))


class ContactChanged(BaseModel):
    """Personal data: for the service that writes to people, and nobody else."""

    person_id: UUID = Field(description="The person")
    version: int = Field(description="Counts the person's changes from 1")
    name: str = Field(description="What the person is called")
    email: str = Field(description="Where the person is written to")

    def event(self) -> Event:
        return Event(CONTACT, CONTACT_TOPIC, str(self.person_id), self.model_dump(mode="json"))


_SOMEBODY = UUID("0198c0de-0000-7000-8000-000000000002")

CONTRACTS = (
    EventContract(
        type=PERSON,
        topic=PERSON_TOPIC,
        description="A person was added, linked, unlinked, disabled or enabled, or their roles or "
        "contact changed.",
        payload=PersonChanged,
        example=PersonChanged(
            id=_SOMEBODY,
            version=1,
            issuer="https://issuer.example",
            subject="service-management.a99001",
            status="ACTIVE",
            links=[
                Link(
                    organisation="A99001",
                    roles=[HeldRole(role="SERVICE_MANAGEMENT", payment_types=["QOF"])],
                )
            ],
            changes=[
                PersonChange(change="ADDED", organisation="A99001"),
                PersonChange(change="LINKED", organisation="A99001"),
                PersonChange(
                    change="ROLE_GRANTED", organisation="A99001", role="SERVICE_MANAGEMENT"
                ),
            ],
        ),
    ),
    EventContract(
        type=CONTACT,
        topic=CONTACT_TOPIC,
        description="A person's name or mail address became known or changed.",
        payload=ContactChanged,
        example=ContactChanged(
            person_id=_SOMEBODY,
            version=1,
            name="Service Management, A99001",
            email="service-management@a99001.example",
        ),
    ),
)
