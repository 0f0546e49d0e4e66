"""The catalogue in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Self

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import Connection, Context, FinancialYear, Points, connection, window
from nhs.directory import Principal
from nhs.formulas import specification as spec
from nhs.roles import Role
from nhs.values import FinancialYear as Year
from services.participation.catalogue import commands, domain, queries
from services.participation.catalogue.domain import ServiceFilter
from services.participation.catalogue.domain import Status as QualityServiceStatus
from services.participation.catalogue.shipped import library

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    QualityServiceStatus,
    name="QualityServiceStatus",
    description="A draft may still change; what is published never does.",
)


@strawberry.type(description="Where one figure of an indicator comes from.")
class QualityServiceSource:
    figure: str = strawberry.field(description="points, lower or upper.")
    source: str = strawberry.field(description="The publication, or what stands in for one.")
    status: str = strawberry.field(description="verified or provisional.")


@strawberry.type(description="What is measured, what it is worth, and how its payment is made.")
class QualityServiceIndicator:
    code: str = strawberry.field(description="As the extracts name it: AF006.")
    name: str = strawberry.field(description="What is measured.")
    points: Points = strawberry.field(description="Points for full achievement.")
    lower: str | None = strawberry.field(description="Percentage above which points are earned.")
    upper: str | None = strawberry.field(description="Percentage from which all are earned.")
    numerator: str | None = strawberry.field(description="The extract's field of the numerator.")
    denominator: str | None = strawberry.field(
        description="The extract's field of the denominator."
    )
    register: str | None = strawberry.field(description="The extract's field of the register.")
    prevalence_adjusted: bool = strawberry.field(
        description="Whether the payment follows the practice's prevalence."
    )
    prevalence_group: str | None = strawberry.field(
        description="The key of the national prevalence it is compared with."
    )
    formula: str = strawberry.field(description="The formula that pays it: qof-prevalence@1.")
    source: str = strawberry.field(description="Where its figures come from, in a line.")
    status: str = strawberry.field(
        description="verified, or provisional where any of its figures is: a provisional "
        "indicator pays in demonstrations only."
    )
    sources: list[QualityServiceSource] = strawberry.field(
        description="Where each of its figures comes from."
    )

    @classmethod
    def of(cls, indicator: spec.Indicator) -> Self:
        sources = [
            QualityServiceSource(figure=figure, source=source.source, status=source.status)
            for figure, source in indicator.sources.items()
        ]
        return cls(
            code=indicator.code,
            name=indicator.name,
            points=Points(indicator.points),
            lower=_percentage(indicator.lower),
            upper=_percentage(indicator.upper),
            numerator=indicator.numerator,
            denominator=indicator.denominator,
            register=indicator.register_field,
            prevalence_adjusted=indicator.prevalence_adjusted,
            prevalence_group=indicator.prevalence_group,
            formula=indicator.formula,
            source="; ".join(dict.fromkeys(source.source for source in sources)),
            status="provisional" if indicator.provisional else "verified",
            sources=sources,
        )


def _percentage(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


@strawberry.type(description="A group of indicators: atrial fibrillation.")
class QualityServiceGroup:
    code: str = strawberry.field(description="The group's code: AF.")
    name: str = strawberry.field(description="The group's name.")
    points: Points = strawberry.field(description="The sum of its indicators' points.")
    indicators: list[QualityServiceIndicator] = strawberry.field(description="In their order.")

    @classmethod
    def of(cls, group: spec.Group) -> Self:
        indicators = [QualityServiceIndicator.of(one) for one in group.indicators]
        return cls(
            code=group.code, name=group.name, points=Points(group.points), indicators=indicators
        )


@strawberry.type(description="A domain of a quality service: Clinical. Domains differ by year.")
class QualityServiceDomain:
    code: str = strawberry.field(description="The domain's code: CL.")
    name: str = strawberry.field(description="The domain's name.")
    points: Points = strawberry.field(description="The sum of its groups' points.")
    groups: list[QualityServiceGroup] = strawberry.field(description="In their order.")

    @classmethod
    def of(cls, one: spec.Domain) -> Self:
        groups = [QualityServiceGroup.of(group) for group in one.groups]
        return cls(code=one.code, name=one.name, points=Points(one.points), groups=groups)


@strawberry.type(description="A national figure that is part of the published version.")
class QualityServiceConstant:
    name: str = strawberry.field(description="As formulas name it: pounds_per_point.")
    value: str = strawberry.field(description="The figure, as a string.")
    source: str = strawberry.field(description="Where it comes from.")
    status: str = strawberry.field(description="verified or provisional.")
    effective: date = strawberry.field(description="The day from which it holds.")

    @classmethod
    def of(cls, constant: spec.Constant) -> Self:
        return cls(
            name=constant.name,
            value=format(constant.value, "f"),
            source=constant.source,
            status=constant.status,
            effective=constant.effective,
        )


@strawberry.type(description="What the check at publication finds wrong, or out of the ordinary.")
class QualityServiceProblem:
    code: str = strawberry.field(description="POINTS_DO_NOT_ADD_UP.")
    where: str = strawberry.field(description="The part that is at fault.")
    message: str = strawberry.field(description="What is wrong, in words.")
    warning: bool = strawberry.field(description="Whether a reason is enough to publish it so.")


@strawberry.federation.type(
    keys=["id"],
    description="One version of a quality service: what is offered, measured and paid.",
)
class QualityService:
    id: strawberry.ID = strawberry.field(description="Line and version: QOF2526/1.")
    code: str = strawberry.field(description="The line: QOF2526.")
    version: int = strawberry.field(description="The version of the line.")
    status: QualityServiceStatus = strawberry.field(description="Draft or published.")
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
    drafted_at: datetime = strawberry.field(description="When it was written.")
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
        specification = service.specification
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
            published_at=service.published.at if service.published else None,
            published_reason=service.reason,
            service=service,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> QualityService | None:
        return await quality_service(info, id)


def quality_service_loader(info: Info) -> DataLoader[str, QualityService | None]:
    """This request's loader of quality services by id."""
    context = info.context

    async def load(ids: list[str]) -> list[QualityService | None]:
        found = await queries.find(context.db, context.principal, ids)
        return [QualityService.of(one) if one else None for one in found]

    return context.loader("quality service", lambda: DataLoader(load))


