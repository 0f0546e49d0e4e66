"""Extracts in GraphQL: asked for by a mutation, fetched by a signed path."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from chassis.export import Report
from chassis.graphql import Context, Download, OdsCode
from nhs.directory import Principal
from services.declarations.extracts import queries
from services.declarations.extracts.queries import ExtractAsked

Info = strawberry.Info[Context[Principal], None]

Service = Annotated[str, strawberry.argument(description="The line of the service: QOF2526.")]
On = Annotated[
    date | None, strawberry.argument(description="Of this achievement date; null: of all.")
]
Of = Annotated[OdsCode | None, strawberry.argument(description="Of this provider; null: of all.")]


@strawberry.type
class ExtractsMutation:
    @strawberry.mutation(
        description="Ask for an INDICATOR_VALUES extract: one row a field, what was replaced with "
        "LAST_SUBMISSION N. loadAchievement reads it."
    )
    async def request_indicator_values_extract(
        self, info: Info, service: Service, achievement_date: On = None, provider: Of = None
    ) -> Download | None:
        asked = ExtractAsked(service, achievement_date, provider)
        return await _download(info, queries.VALUES, asked)

    @strawberry.mutation(
        description="Ask for an INDICATOR_ACHIEVED_POINTS extract: the points of each indicator by "
        "the calculation that holds, and whether the commissioner has approved them."
    )
    async def request_achieved_points_extract(
        self, info: Info, service: Service, achievement_date: On = None, provider: Of = None
    ) -> Download | None:
        asked = ExtractAsked(service, achievement_date, provider)
        return await _download(info, queries.POINTS, asked)

    @strawberry.mutation(
        description="Ask for the values of a network service as the NCD extract has them: the "
        "latest submission of each practice, with the status of its network's declaration. "
        "loadAchievement reads it."
    )
    async def request_network_values_extract(
        self, info: Info, service: Service, achievement_date: On = None, provider: Of = None
    ) -> Download | None:
        asked = ExtractAsked(service, achievement_date, provider)
        return await _download(info, queries.NETWORK_VALUES, asked)


async def _download(info: Info, report: Report[ExtractAsked], asked: ExtractAsked) -> Download:
    async with info.context.db.reader() as reader:
        await queries.check(reader, info.context.principal, asked)
    return Download.of(info.context, report, asked)
