"""Quality services in GraphQL: the type and its loaders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import JSON, Context, OdsCode, Points
from nhs.directory import Principal
from services.participation.catalogue import domain, queries
from services.participation.catalogue.domain import AcceptedOffers, Status
from services.participation.catalogue.queries import Looking
from services.participation.catalogue.schema.scheme import QualityServiceScheme
from services.participation.catalogue.schema.tree import (
    QualityServiceConstant,
    QualityServiceDomain,
    QualityServiceFormula,
)
from services.participation.catalogue.schema.versions import (
    QualityServiceHistoryEntry,
    QualityServiceProblem,
)

Info = strawberry.Info[Context[Principal], None]


@strawberry.federation.type(
    keys=["id"],
    description="One version of a quality service: what is offered, measured and paid.",
)
class QualityService:
    id: strawberry.ID = strawberry.field(description="Line and version: QOF2526/1.")
    code: str = strawberry.field(description="The line: QOF2526.")
    version: int = strawberry.field(description="The version of the line.")
    status: Status = strawberry.field(description="Draft, scheduled, published or discarded.")
    name: str = strawberry.field(description="Quality and Outcomes Framework 2025/26.")
    payment_type: str | None = strawberry.field(
        description="The payment type that roles may be limited to: QOF."
    )
    provider_kind: str = strawberry.field(description="Who it is offered to: PRACTICE or PCN.")
    payment_period: str = strawberry.field(description="MONTHLY, QUARTERLY, ANNUALLY or NONE.")
    collection: str = strawberry.field(description="AUTOMATIC, MANUAL, BOTH or NONE.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date = strawberry.field(description="Its last day.")
    points: Points = strawberry.field(description="All points that can be earned.")
    no_declaration_required: bool = strawberry.field(
        description="Whether achievement counts as declared without anybody declaring it."
    )
    no_approval_required: bool = strawberry.field(
        description="Whether a declaration counts as approved without anybody approving it."
    )
    requires_pcn_membership: bool = strawberry.field(
        description="Whether a practice must be in a PCN to be offered it."
    )
    provisional: bool = strawberry.field(
        description="Whether any figure a payment rests on is unconfirmed."
    )
    kind: str = strawberry.field(
        description="ACHIEVEMENT is measured and paid, CLAIM claimed by a scheme, "
        "PARTICIPATION_ONLY neither."
    )
    accepted_on_behalf: bool = strawberry.field(
        description="Whether an offer counts as accepted at once, on the provider's behalf."
    )
    values_from: str = strawberry.field(
        description="Whose values pay it: the PROVIDER's, or the sums over a network's MEMBERS."
    )
    members_take_part_in: str | None = strawberry.field(
        description="The line that a member must take part in for its values to be counted."
    )
    declared_per: str = strawberry.field(description="SERVICE, or INDICATOR by INDICATOR.")
    recovers: str | None = strawberry.field(
        description="The line whose payments are advances on this one, and deducted from it."
    )
    rounding_policy: str | None = strawberry.field(
        description="How its results are rounded, by name and version."
    )
    owner: OdsCode = strawberry.field(
        description="The organisation whose Catalogue Managers write the line: ENG, or a "
        "commissioner."
    )
    revision: int = strawberry.field(
        description="Rises with each edit of a draft, which names the one it saw."
    )
    drafted_at: datetime = strawberry.field(description="When it was first written.")
    publish_on: date | None = strawberry.field(
        description="The day from which it is published, once that is decided."
    )
    accepted_offers: AcceptedOffers | None = strawberry.field(
        description="What becomes of accepted offers of the version before."
    )
    published_at: datetime | None = strawberry.field(description="When it was published.")
    published_reason: str | None = strawberry.field(
        description="Why it was published though a check warned."
    )
    service: strawberry.Private[domain.QualityService]

    @strawberry.field(description="The tree: domains, their groups, their indicators.")
    def domains(self) -> list[QualityServiceDomain]:
        return [QualityServiceDomain.of(one) for one in self.service.specification.domains]

    @strawberry.field(description="National figures that are part of the version.")
    def constants(self) -> list[QualityServiceConstant]:
        return [QualityServiceConstant.of(one) for one in self.service.specification.constants]

    @strawberry.field(description="How indicators are paid: formulas, a step a row.")
    def formulas(self) -> list[QualityServiceFormula]:
        return [QualityServiceFormula.of(one) for one in self.service.specification.formulas]

    @strawberry.field(description="What is claimed, in a local scheme; null in all others.")
    def scheme(self) -> QualityServiceScheme | None:
        scheme = self.service.specification.scheme
        return QualityServiceScheme.of(scheme) if scheme else None

    @strawberry.field(
        description="The whole specification as JSON: the form in which drafts are edited."
    )
    def specification(self) -> JSON:
        return JSON(self.service.specification.as_json())

    @strawberry.field(
        description="Who did what to it, when and why: for the Catalogue Managers who write it."
    )
    async def history(self, info: Info) -> list[QualityServiceHistoryEntry]:
        entries = await _history_loader(info).load(self.service.id)
        return [QualityServiceHistoryEntry.of(entry) for entry in entries]

    @strawberry.field(description="What the check at publication finds; empty if it is sound.")
    def problems(self) -> list[QualityServiceProblem]:
        return [
            QualityServiceProblem(
                code=found.code, where=found.where, message=found.message, warning=found.warning
            )
            for found in self.service.problems
        ]

    @classmethod
    def of(cls, service: domain.QualityService) -> Self:
        specification, publication = service.specification, service.publication
        return cls(
            id=strawberry.ID(service.id),
            code=service.code,
            version=service.version,
            status=service.status,
            name=specification.name,
            payment_type=specification.payment_type,
            provider_kind=specification.provider_kind,
            payment_period=specification.payment_period,
            collection=specification.collection,
            starts_on=specification.starts_on,
            ends_on=specification.ends_on,
            points=Points(specification.points),
            no_declaration_required=specification.no_declaration_required,
            no_approval_required=specification.no_approval_required,
            requires_pcn_membership=specification.requires_pcn_membership,
            provisional=specification.provisional,
            drafted_at=service.drafted.at,
            published_at=publication.at if publication else None,
            published_reason=publication.reason if publication else None,
            kind=specification.kind,
            accepted_on_behalf=specification.accepted_on_behalf,
            values_from=specification.values_from,
            members_take_part_in=specification.members_take_part_in,
            declared_per=specification.declared_per,
            recovers=specification.recovers,
            rounding_policy=specification.rounding_policy,
            owner=OdsCode(service.owner),
            revision=service.revision,
            publish_on=publication.on if publication else None,
            accepted_offers=publication.accepted_offers if publication else None,
            service=service,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> QualityService | None:
        return await quality_service(info, id)


def quality_service_loader(info: Info) -> DataLoader[str, QualityService | None]:
    """This request's loader of quality services by id."""
    context = info.context

    async def load(ids: list[str]) -> list[QualityService | None]:
        found = await queries.find(looking(info), ids)
        return [QualityService.of(one) if one else None for one in found]

    return context.loader("quality service", lambda: DataLoader(load))


async def quality_service(info: Info, identity: str) -> QualityService | None:
    return await quality_service_loader(info).load(identity)


def _history_loader(info: Info) -> DataLoader[str, list[domain.Entry]]:
    async def load(ids: list[str]) -> list[list[domain.Entry]]:
        return await queries.histories(looking(info), ids)

    return info.context.loader("quality service history", lambda: DataLoader(load))


def looking(info: Info) -> Looking:
    return Looking(info.context.db, info.context.principal)
