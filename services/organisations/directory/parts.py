"""What an organisation has, as GraphQL shows it, apart from other organisations."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from chassis.graphql import OdsCode
from nhs.roles import OrganisationKind
from services.organisations.directory.domain import NetworkSize
from services.organisations.directory.loaders import Info
from services.organisations.directory.queries import Entry, Row

if TYPE_CHECKING:
    from services.organisations.people.types import Person

strawberry.enum(
    NetworkSize,
    name="OrganisationNetworkSize",
    description="Where a PCN's list lies outside the 30,000 to 50,000 patients it is meant to "
    "have: a warning, never a refusal.",
)


@strawberry.type(
    description="Patients registered on a day: with a practice, with a PCN's members, or with the "
    "practices that are commissioned by a commissioner or by those below it."
)
class OrganisationListSize:
    on: date = strawberry.field(
        description="The day they were counted; of several practices, the last of their counts."
    )
    patients: int = strawberry.field(
        description="How many they were, in all the practices of the day."
    )
    uncounted: int | None = strawberry.field(
        description="Practices of the day asked for of whose patients there is no count yet; null "
        "where no day is asked for."
    )
    outside: NetworkSize | None = strawberry.field(
        description="Of a PCN: on which side of its range that is; null within."
    )

    @classmethod
    def of(cls, row: Row) -> Self:
        is_network = row["kind"] == OrganisationKind.PCN
        return cls(
            on=row["counted_on"],
            patients=row["patients"],
            uncounted=row["uncounted"],
            outside=NetworkSize.mark(row["patients"]) if is_network else None,
        )


@strawberry.type(description="Who leads a PCN as its Clinical Director, and when.")
class OrganisationClinicalDirector:
    person_id: strawberry.Private[UUID | None]
    title: str | None = strawberry.field(
        description="What they are called where no person is named, such as a shared post."
    )
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")

    @strawberry.field(description="The person, where one is named and you may see them.")
    async def person(
        self, info: Info
    ) -> Annotated[Person, strawberry.lazy("services.organisations.people.types")] | None:
        return await _person(info, self.person_id)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            person_id=row["person_id"],
            title=row["title"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type(description="A PCN's network agreement, over the days for which it stands.")
class OrganisationNetworkAgreement:
    reference: str = strawberry.field(description="What the agreement is filed under.")
    signed_on: date = strawberry.field(description="The day it was signed.")
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            reference=row["reference"],
            signed_on=row["signed_on"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type(description="One thing that a change made different.")
class OrganisationDifference:
    what: str = strawberry.field(
        description="Stable and machine-readable: FIRST_KNOWN, NAME, STATUS, OPENED_ON, CLOSED_ON, "
        "ADDRESS, POSTCODE, LIST_SIZE, PAYEE, RELATIONSHIP, CLINICAL_DIRECTOR, NETWORK_AGREEMENT."
    )
    before: str | None = strawberry.field(description="What was known before; null for nothing.")
    after: str | None = strawberry.field(description="What is known since; null for nothing.")


@strawberry.type(description="A change of what is known of an organisation; never altered.")
class OrganisationHistoryEntry:
    version: int = strawberry.field(description="The organisation's version since.")
    at: datetime = strawberry.field(description="When.")
    by_id: strawberry.Private[UUID | None]
    acting_for_code: OdsCode | None = strawberry.field(
        description="For which organisation the person acted."
    )
    organisation_import: strawberry.ID | None = strawberry.field(
        description="The import of ODS files that made it, if one did."
    )
    reason: str | None = strawberry.field(
        description="Why, if a reason was given and you see the organisation."
    )
    changes: list[OrganisationDifference] = strawberry.field(
        description="What it changed, as far as you may see it."
    )

    @strawberry.field(description="Who made it, if you may see them; null for the system itself.")
    async def by(
        self, info: Info
    ) -> Annotated[Person, strawberry.lazy("services.organisations.people.types")] | None:
        return await _person(info, self.by_id)

    @classmethod
    def of(cls, entry: Entry) -> Self:
        row = entry.row
        return cls(
            version=row["version"],
            at=row["known_from"],
            by_id=row["changed_by"],
            acting_for_code=OdsCode(row["acting_for"]) if row["acting_for"] else None,
            organisation_import=strawberry.ID(str(row["import"])) if row["import"] else None,
            reason=entry.reason,
            changes=[
                OrganisationDifference(what=one.what, before=one.before, after=one.after)
                for one in entry.differences
            ],
        )


async def _person(info: Info, id_: UUID | None) -> Person | None:
    from services.organisations.people.types import person_loader  # noqa: PLC0415 - it needs these

    return await person_loader(info).load(id_) if id_ else None
