"""What organisations tells of an organisation: all of it, whenever anything of it changes."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.outbox import Event
from chassis.service import EventContract
from services.organisations.network.domain import Origin

TYPE = "organisation.changed.v1"
TOPIC = "organisations.organisation"


class ListSize(BaseModel):
    on: date = Field(description="The day the patients were counted")
    patients: int = Field(description="Patients registered with the practice")


class Payee(BaseModel):
    payee: str = Field(description="ODS code of the organisation that is paid")
    valid_from: date = Field(description="First day")
    valid_to: date | None = Field(description="Last day; null while it lasts")


class Relationship(BaseModel):
    id: UUID = Field(description="Of this interval; another one when its dates change")
    kind: str = Field(description="MEMBER_OF, COMMISSIONED_BY, PART_OF or SUCCESSOR_OF")
    target: str = Field(description="ODS code of the organisation it leads to")
    valid_from: date = Field(description="First day")
    valid_to: date | None = Field(description="Last day; null while it lasts")


class AllocatedReport(BaseModel):
    id: UUID = Field(description="Of this allocation")
    report: str = Field(
        description="NETWORK_RELATIONSHIPS, PARTICIPATION, DECLARATION_STATUS, PAYMENTS or "
        "ACHIEVEMENT"
    )
    service_code: str | None = Field(
        default=None, description="The line of the service it is for; null for all"
    )
    to: str = Field(description="ODS code of the organisation that may run it")
    valid_from: date = Field(description="First day")
    valid_to: date | None = Field(default=None, description="Last day; null while it lasts")


class Duty(BaseModel):
    kind: str = Field(description="DECLARATIONS or CLAIMS")
    separated: bool = Field(description="False where one person may take several steps")
    valid_from: date = Field(description="First day")
    valid_to: date | None = Field(default=None, description="Last day; null while it lasts")


class Change(StrEnum):
    MEMBERSHIP_STARTED = "MEMBERSHIP_STARTED"
    MEMBERSHIP_ENDED = "MEMBERSHIP_ENDED"


class OrganisationChange(BaseModel):
    """Something people are told of; a change of several things is several of them."""

    change: Change = Field(description="What it is")
    target: str = Field(description="ODS code of the PCN")
    valid_from: date = Field(description="First day of the membership, as it now is")
    valid_to: date | None = Field(default=None, description="Its last day; null while it lasts")
    origin: Origin = Field(description="ODS, or a proposal of the PCN that was confirmed")


class OrganisationChanged(BaseModel):
    """An organisation as it is now, with the relationships that lead from it."""

    ods_code: str = Field(description="Its code in the Organisation Data Service")
    version: int = Field(description="Counts its changes from 1")
    kind: str = Field(description="NATION, REGION, ICB, SUB_ICB, PCN or PRACTICE")
    name: str = Field(description="As ODS writes it")
    status: str = Field(description="ACTIVE, CLOSED, DORMANT, PROPOSED or NAMED_ONLY")
    opened_on: date | None = Field(description="First day")
    closed_on: date | None = Field(description="Last day")
    postcode: str | None = Field(description="Of its address")
    list_sizes: list[ListSize] = Field(description="Every count of its patients")
    payees: list[Payee] = Field(description="Who is paid in its place, and when")
    relationships: list[Relationship] = Field(description="Intervals in force")
    changes: list[OrganisationChange] = Field(
        default=[], description="What this version changed that people are told of"
    )
    action: UUID | None = Field(
        default=None,
        description="Shared by the changes of one import or command; null without changes",
    )
    allocated_reports: list[AllocatedReport] = Field(
        default=[], description="Reports it lets others run over what it sees"
    )
    duties: list[Duty] = Field(
        default=[], description="Days of another separation of duties; on all others it holds"
    )

    def event(self) -> Event:
        return Event(TYPE, TOPIC, self.ods_code, self.model_dump(mode="json"))


CONTRACT = EventContract(
    type=TYPE,
    topic=TOPIC,
    description="Something of an organisation changed: all of it, as it is now.",
    payload=OrganisationChanged,
    example=OrganisationChanged(
        ods_code="A99001",
        version=3,
        kind="PRACTICE",
        name="THE EXAMPLE SURGERY",
        status="ACTIVE",
        opened_on=date(1974, 4, 1),
        closed_on=None,
        postcode="ZZ99 9ZZ",
        list_sizes=[ListSize(on=date(2026, 1, 1), patients=12000)],
        payees=[],
        relationships=[
            Relationship(
                id=UUID("0198c0de-0000-7000-8000-000000000001"),
                kind="MEMBER_OF",
                target="U99001",
                valid_from=date(2022, 4, 1),
                valid_to=None,
            )
        ],
        allocated_reports=[],
        duties=[],
    ),
)
