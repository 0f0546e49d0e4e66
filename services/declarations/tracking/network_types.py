"""What tracking answers of a network and its practices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import strawberry
from asyncpg import Record

from chassis.graphql import FinancialYear, OdsCode, Points, Pounds
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.schema import Organisation
from services.declarations.claims.domain import Status as ClaimStatus
from services.declarations.tracking.queries import Dashboard, Practice
from services.declarations.tracking.types import total_of


@strawberry.type(description="Declarations of a provider in one state.")
class DeclarationsInState:
    status: DeclarationStatus = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")
    points: Points = strawberry.field(description="The points they are calculated at.")
    pounds: Pounds | None = strawberry.field(
        description="Their worth; null for who may not see all of them."
    )


@strawberry.type(description="Claims of a provider in one state.")
class ClaimsInState:
    status: ClaimStatus = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")
    pounds: Pounds | None = strawberry.field(
        description="What they come to; null for who may not see all of them."
    )


@strawberry.type(description="Payments of a provider in one state, of declarations or of claims.")
class PaymentsInState:
    status: str = strawberry.field(description="AUTHORISED, SENT, SETTLED, FAILED, CLOSED_ZERO.")
    of_claims: bool = strawberry.field(description="Whether claims are paid, or declarations.")
    count: int = strawberry.field(description="How many.")
    pounds: Pounds = strawberry.field(description="The sum of their entries.")


@strawberry.type(description="What there is of a member of a network, or of the network itself.")
class NetworkPaymentsOfProvider:
    provider: Organisation | None = strawberry.field(description="The provider.")
    member_from: date | None = strawberry.field(
        description="Its first day in the network; null: the network itself."
    )
    member_to: date | None = strawberry.field(description="Its last day; null while it lasts.")
    declarations: list[DeclarationsInState] | None = strawberry.field(
        description="By state; null for who may not see declarations."
    )
    claims: list[ClaimsInState] | None = strawberry.field(
        description="By state; null for who may not see claims."
    )
    payments: list[PaymentsInState] = strawberry.field(
        description="By state; none for who may not see pounds."
    )

    @classmethod
    def of(cls, one: Practice, of: Dashboard) -> NetworkPaymentsOfProvider:
        return cls(
            provider=Organisation(ods_code=OdsCode(one.code)),
            member_from=one.valid_from,
            member_to=one.valid_to,
            declarations=_declarations([one]) if of.sees_declarations else None,
            claims=_claims([one]) if of.sees_claims else None,
            payments=_payments([one]),
        )


@strawberry.type(description="Payments of a network and all its practices in a financial year.")
class NetworkPayments:
    network: Organisation | None = strawberry.field(description="The network.")
    financial_year: FinancialYear = strawberry.field(description="The year.")
    practices: list[NetworkPaymentsOfProvider] = strawberry.field(
        description="Its members of the year, by code, each for the days of its membership."
    )
    own: NetworkPaymentsOfProvider = strawberry.field(description="Of the network itself.")
    total: NetworkPaymentsTotal = strawberry.field(description="All of them added up.")

    @classmethod
    def of(cls, one: Dashboard) -> NetworkPayments:
        return cls(
            network=Organisation(ods_code=OdsCode(one.network)),
            financial_year=FinancialYear(one.financial_year),
            practices=[NetworkPaymentsOfProvider.of(each, one) for each in one.practices],
            own=NetworkPaymentsOfProvider.of(one.own, one),
            total=NetworkPaymentsTotal.of(one),
        )


@strawberry.type(description="A network and all its practices, added up.")
class NetworkPaymentsTotal:
    declarations: list[DeclarationsInState] | None = strawberry.field(
        description="By state; null for who may not see declarations."
    )
    claims: list[ClaimsInState] | None = strawberry.field(
        description="By state; null for who may not see claims."
    )
    payments: list[PaymentsInState] = strawberry.field(
        description="By state; none for who may not see pounds."
    )

    @classmethod
    def of(cls, one: Dashboard) -> NetworkPaymentsTotal:
        everybody = [*one.practices, one.own]
        return cls(
            declarations=_declarations(everybody) if one.sees_declarations else None,
            claims=_claims(everybody) if one.sees_claims else None,
            payments=_payments(everybody),
        )


def _declarations(of: list[Practice]) -> list[DeclarationsInState]:
    return [
        DeclarationsInState(
            status=DeclarationStatus(one.status),
            count=one.count,
            points=Points(sum((row["points"] for row in one.rows), Decimal("0.00"))),
            pounds=one.pounds,
        )
        for one in _by_state(row for each in of for row in each.declarations)
    ]


def _claims(of: list[Practice]) -> list[ClaimsInState]:
    return [
        ClaimsInState(status=ClaimStatus(one.status), count=one.count, pounds=one.pounds)
        for one in _by_state(row for each in of for row in each.claims)
    ]


def _payments(of: list[Practice]) -> list[PaymentsInState]:
    return [
        PaymentsInState(
            status=one.status,
            of_claims=of_claims,
            count=one.count,
            pounds=one.pounds or Pounds(Decimal("0.00")),
        )
        for of_claims in (False, True)
        for one in _by_state(
            row for each in of for row in each.payments if row["of_claim"] is of_claims
        )
    ]


@dataclass(frozen=True, slots=True)
class _State:
    status: str
    rows: list[Record]

    @property
    def count(self) -> int:
        return sum(row["count"] for row in self.rows)

    @property
    def pounds(self) -> Pounds | None:
        return total_of(row["pounds"] for row in self.rows)


def _by_state(rows: Iterable[Record]) -> list[_State]:
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(row["status"], []).append(row)
    return [_State(status, of) for status, of in sorted(found.items())]
