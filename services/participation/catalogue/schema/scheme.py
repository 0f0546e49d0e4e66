"""A local scheme in GraphQL: what may be claimed, for how much, when, and who approves it."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from chassis.graphql import OdsCode, Pounds
from nhs.formulas import scheme


@strawberry.type(description="What one unit of a component pays, from one day to another.")
class QualityServiceTariff:
    provider: OdsCode | None = strawberry.field(
        description="Whose tariff it is; null for whoever has none of their own."
    )
    amount: Pounds = strawberry.field(description="Pounds for one unit.")
    valid_from: date = strawberry.field(description="Its first day.")
    valid_to: date | None = strawberry.field(description="Its last day; null while it is open.")
    source: str = strawberry.field(description="Where the amount comes from.")
    status: str = strawberry.field(description="verified or provisional.")

    @classmethod
    def of(cls, tariff: scheme.Tariff) -> Self:
        return cls(
            provider=OdsCode(tariff.provider) if tariff.provider else None,
            amount=Pounds(tariff.amount),
            valid_from=tariff.valid_from,
            valid_to=tariff.valid_to,
            source=tariff.source,
            status=tariff.status,
        )


@strawberry.type(description="One thing that is claimed for, by quantity.")
class QualityServiceComponent:
    code: str = strawberry.field(description="The component's code: PHLEB.")
    name: str = strawberry.field(description="The component's name.")
    unit: str = strawberry.field(description="What is counted: a blood test.")
    evidence: list[str] = strawberry.field(description="The codes of the evidence it takes.")
    most_per_claim: int | None = strawberry.field(description="The largest quantity of a claim.")
    most_per_year: int | None = strawberry.field(description="The largest quantity of a year.")
    tariffs: list[QualityServiceTariff] = strawberry.field(description="What a unit pays, when.")

    @classmethod
    def of(cls, component: scheme.Component) -> Self:
        return cls(
            code=component.code,
            name=component.name,
            unit=component.unit,
            evidence=list(component.evidence),
            most_per_claim=component.most_per_claim,
            most_per_year=component.most_per_year,
            tariffs=[QualityServiceTariff.of(tariff) for tariff in component.tariffs],
        )


@strawberry.type(description="A file that is attached to a claim.")
class QualityServiceEvidence:
    code: str = strawberry.field(description="The evidence's code: LOG.")
    name: str = strawberry.field(description="What it shows.")
    required: bool = strawberry.field(description="Whether no claim goes without it.")
    accepts: list[str] = strawberry.field(description="File name endings: pdf, xlsx.")

    @classmethod
    def of(cls, one: scheme.Evidence) -> Self:
        return cls(code=one.code, name=one.name, required=one.required, accepts=list(one.accepts))


@strawberry.type(description="When a period may be claimed for.")
class QualityServiceClaimWindow:
    period_start: date = strawberry.field(description="The period's first day.")
    period_end: date = strawberry.field(description="The period's last day.")
    opens_on: date = strawberry.field(description="The first day of claiming.")
    closes_on: date = strawberry.field(description="The last day of claiming.")
    claims: int = strawberry.field(description="So many claims a provider may make of it.")

    @classmethod
    def of(cls, window: scheme.Window) -> Self:
        return cls(
            period_start=window.period_start,
            period_end=window.period_end,
            opens_on=window.opens_on,
            closes_on=window.closes_on,
            claims=window.claims,
        )


@strawberry.type(description="The risk of a claim by its amount.")
class QualityServiceRiskBand:
    code: str = strawberry.field(description="The band's code: MEDIUM.")
    name: str = strawberry.field(description="The band's name.")
    at_least: Pounds = strawberry.field(description="The smallest amount.")
    below: Pounds | None = strawberry.field(description="The first amount that is too large.")

    @classmethod
    def of(cls, band: scheme.Band) -> Self:
        below = None if band.below is None else Pounds(band.below)
        return cls(code=band.code, name=band.name, at_least=Pounds(band.at_least), below=below)


@strawberry.type(description="A step of a claim's approval.")
class QualityServiceApprovalStep:
    step: str = strawberry.field(description="PROVIDER, TIER_1, TIER_2 or FINANCE.")
    above: Pounds | None = strawberry.field(
        description="Claims of at most this amount pass the step by; null: every claim takes it."
    )

    @classmethod
    def of(cls, one: scheme.ApprovalStep) -> Self:
        return cls(step=one.step, above=None if one.above is None else Pounds(one.above))


@strawberry.type(description="What is claimed in a local scheme, and how it is approved.")
class QualityServiceScheme:
    components: list[QualityServiceComponent] = strawberry.field(description="In their order.")
    evidence: list[QualityServiceEvidence] = strawberry.field(description="In its order.")
    windows: list[QualityServiceClaimWindow] = strawberry.field(description="By their periods.")
    bands: list[QualityServiceRiskBand] = strawberry.field(description="From the lowest up.")
    approval: list[QualityServiceApprovalStep] = strawberry.field(
        description="Who approves a claim, in this order."
    )
    budget: Pounds = strawberry.field(description="Pounds for all providers together.")
    most_per_provider: Pounds | None = strawberry.field(description="Pounds for one provider.")
    claimed_with: str | None = strawberry.field(
        description="Services with the same word here share one claim."
    )

    @classmethod
    def of(cls, one: scheme.Scheme) -> Self:
        most = None if one.most_per_provider is None else Pounds(one.most_per_provider)
        return cls(
            components=[QualityServiceComponent.of(each) for each in one.components],
            evidence=[QualityServiceEvidence.of(each) for each in one.evidence],
            windows=[QualityServiceClaimWindow.of(each) for each in one.windows],
            bands=[QualityServiceRiskBand.of(each) for each in one.bands],
            approval=[QualityServiceApprovalStep.of(each) for each in one.approval],
            budget=Pounds(one.budget),
            most_per_provider=most,
            claimed_with=one.claimed_with,
        )
