"""Claims in GraphQL, and what claims give to organisations and payments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.db import Reader
from chassis.graphql import (
    JSON,
    Connection,
    Context,
    FinancialYear,
    OdsCode,
    Pounds,
    Window,
    as_uuid,
    connection,
    window,
)
from nhs.directory import Principal
from nhs.formulas.scheme import Scheme
from services.declarations.agreements import store as agreements
from services.declarations.approval.history_schema import batched
from services.declarations.approval.schema import Organisation, Payment
from services.declarations.claims import lists, rules, store, terms
from services.declarations.claims.domain import Claim as Known
from services.declarations.claims.domain import Line
from services.declarations.claims.enums import ClaimRejectionCode, ClaimStatus, ClaimStep
from services.declarations.claims.filters import ClaimFilter
from services.declarations.claims.history import exported
from services.declarations.claims.parts_schema import (
    ClaimEvidenceRule,
    ClaimHistoryEntry,
    ClaimLine,
    ClaimRejection,
    ClaimService,
)
from services.declarations.payments import store as ledger
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="A version of what a claim claimed, as it was submitted.")
class ClaimVersion:
    content_version: int = strawberry.field(description="1, 2, 3.")
    lines: list[ClaimLine] = strawberry.field(description="What was claimed.")
    notes: str | None = strawberry.field(description="What the provider noted.")
    evidence: list[str] = strawberry.field(description="The files that were attached, by name.")
    submitted_at: datetime = strawberry.field(description="When it was submitted.")
    submitted_by: strawberry.ID = strawberry.field(description="Who submitted it.")
    digest: str = strawberry.field(description="SHA-256 of it, which the history seals.")


@strawberry.federation.type(
    keys=["id"],
    description="What a provider claims under one local scheme, or several that are claimed "
    "together, for one period.",
)
class Claim:
    id: strawberry.ID = strawberry.field(description="The claim's id, the same in every version.")
    version: int = strawberry.field(description="Rises with each change: name it to act.")
    content_version: int = strawberry.field(
        description="1; and one more for each time it was amended after a rejection."
    )
    status: ClaimStatus = strawberry.field(description="Whose step it is.")
    step: ClaimStep | None = strawberry.field(
        description="Who is to approve next; null where nobody is."
    )
    path: list[ClaimStep] = strawberry.field(
        description="Who approves it, in order, by its scheme and amount; empty before it was "
        "submitted."
    )
    band: str | None = strawberry.field(
        description="Its risk by amount: LOW, MEDIUM, HIGH; null before it was submitted."
    )
    amount: Pounds | None = strawberry.field(
        description="What its lines come to; null for who may not see pounds."
    )
    provisional: bool = strawberry.field(
        description="Whether a figure of its scheme is unconfirmed: it pays in demonstrations only."
    )
    bulk: bool = strawberry.field(
        description="Whether the commissioner uploaded it, which counts as tier 1."
    )
    notes: str | None = strawberry.field(description="What the provider notes.")
    financial_year: FinancialYear = strawberry.field(description="The year its period ends in.")
    period_start: date = strawberry.field(description="First day of the period claimed for.")
    period_end: date = strawberry.field(description="Last day of the period claimed for.")
    rejection_code: ClaimRejectionCode | None = strawberry.field(
        description="Why it was rejected last, coded; null once it is submitted again."
    )
    rejection_reason: str | None = strawberry.field(description="The same in words.")
    created_at: datetime = strawberry.field(description="When it was first drafted.")
    submitted_at: datetime | None = strawberry.field(description="When it was last submitted.")
    waits_since: datetime = strawberry.field(description="Since when it is in its status.")
    changed_at: datetime = strawberry.field(description="When it last changed.")
    services: list[ClaimService] = strawberry.field(description="What it may claim under.")
    provider: Organisation | None = strawberry.field(description="Who claims.")
    commissioner: Organisation | None = strawberry.field(description="Who pays.")
    sees_pounds: strawberry.Private[bool]
    head: strawberry.Private[tuple[int, str]]
    known: strawberry.Private[Known]

    @strawberry.field(description="What is claimed, in this version of it.")
    async def lines(self, info: Info) -> list[ClaimLine]:
        lines, schemes = await self._lines(info), await self._schemes(info)
        return [
            ClaimLine.of(line, schemes.get(line.service_code), sees_pounds=self.sees_pounds)
            for line in lines
        ]

    @strawberry.field(description="The files its schemes ask for, and which it must have now.")
    async def evidence_rules(self, info: Info) -> list[ClaimEvidenceRule]:
        lines, found = await self._lines(info), list[ClaimEvidenceRule]()
        services = terms.claimed_services(lines)
        for code, scheme in (await self._schemes(info)).items():
            claimed = not services or code in services
            asked = {one.code for one, _ in rules.required(scheme, code, lines)}
            for one in scheme.evidence:
                required = claimed and one.code in asked
                found.append(ClaimEvidenceRule.of(code, one, required=required))
        return found

    @strawberry.field(
        description="Every version that was submitted, oldest first, whole and unchanged."
    )
    async def versions(self, info: Info) -> list[ClaimVersion]:
        schemes = await self._schemes(info)
        return [
            _version_of(row, schemes, sees_pounds=self.sees_pounds)
            for row in await self._contents(info)
        ]

    @strawberry.field(
        description="Why claims of this provider under the same services were rejected, newest "
        "first: read them before you submit."
    )
    async def past_rejections(self, info: Info) -> list[ClaimRejection]:
        async def read(reader: Reader, ids: list[UUID]) -> dict[UUID, list[Record]]:
            return await lists.past_rejections(reader, Sight.of_claims(info.context.principal), ids)

        none: list[Record] = []
        loader = batched(info, "past rejections of claims", read, none)
        return [ClaimRejection.of(row) for row in await loader.load(UUID(self.id))]

    @strawberry.field(description="Everything that happened to it, oldest first.")
    async def history(self, info: Info) -> list[ClaimHistoryEntry]:
        rows = await self._history(info)
        return [ClaimHistoryEntry.of(row, sees_pounds=self.sees_pounds) for row in rows]

    @strawberry.field(
        description="The whole history with every hash and every version, as `cqrs verify` reads "
        "it; null for who may not see pounds."
    )
    async def history_export(self, info: Info) -> JSON | None:
        if not self.sees_pounds:
            return None
        length, head = self.head
        contents = [row["content"] for row in await self._contents(info)]
        rows = await self._history(info)
        return JSON(exported(UUID(self.id), rows, contents, length=length, head=head))

    @strawberry.field(
        description="What it is paid, one payment for each service; none before it is approved."
    )
    async def payments(self, info: Info) -> list[Payment]:
        return await _payments_of(info, UUID(self.id)) if self.sees_pounds else []

    async def _history(self, info: Info) -> list[Record]:
        none: list[Record] = []
        return await batched(info, "claim histories", lists.histories, none).load(UUID(self.id))

    async def _contents(self, info: Info) -> list[Record]:
        none: list[Record] = []
        return await batched(info, "claim contents", lists.contents, none).load(UUID(self.id))

    async def _lines(self, info: Info) -> list[Line]:
        async def read(
            reader: Reader, keys: list[tuple[UUID, int]]
        ) -> dict[tuple[UUID, int], list[Line]]:
            found = await store.lines_of(reader, keys)
            return {key: found[key[0]] for key in keys}

        key, none = (UUID(self.id), self.content_version), list[Line]()
        return await batched(info, "claim lines", read, none).load(key)

    async def _schemes(self, info: Info) -> dict[str, Scheme]:
        loader = batched(info, "schemes", agreements.specifications, None)
        services = self.known.services
        versions = await loader.load_many([one.quality_service for one in services])
        return {
            one.service_code: version.scheme
            for one, version in zip(services, versions, strict=True)
            if version is not None and version.scheme is not None
        }

    @classmethod
    def of(cls, row: Record) -> Claim:
        known, sees_pounds = store.claim_of(row), row["sees_pounds"]
        code = known.rejection_code
        return cls(
            id=strawberry.ID(str(known.id)),
            version=known.version,
            content_version=known.content_version,
            status=known.status,
            step=known.step,
            path=list(known.path),
            band=known.band,
            amount=Pounds(known.amount) if sees_pounds else None,
            provisional=known.provisional,
            bulk=known.bulk,
            notes=known.notes,
            financial_year=FinancialYear(known.financial_year),
            period_start=known.period_start,
            period_end=known.period_end,
            rejection_code=ClaimRejectionCode(code) if code else None,
            rejection_reason=known.rejection_reason,
            created_at=row["created_at"],
            submitted_at=row["submitted_at"],
            waits_since=row["waits_since"],
            changed_at=row["changed_at"],
            services=[ClaimService.of(one, sees_pounds=sees_pounds) for one in known.services],
            provider=Organisation(ods_code=OdsCode(known.provider)),
            commissioner=Organisation(ods_code=OdsCode(known.commissioner)),
            sees_pounds=sees_pounds,
            head=(known.history_length, known.history_hash),
            known=known,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Claim | None:
        return await claim_of(info, as_uuid(id))


def _version_of(row: Record, schemes: dict[str, Scheme], *, sees_pounds: bool) -> ClaimVersion:
    content = row["content"]
    lines = [_submitted_line(place, one) for place, one in enumerate(content["lines"], start=1)]
    return ClaimVersion(
        content_version=row["content_version"],
        lines=[
            ClaimLine.of(line, schemes.get(line.service_code), sees_pounds=sees_pounds)
            for line in lines
        ],
        notes=content["notes"],
        evidence=[one["file_name"] for one in content["evidence"]],
        submitted_at=row["submitted_at"],
        submitted_by=strawberry.ID(str(row["submitted_by"])),
        digest=row["digest"],
    )


def _submitted_line(position: int, given: dict[str, str]) -> Line:
    return Line(
        position,
        given["service"],
        given["component"],
        given["quantity"],
        tariff=Decimal(given["tariff"]),
        amount=Decimal(given["amount"]),
    )


async def claim_of(info: Info, identity: UUID) -> Claim | None:
    """The claim, if the caller may see it; one statement for all that are asked for."""

    async def read(reader: Reader, ids: list[UUID]) -> dict[UUID, Claim]:
        rows = await lists.by_ids(reader, Sight.of_claims(info.context.principal), ids)
        return {row["id"]: Claim.of(row) for row in rows}

    return await batched(info, "claims", read, None).load(identity)


async def _payments_of(info: Info, claim: UUID) -> list[Payment]:
    async def read(reader: Reader, ids: list[UUID]) -> dict[UUID, list[Payment]]:
        sight, found = Sight.of_claims(info.context.principal), dict[UUID, list[Payment]]()
        for row in await ledger.by_claims(reader, sight, ids):
            found.setdefault(row["claim_id"], []).append(Payment.of(row))
        return found

    none: list[Payment] = []
    return await batched(info, "payments of claims", read, none).load(claim)


@strawberry.type
class PaymentOfClaims:
    """What claims give to a payment."""

    claim_id: strawberry.Private[strawberry.ID | None]

    @strawberry.field(
        description="The claim that was approved, for who sees claims; null of a declaration's "
        "payment."
    )
    async def claim(self, info: Info) -> Claim | None:
        if self.claim_id is None or not Sight.sees_claims(info.context.principal):
            return None
        return await claim_of(info, UUID(self.claim_id))


@strawberry.type
class OrganisationOfClaims:
    """What claims give to an organisation."""

    ods_code: strawberry.Private[OdsCode]

    @strawberry.field(
        description="The claims of this provider that the caller may see, newest period first."
    )
    async def claims(
        self,
        info: Info,
        filter: ClaimFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Claim] | None:
        page = window(first, after, *lists.KEY)
        return await _page_of(info, self.ods_code, filter or ClaimFilter(), page)


async def _page_of(
    info: Info, provider: str, asked: ClaimFilter, page: Window
) -> Connection[Claim]:
    """The claims of many providers at once: one statement for each page asked."""
    principal = info.context.principal
    sight, wanted = Sight.of_claims(principal), asked.wanted(principal)
    name = f"claims of providers {asked}"
    none: list[Record] = []

    async def read(reader: Reader, providers: list[str]) -> dict[str, list[Record]]:
        return await lists.pages(
            reader, sight, wanted, providers, after=page.after, limit=page.limit
        )

    async def count(reader: Reader, providers: list[str]) -> dict[str, int]:
        return await lists.counts(reader, sight, wanted, providers)

    return connection(
        await batched(info, f"{name} {page}", read, none).load(provider),
        page,
        node=Claim.of,
        key=lists.key_of,
        total=lambda: batched(info, f"{name} count", count, 0).load(provider),
    )
