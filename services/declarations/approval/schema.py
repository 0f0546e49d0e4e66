"""Declarations, and the payments they become, in GraphQL: each shows the other."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from asyncpg import Record
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.db import Reader
from chassis.graphql import (
    JSON,
    Connection,
    Context,
    FinancialYear,
    OdsCode,
    Points,
    Pounds,
    as_uuid,
    window,
)
from nhs.directory import Principal
from services.declarations.approval import lists, recovery
from services.declarations.approval.domain import WAITING, Action, Missing
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.approval.filters import DeclarationFilter
from services.declarations.approval.history import exported
from services.declarations.approval.history_schema import (
    DeclarationHistoryEntry,
    batched,
    history_of,
)
from services.declarations.approval.joined import DECLARATION_KEY, Joined
from services.declarations.calculation.schema import (
    DeclarationBlocker,
    DeclarationChanges,
    DeclarationExplanation,
    DeclarationLine,
    changes_of,
    lines_of,
    receipt_of,
)
from services.declarations.payments import store as ledger
from services.declarations.payments.schema import PaymentEntry, entries_of
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="One version of a quality service: what is offered, measured and paid.",
)
class QualityService:
    id: strawberry.ID = strawberry.field(description="Line and version: QOF2526/1.")


@strawberry.federation.type(keys=["odsCode"], description="An organisation of the NHS.")
class Organisation:
    ods_code: OdsCode = strawberry.field(description="Its code: A84002.")

    @strawberry.field(
        description="The declarations of this provider that the caller may see, newest first."
    )
    async def declarations(
        self,
        info: Info,
        filter: DeclarationFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Declaration] | None:
        asked = Joined(info, lists.Owner.PROVIDER, filter or DeclarationFilter(), Declaration.of)
        return await asked.page_of(self.ods_code, window(first, after, *DECLARATION_KEY))

    @classmethod
    def resolve_reference(cls, odsCode: OdsCode) -> Organisation:  # noqa: N803 (GraphQL's word)
        return cls(ods_code=odsCode)


@strawberry.federation.type(keys=["id"], description="An offer of a quality service.")
class Offer:
    id: strawberry.ID = strawberry.field(description="The offer's id.")

    @strawberry.field(description="Its declarations that the caller may see, newest first.")
    async def declarations(
        self,
        info: Info,
        filter: DeclarationFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Declaration] | None:
        asked = Joined(info, lists.Owner.OFFER, filter or DeclarationFilter(), Declaration.of)
        return await asked.page_of(as_uuid(self.id), window(first, after, *DECLARATION_KEY))

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Offer:
        return cls(id=id)


@strawberry.type(description="Why nobody moves a declaration, and who said so.")
class DeclarationHold:
    reason: str = strawberry.field(description="Why.")
    by: strawberry.ID = strawberry.field(description="The person who holds it.")


@strawberry.federation.type(
    keys=["id"],
    description="What a provider declares to have achieved in a payment period, and what it is "
    "to be paid for it.",
)
class Declaration:
    id: strawberry.ID = strawberry.field(description="The declaration's id.")
    version: int = strawberry.field(
        description="Rises with each change: name it to declare or approve."
    )
    status: DeclarationStatus = strawberry.field(description="Whose step it is.")
    held: bool = strawberry.field(description="Whether it is held, and moves nowhere.")
    hold: DeclarationHold | None = strawberry.field(description="Why it is held, and by whom.")
    return_reason: str | None = strawberry.field(
        description="Why it was returned; until it is declared or calculated again."
    )
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    payment_type: str = strawberry.field(description="QOF, DES, V&I.")
    period_start: date = strawberry.field(description="First day of the payment period.")
    period_end: date = strawberry.field(description="Last day of the payment period.")
    achievement_date: date = strawberry.field(description="The day achievement is measured.")
    indicator: str | None = strawberry.field(
        description="The one that is declared; null where it is all of the service."
    )
    calculation_version: int = strawberry.field(
        description="The number of the calculation that holds; 0 while there is none."
    )
    points: Points | None = strawberry.field(description="Points earned.")
    pounds: Pounds | None = strawberry.field(
        description="What they are worth; null for who may not see pounds."
    )
    provisional: bool = strawberry.field(
        description="Whether it stands on unconfirmed rules, which pay in demonstrations only."
    )
    missing: list[str] = strawberry.field(
        description="What an incomplete declaration waits for, by indicator."
    )
    opened_at: datetime = strawberry.field(description="When its achievement date had come.")
    changed_at: datetime = strawberry.field(description="When it last changed.")
    offer: Offer | None = strawberry.field(description="The offer that was accepted.")
    quality_service: QualityService | None = strawberry.field(description="The version that pays.")
    provider: Organisation | None = strawberry.field(description="Who declares.")
    commissioner: Organisation | None = strawberry.field(description="Who approves.")
    sees_pounds: strawberry.Private[bool]
    head: strawberry.Private[tuple[int, str]]
    waits_for: strawberry.Private[list[dict[str, Any]]]

    @strawberry.field(description="What an incomplete declaration waits for, in words.")
    def blockers(self) -> list[DeclarationBlocker]:
        return [DeclarationBlocker(**blocker) for blocker in self.waits_for]

    @strawberry.field(description="What each indicator earned; empty while it is incomplete.")
    async def lines(self, info: Info) -> list[DeclarationLine]:
        if self.status in WAITING:
            return []
        version = (UUID(self.id), self.calculation_version)
        found = await lines_of(info, version)
        return [DeclarationLine.of(x, version, sees_pounds=self.sees_pounds) for x in found]

    @strawberry.field(
        description="The whole calculation with every value, as `cqrs verify` reads it; null for "
        "who may not see pounds, and while there is none."
    )
    async def receipt(self, info: Info) -> JSON | None:
        found = await _receipt(info, self)
        return JSON(found) if found else None

    @strawberry.field(
        description="What is paid and what that stands on, in words; null for who may not see "
        "pounds, and while there is no calculation."
    )
    async def explanation(self, info: Info) -> DeclarationExplanation | None:
        found = await _receipt(info, self)
        return DeclarationExplanation.of(found) if found else None

    @strawberry.field(description="Everything that happened to it, oldest first.")
    async def history(self, info: Info) -> list[DeclarationHistoryEntry]:
        rows = await history_of(info, UUID(self.id))
        since = [0, *(row["calculation_version"] for row in rows)]
        return [
            DeclarationHistoryEntry.of(row, before, sees_pounds=self.sees_pounds)
            for row, before in zip(rows, since, strict=False)
        ]

    @strawberry.field(description="What the provider noted when it was last declared.")
    async def notes(self, info: Info) -> str | None:
        rows = await history_of(info, UUID(self.id))
        declared = [row["notes"] for row in rows if row["action"] == Action.DECLARED]
        return declared[-1] if declared else None

    @strawberry.field(
        description="The whole history with every hash, as `cqrs verify` reads it; null for who "
        "may not see pounds."
    )
    async def history_export(self, info: Info) -> JSON | None:
        if not self.sees_pounds:
            return None
        identity, (length, head) = UUID(self.id), self.head
        rows = await history_of(info, identity)
        return JSON(exported(identity, rows, length=length, head=head))

    @strawberry.field(
        description="What is not as it was when it was last declared; null if it never was, or "
        "is as it was declared."
    )
    async def changes(self, info: Info) -> DeclarationChanges | None:
        identity, version = UUID(self.id), self.calculation_version
        rows = await history_of(info, identity)
        declared = [r["calculation_version"] for r in rows if r["action"] == Action.DECLARED]
        if not declared or declared[-1] == version:
            return None
        since = declared[-1]
        return await changes_of(info, identity, since, version, sees_pounds=self.sees_pounds)

    @strawberry.field(
        description="What has been advanced on it, and is deducted when it is paid: aspiration; "
        "null where nothing is advanced on its service, and for who may not see pounds."
    )
    async def advanced(self, info: Info) -> Pounds | None:
        if not self.sees_pounds:
            return None
        found = await batched(info, "advances", recovery.advanced_on, None).load(UUID(self.id))
        return None if found is None else Pounds(found)

    @strawberry.field(description="What it is paid; null before finance approval.")
    async def payment(self, info: Info) -> Payment | None:
        return await _payment_of_declaration(info, UUID(self.id)) if self.sees_pounds else None

    @classmethod
    def of(cls, row: Record) -> Declaration:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            status=DeclarationStatus(row["status"]),
            held=row["held"],
            hold=_hold_of(row) if row["held"] else None,
            return_reason=row["return_reason"],
            service_code=row["service_code"],
            payment_type=row["payment_type"],
            period_start=row["period_start"],
            period_end=row["period_end"],
            achievement_date=row["achievement_date"],
            indicator=row["indicator"],
            calculation_version=row["calculation_version"],
            points=row["points"],
            pounds=row["pounds"] if row["sees_pounds"] else None,
            provisional=row["provisional"],
            missing=[Missing(**blocker).name for blocker in row["blockers"]],
            opened_at=row["opened_at"],
            changed_at=row["changed_at"],
            offer=Offer(id=strawberry.ID(str(row["offer_id"]))),
            quality_service=QualityService(id=row["quality_service"]),
            provider=Organisation(ods_code=row["provider"]),
            commissioner=Organisation(ods_code=row["commissioner"]),
            sees_pounds=row["sees_pounds"],
            head=(row["history_length"], row["history_hash"]),
            waits_for=row["blockers"],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Declaration | None:
        return await declaration_of(info, as_uuid(id))


@strawberry.federation.type(
    keys=["id"],
    description="What a finance-approved declaration, or a service of an approved claim, is paid, "
    "entry by entry.",
)
class Payment:
    id: strawberry.ID = strawberry.field(description="The payment's id.")
    version: int = strawberry.field(description="Rises with each change.")
    status: str = strawberry.field(
        description="AUTHORISED, SENT, SETTLED, FAILED, or CLOSED_ZERO where nothing is due: "
        "that of its least advanced entry."
    )
    amount: Pounds = strawberry.field(description="The sum of its entries.")
    achieved: Pounds = strawberry.field(
        description="What was calculated when it was authorised, before advances on it were "
        "deducted and anything was adjusted."
    )
    advanced: Pounds = strawberry.field(
        description="What had been advanced on it, and was deducted: aspiration."
    )
    points: Points = strawberry.field(description="The points it pays for.")
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    payment_type: str = strawberry.field(description="QOF, DES, V&I.")
    financial_year: FinancialYear = strawberry.field(description="The year the period ends in.")
    period_start: date = strawberry.field(description="First day of the period paid for.")
    period_end: date = strawberry.field(description="Last day of the period paid for.")
    indicator: str | None = strawberry.field(
        description="The one that is paid for; null where it is all of the service."
    )
    authorised_at: datetime = strawberry.field(description="When finance approved it.")
    provisional: bool = strawberry.field(description="Whether unconfirmed rules were used.")
    payee: Organisation | None = strawberry.field(description="Who is paid.")
    provider: Organisation | None = strawberry.field(description="Who earned it.")
    commissioner: Organisation | None = strawberry.field(description="Who offered the service.")
    quality_service: QualityService | None = strawberry.field(description="The version that pays.")
    claim_id: strawberry.ID | None = strawberry.field(
        description="The claim it pays for; null where it is of a declaration."
    )
    declaration_id: strawberry.Private[UUID | None]

    @strawberry.field(description="The ledger of this payment, in order.")
    async def entries(self, info: Info) -> list[PaymentEntry]:
        return await entries_of(info, UUID(self.id))

    @strawberry.field(description="The declaration that was approved; null of a claim's payment.")
    async def declaration(self, info: Info) -> Declaration | None:
        return await declaration_of(info, self.declaration_id) if self.declaration_id else None

    @classmethod
    def of(cls, row: Record) -> Payment:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            status=row["status"],
            amount=row["amount"],
            achieved=row["achieved"],
            advanced=row["advanced"],
            points=row["points"],
            service_code=row["service_code"],
            payment_type=row["payment_type"],
            financial_year=row["financial_year"],
            period_start=row["period_start"],
            period_end=row["period_end"],
            indicator=row["indicator"],
            authorised_at=row["authorised_at"],
            provisional=row["provisional"],
            payee=Organisation(ods_code=row["payee"]),
            provider=Organisation(ods_code=row["provider"]),
            commissioner=Organisation(ods_code=row["commissioner"]),
            quality_service=QualityService(id=row["quality_service"]),
            claim_id=strawberry.ID(str(row["claim_id"])) if row["claim_id"] else None,
            declaration_id=row["declaration_id"],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Payment | None:
        return await payment_of(info, as_uuid(id))


async def _receipt(info: Info, declaration: Declaration) -> dict[str, Any] | None:
    holds = declaration.calculation_version and declaration.status not in WAITING
    if not (declaration.sees_pounds and holds):
        return None
    return await receipt_of(info, (UUID(declaration.id), declaration.calculation_version))


def _hold_of(row: Record) -> DeclarationHold:
    return DeclarationHold(reason=row["hold_reason"], by=strawberry.ID(str(row["held_by"])))


async def declaration_of(info: Info, identity: UUID) -> Declaration | None:
    """The declaration, if the caller may see it; one statement for all that are asked for."""

    async def read(reader: Reader, ids: list[UUID]) -> dict[UUID, Declaration]:
        rows = await lists.by_ids(reader, Sight.of(info.context.principal), ids)
        return {row["id"]: Declaration.of(row) for row in rows}

    return await batched(info, "declarations", read, None).load(identity)


async def payment_of(info: Info, identity: UUID) -> Payment | None:
    """The payment, if the caller may see it."""

    async def read(reader: Reader, ids: list[UUID]) -> dict[UUID, Payment]:
        rows = await ledger.by_ids(reader, Sight.of_pounds(info.context.principal), ids)
        return {row["id"]: Payment.of(row) for row in rows}

    return await batched(info, "payments", read, None).load(identity)


async def _payment_of_declaration(info: Info, declaration: UUID) -> Payment | None:
    async def read(reader: Reader, ids: list[UUID]) -> dict[UUID, Payment]:
        rows = await ledger.by_declarations(reader, Sight.of_pounds(info.context.principal), ids)
        return {row["declaration_id"]: Payment.of(row) for row in rows}

    return await batched(info, "payments of declarations", read, None).load(declaration)
