"""The Network organisation relationship report in GraphQL."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from chassis.graphql import Connection, Download, OdsCode, connection, window
from services.organisations.directory.loaders import Info
from services.organisations.directory.parts import OrganisationListSize
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.network.report import queries
from services.organisations.network.report.domain import ReportFilter
from services.organisations.network.report.queries import Row


@strawberry.type(description="A practice's membership of a PCN, over days.")
class NetworkRelationship:
    practice_code: OdsCode = strawberry.field(description="The practice's code.")
    pcn_code: OdsCode = strawberry.field(description="The PCN's code.")
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")
    practice_sub_icb_code: OdsCode | None = strawberry.field(
        description="Who commissions the practice today, or did on the membership's last day."
    )
    pcn_sub_icb_code: OdsCode | None = strawberry.field(description="Who leads the PCN, likewise.")
    sub_icbs_match: bool | None = strawberry.field(
        description="Whether these two are one; null where either is not known."
    )
    list_size: OrganisationListSize | None = strawberry.field(
        description="The practice's patients, as last counted by then."
    )

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            practice_code=row["practice"],
            pcn_code=row["pcn"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            practice_sub_icb_code=row["practice_sub_icb"],
            pcn_sub_icb_code=row["pcn_sub_icb"],
            sub_icbs_match=row["sub_icbs_match"],
            list_size=_list_size(row) if row["counted_on"] else None,
        )

    @strawberry.field(description="The practice.")
    async def practice(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.practice_code)

    @strawberry.field(description="The PCN.")
    async def pcn(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.pcn_code)

    @strawberry.field(description="The practice's sub-ICB.")
    async def practice_sub_icb(self, info: Info) -> Organisation | None:
        return await _organisation(info, self.practice_sub_icb_code)

    @strawberry.field(description="The PCN's sub-ICB.")
    async def pcn_sub_icb(self, info: Info) -> Organisation | None:
        return await _organisation(info, self.pcn_sub_icb_code)


def _list_size(row: Row) -> OrganisationListSize:
    counted, patients = row["counted_on"], row["patients"]
    return OrganisationListSize(on=counted, patients=patients, uncounted=None, outside=None)


async def _organisation(info: Info, code: str | None) -> Organisation | None:
    return await organisation_loader(info).load(code) if code else None


@strawberry.input(
    description="A period, and whose memberships: of a PCN, of a practice, or of everybody you see."
)
class NetworkRelationshipFilter:
    from_: date = strawberry.field(name="from", description="The first day of the period.")
    to: date = strawberry.field(description="The last day of the period.")
    pcn: OdsCode | None = strawberry.field(
        default=None,
        description="Its current practices: members on the period's last day, or today if that "
        "comes first.",
    )
    practice: OdsCode | None = strawberry.field(
        default=None,
        description="All its networks in the period; for practices and PCNs only the current one.",
    )

    def asked(self) -> ReportFilter:
        return ReportFilter(self.from_, self.to, self.pcn, self.practice)


@strawberry.type
class NetworkReportQuery:
    @strawberry.field(
        description="The Network organisation relationship report: who was in which PCN, and when, "
        "by PCN, practice and first day. A commissioner sees those it commissions or leads, and "
        "all of a period unless it asks for a PCN; a practice or PCN the current practices of its "
        "PCN."
    )
    async def network_relationships(
        self,
        info: Info,
        filter: NetworkRelationshipFilter,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[NetworkRelationship] | None:
        whose, asked = (info.context.db, info.context.principal), filter.asked()
        page = window(first, after, str, str, date)
        return connection(
            await queries.page(*whose, asked, page.after, page.limit),
            page,
            node=NetworkRelationship.of,
            key=lambda row: (row["pcn"], row["practice"], row["valid_from"]),
            total=lambda: queries.count(*whose, asked),
        )


@strawberry.type
class NetworkReportMutation:
    @strawberry.mutation(
        description="Ask for all rows of the Network organisation relationship report as a file."
    )
    async def request_network_relationships_download(
        self,
        info: Info,
        filter: NetworkRelationshipFilter,  # noqa: A002 - GraphQL's word
    ) -> Download | None:
        asked = filter.asked()
        async with info.context.db.reader() as reader:
            await queries.check(reader, asked)
        return Download.of(info.context, queries.REPORT, asked)
