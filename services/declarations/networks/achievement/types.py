"""Network achievement in GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.db import Reader
from chassis.graphql import Context, FinancialYear, OdsCode, Points, Pounds
from nhs.directory import Principal
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.history_schema import batched
from services.declarations.approval.schema import Declaration, Organisation, declaration_of
from services.declarations.networks.achievement import queries
from services.declarations.networks.achievement.queries import (
    Declared,
    IndicatorAchieved,
    Member,
    Service,
)
from services.declarations.networks.percentages import achievement
from services.declarations.networks.periods import Period
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="An achievement date of a service.")
class NetworkAchievementDate:
    achievement_date: date = strawberry.field(
        description="The last day of a payment period that has ended."
    )
    latest: bool = strawberry.field(description="Whether it is the latest of the year.")


@strawberry.type(description="A service that networks or their members achieve something of.")
class NetworkAchievementService:
    service: str = strawberry.field(description="The line: NCD2425.")
    name: str = strawberry.field(description="What it is called.")
    dates: list[NetworkAchievementDate] = strawberry.field(description="The latest first.")

    @classmethod
    def of(cls, service: Service) -> NetworkAchievementService:
        return cls(
            service=service.code,
            name=service.name,
            dates=[
                NetworkAchievementDate(achievement_date=day, latest=day == service.dates[0])
                for day in service.dates
            ],
        )


@strawberry.type(description="A financial year with the services achieved in it.")
class NetworkAchievementYear:
    financial_year: FinancialYear = strawberry.field(description="The year: 2025/26.")
    services: list[NetworkAchievementService] = strawberry.field(description="By code.")

    @classmethod
    def of(cls, year: str, services: list[Service]) -> NetworkAchievementYear:
        return cls(
            financial_year=FinancialYear(year),
            services=[NetworkAchievementService.of(service) for service in services],
        )


@strawberry.type(description="What was achieved of one indicator, as far as it is in.")
class NetworkIndicatorAchievement:
    indicator: str = strawberry.field(description="The indicator: HI03.")
    name: str = strawberry.field(description="What it measures.")
    numerator: int | None = strawberry.field(
        description="The sum over the members that take part and whose data is in."
    )
    denominator: int | None = strawberry.field(description="The sum over the same members.")
    achievement: str | None = strawberry.field(
        description="Numerator over denominator in per cent, with two places: 71.88."
    )
    members: int = strawberry.field(description="How many members take part.")
    reported: int = strawberry.field(description="How many of them have their data in.")
    counted_numerator: int | None = strawberry.field(
        description="What the points stand on: other than the numerator where something has "
        "changed since they were calculated."
    )
    counted_denominator: int | None = strawberry.field(description="The same, denominator.")
    points_available: Points = strawberry.field(description="The most that can be earned of it.")
    points: Points | None = strawberry.field(description="Points earned, once calculated.")
    pounds: Pounds | None = strawberry.field(
        description="What they are worth, once calculated; null for who may not see all of it."
    )
    status: DeclarationStatus | None = strawberry.field(
        description="Of the network's declaration; null where there is none."
    )
    held: bool = strawberry.field(description="Whether that declaration is held.")
    identity: strawberry.Private[UUID | None]

    @strawberry.field(description="The network's declaration; null where its members declare.")
    async def declaration(self, info: Info) -> Declaration | None:
        return None if self.identity is None else await declaration_of(info, self.identity)

    @classmethod
    def of(cls, one: IndicatorAchieved) -> NetworkIndicatorAchievement:
        return cls(
            indicator=one.code,
            name=one.name,
            numerator=one.numerator,
            denominator=one.denominator,
            achievement=achievement(one.numerator, one.denominator),
            members=one.members,
            reported=one.reported,
            counted_numerator=one.counted_numerator,
            counted_denominator=one.counted_denominator,
            points_available=Points(one.points_available),
            points=None if one.points is None else Points(one.points),
            pounds=None if one.pounds is None else Pounds(one.pounds),
            status=None if one.status is None else DeclarationStatus(one.status),
            held=one.held,
            identity=one.declaration,
        )


@strawberry.type(description="What a member achieved of one indicator.")
class NetworkMemberIndicator:
    indicator: str = strawberry.field(description="The indicator: HI03.")
    numerator: int | None = strawberry.field(description="Its own numerator.")
    denominator: int | None = strawberry.field(description="Its own denominator.")
    achievement: str | None = strawberry.field(description="In per cent, with two places.")
    data_in: bool = strawberry.field(description="Whether all that is measured of it is there.")


@strawberry.type(description="A member of a network on the achievement date.")
class NetworkMemberAchievement:
    practice: Organisation | None = strawberry.field(description="The practice.")
    member_from: date = strawberry.field(description="Its first day in the network.")
    member_to: date | None = strawberry.field(description="Its last day; null while it lasts.")
    standing: str = strawberry.field(
        description="PARTICIPATING, or NOT_PARTICIPATING: neither counted nor waited for."
    )
    data_in: bool = strawberry.field(description="Whether everything is there of all indicators.")
    values: strawberry.Private[Mapping[str, Record]]
    codes: strawberry.Private[list[str]]

    @strawberry.field(description="Its own achievement, in the published order.")
    def indicators(self) -> list[NetworkMemberIndicator]:
        return [_member_indicator(code, self.values.get(code)) for code in self.codes]

    @classmethod
    def of(cls, member: Member, codes: list[str]) -> NetworkMemberAchievement:
        row, values = member.row, member.values
        return cls(
            practice=Organisation(ods_code=OdsCode(row["practice"])),
            member_from=row["valid_from"],
            member_to=row["valid_to"],
            standing="PARTICIPATING" if row["participating"] else "NOT_PARTICIPATING",
            data_in=all(code in values and values[code]["is_in"] for code in codes),
            values=values,
            codes=codes,
        )


def _member_indicator(code: str, row: Record | None) -> NetworkMemberIndicator:
    numerator, denominator = (row["numerator"], row["denominator"]) if row else (None, None)
    return NetworkMemberIndicator(
        indicator=code,
        numerator=numerator,
        denominator=denominator,
        achievement=achievement(numerator, denominator),
        data_in=bool(row and row["is_in"]),
    )


@strawberry.type(description="Declarations in one state.")
class NetworkDeclarationCount:
    status: DeclarationStatus = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="The declarations of networks, or of their members, added up.")
class NetworkDeclarations:
    statuses: list[NetworkDeclarationCount] = strawberry.field(description="By state.")
    points: Points = strawberry.field(description="Their points.")
    pounds: Pounds | None = strawberry.field(
        description="Their worth; null for who may not see all of it."
    )

    @classmethod
    def of(cls, declared: Declared) -> NetworkDeclarations:
        return cls(
            statuses=[
                NetworkDeclarationCount(status=DeclarationStatus(status), count=count)
                for status, count in declared.statuses.items()
            ],
            points=Points(declared.points),
            pounds=None if declared.pounds is None else Pounds(declared.pounds),
        )


@strawberry.type(
    description="What a network achieved of a service at an achievement date: the sums over its "
    "members on that day. Summed when it is asked for."
)
class NetworkAchievement:
    network: Organisation | None = strawberry.field(description="The PCN.")
    commissioner: Organisation | None = strawberry.field(description="Who led it on that day.")
    service: str = strawberry.field(description="The line of the service: NCD2425.")
    service_name: str = strawberry.field(description="What it is called.")
    achievement_date: date = strawberry.field(description="The day achievement is measured.")
    latest: bool = strawberry.field(
        description="Whether no later achievement date of the service has come."
    )
    code: strawberry.Private[str]
    period: strawberry.Private[Period]

    @strawberry.field(description="By indicator, in the published order.")
    async def indicators(self, info: Info) -> list[NetworkIndicatorAchievement]:
        return await _indicators(info, self.code, self.period)

    @strawberry.field(description="Its members on the achievement date, by code.")
    async def members(self, info: Info) -> list[NetworkMemberAchievement]:
        period = self.period

        async def read(reader: Reader, networks: list[str]) -> dict[str, list[Member]]:
            return await queries.members(reader, networks, period)

        none: list[Member] = []
        found = await batched(info, f"network members {period}", read, none).load(self.code)
        codes = await _codes(info, period)
        return [NetworkMemberAchievement.of(member, codes) for member in found]

    @strawberry.field(description="Its declarations, or where they declare its members', added up.")
    async def declarations(self, info: Info) -> NetworkDeclarations:
        period, sight = self.period, Sight.of(info.context.principal)

        async def read(reader: Reader, networks: list[str]) -> dict[str, Declared]:
            return await queries.declared(reader, sight, networks, period)

        nothing = queries.NOTHING_DECLARED
        loader = batched(info, f"network declarations {period}", read, nothing)
        return NetworkDeclarations.of(await loader.load(self.code))

    @classmethod
    def of(cls, row: Record, period: Period) -> NetworkAchievement:
        return cls(
            network=Organisation(ods_code=OdsCode(row["network"])),
            commissioner=row["commissioner"] and Organisation(ods_code=row["commissioner"]),
            service=period.service,
            service_name=period.name,
            achievement_date=period.achieved_on,
            latest=period.latest,
            code=row["network"],
            period=period,
        )


async def _indicators(
    info: Info, network: str, period: Period
) -> list[NetworkIndicatorAchievement]:
    sight = Sight.of(info.context.principal)

    async def read(reader: Reader, networks: list[str]) -> dict[str, list[IndicatorAchieved]]:
        return await queries.indicators(reader, sight, networks, period)

    none: list[IndicatorAchieved] = []
    found = await batched(info, f"network indicators {period}", read, none).load(network)
    return [NetworkIndicatorAchievement.of(one) for one in found]


async def _codes(info: Info, period: Period) -> list[str]:
    """The service's indicators, in the published order."""

    async def read(reader: Reader, services: list[str]) -> dict[str, list[str]]:
        return await queries.codes(reader, services)

    none: list[str] = []
    return await batched(info, "indicators of services", read, none).load(period.quality_service)


@strawberry.type(description="What the networks that are listed achieved together.")
class NetworkAchievementTotals:
    networks: int = strawberry.field(description="How many networks.")
    indicators: list[NetworkIndicatorAchievement] = strawberry.field(
        description="The sums over all their members, by indicator."
    )
    declarations: NetworkDeclarations = strawberry.field(description="Their declarations.")
