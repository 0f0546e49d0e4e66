"""The reports in GraphQL: asked for by name, fetched as files by signed paths."""

from __future__ import annotations

from datetime import date

import strawberry

from chassis.graphql import Context, Download, FinancialYear, OdsCode, as_uuid
from nhs.directory import Principal
from services.declarations.approval.root_schema import Expanded
from services.declarations.approval.schema import declaration_of
from services.declarations.reports import queries
from services.declarations.reports.domain import Name as DeclarationReport
from services.declarations.reports.queries import Asked, SummaryAsked
from services.declarations.sight import Sight, not_found

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    DeclarationReport,
    name="DeclarationReport",
    description="A report as a file: what is missing and whom it waits for; who submitted what, "
    "when, how, and what it replaced; results by provider and indicator, or by indicator; where "
    "declarations stand and for how long; their histories; payments by organisation and period.",
)


@strawberry.input(description="What a report is about.")
class DeclarationReportFilter:
    service: str | None = strawberry.field(
        default=None, description="The line: QOF2526; SUBMISSION_AUDIT and results need one."
    )
    achievement_date: date | None = strawberry.field(
        default=None, description="Of this date; results without one are of the newest."
    )
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="Measured in this year."
    )

    def asked(self, *, expanded: bool) -> Asked:
        named = (self.service, self.achievement_date, self.provider, self.financial_year)
        return Asked(*named, expanded)


@strawberry.type
class ReportsMutation:
    @strawberry.mutation(
        description="Ask for a report as a file. For who may not see pounds it has no column of "
        "pounds; PAYMENTS is for who may. Expanded are DECLARATION_STATUS, PAYMENTS and results."
    )
    def request_declaration_report(
        self,
        info: Info,
        report: DeclarationReport,
        filter: DeclarationReportFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        expanded: Expanded = False,
    ) -> Download | None:
        asked = (filter or DeclarationReportFilter()).asked(expanded=expanded)
        chosen = queries.report_of(info.context.principal, report, asked)
        return Download.of(info.context, chosen, asked)

    @strawberry.mutation(
        description="Ask for the Achievement Summary Report of a declaration: what each indicator "
        "achieved and earned, by the calculation that holds."
    )
    async def request_achievement_summary_download(
        self, info: Info, declaration: strawberry.ID
    ) -> Download | None:
        sight = Sight.of(info.context.principal)
        found = await declaration_of(info, as_uuid(declaration, "declaration"))
        if found is None:
            raise not_found("declaration", declaration)
        report = queries.SUMMARY[bool(sight.pounds_types)]
        return Download.of(info.context, report, SummaryAsked(as_uuid(declaration)))
