"""What an extract is to contain, taken from the published specification of a service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Indicator:
    code: str
    group: str | None
    """The register's key: indicators with the same one share the register."""
    lower: float
    upper: float
    numerator: str
    denominator: str
    register: str | None


def indicators(specification: Mapping[str, Any]) -> list[Indicator]:
    """From `domains { groups { indicators … } }`, in the specification's order."""
    return [
        _indicator(each)
        for domain in specification["domains"]
        for group in domain["groups"]
        for each in group["indicators"]
    ]


def _indicator(raw: Mapping[str, Any]) -> Indicator:
    """Reads the shipped JSON and its GraphQL form, which differ in the spelling of a name."""
    register = raw.get("register")
    return Indicator(
        code=raw["code"],
        group=(raw.get("prevalence_group") or raw.get("prevalenceGroup")) if register else None,
        lower=float(raw["lower"]) / 100,
        upper=float(raw["upper"]) / 100,
        numerator=raw.get("numerator") or "Numerator",
        denominator=raw.get("denominator") or "Denominator",
        register=register,
    )


def groups(chosen: Sequence[Indicator]) -> list[str]:
    return list(dict.fromkeys(each.group for each in chosen if each.group))
