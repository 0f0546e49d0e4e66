"""Tracking in GraphQL: claims by state, age and value; budgets; a network's payments."""

from __future__ import annotations

from itertools import groupby

import strawberry

from chassis.graphql import Context, Download, FinancialYear, OdsCode
from nhs.directory import Principal
from services.declarations.claims.filters import ClaimFilter
from services.declarations.claims.lists import ClaimFilter as Wanted
from services.declarations.sight import Sight
from services.declarations.tracking import queries, store
from services.declarations.tracking.network_types import NetworkPayments
from services.declarations.tracking.queries import CLAIMS, ClaimsAsked
from services.declarations.tracking.types import ClaimSummary, SchemeBudget

Info = strawberry.Info[Context[Principal], None]


@strawberry.type
class TrackingQuery:
    @strawberry.field(description="Claims the caller may see, by state, age and value.")
    async def claim_summary(
        self,
        info: Info,
        filter: ClaimFilter | None = None,  # noqa: A002 (GraphQL's word)
    ) -> list[ClaimSummary] | None:
        sight = Sight.of_claims(info.context.principal)
        async with info.context.db.reader() as reader:
            rows = await store.summary(reader, sight, _wanted(info, filter))
        by_state = groupby(rows, key=lambda row: str(row["status"]))
        return [ClaimSummary.of(list(of)) for _, of in by_state]

    @strawberry.field(
        description="Local schemes and what is left of their budgets: for their commissioner, and "
        "for providers of what they themselves may claim. For roles that see the pounds of claims."
    )
    async def scheme_budgets(
        self, info: Info, service: str | None = None, financial_year: FinancialYear | None = None
    ) -> list[SchemeBudget] | None:
        context = info.context
        async with context.db.reader() as reader:
            found = await queries.budgets(reader, context.principal, service, financial_year)
        return [SchemeBudget.of(one) for one in found]

    @strawberry.field(
        description="A network's dashboard: for all its practices, side by side, declarations as "
        "they are calculated and approved, claims, and payments, of a financial year (the current "
        "one). Each as far as the caller sees it."
    )
    async def network_payments(
        self,
        info: Info,
        network: OdsCode | None = None,
        financial_year: FinancialYear | None = None,
    ) -> NetworkPayments | None:
        context = info.context
        async with context.db.reader() as reader:
            found = await queries.dashboard(reader, context.principal, network, financial_year)
        return NetworkPayments.of(found)


@strawberry.type
class TrackingMutation:
    @strawberry.mutation(
        description="Ask for claims as a file: all that the filter reaches, with its providers' "
        "names."
    )
    def request_claims_download(
        self,
        info: Info,
        filter: ClaimFilter | None = None,  # noqa: A002 (GraphQL's word)
    ) -> Download | None:
        Sight.of_claims(info.context.principal)
        return Download.of(info.context, CLAIMS, ClaimsAsked(_wanted(info, filter)))


def _wanted(info: Info, filter_: ClaimFilter | None) -> Wanted:
    return (filter_ or ClaimFilter()).wanted(info.context.principal)
