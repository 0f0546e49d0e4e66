"""Figures of single providers in GraphQL."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from chassis.graphql import Context, OdsCode
from chassis.idempotency import once
from nhs.directory import Principal
from services.declarations.figures import commands
from services.declarations.figures.domain import FigureSet, Given
from services.declarations.figures.domain import Kind as ProviderFigureKind

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    ProviderFigureKind,
    name="ProviderFigureKind",
    description="ADJUSTED_POPULATION of a day; AGREED_PAYMENT, what a line paid a provider in all; "
    "AGREED_POINTS, what an indicator of a line earned. What was agreed stands in the place of "
    "what this system paid or calculated.",
)


@strawberry.input(description="A figure of one provider.")
class ProviderFigureInput:
    provider: OdsCode = strawberry.field(description="The practice or PCN.")
    value: str = strawberry.field(description='Exact, as a string: "47000.5", "100000.00".')
    indicator: str | None = strawberry.field(
        default=None, description="Whose points they are; of AGREED_POINTS only."
    )


@strawberry.input(description="Figures of single providers, from one source.")
class ProviderFiguresInput:
    figure: ProviderFigureKind = strawberry.field(description="What they are.")
    name: str = strawberry.field(description="What the set is called; receipts name it.")
    source: str = strawberry.field(description="Where the figures come from.")
    values: list[ProviderFigureInput] = strawberry.field(
        description="At most 10,000; providers that are not named keep what they have."
    )
    service: str | None = strawberry.field(
        default=None, description="The line that was paid or earned: QOF2425; not of a population."
    )
    counted_on: date | None = strawberry.field(default=None, description="The day of a population.")


@strawberry.type(description="A set of figures that was loaded.")
class ProviderFigureSet:
    id: strawberry.ID = strawberry.field(description="The set's id.")
    name: str = strawberry.field(description="What it is called.")
    count: int = strawberry.field(description="How many figures it holds.")


@strawberry.type
class FiguresMutation:
    @strawberry.mutation(
        description="Load figures of single providers. What is not finance-approved is calculated "
        "again with them. Needs Data Load."
    )
    async def load_provider_figures(
        self,
        info: Info,
        input: ProviderFiguresInput,  # noqa: A002 (GraphQL's word)
        idempotency_key: str | None = None,
    ) -> ProviderFigureSet:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        figures = _set_of(input)
        async with context.db.transaction() as tx:
            made = await once(
                tx,
                key,
                UUID,
                lambda: commands.load(tx, context.principal, figures, now=context.now),
                now=context.now,
            )
        return ProviderFigureSet(
            id=strawberry.ID(str(made)), name=figures.name, count=len(figures.given)
        )


def _set_of(given: ProviderFiguresInput) -> FigureSet:
    return FigureSet(
        given.figure,
        given.name,
        given.source,
        given.service,
        given.counted_on,
        [Given(one.provider, one.value, one.indicator) for one in given.values],
    )
