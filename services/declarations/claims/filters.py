"""Which claims are looked for, as GraphQL is told."""

from datetime import date

import strawberry

from chassis.graphql import FinancialYear, OdsCode, Pounds
from nhs.directory import Principal
from services.declarations.claims import lists
from services.declarations.claims.deciding import APPROVERS
from services.declarations.claims.enums import ClaimStatus
from services.declarations.sight import types_of


@strawberry.input(description="Which claims are looked for.")
class ClaimFilter:
    status: list[ClaimStatus] | None = strawberry.field(
        default=None, description="In any of these states."
    )
    service: str | None = strawberry.field(
        default=None, description="That claim under this line: LESPW2526."
    )
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="Whose period ends in this year."
    )
    band: str | None = strawberry.field(default=None, description="In this band: HIGH.")
    waiting_for_me: bool = strawberry.field(
        default=False, description="Only what waits for a step that the caller may take."
    )
    network: OdsCode | None = strawberry.field(
        default=None, description="Of this network and its members, as at the claim's period."
    )
    period_start: date | None = strawberry.field(
        default=None, description="For the period that starts on this day."
    )
    days: int | None = strawberry.field(
        default=None, description="In its status for at least so many whole days."
    )
    at_least: Pounds | None = strawberry.field(
        default=None, description="Of at least so many pounds; finds what the caller sees with."
    )
    below: Pounds | None = strawberry.field(
        default=None, description="Of less than so many pounds; finds what the caller sees with."
    )

    def wanted(self, principal: Principal) -> lists.ClaimFilter:
        waiting = {
            status.value: types_of(principal, role)
            for status, role in APPROVERS.items()
            if principal.holds(role)
        }
        return lists.ClaimFilter(
            statuses=None if self.status is None else [s.value for s in self.status],
            service=self.service,
            provider=self.provider,
            financial_year=self.financial_year,
            band=self.band,
            waiting_in=waiting if self.waiting_for_me else None,
            network=self.network,
            period_start=self.period_start,
            days=self.days,
            at_least=self.at_least,
            below=self.below,
        )
