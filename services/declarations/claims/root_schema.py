"""Queries about claims."""

from __future__ import annotations

from datetime import date

import strawberry

from chassis.graphql import Connection, Context, OdsCode, Pounds, as_uuid, connection, window
from nhs.directory import Principal
from nhs.formulas.scheme import Component
from services.declarations.claims import lists, openings, rules, terms
from services.declarations.claims.filters import ClaimFilter
from services.declarations.claims.schema import Claim, claim_of
from services.declarations.sight import Sight, not_found

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="A component that may be claimed, at its tariff for the period.")
class ClaimComponent:
    code: str = strawberry.field(description="The component's code.")
    name: str = strawberry.field(description="Its name.")
    unit: str = strawberry.field(description="What is counted: dressing.")
    tariff: Pounds | None = strawberry.field(
        description="For one, the provider's own tariff first; null where none is in force."
    )
    most_per_claim: int | None = strawberry.field(description="The most of one claim.")
    most_per_year: int | None = strawberry.field(description="The most of a financial year.")

    @classmethod
    def of(cls, one: Component, opening: openings.Opening) -> ClaimComponent:
        period = (opening.window.period_start, opening.window.period_end)
        tariff = terms.tariff_of(one, opening.provider, *period)
        return cls(
            code=one.code,
            name=one.name,
            unit=one.unit,
            tariff=Pounds(tariff.amount) if tariff else None,
            most_per_claim=one.most_per_claim,
            most_per_year=one.most_per_year,
        )


@strawberry.type(description="A period of a scheme, and whether it may be claimed for now.")
class ClaimOpening:
    service: str = strawberry.field(description="The line of the service: LESPW2526.")
    name: str = strawberry.field(description="The name of the service.")
    period_start: date = strawberry.field(description="First day of the period.")
    period_end: date = strawberry.field(description="Last day of the period.")
    opens_on: date = strawberry.field(description="From when it may be claimed for.")
    closes_on: date = strawberry.field(description="Until when, this day included.")
    claims_made: int = strawberry.field(
        description="How many claims wait for somebody, or are approved."
    )
    claims_most: int = strawberry.field(description="How many there may be.")
    may_claim: bool = strawberry.field(description="Whether a claim can be submitted now.")
    why_not: str | None = strawberry.field(description="If not, why.")
    claimed_with: str | None = strawberry.field(
        description="The word of those services that share one claim."
    )
    components: list[ClaimComponent] = strawberry.field(description="What may be claimed.")

    @classmethod
    def of(cls, one: openings.Opening) -> ClaimOpening:
        scheme, window_, why_not = one.offered.scheme, one.window, one.why_not
        return cls(
            service=one.offered.service.service_code,
            name=one.offered.name,
            period_start=window_.period_start,
            period_end=window_.period_end,
            opens_on=window_.opens_on,
            closes_on=window_.closes_on,
            claims_made=one.made,
            claims_most=window_.claims,
            may_claim=why_not is None,
            why_not=why_not,
            claimed_with=scheme.claimed_with,
            components=[ClaimComponent.of(component, one) for component in scheme.components],
        )


@strawberry.type(description="A rule that claims must keep when they are submitted.")
class ClaimRule:
    code: str = strawberry.field(description="LC001 to LC010: problems name it.")
    says: str = strawberry.field(description="The rule in words.")


@strawberry.type
class ClaimsQuery:
    @strawberry.field(name="claim", description="One claim.")
    async def one_claim(self, info: Info, id: strawberry.ID) -> Claim | None:
        found = await claim_of(info, as_uuid(id))
        if found is None:
            raise not_found("claim", id)
        return found

    @strawberry.field(description="Claims the caller may see, newest period first.")
    async def claims(
        self,
        info: Info,
        filter: ClaimFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Claim] | None:
        context, page = info.context, window(first, after, *lists.KEY)
        sight = Sight.of_claims(context.principal)
        wanted = (filter or ClaimFilter()).wanted(context.principal)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await lists.count(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await lists.page(reader, sight, wanted, page.after, page.limit)
        return connection(rows, page, node=Claim.of, key=lists.key_of, total=total)

    @strawberry.field(
        description="What a provider may claim for: every period of every scheme it was offered, "
        "whether that is now, and what its components pay. Needs Claim User."
    )
    async def claim_openings(
        self, info: Info, provider: OdsCode | None = None
    ) -> list[ClaimOpening] | None:
        async with info.context.db.reader() as reader:
            found = await openings.openings(reader, info.context.principal, provider)
        return [ClaimOpening.of(one) for one in found]

    @strawberry.field(description="The rules that claims must keep when they are submitted.")
    def claim_rules(self, info: Info) -> list[ClaimRule] | None:
        Sight.of_claims(info.context.principal)
        return [ClaimRule(code=rule.code, says=rule.says) for rule in rules.RULES]
