"""Details of practices as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import OdsCode
from services.organisations.directory.loaders import Info
from services.organisations.network.details import queries
from services.organisations.network.details.queries import Row

if TYPE_CHECKING:
    from services.organisations.people.types import Person


@strawberry.type(
    description="What a practice's PCN keeps of it beside the register: how to reach it, and what "
    "it works with. One version of it."
)
class PracticeDetails:
    version: int = strawberry.field(
        description="Counts its changes from 1. Give it when you edit them."
    )
    telephone: str | None = strawberry.field(description="The practice's telephone number.")
    email: str | None = strawberry.field(description="The practice's mail address.")
    address: list[str] = strawberry.field(description="The address for correspondence, in lines.")
    opening_hours: str | None = strawberry.field(description="When it is open, in words.")
    payee_reference: str | None = strawberry.field(description="What its payments are filed under.")
    clinical_system: str | None = strawberry.field(description="The system it keeps records in.")
    at: datetime = strawberry.field(description="When this was written.")
    acting_for: OdsCode = strawberry.field(description="The PCN that wrote it.")
    reason: str | None = strawberry.field(description="The reason that was given.")
    practice: strawberry.Private[str]
    by_id: strawberry.Private[UUID]

    @strawberry.field(description="Who wrote this, where you may see them.")
    async def by(
        self, info: Info
    ) -> Annotated[Person, strawberry.lazy("services.organisations.people.types")] | None:
        from services.organisations.people.types import person_loader  # noqa: PLC0415 - it needs us

        return await person_loader(info).load(self.by_id)

    @strawberry.field(description="Every version of them, the latest first.")
    async def history(self, info: Info) -> list[PracticeDetails]:
        rows = await details_loader(info).load(self.practice)
        return [PracticeDetails.of(row) for row in rows]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            version=row["version"],
            telephone=row["telephone"],
            email=row["email"],
            address=row["address"],
            opening_hours=row["opening_hours"],
            payee_reference=row["payee_reference"],
            clinical_system=row["clinical_system"],
            at=row["at"],
            acting_for=OdsCode(row["acting_for"]),
            reason=row["reason"],
            practice=row["practice"],
            by_id=row["changed_by"],
        )


async def details_of(info: Info, practice: str) -> PracticeDetails | None:
    """The latest; None where there are none, or the caller's organisation does not see them."""
    rows = await details_loader(info).load(practice)
    return PracticeDetails.of(rows[0]) if rows else None


def details_loader(info: Info) -> DataLoader[str, list[Row]]:
    context = info.context

    async def load(codes: list[str]) -> list[list[Row]]:
        return await queries.details(context.db, context.principal, codes)

    return context.loader("practice details", lambda: DataLoader(load))
