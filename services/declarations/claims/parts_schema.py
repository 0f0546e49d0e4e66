"""What a claim consists of, in GraphQL: services, lines, versions, history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry
from asyncpg import Record

from chassis.graphql import OdsCode, Pounds
from nhs.formulas.scheme import Evidence, Scheme
from services.declarations.approval.schema import QualityService
from services.declarations.claims import terms
from services.declarations.claims.domain import ClaimedService as Claimed
from services.declarations.claims.domain import Line
from services.declarations.claims.enums import ClaimRejectionCode
from services.declarations.claims.rules import Problem


@strawberry.type(description="One service that a claim claims under.")
class ClaimService:
    code: str = strawberry.field(description="The line of the service: LESPW2526.")
    payment_type: str = strawberry.field(description="LES or LIS.")
    amount: Pounds | None = strawberry.field(
        description="What is claimed under it; null for who may not see pounds."
    )
    quality_service: QualityService | None = strawberry.field(
        description="The version whose terms hold."
    )

    @classmethod
    def of(cls, one: Claimed, *, sees_pounds: bool) -> ClaimService:
        return cls(
            code=one.service_code,
            payment_type=one.payment_type,
            amount=Pounds(one.amount) if sees_pounds else None,
            quality_service=QualityService(id=strawberry.ID(one.quality_service)),
        )


@strawberry.type(description="A component, and how often it is claimed.")
class ClaimLine:
    position: int = strawberry.field(description="1, 2, 3: what is wrong names it.")
    service: str = strawberry.field(description="The line of the service: LESPW2526.")
    component: str = strawberry.field(description="The component's code.")
    name: str | None = strawberry.field(description="Its name; null where there is none such.")
    unit: str | None = strawberry.field(description="What is counted: dressing.")
    quantity: str = strawberry.field(description="As it was written.")
    tariff: Pounds | None = strawberry.field(description="For one, in the claim's period.")
    amount: Pounds | None = strawberry.field(
        description="Quantity by tariff; null where it makes no sense, and for who may not see it."
    )
    sent: Pounds | None = strawberry.field(description="The amount that the provider reckoned.")

    @classmethod
    def of(cls, line: Line, scheme: Scheme | None, *, sees_pounds: bool) -> ClaimLine:
        known = terms.component_of(scheme, line.component) if scheme else None

        def shown(amount: Any) -> Pounds | None:
            return amount if sees_pounds else None

        return cls(
            position=line.position,
            service=line.service_code,
            component=line.component,
            name=known.name if known else None,
            unit=known.unit if known else None,
            quantity=line.quantity,
            tariff=shown(line.tariff),
            amount=shown(line.amount),
            sent=shown(line.sent),
        )


@strawberry.type(description="A file that a scheme asks for beside a claim.")
class ClaimEvidenceRule:
    service: str = strawberry.field(description="The line of the service.")
    code: str = strawberry.field(description="The evidence's code.")
    name: str = strawberry.field(description="Its name.")
    required: bool = strawberry.field(
        description="Whether the claim, as it is now, cannot be submitted without it."
    )
    accepts: list[str] = strawberry.field(description="File name endings: pdf, xlsx.")

    @classmethod
    def of(cls, service: str, one: Evidence, *, required: bool) -> ClaimEvidenceRule:
        return cls(
            service=service,
            code=one.code,
            name=one.name,
            required=required,
            accepts=list(one.accepts),
        )


@strawberry.type(description="One thing that keeps a claim from being submitted.")
class ClaimProblem:
    code: str = strawberry.field(description="The rule: LC001 to LC010.")
    message: str = strawberry.field(description="What is wrong, in words.")
    field: str = strawberry.field(
        description="periodStart, service, component, quantity, amount, evidence, notes…"
    )
    line: int | None = strawberry.field(
        description="The line's position; null where it is about the claim as a whole."
    )
    service: str | None = strawberry.field(description="The service it is about.")
    component: str | None = strawberry.field(description="The component it is about.")

    @classmethod
    def of(cls, problem: Problem) -> ClaimProblem:
        return cls(
            code=problem.code,
            message=problem.message,
            field=problem.field,
            line=problem.line,
            service=problem.service_code,
            component=problem.component,
        )


@strawberry.type(description="Why a claim was rejected.")
class ClaimRejection:
    claim: strawberry.ID = strawberry.field(description="The claim.")
    code: ClaimRejectionCode = strawberry.field(description="The reason, coded.")
    reason: str = strawberry.field(description="The reason in words.")
    at: datetime = strawberry.field(description="When it was rejected.")
    content_version: int = strawberry.field(description="The version that was rejected.")
    period_start: date = strawberry.field(description="First day of its period.")
    period_end: date = strawberry.field(description="Last day of its period.")

    @classmethod
    def of(cls, row: Record) -> ClaimRejection:
        return cls(
            claim=strawberry.ID(str(row["of_claim"])),
            code=ClaimRejectionCode(row["code"]),
            reason=row["notes"],
            at=row["at"],
            content_version=row["content_version"],
            period_start=row["period_start"],
            period_end=row["period_end"],
        )


@strawberry.type(description="One step of a claim's history, sealed by the one before.")
class ClaimHistoryEntry:
    position: int = strawberry.field(description="1, 2, 3: without gaps.")
    action: str = strawberry.field(description="What happened: TIER_1_APPROVED.")
    status: str = strawberry.field(description="The status afterwards.")
    content_version: int = strawberry.field(description="The version it happened to.")
    content: str | None = strawberry.field(
        description="SHA-256 of what was submitted; null for every other step."
    )
    amount: Pounds | None = strawberry.field(
        description="What was claimed then; null for who may not see pounds."
    )
    at: datetime = strawberry.field(description="When, on the business clock.")
    by: strawberry.ID | None = strawberry.field(
        description="The person; null where the service itself acted."
    )
    acting_for: OdsCode | None = strawberry.field(description="The organisation acted for.")
    code: str | None = strawberry.field(description="The coded reason of a rejection.")
    notes: str | None = strawberry.field(description="The reason that was given.")
    previous: str = strawberry.field(description="The hash of the entry before.")
    hash: str = strawberry.field(description="SHA-256 of this entry and the hash before it.")

    @classmethod
    def of(cls, row: Record, *, sees_pounds: bool) -> ClaimHistoryEntry:
        return cls(
            position=row["position"],
            action=row["action"],
            status=row["status"],
            content_version=row["content_version"],
            content=row["content"],
            amount=row["amount"] if sees_pounds else None,
            at=row["at"],
            by=strawberry.ID(str(row["by"])) if row["by"] else None,
            acting_for=row["acting_for"],
            code=row["code"],
            notes=row["notes"],
            previous=row["previous"],
            hash=row["hash"],
        )
