"""What tracking answers of claims and budgets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import strawberry
from asyncpg import Record

from chassis.graphql import Connection, Context, OdsCode, Pounds, connection, window
from nhs.directory import Principal
from services.declarations.ageing.domain import BUCKETS
from services.declarations.approval.schema import Organisation
from services.declarations.claims.domain import Status as ClaimStatus
from services.declarations.tracking import queries, store
from services.declarations.tracking.store import Shares

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="How many claims have been in a state for so many days.")
class ClaimAge:
    from_days: int = strawberry.field(description="At least so many whole days.")
    to_days: int | None = strawberry.field(description="At most so many; null: or more.")
    count: int = strawberry.field(description="How many claims.")


@strawberry.type(description="Claims of one band: their risk by amount.")
class ClaimBandTotal:
    band: str | None = strawberry.field(description="LOW, MEDIUM, HIGH; null before submission.")
    count: int = strawberry.field(description="How many.")
    pounds: Pounds | None = strawberry.field(
        description="What they come to; null for who may not see all of them."
    )

    @classmethod
    def of(cls, row: Record) -> ClaimBandTotal:
        return cls(band=row["band"], count=row["count"], pounds=pounds_or_none(row["pounds"]))


@strawberry.type(description="Claims in one state, by age and value.")
class ClaimSummary:
    status: ClaimStatus = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")
    pounds: Pounds | None = strawberry.field(
        description="What they come to; null for who may not see all of them."
    )
    oldest_since: datetime = strawberry.field(
        description="Since when the first of them is in this state."
    )
    ages: list[ClaimAge] = strawberry.field(description="How many for how long.")
    bands: list[ClaimBandTotal] = strawberry.field(description="By their risk.")

    @classmethod
    def of(cls, rows: list[Record]) -> ClaimSummary:
        ages = [sum(ages) for ages in zip(*(row["ages"] for row in rows), strict=True)]
        return cls(
            status=ClaimStatus(rows[0]["status"]),
            count=sum(row["count"] for row in rows),
            pounds=total_of(row["pounds"] for row in rows),
            oldest_since=min(row["oldest"] for row in rows),
            ages=[
                ClaimAge(from_days=one.from_days, to_days=one.to_days, count=count)
                for one, count in zip(BUCKETS, ages, strict=True)
            ],
            bands=[ClaimBandTotal.of(row) for row in rows],
        )


def pounds_or_none(amount: Decimal | None) -> Pounds | None:
    return None if amount is None else Pounds(amount)


def total_of(amounts: Iterable[Decimal | None]) -> Pounds | None:
    """None where one of them may not be seen."""
    total = Decimal("0.00")
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return Pounds(total)


@strawberry.type(description="How much of an amount is taken, and what is left of it.")
class BudgetUse:
    most: Pounds | None = strawberry.field(description="The amount; null: there is no limit.")
    submitted: Pounds = strawberry.field(description="Claims that wait for somebody.")
    approved: Pounds = strawberry.field(description="Approved claims, paid or not.")
    paid: Pounds = strawberry.field(description="What of that has arrived.")
    left: Pounds | None = strawberry.field(
        description="What may yet be claimed: less what is submitted and what is approved."
    )

    @classmethod
    def of(cls, most: Decimal | None, row: Record) -> BudgetUse:
        submitted, approved = row["submitted"], row["approved"]
        return cls(
            most=pounds_or_none(most),
            submitted=Pounds(submitted),
            approved=Pounds(approved),
            paid=Pounds(row["paid"]),
            left=None if most is None else Pounds(most - submitted - approved),
        )


@strawberry.type(description="What a provider has of a scheme, and may have.")
class ProviderBudget:
    provider: Organisation | None = strawberry.field(description="The provider.")
    use: BudgetUse = strawberry.field(description="Of what one provider may claim in all.")


@strawberry.type(description="A local scheme, its budget, and what is left of it.")
class SchemeBudget:
    service: str = strawberry.field(description="The line of the service: LESPW2526.")
    name: str = strawberry.field(description="The name of the service.")
    starts_on: date = strawberry.field(description="The first day of the service.")
    ends_on: date = strawberry.field(description="The last day of the service.")
    use: BudgetUse | None = strawberry.field(
        description="Of all providers together: for its commissioner; null for providers."
    )
    most_per_provider: strawberry.Private[Decimal | None]

    @strawberry.field(
        description="What each provider has of it, by code: of those the caller sees with pounds. "
        "A provider sees its own."
    )
    async def providers(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[ProviderBudget]:
        context, page = info.context, window(first, after, str)
        sight = queries.sight_of_money(context.principal)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count_shares(counting, sight, self.service)

        async with context.db.reader() as reader:
            asked = Shares(self.service, page.after[0], page.limit)
            rows = await store.shares(reader, sight, asked)
        return connection(
            rows, page, node=self._of_provider, key=lambda row: (row["provider"],), total=total
        )

    def _of_provider(self, row: Record) -> ProviderBudget:
        provider = Organisation(ods_code=OdsCode(row["provider"]))
        return ProviderBudget(provider=provider, use=BudgetUse.of(self.most_per_provider, row))

    @classmethod
    def of(cls, one: queries.Budget) -> SchemeBudget:
        row, scheme = one.row, one.scheme
        return cls(
            service=row["code"],
            name=row["name"],
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
            use=BudgetUse.of(scheme.budget, one.spent) if one.spent else None,
            most_per_provider=scheme.most_per_provider,
        )
