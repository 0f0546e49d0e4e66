"""Forecasts in GraphQL: points and pounds to the next threshold, and of the year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from chassis.graphql import Context, FinancialYear, OdsCode, Points, Pounds
from nhs.directory import Principal
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.forecast import queries
from services.declarations.forecast.domain import Expected, Step
from services.declarations.forecast.queries import Basis as ForecastBasis
from services.declarations.forecast.queries import Forecast, Period
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    ForecastBasis,
    name="ForecastBasis",
    description="What a period's figure is taken from: the ledger, what was declared, what was "
    "calculated, the values received so far, or nothing, since none were.",
)


@strawberry.type(description="How many more would earn more, and how much.")
class ForecastStep:
    patients: int = strawberry.field(description="The fewest more that bring it.")
    points: Points = strawberry.field(description="How many more points.")
    pounds: Pounds | None = strawberry.field(
        description="How many more pounds; null for who may not see pounds."
    )
    words: str = strawberry.field(
        description="In words: 12 more patients reach the upper threshold of 50 %: +3.10 points."
    )

    @classmethod
    def of(cls, step: Step | None, *, sees_pounds: bool) -> ForecastStep | None:
        if step is None:
            return None
        return cls(
            patients=step.patients,
            points=Points(step.gain.points),
            pounds=Pounds(step.gain.pounds) if sees_pounds else None,
            words=step.words(with_pounds=sees_pounds),
        )


@strawberry.type(description="What an indicator's values earn as they are, and what would be more.")
class IndicatorForecast:
    indicator: str = strawberry.field(description="The indicator: CHOL004.")
    name: str = strawberry.field(description="What it measures.")
    numerator: int | None = strawberry.field(description="How many were so far.")
    denominator: int | None = strawberry.field(description="Of how many.")
    register: int | None = strawberry.field(description="How many are on the register.")
    missing: list[str] = strawberry.field(description="What has not been received yet.")
    most_points: Points = strawberry.field(description="What can be earned.")
    points: Points | None = strawberry.field(description="What is earned; null while it lacks.")
    pounds: Pounds | None = strawberry.field(
        description="What that is worth; null for who may not see pounds."
    )
    next: ForecastStep | None = strawberry.field(
        description="The fewest more that earn anything more; null where nothing does."
    )
    everything: ForecastStep | None = strawberry.field(
        description="The fewest more that earn all there is; null where that is reached, and where "
        "each of any number is paid for."
    )

    @classmethod
    def of(cls, one: Expected, *, sees_pounds: bool) -> IndicatorForecast:
        return cls(
            indicator=one.indicator.code,
            name=one.indicator.name,
            numerator=one.values.get("numerator"),
            denominator=one.values.get("denominator"),
            register=one.values.get("register"),
            missing=list(one.missing),
            most_points=Points(one.indicator.points),
            points=Points(one.worth.points) if one.worth else None,
            pounds=Pounds(one.worth.pounds) if one.worth and sees_pounds else None,
            next=ForecastStep.of(one.following, sees_pounds=sees_pounds),
            everything=ForecastStep.of(one.everything, sees_pounds=sees_pounds),
        )


@strawberry.type(
    description="What a provider's values of one achievement date earn as they are, by the rules "
    "that hold now: nothing is written, and nothing is promised."
)
class AchievementForecast:
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    provider: OdsCode = strawberry.field(description="Whose it is.")
    achievement_date: date = strawberry.field(description="The day that is measured.")
    points: Points = strawberry.field(description="What everything received earns.")
    pounds: Pounds | None = strawberry.field(
        description="What that is worth; null for who may not see pounds."
    )
    missing: list[str] = strawberry.field(description="Indicators that count for nothing yet.")
    blockers: list[str] = strawberry.field(description="Why nothing can be said, in words.")
    indicators: list[IndicatorForecast] = strawberry.field(description="In the published order.")

    @classmethod
    def of(cls, found: list[Forecast]) -> AchievementForecast:
        row = found[0].row
        sees_pounds = all(one.row["sees_pounds"] for one in found)
        pounds = sum((one.worth.pounds for one in found), Decimal("0.00"))
        return cls(
            service_code=row["service_code"],
            provider=row["provider"],
            achievement_date=row["achievement_date"],
            points=Points(sum((one.worth.points for one in found), Decimal("0.00"))),
            pounds=Pounds(pounds) if sees_pounds else None,
            missing=[code for one in found for code in one.missing],
            blockers=list(dict.fromkeys(words for one in found for words in one.blockers)),
            indicators=[
                IndicatorForecast.of(each, sees_pounds=sees_pounds)
                for one in found
                for each in one.indicators
            ],
        )


@strawberry.type(description="What one payment period is, or will be, worth.")
class PeriodForecast:
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    indicator: str | None = strawberry.field(
        description="The indicator that is declared apart; null for the whole service."
    )
    period_start: date = strawberry.field(description="First day of the payment period.")
    period_end: date = strawberry.field(description="Last day of the payment period.")
    status: DeclarationStatus | None = strawberry.field(
        description="The state of its declaration; null before there is one."
    )
    basis: ForecastBasis = strawberry.field(description="What the figure is taken from.")
    points: Points = strawberry.field(description="What it earns.")
    pounds: Pounds | None = strawberry.field(
        description="What that is worth; null for who may not see pounds."
    )
    missing: list[str] = strawberry.field(description="Indicators that count for nothing yet.")

    @classmethod
    def of(cls, one: Period) -> PeriodForecast:
        status = one.row["status"]
        return cls(
            service_code=one.row["service_code"],
            indicator=one.row["indicator"],
            period_start=one.row["period_start"],
            period_end=one.row["period_end"],
            status=DeclarationStatus(status) if status else None,
            basis=one.basis,
            points=Points(one.points),
            pounds=None if one.pounds is None else Pounds(one.pounds),
            missing=list(one.missing),
        )


@strawberry.type(description="What a provider's year comes to, as far as it is known.")
class YearForecast:
    provider: OdsCode = strawberry.field(description="Whose it is.")
    financial_year: FinancialYear = strawberry.field(description="The year: 2025/26.")
    points: Points = strawberry.field(description="The sum over its periods.")
    pounds: Pounds | None = strawberry.field(
        description="The sum over its periods; null for who may not see all of it. What was "
        "advanced is in it once, as advanced, and again in the payment that recovers it until "
        "that is authorised."
    )
    periods: list[PeriodForecast] = strawberry.field(
        description="Each payment period with a day in the year, by service and date."
    )


Provider = Annotated[OdsCode, strawberry.argument(description="The provider's ODS code.")]


@strawberry.type
class ForecastQuery:
    @strawberry.field(
        description="What a provider's values earn as they are, and how many more patients would "
        "reach the next threshold, indicator by indicator; before the achievement date by the "
        "values received early."
    )
    async def achievement_forecast(
        self,
        info: Info,
        service: Annotated[str, strawberry.argument(description="The line: QOF2526.")],
        provider: Provider,
        achievement_date: Annotated[
            date | None, strawberry.argument(description="Null: the next one, else the last.")
        ] = None,
    ) -> AchievementForecast | None:
        sight = Sight.of(info.context.principal)
        async with info.context.db.reader() as reader:
            found = await queries.of_provider(
                reader, sight, service=service, provider=provider, day=achievement_date
            )
        return AchievementForecast.of(found)

    @strawberry.field(
        description="What a provider's year comes to: what is authorised, declared, calculated, "
        "and what the values received so far would earn."
    )
    async def year_forecast(
        self, info: Info, provider: Provider, financial_year: FinancialYear
    ) -> YearForecast | None:
        sight = Sight.of(info.context.principal)
        async with info.context.db.reader() as reader:
            found = await queries.year(
                reader, sight, provider=provider, financial_year=financial_year
            )
        pounds = [one.pounds for one in found if one.pounds is not None]
        return YearForecast(
            provider=provider,
            financial_year=financial_year,
            points=Points(sum((one.points for one in found), Decimal("0.00"))),
            pounds=Pounds(sum(pounds, Decimal("0.00"))) if len(pounds) == len(found) else None,
            periods=[PeriodForecast.of(one) for one in found],
        )
