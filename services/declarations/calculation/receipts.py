"""Receipts: rebuilt on demand from what a calculation froze, value by value."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.formulas import binding
from nhs.formulas.explain import exact, explain
from nhs.formulas.specification import Indicator, QualityServiceSpecification
from services.declarations.calculation import store
from services.declarations.calculation.domain import Line

FORMAT = "cqrs-receipt/1"


async def receipt(reader: Reader, declaration: UUID, version: int) -> dict[str, Any] | None:
    """The whole of one calculation, as `cqrs verify` recomputes it."""
    frozen = await store.frozen(reader, declaration, version)
    if frozen is None:
        return None
    key = (declaration, version)
    lines = (await store.lines_of(reader, [key])).get(key, [])
    return {
        "format": FORMAT,
        "declaration": str(declaration),
        "calculation_version": version,
        "calculated_at": frozen["calculated_at"].isoformat(),
        "quality_service": frozen["quality_service"],
        "digest": frozen["digest"],
        "prevalence_set": frozen["prevalence_set"] and str(frozen["prevalence_set"]),
        "list_size": frozen["list_size"],
        "list_on": frozen["list_on"].isoformat(),
        "list_stands_in": frozen["list_stands_in"],
        "stood_on": frozen["stood_on"],
        "provisional": frozen["provisional"],
        "demonstration": frozen["demonstration"],
        "points": str(frozen["points"]),
        "pounds": str(frozen["pounds"]),
        "hash": frozen["hash"],
        "lines": explained(frozen, lines),
    }


def explained(frozen: Record, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """A receipt for each line, in the published order of its indicators."""
    service = QualityServiceSpecification.model_validate(frozen["specification"], extra="ignore")
    prevalences = {group: Fraction(text) for group, text in frozen["prevalences"].items()}
    by_code = {line.indicator: line for line in lines}
    return [
        _explained(frozen, service, indicator, by_code[indicator.code], prevalences)
        for indicator in service.indicators
        if indicator.code in by_code
    ]


def _explained(
    frozen: Record,
    service: QualityServiceSpecification,
    indicator: Indicator,
    line: Line,
    prevalences: dict[str, Fraction],
) -> dict[str, Any]:
    formula = service.formula(indicator.formula)
    inputs = binding.constants(service, indicator, prevalences) | _numbers(frozen, indicator, line)
    tree = explain(formula, inputs)
    return {
        "indicator": indicator.code,
        "name": indicator.name,
        "numerator": line.numerator,
        "denominator": line.denominator,
        "register": line.register,
        "points": str(line.points),
        "pounds": str(line.pounds),
        "outcome": "EARNED" if line.earnable else "NOT_EARNABLE",
        "provisional": line.provisional,
        "sources": _sources(frozen, service, indicator),
        "formula": formula.model_dump(mode="json"),
        "inputs": {
            name: {"value": exact(inputs[name]), "from": indicator.bindings[name]}
            for name in formula.inputs
        },
        "tree": tree["pounds"].as_json(),
    }


def _numbers(frozen: Record, indicator: Indicator, line: Line) -> dict[str, Fraction]:
    known = {
        "values.numerator": line.numerator,
        "values.denominator": line.denominator,
        "values.register": line.register,
        "provider.list_size": frozen["list_size"],
    }
    return {name: Fraction(known[to] or 0) for name, to in binding.variables(indicator).items()}


def _sources(
    frozen: Record, service: QualityServiceSpecification, indicator: Indicator
) -> dict[str, dict[str, str]]:
    """Where each figure that is the same for everybody comes from, and whether it is confirmed."""
    figures = {
        f"indicator.{name}": {"source": source.source, "status": source.status}
        for name, source in indicator.sources.items()
    }
    constants = {
        f"constants.{constant.name}": {"source": constant.source, "status": constant.status}
        for constant in service.constants
    }
    loaded = {
        "source": f"{frozen['prevalence_name']}: {frozen['prevalence_source']}",
        "status": "loaded",
    }
    national = dict.fromkeys(binding.NATIONAL, loaded)
    bound = set(indicator.bindings.values())
    return {to: named for to, named in (figures | constants | national).items() if to in bound}
