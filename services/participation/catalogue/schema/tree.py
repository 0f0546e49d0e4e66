"""The tree of a quality service in GraphQL: domains, groups, indicators, and what pays them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Self

import strawberry

from chassis.graphql import Points
from nhs.formulas import specification as spec
from nhs.formulas.formula import Formula


@strawberry.type(description="Where one figure of an indicator comes from.")
class QualityServiceSource:
    figure: str = strawberry.field(
        description="points, lower, upper, or fields: the names of the extract's fields."
    )
    source: str = strawberry.field(description="The publication, or what stands in for one.")
    status: str = strawberry.field(description="verified or provisional.")


@strawberry.type(description="What one name of a formula stands for.")
class QualityServiceBinding:
    name: str = strawberry.field(description="The name as the formula takes it: lower.")
    target: str = strawberry.field(description="What supplies it: indicator.lower.")


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
    bindings: list[QualityServiceBinding] = strawberry.field(
        description="What the formula's names stand for."
    )
    pays_less_because: str | None = strawberry.field(
        description="Why more achievement may pay less, where that is meant."
    )
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
            bindings=[
                QualityServiceBinding(name=name, target=to)
                for name, to in indicator.bindings.items()
            ],
            pays_less_because=indicator.pays_less_because,
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


@strawberry.type(description="One step of a formula.")
class QualityServiceFormulaStep:
    name: str = strawberry.field(description="What its result is called: pounds.")
    operator: str = strawberry.field(description="ratio, product, linear, round2.")
    arguments: list[str] = strawberry.field(description="The names it takes.")


@strawberry.type(description="How indicators are paid: named steps, one operator each.")
class QualityServiceFormula:
    formula: str = strawberry.field(description="Its name and version: qof-prevalence@1.")
    steps: list[QualityServiceFormulaStep] = strawberry.field(description="In their order.")

    @classmethod
    def of(cls, one: Formula) -> Self:
        steps = [
            QualityServiceFormulaStep(
                name=step.name, operator=step.operator, arguments=list(step.arguments)
            )
            for step in one.steps
        ]
        return cls(formula=one.formula, steps=steps)
