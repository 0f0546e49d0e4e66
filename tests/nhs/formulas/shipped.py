"""The services that ship, and what an indicator of one pays for given numbers."""

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

from nhs.formulas import binding
from nhs.formulas.explain import Explained, explain
from nhs.formulas.specification import QualityServiceSpecification

FOLDER = Path(__file__).resolve().parents[3] / "services/participation/catalogue/shipped"


@cache
def shipped(code: str) -> QualityServiceSpecification:
    document = json.loads((FOLDER / f"{code}.json").read_text())
    return QualityServiceSpecification.model_validate(document)


def paid(
    service: str,
    indicator: str,
    national: Mapping[str, Fraction] | None = None,
    **numbers: int,
) -> dict[str, Explained]:
    """Every value of the indicator's formula.

    Numbers are values, and the provider's list_size; or a figure, by what follows the dot.
    """
    specification = shipped(service)
    one = next(each for each in specification.indicators if each.code == indicator)
    fixed = binding.constants(specification, one, national or {})
    targets = binding.variables(one) | {name: one.bindings[name] for name in binding.figures(one)}
    varying = {name: Fraction(numbers[to.partition(".")[2]]) for name, to in targets.items()}
    return explain(specification.formula(one.formula), fixed | varying)
