"""Bulk claims in GraphQL: a template, the file that was filled in, what it comes to, submission."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.db import Tx
from chassis.graphql import (
    Connection,
    Context,
    Download,
    OdsCode,
    Pounds,
    as_uuid,
    connection,
    window,
)
from chassis.idempotency import once_alone
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.bulk import commands, store, templates
from services.declarations.bulk.templates import TEMPLATE, TemplateAsked
from services.declarations.sight import not_found

Info = strawberry.Info[Context[Principal], None]

MOST_PROBLEMS = 1_000


@strawberry.enum(description="How far a bulk claim has come.")
class BulkClaimStatus(Enum):
    CHECKING = strawberry.enum_value("CHECKING", description="Its job has not ended.")
    FAILED = strawberry.enum_value("FAILED", description="It could not be checked: see failure.")
    REFUSED = strawberry.enum_value(
        "REFUSED", description="Something is wrong with it: see errors."
    )
    CHECKED = strawberry.enum_value("CHECKED", description="It may be submitted.")
    REPEATED = strawberry.enum_value(
        "REPEATED", description="The same has been submitted before: see sameAs."
    )
    SUBMITTED = strawberry.enum_value("SUBMITTED", description="Its claims have been made.")


@strawberry.enum(description="What becomes of a row.")
class BulkClaimOutcome(Enum):
    REFUSED = strawberry.enum_value("REFUSED", description="Something is wrong with it.")
    CLAIMABLE = strawberry.enum_value("CLAIMABLE", description="It would be claimed.")
    CLAIMED = strawberry.enum_value("CLAIMED", description="It is a line of a claim.")


@strawberry.type(description="Where to put a filled template.")
class BulkClaimUpload:
    id: strawberry.ID = strawberry.field(description="Name it to checkBulkClaim.")
    path: str = strawberry.field(description="PUT the file there within 15 minutes.")


@strawberry.type(description="Something that is wrong with a filled template.")
class BulkClaimError:
    row: int = strawberry.field(description="The row of the file; the header is row 1.")
    code: str = strawberry.field(description="The rule: LC004; LC011 of the template itself.")
    field: str | None = strawberry.field(description="The column, or what else is at fault.")
    message: str = strawberry.field(description="What is wrong, in words.")

    @classmethod
    def of(cls, row: Record) -> BulkClaimError:
        return cls(row=row["row"], code=row["code"], field=row["field"], message=row["message"])


@strawberry.type(description="A row of a filled template, and what becomes of it.")
class BulkClaimRow:
    row: int = strawberry.field(description="The row of the file; the header is row 1.")
    provider: str = strawberry.field(description="The provider, as it was written.")
    component: str = strawberry.field(description="The component, as it was written.")
    quantity: str = strawberry.field(description="The quantity, as it was written.")
    tariff: Pounds | None = strawberry.field(description="Pounds for one unit.")
    amount: Pounds | None = strawberry.field(description="What it comes to.")
    outcome: BulkClaimOutcome = strawberry.field(description="What becomes of it.")
    claim: strawberry.ID | None = strawberry.field(description="The claim it is a line of.")

    @classmethod
    def of(cls, row: Record) -> BulkClaimRow:
        return cls(
            row=row["row"],
            provider=row["provider"],
            component=row["component"],
            quantity=row["quantity"],
            tariff=None if row["tariff"] is None else Pounds(row["tariff"]),
            amount=None if row["amount"] is None else Pounds(row["amount"]),
            outcome=_outcome(row),
            claim=strawberry.ID(str(row["claim_id"])) if row["claim_id"] else None,
        )


def _outcome(row: Record) -> BulkClaimOutcome:
    if row["problems"]:
        return BulkClaimOutcome.REFUSED
    return BulkClaimOutcome.CLAIMED if row["claim_id"] else BulkClaimOutcome.CLAIMABLE


@strawberry.type(description="What a filled template claims for one provider.")
class BulkClaimProvider:
    provider: OdsCode = strawberry.field(description="The provider.")
    rows: int = strawberry.field(description="How many rows.")
    amount: Pounds = strawberry.field(description="What they come to.")
    claim: strawberry.ID | None = strawberry.field(description="The claim, once there is one.")

    @classmethod
    def of(cls, row: Record) -> BulkClaimProvider:
        claim = strawberry.ID(str(row["claim_id"])) if row["claim_id"] else None
        amount, provider = Pounds(row["amount"]), OdsCode(row["provider"])
        return cls(provider=provider, rows=row["rows"], amount=amount, claim=claim)


@strawberry.type(description="A filled template: a job that checks all of it, then its claims.")
class BulkClaim:
    id: strawberry.ID = strawberry.field(description="The bulk claim's id.")
    file_name: str = strawberry.field(description="What the file was called.")
    status: BulkClaimStatus = strawberry.field(description="How far it has come.")
    failure: str | None = strawberry.field(description="Why it could not be checked.")
    quality_service: str | None = strawberry.field(description="The version of the service.")
    period_start: date | None = strawberry.field(description="The period's first day.")
    period_end: date | None = strawberry.field(description="The period's last day.")
    row_count: int = strawberry.field(description="How many rows claim something.")
    claim_count: int = strawberry.field(description="How many claims they are: one a provider.")
    total: Pounds = strawberry.field(description="What all rows come to.")
    error_count: int = strawberry.field(description="How many errors there are.")
    same_as: strawberry.ID | None = strawberry.field(
        description="The bulk claim that was submitted with the same claims before."
    )
    asked_at: datetime = strawberry.field(description="When it was uploaded.")
    asked_by: strawberry.ID = strawberry.field(description="Who did, and alone may submit it.")
    submitted_at: datetime | None = strawberry.field(description="When it was submitted.")

    @strawberry.field(description="The errors, in the order of their rows.")
    async def errors(self, info: Info, first: int = 100) -> list[BulkClaimError]:
        async with info.context.db.reader() as reader:
            rows = await store.problems(reader, UUID(self.id), max(0, min(first, MOST_PROBLEMS)))
        return [BulkClaimError.of(row) for row in rows]

    @strawberry.field(description="The rows that claim something, in order, with their outcomes.")
    async def rows(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[BulkClaimRow]:
        page, count = window(first, after, int), self.row_count

        async def total() -> int:
            return count

        async with info.context.db.reader() as reader:
            rows = await store.outcomes(reader, UUID(self.id), page.after, page.limit)
        return connection(rows, page, node=BulkClaimRow.of, key=lambda r: (r["row"],), total=total)

    @strawberry.field(description="What it claims for each provider.")
    async def providers(self, info: Info) -> list[BulkClaimProvider]:
        async with info.context.db.reader() as reader:
            rows = await store.by_provider(reader, UUID(self.id))
        return [BulkClaimProvider.of(row) for row in rows]

    @classmethod
    def of(cls, row: Record) -> BulkClaim:
        failure = row["error"]
        failed = row["status"] is None and row["job_status"] == "FAILED"
        return cls(
            id=strawberry.ID(str(row["id"])),
            file_name=row["file_name"],
            status=BulkClaimStatus(row["status"] or ("FAILED" if failed else "CHECKING")),
            failure=f"{failure['code']}: {failure['message']}" if failure else None,
            quality_service=row["quality_service"],
            period_start=row["period_start"],
            period_end=row["period_end"],
            row_count=row["row_count"],
            claim_count=row["claim_count"],
            total=Pounds(row["total"]),
            error_count=row["problem_count"],
            same_as=strawberry.ID(str(row["same_as"])) if row["same_as"] else None,
            asked_at=row["asked_at"],
            asked_by=strawberry.ID(str(row["asked_by"])),
            submitted_at=row["submitted_at"],
        )


async def _one(info: Info, bulk: UUID) -> BulkClaim:
    context = info.context
    async with context.db.reader() as reader:
        row = await store.find(reader, bulk, context.principal.organisation)
    if row is None:
        raise not_found("bulk claim", bulk)
    return BulkClaim.of(row)


@strawberry.type
class BulkQuery:
    @strawberry.field(
        description="A filled template: its progress, its errors, and what it comes to. Needs "
        "Claim Tier 1."
    )
    async def bulk_claim(self, info: Info, id: strawberry.ID) -> BulkClaim | None:
        info.context.principal.require(Role.CLAIM_TIER_1)
        return await _one(info, as_uuid(id))

    @strawberry.field(
        description="The filled templates of the organisation, newest first. Needs Claim Tier 1."
    )
    async def bulk_claims(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[BulkClaim] | None:
        context, page = info.context, window(first, after, datetime, UUID)
        context.principal.require(Role.CLAIM_TIER_1)
        organisation = context.principal.organisation

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, organisation)

        async with context.db.reader() as reader:
            rows = await store.page(reader, organisation, page.after, page.limit)
        return connection(
            rows, page, node=BulkClaim.of, key=lambda r: (r["asked_at"], r["id"]), total=total
        )


@strawberry.input(description="What a template is to hold a row for.")
class BulkClaimTemplate:
    service: str = strawberry.field(description="The line of a local scheme: LESPW2526.")
    period_start: date = strawberry.field(description="The first day of one of its periods.")
    components: list[str] | None = strawberry.field(
        default=None, description="These of its components; null: all."
    )
    providers: list[OdsCode] | None = strawberry.field(
        default=None, description="These providers; null: all that take part."
    )


@strawberry.type
class BulkMutation:
    @strawberry.mutation(
        description="Ask for the template of many claims: a row for each provider that takes part "
        "and each component, with its tariff. Fill in QUANTITY, change nothing else, and put it "
        "where requestBulkClaimUpload says. Needs Claim Tier 1."
    )
    async def request_bulk_claim_template(
        self,
        info: Info,
        input: BulkClaimTemplate,  # noqa: A002 (GraphQL's word)
        idempotency_key: str | None = None,
    ) -> Download | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)

        async def work(tx: Tx) -> TemplateAsked:
            return await templates.make(
                tx,
                context.principal,
                service=input.service,
                period_start=input.period_start,
                components=input.components,
                providers=input.providers,
                now=context.now,
            )

        asked = await once_alone(context.db, key, TemplateAsked, work, now=context.now)
        return Download.of(context, TEMPLATE, asked)

    @strawberry.mutation(
        description="Ask where to put a filled template, CSV or XLSX. Needs Claim Tier 1."
    )
    def request_bulk_claim_upload(self, info: Info, file_name: str) -> BulkClaimUpload | None:
        context = info.context
        signed = commands.request_upload(context.files, context.principal, file_name)
        return BulkClaimUpload(id=strawberry.ID(str(signed.id)), path=signed.path)

    @strawberry.mutation(
        description="Check all of a filled template: its header, its version, and every row by all "
        "rules. Nothing is claimed yet. Needs Claim Tier 1."
    )
    async def check_bulk_claim(
        self,
        info: Info,
        upload: strawberry.ID,
        file_name: str,
        idempotency_key: str | None = None,
    ) -> BulkClaim | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        put = as_uuid(upload, "upload")

        async def work(tx: Tx) -> UUID:
            who, files, now = context.principal, context.files, context.now
            return await commands.ask_to_check(tx, files, who, put, file_name=file_name, now=now)

        return await _one(info, await once_alone(context.db, key, UUID, work, now=context.now))

    @strawberry.mutation(
        description="Submit what was checked, all of it or nothing: a claim for each provider, "
        "which waits for tier 2, since the upload counts as tier 1. It is checked again, and where "
        "something is wrong by now, it is refused and says what. Submitted again, or another file "
        "of the same claims, it changes nothing. For whoever uploaded it; needs Claim Tier 1."
    )
    async def submit_bulk_claim(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> BulkClaim | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        bulk = as_uuid(id)

        async def work(tx: Tx) -> UUID:
            await commands.submit(tx, context.principal, bulk, now=context.now)
            return bulk

        return await _one(info, await once_alone(context.db, key, UUID, work, now=context.now))
