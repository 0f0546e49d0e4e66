"""PCN View and PCN Management in GraphQL: the practices of a PCN, and editing their details."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

import strawberry

from chassis.graphql import Connection, OdsCode, connection, window
from services.organisations.directory.loaders import Info
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.network.details import commands, queries
from services.organisations.network.details.commands import Edit
from services.organisations.network.details.queries import Row
from services.organisations.network.details.types import PracticeDetails, details_of


@strawberry.type(description="A practice of the PCN acted for, and since when it is a member.")
class NetworkPractice:
    practice_code: strawberry.Private[str]
    valid_from: date = strawberry.field(description="The first day of the membership.")
    valid_to: date | None = strawberry.field(description="Its last day; null while it lasts.")

    @strawberry.field(description="The practice, with its details.")
    async def practice(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.practice_code)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            practice_code=row["practice"], valid_from=row["valid_from"], valid_to=row["valid_to"]
        )


@strawberry.input(
    description="What is to be known of a practice. What is left out stays as it is, null or an "
    "empty list takes it away."
)
class PracticeDetailsInput:
    telephone: str | None = strawberry.field(
        default=strawberry.UNSET, description="The practice's telephone number."
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description="The practice's mail address."
    )
    address: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="The address for correspondence, in lines."
    )
    opening_hours: str | None = strawberry.field(
        default=strawberry.UNSET, description="When it is open, in words."
    )
    payee_reference: str | None = strawberry.field(
        default=strawberry.UNSET, description="What its payments are filed under."
    )
    clinical_system: str | None = strawberry.field(
        default=strawberry.UNSET, description="The system it keeps records in."
    )

    def given(self) -> dict[str, Any]:
        given = {name: value for name, value in vars(self).items() if value is not strawberry.UNSET}
        if "address" in given:
            given["address"] = given["address"] or []
        return given


@strawberry.type
class PracticesQuery:
    @strawberry.field(
        description="The practices of the PCN you act for on a day (today, if none is given), by "
        "code: PCN View."
    )
    async def network_practices(
        self,
        info: Info,
        on: date | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[NetworkPractice] | None:
        whose, page = (info.context.db, info.context.principal), window(first, after, str)
        return connection(
            await queries.members(*whose, on, page.after, page.limit),
            page,
            node=NetworkPractice.of,
            key=lambda row: (row["practice"],),
            total=lambda: queries.count(*whose, on),
        )


@strawberry.type
class PracticesMutation:
    @strawberry.mutation(
        description="Edit the details of a practice of the PCN you act for: PCN Management. They "
        "count at once; what they were is kept."
    )
    async def edit_practice_details(
        self,
        info: Info,
        practice: OdsCode,
        details: PracticeDetailsInput,
        *,
        version: int = 0,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> PracticeDetails | None:
        context = info.context
        edit = Edit(practice, version, details.given(), reason)
        key = context.idempotency(info, idempotency_key)
        await commands.edit(context.db, context.principal, context.now, edit, key)
        context.loaders.clear()  # what an earlier mutation of the request read is old now
        return await details_of(info, practice)
