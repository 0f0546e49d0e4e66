"""The Network Achievement dashboard in GraphQL: year, service, achievement date, network."""

from __future__ import annotations

from datetime import date

import strawberry

from chassis.db import Reader
from chassis.graphql import Connection, OdsCode, connection, window
from services.declarations.approval.history_schema import batched
from services.declarations.networks import periods
from services.declarations.networks.achievement import queries, store
from services.declarations.networks.achievement.types import (
    Info,
    NetworkAchievement,
    NetworkAchievementTotals,
    NetworkAchievementYear,
    NetworkDeclarations,
    NetworkIndicatorAchievement,
)
from services.declarations.networks.periods import Period
from services.declarations.sight import Sight, not_found


@strawberry.input(description="Which networks.")
class NetworkAchievementFilter:
    networks: list[OdsCode] | None = strawberry.field(default=None, description="These alone.")
    commissioner: OdsCode | None = strawberry.field(
        default=None,
        description="Led by this sub-ICB location, or by one below this organisation.",
    )

    def wanted(self) -> store.NetworkFilter:
        return store.NetworkFilter(networks=self.networks, commissioner=self.commissioner)


@strawberry.type
class AchievementOfNetworksQuery:
    @strawberry.field(
        description="What can be chosen in the Network Achievement dashboard: financial years, the "
        "services of each, their achievement dates that have come and of which members of the "
        "caller's networks have sent anything."
    )
    async def network_achievement_dates(self, info: Info) -> list[NetworkAchievementYear] | None:
        async with info.context.db.reader() as reader:
            years = await queries.years(reader, Sight.of(info.context.principal))
        return [NetworkAchievementYear.of(year, services) for year, services in years.items()]

    @strawberry.field(
        description="What one network achieved of a service, at the latest achievement date that "
        "has come if none is named. For the network, its members, and its commissioner."
    )
    async def network_achievement(
        self, info: Info, network: OdsCode, service: str, achievement_date: date | None = None
    ) -> NetworkAchievement | None:
        sight, wanted = Sight.of(info.context.principal), store.NetworkFilter(networks=[network])
        async with info.context.db.reader() as reader:
            period = await periods.find(reader, sight, service, achievement_date)
            rows = await store.networks(reader, sight, period, wanted)
        if not rows:
            raise not_found("network", network)
        return NetworkAchievement.of(rows[0], period)

    @strawberry.field(
        description="The same of every network the caller may see that had members on that day, or "
        "has something to declare for it, by code."
    )
    async def network_achievements(
        self,
        info: Info,
        service: str,
        achievement_date: date | None = None,
        filter: NetworkAchievementFilter | None = None,  # noqa: A002 (GraphQL's word)
        *,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[NetworkAchievement] | None:
        context, page = info.context, window(first, after, *store.KEY)
        sight = Sight.of(context.principal)
        wanted = (filter or NetworkAchievementFilter()).wanted()
        async with context.db.reader() as reader:
            period = await periods.find(reader, sight, service, achievement_date)
            rows = await store.networks(
                reader, sight, period, wanted, after=page.after[0], limit=page.limit
            )

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, sight, period, wanted)

        return connection(
            rows,
            page,
            node=lambda row: NetworkAchievement.of(row, period),
            key=lambda row: (row["network"],),
            total=total,
        )

    @strawberry.field(description="What these networks achieved together.")
    async def network_achievement_totals(
        self,
        info: Info,
        service: str,
        achievement_date: date | None = None,
        filter: NetworkAchievementFilter | None = None,  # noqa: A002 (GraphQL's word)
    ) -> NetworkAchievementTotals | None:
        sight = Sight.of(info.context.principal)
        wanted = (filter or NetworkAchievementFilter()).wanted()
        async with info.context.db.reader() as reader:
            period = await periods.find(reader, sight, service, achievement_date)
            rows = await store.networks(reader, sight, period, wanted)
            seen = [row["network"] for row in rows]
            given = (reader, sight, seen, period)
            indicators = await queries.indicators(*given, together=True)
            declared = await queries.declared(*given, together=True)
        declarations = declared.get(queries.TOGETHER, queries.NOTHING_DECLARED)
        return NetworkAchievementTotals(
            networks=len(seen),
            indicators=[
                NetworkIndicatorAchievement.of(one) for one in indicators[queries.TOGETHER]
            ],
            declarations=NetworkDeclarations.of(declarations),
        )


@strawberry.type
class OrganisationOfNetworks:
    """What an Organisation has beside what approval gives it; put together in the schema."""

    ods_code: strawberry.Private[OdsCode]

    @strawberry.field(
        description="What the network achieved of a service, at the latest achievement date that "
        "has come if none is named; of a practice, the network it belonged to on that day. Null "
        "where there is none that the caller may see."
    )
    async def network_achievement(
        self, info: Info, service: str, achievement_date: date | None = None
    ) -> NetworkAchievement | None:
        sight = Sight.of(info.context.principal)

        async def find(
            reader: Reader, asked: list[tuple[str, date | None]]
        ) -> dict[tuple[str, date | None], Period]:
            return {one: await periods.find(reader, sight, *one) for one in asked}

        key = (service, achievement_date)
        period = await batched(info, "periods of networks", find, None).load(key)
        if period is None:
            return None

        async def read(reader: Reader, codes: list[str]) -> dict[str, NetworkAchievement]:
            return await _of(reader, sight, codes, period)

        return await batched(info, f"networks {period}", read, None).load(self.ods_code)


async def _of(
    reader: Reader, sight: Sight, codes: list[str], period: Period
) -> dict[str, NetworkAchievement]:
    """By organisation, the achievement of the network it is or belongs to."""
    belonging = await store.networks_of(reader, codes, period)
    wanted = store.NetworkFilter(networks=sorted(set(belonging.values())))
    rows = await store.networks(reader, sight, period, wanted)
    found = {row["network"]: NetworkAchievement.of(row, period) for row in rows}
    return {code: found[network] for code, network in belonging.items() if network in found}
