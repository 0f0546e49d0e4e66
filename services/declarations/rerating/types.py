"""Types of re-rating: the change, and what became of a proposal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.errors import DomainError
from chassis.graphql import (
    JSON,
    BulkAnswer,
    OdsCode,
    Pounds,
    as_uuid,
)
from services.declarations.rerating.domain import Change


@strawberry.input(description="A figure of the rules that is taken to be another.")
class PaymentFigureInput:
    name: str = strawberry.field(description="pounds_per_point, average_list; AF of a prevalence.")
    value: str = strawberry.field(description='A number above 0, as a string: "10184".')


@strawberry.input(
    description="What is taken to be otherwise: one thing or several. Where it says nothing, what "
    "each calculation froze stands, and nothing of today."
)
class PaymentChangeInput:
    constants: list[PaymentFigureInput] | None = strawberry.field(
        default=None, description="Constants of the rules, by name."
    )
    version: str | None = strawberry.field(
        default=None, description="Another published version of the service: QOF2526/2."
    )
    national_set: strawberry.ID | None = strawberry.field(
        default=None, description="Another set of national figures that was loaded."
    )
    national: list[PaymentFigureInput] | None = strawberry.field(
        default=None, description="National figures by their group, over those of the set."
    )
    list_sizes_on: date | None = strawberry.field(
        default=None, description="List sizes as at another day, as they are now known."
    )
    list_sizes_as_known: bool = strawberry.field(
        default=False,
        description="List sizes, adjusted populations among them, of the day that the rules name, "
        "as they are now known.",
    )
    values_as_known: bool = strawberry.field(
        default=False, description="Achievement values as they are now known."
    )
    memberships_as_known: bool = strawberry.field(
        default=False,
        description="The members of networks as they are now known; one that was not counted "
        "brings its values and list as they are now known.",
    )
    figures_as_known: bool = strawberry.field(
        default=False,
        description="Figures of single providers, what was earned or paid before among them, as "
        "they are now known.",
    )

    def change(self) -> Change:
        national_set = (
            as_uuid(self.national_set, "change.nationalSet") if self.national_set else None
        )
        return Change(
            constants=_by_name(self.constants, "constants"),
            version=self.version,
            national_set=national_set,
            national=_by_name(self.national, "national"),
            list_sizes_on=self.list_sizes_on,
            list_sizes_as_known=self.list_sizes_as_known,
            values_as_known=self.values_as_known,
            memberships_as_known=self.memberships_as_known,
            figures_as_known=self.figures_as_known,
        )


def _by_name(given: list[PaymentFigureInput] | None, where: str) -> dict[str, str]:
    named = {one.name: one.value for one in given or ()}
    if len(named) != len(given or ()):
        message = "A figure is given more than once."
        raise DomainError("CHANGE_TWICE", message, field=f"change.{where}")
    return named


@strawberry.type(
    description="A proposal to put many payments right: an adjustment for each that differs."
)
class PaymentRerating:
    id: strawberry.ID = strawberry.field(description="The re-rating's id, which is its job's.")
    status: str = strawberry.field(
        description="WAITING or RUNNING while it is calculated, FAILED; then PROPOSED, and once "
        "all of it is decided APPROVED, or REFUSED where none of it was approved."
    )
    failure: str | None = strawberry.field(description="Why it failed, if it did.")
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    period_start: date = strawberry.field(description="First day of the payment period.")
    change: JSON = strawberry.field(description="What was taken to be otherwise.")
    fingerprint: str = strawberry.field(description="Over every difference that was shown.")
    reason: str = strawberry.field(description="Why, as whoever proposed it said.")
    proposed_by: strawberry.ID = strawberry.field(description="Who proposed it.")
    proposed_for: OdsCode = strawberry.field(description="The organisation they acted for.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    count: int = strawberry.field(
        description="Its adjustments of payments that your organisation commissions."
    )
    proposed: int = strawberry.field(description="How many of them wait to be decided.")
    approved: int = strawberry.field(description="How many have become entries.")
    refused: int = strawberry.field(description="How many are not to be.")
    before: Pounds = strawberry.field(description="What was paid for them.")
    after: Pounds = strawberry.field(description="What it is to be.")
    difference: Pounds = strawberry.field(description="After without before.")

    @classmethod
    def of(cls, row: Record) -> PaymentRerating:
        return cls(
            id=strawberry.ID(str(row["id"])),
            status=_status(row),
            failure=_failure(row["error"]),
            service_code=row["service_code"],
            period_start=row["period_start"],
            change=JSON(row["change"]),
            fingerprint=row["fingerprint"],
            reason=row["reason"],
            proposed_by=strawberry.ID(str(row["proposed_by"])),
            proposed_for=row["proposed_for"],
            proposed_at=row["proposed_at"],
            count=row["count"],
            proposed=row["proposed"],
            approved=row["approved"],
            refused=row["refused"],
            before=row["paid"],
            after=Pounds(row["paid"] + row["difference"]),
            difference=row["difference"],
        )


def _status(row: Record) -> str:
    """Of a re-rating whose job is done (or, in time, forgotten) that of its adjustments."""
    if row["made_at"] is None:
        return str(row["job_status"] or "FAILED")
    if row["proposed"] or not row["count"]:
        return "PROPOSED"
    return "APPROVED" if row["approved"] else "REFUSED"


def _failure(error: dict[str, Any] | None) -> str | None:
    return f"{error['code']}: {error['message']}" if error else None


@strawberry.type(description="What became of each adjustment of a re-rating.")
class PaymentReratingBulkAnswer(BulkAnswer):
    pass


def rerating_key(row: Record) -> tuple[UUID]:
    return (row["id"],)