async def quality_service(info: Info, identity: str) -> QualityService | None:
    return await quality_service_loader(info).load(identity)


@strawberry.type(description="A quality service of the library that ships with the system.")
class ShippedQualityService:
    code: str = strawberry.field(description="QOF2526: draft it by this code.")
    name: str = strawberry.field(description="Its name.")
    points: Points = strawberry.field(description="All points that can be earned.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date = strawberry.field(description="Its last day.")


@strawberry.input(description="Which quality services are looked for.")
class QualityServiceFilter:
    code: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    status: QualityServiceStatus | None = strawberry.field(
        default=None, description="Draft or published."
    )
    payment_type: str | None = strawberry.field(default=None, description="QOF.")
    provider_kind: str | None = strawberry.field(default=None, description="PRACTICE or PCN.")
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="The year in which it has a day at least."
    )

    def wanted(self) -> ServiceFilter:
        return ServiceFilter(
            code=self.code,
            status=self.status,
            payment_type=self.payment_type,
            provider_kind=self.provider_kind,
            year=Year.parse(self.financial_year).period if self.financial_year else None,
        )


@strawberry.type
class CatalogueQuery:
    @strawberry.field(name="qualityService", description="One version of a quality service.")
    async def one(self, info: Info, id: strawberry.ID) -> QualityService | None:
        return await quality_service(info, id)

    @strawberry.field(
        description="The catalogue: what is published and, for its managers, the drafts."
    )
    async def quality_services(
        self,
        info: Info,
        filter: QualityServiceFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[QualityService] | None:
        context, page = info.context, window(first, after, str, int)
        wanted = filter.wanted() if filter else ServiceFilter()
        rows = await queries.quality_services(
            context.db, context.principal, wanted, page.after, page.limit
        )
        return connection(
            rows,
            page,
            node=QualityService.of,
            key=lambda row: (row.code, row.version),
            total=lambda: queries.count(context.db, context.principal, wanted),
        )

    @strawberry.field(description="The library that ships: drafts are made of it.")
    def shipped_quality_services(self, info: Info) -> list[ShippedQualityService] | None:
        info.context.principal.require(Role.CATALOGUE_MANAGER)
        return [
            ShippedQualityService(
                code=code,
                name=one.name,
                points=Points(one.points),
                starts_on=one.starts_on,
                ends_on=one.ends_on,
            )
            for code, one in library().items()
        ]


@strawberry.type
class CatalogueMutation:
    @strawberry.mutation(
        description="Draft the next version of a line, as it ships. Another Catalogue Manager "
        "publishes it."
    )
    async def draft_shipped_quality_service(
        self, info: Info, code: str, idempotency_key: str | None = None
    ) -> QualityService | None:
        ask = _ask(info, idempotency_key)
        made = await commands.draft_shipped_quality_service(info.context.db, ask, code)
        return await _after(info, made)

    @strawberry.mutation(
        description="Publish a draft of somebody else's, if it is sound. What is out of the "
        "ordinary takes a reason. From then on the version never changes."
    )
    async def publish_quality_service(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> QualityService | None:
        ask = _ask(info, idempotency_key)
        made = await commands.publish_quality_service(info.context.db, ask, id, reason)
        return await _after(info, made)


def _ask(info: Info, key: str | None) -> commands.Ask:
    context = info.context
    return commands.Ask(context.principal, context.now, context.idempotency(info, key))


async def _after(info: Info, identity: str) -> QualityService | None:
    """Read what was changed anew: the request's loader may know how it was before."""
    (service,) = await queries.find(info.context.db, info.context.principal, [identity])
    return QualityService.of(service) if service else None
