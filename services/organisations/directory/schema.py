"""Organisations in GraphQL."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

import strawberry
from strawberry.dataloader import DataLoader

from chassis.clock import ENGLAND
from chassis.graphql import Connection, Context, OdsCode, connection, window
from nhs.directory import Principal
from nhs.roles import OrganisationKind, RelationshipKind
from services.organisations.directory import queries
from services.organisations.directory.domain import Status as OrganisationStatus
from services.organisations.directory.queries import OrganisationFilter, Row
from services.organisations.network import queries as network

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    OrganisationKind,
    description="England, its regions, integrated care boards (ICBs), their sub-locations, "
    "primary care networks (PCNs) and GP practices.",
)
strawberry.enum(
    RelationshipKind,
    name="OrganisationRelationshipKind",
    description="How one organisation belongs to another.",
)
strawberry.enum(
    OrganisationStatus,
    name="OrganisationStatus",
    description="As ODS has it. NAMED_ONLY: others name it, no file says what it is.",
)


@strawberry.type(description="Patients registered with a practice on a day.")
class OrganisationListSize:
    on: date = strawberry.field(description="The day they were counted.")
    patients: int = strawberry.field(description="How many they were.")

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(on=row["counted_on"], patients=row["patients"])


@strawberry.type(description="Who is paid in an organisation's place, and when.")
class OrganisationPayee:
    payee_code: strawberry.Private[str]
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")

    @strawberry.field(description="The organisation that is paid.")
    async def payee(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.payee_code)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(payee_code=row["payee"], valid_from=row["valid_from"], valid_to=row["valid_to"])


@strawberry.type(description="Belonging to another organisation, over days.")
class OrganisationRelationship:
    kind: RelationshipKind = strawberry.field(description="In which way.")
    target_code: strawberry.Private[str]
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")

    @strawberry.field(description="The organisation it leads to.")
    async def target(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.target_code)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            kind=RelationshipKind(row["kind"]),
            target_code=row["target"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


_ON = "The day in question; today if none is given."
On = Annotated[date | None, strawberry.argument(description=_ON)]


@strawberry.federation.type(
    keys=["odsCode"],
    description="An organisation of the NHS in England, as the Organisation Data Service has it.",
)
class Organisation:
    ods_code: OdsCode = strawberry.field(description="Its code: A84002.")
    version: int = strawberry.field(description="Counts its changes from 1.")
    name: str = strawberry.field(description="Its name, as ODS writes it.")
    kind: OrganisationKind = strawberry.field(description="What it is.")
    status: OrganisationStatus = strawberry.field(description="Whether it is open.")
    opened_on: date | None = strawberry.field(description="Its first day.")
    closed_on: date | None = strawberry.field(description="Its last day.")
    address: list[str] = strawberry.field(description="The lines of its address.")
    postcode: str | None = strawberry.field(description="Of its address.")

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            ods_code=OdsCode(row["ods_code"]),
            version=row["version"],
            name=row["name"],
            kind=OrganisationKind(row["kind"]),
            status=OrganisationStatus(row["status"]),
            opened_on=row["opened_on"],
            closed_on=row["closed_on"],
            address=row["address"],
            postcode=row["postcode"],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, odsCode: str) -> Organisation | None:  # noqa: N803
        return await organisation_loader(info).load(odsCode)

    @strawberry.field(description="Every count of its patients, the earliest first.")
    async def list_sizes(self, info: Info) -> list[OrganisationListSize]:
        rows = await _list_sizes(info).load(self.ods_code)
        return [OrganisationListSize.of(row) for row in rows]

    @strawberry.field(description="The last count of its patients up to a day.")
    async def list_size(self, info: Info, on: On = None) -> OrganisationListSize | None:
        day = on or today(info)
        rows = await _list_sizes(info).load(self.ods_code)
        counted = [row for row in rows if row["counted_on"] <= day]
        return OrganisationListSize.of(counted[-1]) if counted else None

    @strawberry.field(
        description="Who is paid in its place; empty for organisations you do not see with pounds."
    )
    async def payees(self, info: Info) -> list[OrganisationPayee]:
        rows = await _payees(info).load(self.ods_code)
        return [OrganisationPayee.of(row) for row in rows]

    @strawberry.field(description="What it belongs to, past and present, by kind and first day.")
    async def relationships(self, info: Info) -> list[OrganisationRelationship]:
        rows = await _relationships(info).load(self.ods_code)
        return [OrganisationRelationship.of(row) for row in rows]

    @strawberry.field(description="A practice's PCN on a day.")
    async def member_of(self, info: Info, on: On = None) -> Organisation | None:
        return await self._belongs(info, RelationshipKind.MEMBER_OF, on)

    @strawberry.field(description="Who commissions a practice, or leads a PCN, on a day.")
    async def commissioner(self, info: Info, on: On = None) -> Organisation | None:
        return await self._belongs(info, RelationshipKind.COMMISSIONED_BY, on)

    @strawberry.field(description="The next larger commissioner on a day: an ICB's region.")
    async def part_of(self, info: Info, on: On = None) -> Organisation | None:
        return await self._belongs(info, RelationshipKind.PART_OF, on)

    @strawberry.field(description="A PCN's member practices on a day, by code.")
    async def members(
        self, info: Info, on: On = None, first: int | None = None, after: str | None = None
    ) -> Connection[Organisation]:
        day = on or today(info)
        page = window(first, after, str)
        codes = [
            row["source"] for row in await _members(info).load(self.ods_code) if _holds(row, day)
        ]
        following = [code for code in codes if page.at_beginning or code > page.after[0]]
        found = await organisation_loader(info).load_many(following[: page.limit])
        return connection(
            [one for one in found if one],
            page,
            node=lambda one: one,
            key=lambda one: (one.ods_code,),
            total=lambda: _done(len(codes)),
        )

    async def _belongs(
        self, info: Info, kind: RelationshipKind, on: date | None
    ) -> Organisation | None:
        day = on or today(info)
        for row in await _relationships(info).load(self.ods_code):
            if row["kind"] == kind and _holds(row, day):
                return await organisation_loader(info).load(row["target"])
        return None


@strawberry.input(description="Which organisations to list.")
class OrganisationsFilter:
    kind: OrganisationKind | None = strawberry.field(default=None, description="Of one kind.")
    status: OrganisationStatus | None = strawberry.field(
        default=None, description="With one status."
    )
    commissioned_by: OdsCode | None = strawberry.field(
        default=None, description="Commissioned by it, itself or through those below it."
    )
    member_of: OdsCode | None = strawberry.field(default=None, description="Members of a PCN.")
    on: date | None = strawberry.field(
        default=None,
        description="As at a day: open then, and commissioned or a member then. If none is given, "
        "closed ones are listed too, and commissioned or a member means today.",
    )
    search: str | None = strawberry.field(
        default=None, description="Part of the name, or how the code begins."
    )


@strawberry.type
class DirectoryQuery:
    @strawberry.field(description="One organisation, or null where there is none of this code.")
    async def organisation(self, info: Info, ods_code: OdsCode) -> Organisation | None:
        return await organisation_loader(info).load(ods_code)

    @strawberry.field(description="Organisations, by code.")
    async def organisations(
        self,
        info: Info,
        filter: OrganisationsFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Organisation] | None:
        db, wanted = info.context.db, _wanted(info, filter or OrganisationsFilter())
        page = window(first, after, str)
        return connection(
            await queries.page(db, wanted, page.after, page.limit),
            page,
            node=Organisation.of,
            key=lambda row: (row["ods_code"],),
            total=lambda: queries.count(db, wanted),
        )


def _wanted(info: Info, asked: OrganisationsFilter) -> OrganisationFilter:
    return OrganisationFilter(
        on=asked.on or today(info),
        today=today(info),
        open_then=asked.on is not None,
        kind=asked.kind,
        status=asked.status,
        commissioned_by=asked.commissioned_by,
        member_of=asked.member_of,
        search=asked.search,
    )


def today(info: Info) -> date:
    """The business day of the request."""
    return info.context.now.astimezone(ENGLAND).date()


Rows = DataLoader[str, list[Row]]


def organisation_loader(info: Info) -> DataLoader[str, Organisation | None]:
    """All organisations a request asks for at once, in one statement."""
    db = info.context.db

    async def load(codes: list[str]) -> list[Organisation | None]:
        rows = await queries.find(db, codes)
        return [Organisation.of(row) if row else None for row in rows]

    return info.context.loader("organisation", lambda: DataLoader(load))


def _list_sizes(info: Info) -> Rows:
    db = info.context.db
    return info.context.loader(
        "list sizes", lambda: DataLoader(lambda codes: queries.list_sizes(db, codes))
    )


def _payees(info: Info) -> Rows:
    db, principal = info.context.db, info.context.principal
    return info.context.loader(
        "payees", lambda: DataLoader(lambda codes: queries.payees(db, principal, codes))
    )


def _relationships(info: Info) -> Rows:
    db = info.context.db
    return info.context.loader(
        "relationships", lambda: DataLoader(lambda codes: network.relationships(db, codes))
    )


def _members(info: Info) -> Rows:
    db = info.context.db
    return info.context.loader(
        "members", lambda: DataLoader(lambda codes: network.members(db, codes))
    )


def _holds(row: Row, day: date) -> bool:
    return row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] >= day)


async def _done(number: int) -> int:
    return number
