"""Templates of bulk claims: what is asked for, and the rows that are handed out to be filled in."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chassis.db import Reader, Tx
from chassis.errors import DomainError
from chassis.export import Cell, Report
from nhs.directory import Principal
from nhs.formulas.scheme import Scheme
from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import Role
from services.declarations.agreements import store as agreements
from services.declarations.bulk import store
from services.declarations.bulk.domain import COLUMNS, Template
from services.declarations.claims import terms
from services.declarations.claims.commands import period_end
from services.declarations.sight import not_found


@dataclass(frozen=True, slots=True)
class TemplateAsked:
    signature: str
    mark: str


async def make(
    tx: Tx,
    principal: Principal,
    *,
    service: str,
    period_start: date,
    components: Sequence[str] | None,
    providers: Sequence[str] | None,
    now: datetime,
) -> TemplateAsked:
    """Keep what a template is asked for; its rows are read when it is fetched."""
    principal.require(Role.CLAIM_TIER_1)
    version = await agreements.latest_version(tx, service)
    specification = await _specification(tx, version) if version else None
    if version is None or specification is None or specification.scheme is None:
        raise not_found("scheme", service)
    principal.require(Role.CLAIM_TIER_1, payment_type=specification.payment_type)
    _check_components(specification.scheme, components)
    period = period_start, period_end(specification.scheme, service, period_start)
    template = Template(version, *period, principal.organisation)
    await _check_providers(tx, principal, template, providers)
    signature = secrets.token_urlsafe(18)
    await store.keep_template(
        tx, signature, template, components, providers, person=principal.person_id, now=now
    )
    return TemplateAsked(signature, template.mark(signature))


async def _specification(reader: Reader, version: str) -> QualityServiceSpecification:
    return (await agreements.specifications(reader, [version]))[version]


def _check_components(scheme: Scheme, components: Sequence[str] | None) -> None:
    for code in components or ():
        if terms.component_of(scheme, code) is None:
            message = f"The scheme has no component {code}."
            raise DomainError("COMPONENT_NOT_KNOWN", message, field="components")


async def _check_providers(
    reader: Reader, principal: Principal, template: Template, providers: Sequence[str] | None
) -> None:
    period = (template.period_start, template.period_end)
    found = {
        row["provider"]
        async for row in store.providers_of(
            reader, template.quality_service, period, principal.acting
        )
    }
    if missing := sorted(set(providers or ()) - found):
        message = f"{missing[0]} does not take part in {template.quality_service}, or is not yours."
        raise DomainError("PROVIDER_NOT_TAKING_PART", message, field="providers")
    if not found:
        message = f"Nobody of yours takes part in {template.quality_service} in that period."
        raise DomainError("PROVIDER_NOT_TAKING_PART", message, field="service")


async def _rows(
    reader: Reader, principal: Principal, asked: TemplateAsked
) -> AsyncIterator[Sequence[Cell]]:
    """A row for each provider and component that was chosen, with the tariff in force."""
    principal.require(Role.CLAIM_TIER_1)
    row = await store.template(reader, asked.signature, principal.organisation)
    if row is None:
        raise not_found("template", asked.signature)
    specification = await _specification(reader, row["quality_service"])
    scheme, chosen = specification.scheme, row["components"]
    assert scheme is not None, "a template is made of a scheme alone"
    period = (row["period_start"], row["period_end"])
    components = [one for one in scheme.components if chosen is None or one.code in chosen]
    async for provider in store.providers_of(
        reader, row["quality_service"], period, principal.acting
    ):
        code = provider["provider"]
        if row["providers"] is not None and code not in row["providers"]:
            continue
        for one in components:
            if tariff := terms.tariff_of(one, code, *period):
                who = (specification.code, code, provider["name"])
                yield *who, one.code, one.name, one.unit, tariff.amount, None


TEMPLATE: Final = Report(
    "claims-template", COLUMNS, TemplateAsked, _rows, mark=lambda asked: asked.mark
)
