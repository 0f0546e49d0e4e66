"""Organisations as GraphQL shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import Connection, OdsCode, Window, connection, window
from nhs.roles import OrganisationKind, RelationshipKind
from services.organisations.directory import queries
from services.organisations.directory.domain import Status as OrganisationStatus
from services.organisations.directory.domain import status_on
from services.organisations.directory.loaders import Info, Shown, today
from services.organisations.directory.parts import (
    OrganisationClinicalDirector,
    OrganisationHistoryEntry,
    OrganisationListSize,
    OrganisationNetworkAgreement,
)
from services.organisations.directory.queries import Row
from services.organisations.moment import PRESENT, Moment
from services.organisations.network.details.types import PracticeDetails, details_of
from services.organisations.network.domain import Origin

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
    Origin,
    name="OrganisationRelationshipOrigin",
    description="Where a relationship comes from: the files of ODS, or a proposal of a PCN that "
    "its commissioner confirmed.",
)
strawberry.enum(
    OrganisationStatus,
    name="OrganisationStatus",
    description="As ODS has it. NAMED_ONLY: others name it, no file says what it is.",
)


@strawberry.type(description="Who is paid in an organisation's place, and when.")
class OrganisationPayee:
    payee_code: strawberry.Private[str]
    moment: strawberry.Private[Moment]
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")

    @strawberry.field(description="The organisation that is paid.")
    async def payee(self, info: Info) -> Organisation | None:
        return await organisation_loader(info, self.moment).load(self.payee_code)

    @classmethod
    def of(cls, row: Row, moment: Moment) -> Self:
        return cls(
            payee_code=row["payee"],
            moment=moment,
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type(description="Belonging to another organisation, over days.")
class OrganisationRelationship:
    kind: RelationshipKind = strawberry.field(description="In which way.")
    target_code: strawberry.Private[str]
    moment: strawberry.Private[Moment]
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")
    origin: Origin = strawberry.field(description="Where it comes from.")

    @strawberry.field(description="The organisation it leads to.")
    async def target(self, info: Info) -> Organisation | None:
        return await organisation_loader(info, self.moment).load(self.target_code)

    @classmethod
    def of(cls, row: Row, moment: Moment) -> Self:
        return cls(
            kind=RelationshipKind(row["kind"]),
            target_code=row["target"],
            moment=moment,
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            origin=Origin(row["origin"]),
        )


@strawberry.type(description="That one organisation took over from another.")
class OrganisationSuccession:
    other_code: strawberry.Private[str]
    moment: strawberry.Private[Moment]
    since: date = strawberry.field(
        description="The day from which the successor sees what the predecessor could."
    )

    @strawberry.field(description="The successor of a predecessor, or the other way round.")
    async def organisation(self, info: Info) -> Organisation | None:
        return await organisation_loader(info, self.moment).load(self.other_code)


_ON = "The day in question; if none is given, the one asked as at, which is today by default."
On = Annotated[date | None, strawberry.argument(description=_ON)]


@strawberry.federation.type(
    keys=["odsCode"],
    description="An organisation of the NHS in England, as the Organisation Data Service has it; "
    "asked as at a day, or as known on one, with all that is asked of it.",
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
    moment: strawberry.Private[Moment] = PRESENT

    @classmethod
    def of(cls, row: Row, moment: Moment = PRESENT) -> Self:
        dates = row["opened_on"], row["closed_on"]
        status = OrganisationStatus(row["status"])
        return cls(
            ods_code=OdsCode(row["ods_code"]),
            version=row["version"],
            name=row["name"],
            kind=OrganisationKind(row["kind"]),
            status=status_on(moment.as_at, status, *dates) if moment.as_at else status,
            opened_on=row["opened_on"],
            closed_on=row["closed_on"],
            address=row["address"],
            postcode=row["postcode"],
            moment=moment,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, odsCode: str) -> Organisation | None:  # noqa: N803
        return await organisation_loader(info).load(odsCode)

    @strawberry.field(
        description="Every count of its patients (as at a day: up to it), the earliest first; of a "
        "PCN or a commissioner, the sums over its practices of those days."
    )
    async def list_sizes(self, info: Info) -> list[OrganisationListSize]:
        rows = await self._shown(info).list_sizes.load(self.ods_code)
        last = self.moment.as_at or date.max
        return [OrganisationListSize.of(row) for row in rows if row["counted_on"] <= last]

    @strawberry.field(
        description="The last count of its patients up to a day; of a PCN or a commissioner, the "
        "sum over its practices of that day."
    )
    async def list_size(self, info: Info, on: On = None) -> OrganisationListSize | None:
        row = await self._shown(info).list_sizes_on(self._day(info, on)).load(self.ods_code)
        return OrganisationListSize.of(row) if row else None

    @strawberry.field(
        description="Who is paid in its place; empty for organisations you do not see with pounds."
    )
    async def payees(self, info: Info) -> list[OrganisationPayee]:
        rows = await self._shown(info).payees.load(self.ods_code)
        return [OrganisationPayee.of(row, self.moment) for row in self._of_the_day(rows)]

    @strawberry.field(description="A PCN's Clinical Director on a day.")
    async def clinical_director(
        self, info: Info, on: On = None
    ) -> OrganisationClinicalDirector | None:
        rows = await self._shown(info).clinical_directors.load(self.ods_code)
        row = _holding(rows, self._day(info, on))
        return OrganisationClinicalDirector.of(row) if row else None

    @strawberry.field(description="A PCN's network agreement on a day.")
    async def network_agreement(
        self, info: Info, on: On = None
    ) -> OrganisationNetworkAgreement | None:
        rows = await self._shown(info).network_agreements.load(self.ods_code)
        row = _holding(rows, self._day(info, on))
        return OrganisationNetworkAgreement.of(row) if row else None

    @strawberry.field(
        description="What it belongs to, past and present (as at a day: that hold on it), by kind "
        "and first day."
    )
    async def relationships(self, info: Info) -> list[OrganisationRelationship]:
        rows = await self._shown(info).relationships.load(self.ods_code)
        return [OrganisationRelationship.of(row, self.moment) for row in self._of_the_day(rows)]

    @strawberry.field(
        description="What its PCN keeps of a practice; null where that is nothing, or the "
        "organisation you act for does not see the practice today."
    )
    async def practice_details(self, info: Info) -> PracticeDetails | None:
        return await details_of(info, self.ods_code)

    @strawberry.field(description="What took over from it (as at a day: by then).")
    async def successors(self, info: Info) -> list[OrganisationSuccession]:
        return self._successions(await self._shown(info).heirs.load(self.ods_code), "source")

    @strawberry.field(description="What it took over from (as at a day: by then).")
    async def predecessors(self, info: Info) -> list[OrganisationSuccession]:
        rows = await self._shown(info).relationships.load(self.ods_code)
        taken = [row for row in rows if row["kind"] == RelationshipKind.SUCCESSOR_OF]
        return self._successions(taken, "target")

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
        rows = await self._shown(info).members.load(self.ods_code)
        day = self._day(info, on)
        codes = [row["source"] for row in rows if _holds(row, day)]
        return await self._page(info, codes, window(first, after, str))

    @strawberry.field(
        description="The PCNs on a day, by code: a practice's own; those a commissioner leads, "
        "itself or through those below it."
    )
    async def networks(
        self, info: Info, on: On = None, first: int | None = None, after: str | None = None
    ) -> Connection[Organisation]:
        rows = await self._shown(info).networks(self._day(info, on)).load(self.ods_code)
        codes = [row["network"] for row in rows]
        return await self._page(info, codes, window(first, after, str))

    @strawberry.field(
        description="What became known of it, when, by whom and why, the latest first; imports "
        "included."
    )
    async def history(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[OrganisationHistoryEntry]:
        page = window(first, after, int)
        entries = await self._shown(info).history.load(self.ods_code)
        older = [e for e in entries if page.at_beginning or e.row["version"] < page.after[0]]
        return connection(
            older[: page.limit],
            page,
            node=OrganisationHistoryEntry.of,
            key=lambda entry: (entry.row["version"],),
            total=lambda: _done(len(entries)),
        )

    def _shown(self, info: Info) -> Shown:
        return Shown(info, self.moment)

    def _day(self, info: Info, on: date | None) -> date:
        return on or self.moment.day(today(info))

    def _of_the_day(self, rows: Sequence[Row]) -> Sequence[Row]:
        day = self.moment.as_at
        return [row for row in rows if day is None or _holds(row, day)]

    def _successions(self, rows: Sequence[Row], other: str) -> list[OrganisationSuccession]:
        return [
            OrganisationSuccession(
                other_code=row[other], moment=self.moment, since=row["valid_from"]
            )
            for row in self._of_the_day(rows)
        ]

    async def _page(
        self, info: Info, codes: Sequence[str], page: Window
    ) -> Connection[Organisation]:
        following = [code for code in codes if page.at_beginning or code > page.after[0]]
        found = await organisation_loader(info, self.moment).load_many(following[: page.limit])
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
        rows = await self._shown(info).relationships.load(self.ods_code)
        row = _holding([row for row in rows if row["kind"] == kind], self._day(info, on))
        return await organisation_loader(info, self.moment).load(row["target"]) if row else None


def organisation_loader(
    info: Info, moment: Moment = PRESENT
) -> DataLoader[str, Organisation | None]:
    """All organisations a request asks for at once, in one statement for each moment."""
    db = info.context.db

    async def load(codes: list[str]) -> list[Organisation | None]:
        rows = await queries.find(db, codes, moment)
        return [Organisation.of(row, moment) if row else None for row in rows]

    return info.context.loader(f"organisation {moment}", lambda: DataLoader(load))


def _holds(row: Row, day: date) -> bool:
    return row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] >= day)


def _holding(rows: Sequence[Row], day: date) -> Row | None:
    return next((row for row in rows if _holds(row, day)), None)


async def _done(number: int) -> int:
    return number
