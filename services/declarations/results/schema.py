"""Achievement Results in GraphQL."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Annotated
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.graphql import Connection, Context, OdsCode, Points, Pounds, connection, window
from nhs.directory import Principal
from nhs.reports import Report
from services.declarations.approval.root_schema import Expanded
from services.declarations.approval.schema import Declaration, Organisation, declaration_of
from services.declarations.results import queries, store
from services.declarations.results.domain import Compared as AchievementCompared
from services.declarations.results.domain import Reached as AchievementReached
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    AchievementReached,
    name="AchievementReached",
    description="How far an achievement has come between its thresholds, compared exactly: at the "
    "lower one nothing is earned yet, at the upper everything.",
)
strawberry.enum(
    AchievementCompared,
    name="AchievementCompared",
    description="What an achievement is compared with: the achievement date before, or that of a "
    "year before.",
)


@strawberry.input(description="Which results are looked for.")
class AchievementFilter:
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")
    indicator: str | None = strawberry.field(default=None, description="Of this indicator.")
    group: str | None = strawberry.field(default=None, description="Of this indicator group: AF.")
    reached: AchievementReached | None = strawberry.field(
        default=None, description="Only what has come so far."
    )


@strawberry.type(description="A provider's achievement of an indicator on the date compared with.")
class AchievementBefore:
    service_code: str = strawberry.field(description="The line it was measured in: QOF2425.")
    achievement_date: date = strawberry.field(description="The day it was measured.")
    numerator: int | None = strawberry.field(description="How many were.")
    denominator: int | None = strawberry.field(description="Of how many.")
    register: int | None = strawberry.field(description="How many were on the register.")
    achievement: str | None = strawberry.field(description='Per cent, two places: "73.67".')
    points: Points | None = strawberry.field(description="What it earned.")
    pounds: Pounds | None = strawberry.field(
        description="What that was worth; null for who may not see pounds."
    )

    @classmethod
    def of(cls, row: Record) -> AchievementBefore:
        numerator, denominator = row["before_numerator"], row["before_denominator"]
        return cls(
            service_code=row["before_service"],
            achievement_date=row["before_date"],
            numerator=numerator,
            denominator=denominator,
            register=row["before_register"],
            achievement=per_cent(numerator, denominator),
            points=row["before_points"],
            pounds=row["before_pounds"],
        )


@strawberry.type(description="What a provider achieved in an indicator, and what it earned.")
class AchievementResult:
    provider: Organisation | None = strawberry.field(description="Whose it is.")
    indicator: str = strawberry.field(description="The indicator: CHOL004.")
    name: str = strawberry.field(description="What it measures.")
    group: str = strawberry.field(description="Its indicator group: CHOL.")
    numerator: int | None = strawberry.field(description="How many were; a yes is 1, a no 0.")
    denominator: int | None = strawberry.field(description="Of how many.")
    register: int | None = strawberry.field(description="How many are on the register.")
    achievement: str | None = strawberry.field(
        description='Per cent, two places: "73.67"; null where nothing is measured.'
    )
    lower: str | None = strawberry.field(description="The lower threshold, per cent.")
    upper: str | None = strawberry.field(description="The upper threshold, per cent.")
    reached: AchievementReached | None = strawberry.field(
        description="How far it has come; null without thresholds."
    )
    most_points: Points = strawberry.field(description="What can be earned.")
    points: Points | None = strawberry.field(
        description="What is earned; null while nothing has been calculated."
    )
    pounds: Pounds | None = strawberry.field(
        description="What that is worth; null for who may not see pounds."
    )
    prevalence: str | None = strawberry.field(
        description="The register, per cent of the list that was calculated with, two places."
    )
    national_prevalence: str | None = strawberry.field(
        description="England's, per cent, that was calculated with."
    )
    marked: str | None = strawberry.field(
        description="Why it is far from the provider's own history; null if it is not."
    )
    before: AchievementBefore | None = strawberry.field(
        description="What it is compared with; null where there was nothing, or out of sight."
    )
    declaration_id: strawberry.Private[UUID | None]

    @strawberry.field(description="The declaration it is part of; null before there is one.")
    async def declaration(self, info: Info) -> Declaration | None:
        if self.declaration_id is None:
            return None
        return await declaration_of(info, self.declaration_id)

    @classmethod
    def of(cls, row: Record) -> AchievementResult:
        national = Fraction(row["national_prevalence"] or 0)
        return cls(
            provider=Organisation(ods_code=row["provider"]),
            indicator=row["indicator"],
            name=row["name"],
            group=row["group_code"],
            numerator=row["numerator"],
            denominator=row["denominator"],
            register=row["register"],
            achievement=per_cent(row["numerator"], row["denominator"]),
            lower=shown(row["lower"]),
            upper=shown(row["upper"]),
            reached=AchievementReached(row["reached"]) if row["reached"] else None,
            most_points=row["most"],
            points=row["points"],
            pounds=row["pounds"],
            prevalence=per_cent(row["register"], row["list_size"]),
            national_prevalence=per_cent(national.numerator or None, national.denominator),
            marked=row["marked"],
            before=None if row["before_numerator"] is None else AchievementBefore.of(row),
            declaration_id=row["declaration_id"],
        )


@strawberry.type(description="What all providers in sight achieved in an indicator together.")
class AchievementTotal:
    indicator: str = strawberry.field(description="The indicator: CHOL004.")
    name: str = strawberry.field(description="What it measures.")
    group: str = strawberry.field(description="Its indicator group: CHOL.")
    providers: int = strawberry.field(description="How many have values.")
    numerator: int | None = strawberry.field(description="Their numerators added up.")
    denominator: int | None = strawberry.field(description="Their denominators added up.")
    achievement: str | None = strawberry.field(description="The one of the other, per cent.")
    lower: str | None = strawberry.field(description="The lower threshold, per cent.")
    upper: str | None = strawberry.field(description="The upper threshold, per cent.")
    below_lower: int = strawberry.field(description="How many earn nothing yet.")
    between: int = strawberry.field(description="How many are between the thresholds.")
    upper_reached: int = strawberry.field(description="How many have reached the upper one.")
    points: Points = strawberry.field(description="What they earn together.")
    pounds: Pounds | None = strawberry.field(
        description="What that is worth; null for who may not see all of it."
    )

    @classmethod
    def of(cls, row: Record) -> AchievementTotal:
        return cls(
            indicator=row["indicator"],
            name=row["name"],
            group=row["group_code"],
            providers=row["providers"],
            numerator=row["numerator"],
            denominator=row["denominator"],
            achievement=per_cent(row["numerator"], row["denominator"]),
            lower=shown(row["lower"]),
            upper=shown(row["upper"]),
            below_lower=row["below_lower"],
            between=row["between_thresholds"],
            upper_reached=row["upper_reached"],
            points=row["points"],
            pounds=row["pounds"],
        )


@strawberry.type(description="A day on which a service's achievement is measured.")
class AchievementDate:
    date: date = strawberry.field(description="The day.")
    has_values: bool = strawberry.field(description="Whether there are values in sight of it.")
    latest: bool = strawberry.field(description="Whether it is the newest that has values.")


Service = Annotated[str, strawberry.argument(description="The line of the service: QOF2526.")]
On = Annotated[
    date | None, strawberry.argument(description="Null: the newest date that has values.")
]


@strawberry.type
class ResultsQuery:
    @strawberry.field(
        description="Achievement Results: values, what they earned, and how they compare, by "
        "provider and indicator. Values of who does not participate, and of a date to come, have "
        "no points."
    )
    async def achievement_results(
        self,
        info: Info,
        service: Service,
        achievement_date: On = None,
        filter: AchievementFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        compare: AchievementCompared = AchievementCompared.PERIOD_BEFORE,
        first: int | None = None,
        after: str | None = None,
        expanded: Expanded = False,
    ) -> Connection[AchievementResult] | None:
        context, page = info.context, window(first, after, str, str)
        sight = _sight(info, expanded=expanded)
        asked = _asked(service, achievement_date, filter, compare)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            wanted = await queries.dated(reader, sight, asked)
            rows = await store.page(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=AchievementResult.of,
            key=lambda row: (row["provider"], row["indicator"]),
            total=total,
        )

    @strawberry.field(description="The same, all providers in sight together, by indicator.")
    async def achievement_by_indicator(
        self,
        info: Info,
        service: Service,
        achievement_date: On = None,
        filter: AchievementFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        first: int | None = None,
        after: str | None = None,
        expanded: Expanded = False,
    ) -> Connection[AchievementTotal] | None:
        context, page = info.context, window(first, after, str)
        sight = _sight(info, expanded=expanded)
        asked = _asked(service, achievement_date, filter, AchievementCompared.PERIOD_BEFORE)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_indicators(counting, sight, wanted)

        async with context.db.reader() as reader:
            wanted = await queries.dated(reader, sight, asked)
            rows = await store.by_indicator(reader, sight, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=AchievementTotal.of,
            key=lambda row: (row["indicator"],),
            total=total,
        )

    @strawberry.field(
        description="The days on which a service's achievement is measured, newest first."
    )
    async def achievement_dates(
        self, info: Info, service: Service, *, expanded: Expanded = False
    ) -> list[AchievementDate] | None:
        sight = _sight(info, expanded=expanded)
        async with info.context.db.reader() as reader:
            rows = await store.dates(reader, sight, service)
        latest = next((row["achievement_date"] for row in rows if row["has_values"]), None)
        return [
            AchievementDate(
                date=row["achievement_date"],
                has_values=row["has_values"],
                latest=row["achievement_date"] == latest,
            )
            for row in rows
        ]


def _sight(info: Info, *, expanded: bool) -> Sight:
    sight = Sight.of(info.context.principal)
    return sight.expanded(Report.ACHIEVEMENT) if expanded else sight


def _asked(
    service: str, day: date | None, filter_: AchievementFilter | None, compare: AchievementCompared
) -> queries.ResultsAsked:
    given = filter_ or AchievementFilter()
    return queries.ResultsAsked(
        service=service,
        achievement_date=day,
        provider=given.provider,
        indicator=given.indicator,
        group=given.group,
        reached=given.reached.value if given.reached else None,
        compare=compare,
    )


def per_cent(part: int | None, of: int | None) -> str | None:
    """Two places, for people: thresholds are compared exactly."""
    if part is None or not of:
        return None
    return shown(Decimal(100 * part) / of)


def shown(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))
