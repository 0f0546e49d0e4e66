"""The library that ships: one JSON file for each quality service, named by its code."""

from functools import cache
from pathlib import Path

from chassis import wire
from nhs.formulas.specification import QualityServiceSpecification


@cache
def library() -> dict[str, QualityServiceSpecification]:
    """The specifications by code, in the order of their codes."""
    files = sorted(Path(__file__).parent.glob("*.json"))
    return {file.stem: _read(file) for file in files}


def _read(file: Path) -> QualityServiceSpecification:
    specification = QualityServiceSpecification.model_validate(wire.decode(file.read_bytes()))
    if specification.code != file.stem:
        raise ValueError(f"{file.name} holds {specification.code}")
    return specification
