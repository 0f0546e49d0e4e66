"""What is read of the events of organisations; anything else they carry is let pass."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel


class ListSize(BaseModel):
    on: date
    patients: int


class Payee(BaseModel):
    payee: str
    valid_from: date
    valid_to: date | None = None


class Relationship(BaseModel):
    id: UUID
    kind: str
    target: str
    valid_from: date
    valid_to: date | None = None


class AllocatedReport(BaseModel):
    id: UUID
    report: str
    service_code: str | None = None
    to: str
    valid_from: date
    valid_to: date | None = None


class Duty(BaseModel):
    kind: str
    separated: bool
    valid_from: date
    valid_to: date | None = None


class OrganisationChanged(BaseModel):
    ods_code: str
    version: int
    kind: str
    name: str
    status: str
    opened_on: date | None = None
    closed_on: date | None = None
    postcode: str | None = None
    list_sizes: list[ListSize] = []
    payees: list[Payee] = []
    relationships: list[Relationship] = []
    allocated_reports: list[AllocatedReport] = []
    duties: list[Duty] = []


class HeldRole(BaseModel):
    role: str
    payment_types: list[str] | None = None


class Link(BaseModel):
    organisation: str
    roles: list[HeldRole] = []


class PersonChanged(BaseModel):
    id: UUID
    version: int
    issuer: str
    subject: str
    status: str
    links: list[Link] = []
