"""QOF 2025/26 as shipped, and the twelve worked indicators of DOMAIN.md 3.9 B."""

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nhs.formulas import binding
from nhs.formulas.explain import Explained, explain
from nhs.formulas.specification import QualityServiceSpecification

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "services/participation/catalogue/shipped/QOF2526.json"


class Worked(NamedTuple):
    indicator: str
    numerator: int
    denominator: int
    register: int | None
    prevalence: str | None
    points: str
    pounds: str


LIST_SIZE = 12_000
WORKED = (
    Worked("CHOL004", 231, 660, 700, "0.0602", "22.00", "5664.13"),
    Worked("HYP008", 1105, 1500, 1830, "0.1480", "28.43", "7783.50"),
    Worked("HYP009", 330, 330, 1830, "0.1480", "14.00", "3832.89"),
    Worked("CHD015", 210, 280, 372, "0.0300", "23.10", "6342.24"),
    Worked("DM036", 400, 600, 850, "0.0760", "14.88", "3684.83"),
    Worked("AST012", 16, 30, 780, "0.0650", "3.57", "948.55"),
    Worked("NDH002", 612, 900, 980, "0.0790", "8.10", "2224.81"),
    Worked("MH003", 0, 0, 96, "0.0095", "0.00", "0.00"),
    Worked("BP002", 5400, 6600, None, None, "11.93", "3169.79"),
    Worked("CS005", 1180, 1600, None, None, "5.75", "1527.77"),
    Worked("VI001", 92, 100, None, None, "7.71", "2048.54"),
    Worked("VI003", 60, 76, None, None, "0.00", "0.00"),
)


@cache
def qof() -> QualityServiceSpecification:
    return QualityServiceSpecification.model_validate(json.loads(SHIPPED.read_text()))


def inputs(worked: Worked, *, list_size: int = LIST_SIZE) -> dict[str, Fraction]:
    """Everything the indicator's formula takes, as the specification binds it."""
    indicator = next(i for i in qof().indicators if i.code == worked.indicator)
    national = {str(indicator.prevalence_group): Fraction(worked.prevalence or 1)}
    numbers = {
        "values.numerator": worked.numerator,
        "values.denominator": worked.denominator,
        "values.register": worked.register or 0,
        "provider.list_size": list_size,
    }
    varying = {n: Fraction(numbers[to]) for n, to in binding.variables(indicator).items()}
    return binding.constants(qof(), indicator, national) | varying


def paid(worked: Worked, *, list_size: int = LIST_SIZE) -> dict[str, Explained]:
    indicator = next(i for i in qof().indicators if i.code == worked.indicator)
    return explain(qof().formula(indicator.formula), inputs(worked, list_size=list_size))
