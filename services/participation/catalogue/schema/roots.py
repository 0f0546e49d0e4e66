"""The catalogue in GraphQL: what may be asked, and what Catalogue Managers may do."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from chassis.errors import DomainError
from chassis.graphql import (
    JSON,
    Connection,
    FinancialYear,
    OdsCode,
    Points,
    connection,
    window,
)
from nhs.roles import Role
from nhs.values import FinancialYear as Year
from services.participation.catalogue import commands, queries
from services.participation.catalogue.domain import AcceptedOffers, ServiceFilter, Status
from services.participation.catalogue.paths import Edit
from services.participation.catalogue.schema.types import (
    Info,
    QualityService,
    looking,
    quality_service,
)
from services.participation.catalogue.schema.versions import QualityServiceDifference
from services.participation.catalogue.shipped import library


@strawberry.type(description="A quality service of the library that ships with the system.")
class ShippedQualityService:
    code: str = strawberry.field(description="QOF2526: draft it by this code.")
    name: str = strawberry.field(description="Its name.")
    kind: str = strawberry.field(description="ACHIEVEMENT, CLAIM or PARTICIPATION_ONLY.")
    payment_type: str | None = strawberry.field(description="QOF, V&I, DES, LES or LIS.")
    points: Points = strawberry.field(description="All points that can be earned.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date = strawberry.field(description="Its last day.")


@strawberry.input(description="Which quality services are looked for.")
class QualityServiceFilter:
    code: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    status: Status | None = strawberry.field(
        default=None, description="Null for all but what was discarded."
    )
    payment_type: str | None = strawberry.field(default=None, description="QOF.")
    provider_kind: str | None = strawberry.field(default=None, description="PRACTICE or PCN.")
    kind: str | None = strawberry.field(
        default=None, description="ACHIEVEMENT, CLAIM or PARTICIPATION_ONLY."
    )
    owner: OdsCode | None = strawberry.field(
        default=None, description="Whose Catalogue Managers write it."
    )
    financial_year: FinancialYear | None = strawberry.field(
        default=None,
        description="The year in which it has a day at least: a service year that crosses 31 "
        "March shows in both.",
    )

    def wanted(self) -> ServiceFilter:
        return ServiceFilter(
            code=self.code,
            status=self.status,
            payment_type=self.payment_type,
            provider_kind=self.provider_kind,
            kind=self.kind,
            owner=self.owner,
            year=Year.parse(self.financial_year).period if self.financial_year else None,
        )


@strawberry.type
class CatalogueQuery:
    @strawberry.field(name="qualityService", description="One version of a quality service.")
    async def one(self, info: Info, id: strawberry.ID) -> QualityService | None:
        return await quality_service(info, id)

    @strawberry.field(
        description="The catalogue: what is published and, for its managers, the drafts. By `code` "
        "in the filter, the versions of a line in their order."
    )
    async def quality_services(
        self,
        info: Info,
        filter: QualityServiceFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[QualityService] | None:
        looks, page = looking(info), window(first, after, str, int)
        wanted = filter.wanted() if filter else ServiceFilter()
        rows = await queries.quality_services(looks, wanted, page.after, page.limit)
        return connection(
            rows,
            page,
            node=QualityService.of,
            key=lambda row: (row.code, row.version),
            total=lambda: queries.count(looks, wanted),
        )

    @strawberry.field(
        description="What differs between two versions, path by path: with the old, and the new."
    )
    async def compare_quality_services(
        self,
        info: Info,
        old: Annotated[
            strawberry.ID, strawberry.argument(name="from", description="The version before.")
        ],
        new: Annotated[
            strawberry.ID, strawberry.argument(name="to", description="The version after.")
        ],
    ) -> list[QualityServiceDifference] | None:
        found = await queries.comparison(looking(info), old, new)
        return [QualityServiceDifference.of(one) for one in found]

    @strawberry.field(description="The library that ships: drafts are made of it.")
    def shipped_quality_services(self, info: Info) -> list[ShippedQualityService] | None:
        info.context.principal.require(Role.CATALOGUE_MANAGER)
        return [
            ShippedQualityService(
                code=code,
                name=one.name,
                kind=one.kind,
                payment_type=one.payment_type,
                points=Points(one.points),
                starts_on=one.starts_on,
                ends_on=one.ends_on,
            )
            for code, one in library().items()
        ]


@strawberry.input(one_of=True, description="What a draft is made of: exactly one of the three.")
class QualityServiceDraftSource:
    shipped: str | None = strawberry.field(
        default=strawberry.UNSET, description="A code of the library that ships: QOF2526."
    )
    version: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A version within your sight: QOF2526/1."
    )
    specification: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A whole specification."
    )


@strawberry.input(description="One part of a specification, and what it is to be.")
class QualityServiceSetting:
    path: str = strawberry.field(
        description="domains/CL/groups/AF/indicators/AF006/upper. The last name may be new: a "
        "field, or a member of a list, which is put at its end."
    )
    value: JSON | None = strawberry.field(
        default=None, description="A member of a list carries its own name."
    )


@strawberry.input(
    description="Edits of a draft, all or none: first it is replaced as a whole, then parts are "
    "removed, then set."
)
class QualityServiceEdit:
    specification: JSON | None = strawberry.field(
        default=None, description="The whole specification, if all of it is to be replaced."
    )
    remove: list[str] = strawberry.field(
        default_factory=list, description="Paths of what is to go."
    )
    set: list[QualityServiceSetting] = strawberry.field(
        default_factory=list, description="What is to change, or to be added."
    )

    def edit(self) -> Edit:
        document = self.specification
        if document is not None and not isinstance(document, dict):
            message = "A specification is an object."
            raise DomainError("NOT_A_SPECIFICATION", message, field="specification")
        return Edit(document, self.remove, [(one.path, one.value) for one in self.set])


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
        description="Draft the next version of a line, or the first of a new one. A commissioner's "
        "Catalogue Managers draft CLAIM services only."
    )
    async def draft_quality_service(
        self,
        info: Info,
        source: QualityServiceDraftSource,
        code: Annotated[
            str | None,
            strawberry.argument(description="Another line, after the pattern of this one."),
        ] = None,
        idempotency_key: str | None = None,
    ) -> QualityService | None:
        ask, db = _ask(info, idempotency_key), info.context.db
        if source.shipped:
            made = await commands.draft_shipped_quality_service(db, ask, source.shipped, code)
        elif source.version:
            made = await commands.draft_from(db, ask, source.version, code)
        else:
            made = await commands.draft_quality_service(db, ask, source.specification, code)
        return await _after(info, made)

    @strawberry.mutation(
        description="Edit a draft as you saw it: all of the edit or nothing. Whoever edits is one "
        "of its authors, who do not publish it."
    )
    async def edit_quality_service_draft(
        self,
        info: Info,
        id: strawberry.ID,
        *,
        revision: Annotated[
            int, strawberry.argument(description="The revision you saw: another is stale.")
        ],
        edit: QualityServiceEdit,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> QualityService | None:
        ask = _ask(info, idempotency_key)
        made = await commands.edit_draft(
            info.context.db, ask, id, edit.edit(), revision=revision, reason=reason
        )
        return await _after(info, made)

    @strawberry.mutation(description="Give a draft up. Its number is not used again.")
    async def discard_quality_service_draft(
        self,
        info: Info,
        id: strawberry.ID,
        revision: int,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> QualityService | None:
        ask = _ask(info, idempotency_key)
        made = await commands.discard_draft(
            info.context.db, ask, id, revision=revision, reason=reason
        )
        return await _after(info, made)

    @strawberry.mutation(
        description="Publish a draft of somebody else's, if it is sound: today, or from a day on. "
        "What is out of the ordinary takes a reason. From then on the version never changes. A "
        "correction of a published version says what becomes of offers accepted already; ask "
        "publicationImpact first whom it touches."
    )
    async def publish_quality_service(
        self,
        info: Info,
        id: strawberry.ID,
        *,
        reason: str | None = None,
        on: Annotated[
            date | None, strawberry.argument(description="The first day; null for today.")
        ] = None,
        accepted_offers: AcceptedOffers | None = None,
        revision: Annotated[
            int | None,
            strawberry.argument(description="The revision you saw: if given, another is stale."),
        ] = None,
        idempotency_key: str | None = None,
    ) -> QualityService | None:
        terms = commands.Terms(reason, on, accepted_offers, revision)
        ask = _ask(info, idempotency_key)
        made = await commands.publish_quality_service(info.context.db, ask, id, terms)
        return await _after(info, made)

    @strawberry.mutation(
        description="Take back, before its day, that a version is to be published: it is a draft "
        "again."
    )
    async def unschedule_quality_service(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> QualityService | None:
        ask = _ask(info, idempotency_key)
        made = await commands.unschedule(info.context.db, ask, id, reason)
        return await _after(info, made)


def _ask(info: Info, key: str | None) -> commands.Ask:
    context = info.context
    return commands.Ask(context.principal, context.now, context.idempotency(info, key))


async def _after(info: Info, identity: str) -> QualityService | None:
    """Read what was changed anew: the request's loader may know how it was before."""
    (service,) = await queries.find(looking(info), [identity])
    return QualityService.of(service) if service else None
